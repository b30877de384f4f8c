"""Groups, the list by group, and changing many devices in one act."""

from typing import Any
from uuid import uuid4

import pytest
from httpx2 import AsyncClient
from sqlalchemy import select

from deployflow.audit.models import AuditEvent
from deployflow.platform.context import system_context
from tests.factories.fleet import make_device
from tests.support.clients import Clients

PATH = "/api/v1/device-groups"
PILOTS = {"match": "all", "rules": [{"field": "tag", "op": "eq", "value": "pilot"}]}


@pytest.fixture
async def admin(clients: Clients) -> AsyncClient:
    return await clients.signed_in("devices:read", "devices:write")


async def devices(clients: Clients, count: int, **fields: Any) -> list[str]:
    return [
        str((await make_device(clients.db, clients.tenant_id, hostname=f"PC-{n:02}", **fields)).id)
        for n in range(count)
    ]


async def listed(client: AsyncClient, query: str) -> list[str]:
    return sorted(item["hostname"] for item in (await client.get(f"/api/v1/devices?{query}")).json()["items"])


async def events(clients: Clients) -> list[AuditEvent]:
    async with clients.db.read(system_context(clients.tenant_id)) as session:
        return list(await session.scalars(select(AuditEvent).order_by(AuditEvent.id)))


class TestGroups:
    async def test_a_static_group_has_the_devices_put_in(self, clients: Clients, admin: AsyncClient) -> None:
        ids = await devices(clients, 4)
        made = (await admin.post(PATH, json={"name": " Room 1 ", "device_ids": ids[:2]})).json()
        assert (made["name"], made["is_dynamic"], made["device_count"]) == ("Room 1", False, 2)
        path = f"{PATH}/{made['id']}"
        change = {"add": [ids[1], ids[2]], "remove": [ids[0]]}
        assert (await admin.post(f"{path}/members", json=change)).json()["device_count"] == 2
        assert await listed(admin, f"filter[group]={made['id']}") == ["PC-01", "PC-02"]
        assert await listed(admin, f"filter[group][ne]={made['id']}") == ["PC-00", "PC-03"]
        assert (await events(clients))[-1].changes == {"added": [None, 1], "removed": [None, 1]}

    async def test_a_dynamic_group_counts_those_who_match_now(self, clients: Clients, admin: AsyncClient) -> None:
        await devices(clients, 2, tags=("pilot",))
        made = (await admin.post(PATH, json={"name": "Pilots", "filter": PILOTS})).json()
        assert (made["is_dynamic"], made["device_count"]) == (True, 2)
        await make_device(clients.db, clients.tenant_id, hostname="later", tags=("pilot",))
        (group,) = (await admin.get(PATH)).json()["items"]
        assert group["device_count"] == 3
        assert await listed(admin, f"filter[group]={made['id']}") == ["PC-00", "PC-01", "later"]
        for asked, names in (("[eq]=true", ["Pilots"]), ("[ne]=true", []), ("[in]=true,false", ["Pilots"])):
            found = (await admin.get(f"{PATH}?filter[is_dynamic]{asked}")).json()["items"]
            assert [one["name"] for one in found] == names
        answer = await admin.post(f"{PATH}/{made['id']}/members", json={"add": []})
        assert (answer.status_code, answer.json()["code"]) == (409, "group_is_dynamic")

    async def test_rules_are_changed_under_the_version_that_was_seen(self, admin: AsyncClient) -> None:
        made = (await admin.post(PATH, json={"name": "Pilots", "filter": PILOTS})).json()
        path, change = f"{PATH}/{made['id']}", {"filter": {**PILOTS, "match": "any"}}
        assert (await admin.patch(path, json=change)).status_code == 428
        assert (await admin.patch(path, json=change, headers={"If-Match": '"9"'})).status_code == 412
        answer = await admin.patch(path, json=change, headers={"If-Match": '"1"'})
        assert (answer.json()["filter"]["match"], answer.headers["etag"]) == ("any", '"2"')
        static = (await admin.post(PATH, json={"name": "Room"})).json()
        answer = await admin.patch(f"{PATH}/{static['id']}", json=change, headers={"If-Match": "*"})
        assert answer.json()["code"] == "group_is_dynamic"

    async def test_what_cannot_be_a_group_is_refused(self, clients: Clients, admin: AsyncClient) -> None:
        (mine,) = await devices(clients, 1)
        await admin.post(PATH, json={"name": "Room"})
        for body, code in (
            ({"name": "Room"}, "name_taken"),
            ({"name": "Both", "filter": PILOTS, "device_ids": [mine]}, "invalid"),
            ({"name": "Ghost", "device_ids": [mine, str(uuid4())]}, "devices_not_found"),
        ):
            answer = await admin.post(PATH, json=body)
            assert answer.json()["code"] == code, answer.text
        assert len((await admin.get(PATH)).json()["items"]) == 1
        assert (await admin.get(f"/api/v1/devices?filter[group]={uuid4()}")).json()["code"] == "group_not_found"
        assert (await admin.get("/api/v1/devices?filter[group]=x")).json()["code"] == "list_parameter_wrong"

    async def test_a_group_that_rules_name_is_not_deleted(self, clients: Clients, admin: AsyncClient) -> None:
        ids = await devices(clients, 1)
        room = (await admin.post(PATH, json={"name": "Room", "device_ids": ids})).json()
        rule = {"field": "group", "op": "eq", "value": room["id"]}
        other = (await admin.post(PATH, json={"name": "Others", "filter": {"rules": [rule]}})).json()
        answer = await admin.delete(f"{PATH}/{room['id']}", headers={"If-Match": "*"})
        assert (answer.status_code, "'Others'" in answer.json()["detail"]) == (409, True)
        for group in (other, room):
            answer = await admin.delete(f"{PATH}/{group['id']}", headers={"If-Match": "*"})
            assert answer.status_code == 204
        assert await listed(admin, "") == ["PC-00"]


class TestEdit:
    async def test_tags_and_groups_of_many_are_one_act_on_the_trail(self, clients: Clients, admin: AsyncClient) -> None:
        ids = await devices(clients, 3, tags=("old",))
        group = (await admin.post(PATH, json={"name": "Room"})).json()
        before = len(await events(clients))
        wanted = {
            "targets": {"filter": {"rules": [{"field": "tag", "op": "eq", "value": "old"}]}},
            "add_tags": ["new", "lab"],
            "remove_tags": ["old"],
            "add_to_groups": [group["id"]],
        }
        answer = await admin.post("/api/v1/devices:edit", json=wanted)
        assert answer.json() == {"devices": 3, "changed": 3}
        assert await listed(admin, f"filter[group]={group['id']}&filter[tag]=new") == ["PC-00", "PC-01", "PC-02"]
        assert await listed(admin, "filter[tag]=old") == []
        (event,) = (await events(clients))[before:]
        assert (event.verb, event.target_name) == ("device.edited", "3 devices")
        assert event.changes["tags_added"] == [None, ["new", "lab"]]
        again = {"targets": {"device_ids": ids}, "add_tags": ["new"], "remove_from_groups": [group["id"]]}
        assert (await admin.post("/api/v1/devices:edit", json=again)).json() == {"devices": 3, "changed": 3}
        assert (await admin.post("/api/v1/devices:edit", json=again)).json() == {"devices": 3, "changed": 0}

    async def test_a_wrong_edit_changes_nothing(self, clients: Clients, admin: AsyncClient) -> None:
        ids = await devices(clients, 1, tags=tuple(f"t{n}" for n in range(50)))
        for body, status, said in (
            ({"targets": {"device_ids": ids}}, 422, "Say what to change"),
            ({"targets": {"device_ids": ids}, "add_tags": ["a"], "remove_tags": ["a"]}, 422, "a is both added"),
            ({"targets": {"device_ids": ids}, "add_tags": ["one-too-many"]}, 422, "PC-00 would have more"),
            ({"targets": {"device_ids": [*ids, str(uuid4())]}, "add_tags": ["a"]}, 404, "There is no device"),
            ({"targets": {"filter": PILOTS}, "add_tags": ["a"]}, 422, "No device matches"),
            ({"targets": {}, "add_tags": ["a"]}, 422, ""),
        ):
            answer = await admin.post("/api/v1/devices:edit", json=body)
            assert (answer.status_code, said in answer.json()["detail"]) == (status, True), answer.text
        assert await listed(admin, "filter[tag]=a") == []
        assert await listed(admin, "filter[tag]=one-too-many") == []
        assert not await events(clients)

    async def test_counting_says_who_is_there(self, clients: Clients, admin: AsyncClient) -> None:
        await devices(clients, 2, tags=("pilot",))
        await make_device(clients.db, clients.tenant_id, hostname="on", tags=("pilot",), online=True)
        answer = (await admin.post("/api/v1/devices:count", json={"filter": PILOTS})).json()
        assert (answer["total"], answer["online"], answer["offline"]) == (3, 1, 2)
        assert [one["hostname"] for one in answer["examples"]] == ["PC-00", "PC-01", "on"]
