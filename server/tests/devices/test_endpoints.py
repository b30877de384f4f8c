"""The devices API for people."""

from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from deployflow.audit.models import AuditEvent
from deployflow.devices.states import DeviceState
from deployflow.devices.tasks import take_sample
from deployflow.platform import clock
from deployflow.platform.context import system_context
from tests.factories.fleet import make_device
from tests.support.clients import Clients
from tests.support.machines import Machine

MATCH = {"If-Match": "*"}
ROUTES = [
    ("GET", "/api/v1/devices/{id}", "devices:read", None),
    ("GET", "/api/v1/devices/{id}/inventory", "devices:read", None),
    ("PATCH", "/api/v1/devices/{id}", "devices:write", {"tags": []}),
    ("DELETE", "/api/v1/devices/{id}", "devices:write", None),
    ("POST", "/api/v1/devices/{id}/approve", "devices:approve", None),
    ("POST", "/api/v1/devices/{id}/reject-key", "devices:approve", None),
    ("POST", "/api/v1/devices/{id}/revoke", "devices:write", None),
]
OTHERS = {"devices:read": "devices:write", "devices:write": "devices:read", "devices:approve": "devices:write"}


@pytest.mark.parametrize(("method", "path", "permission", "body"), ROUTES, ids=str)
class TestWhoMay:
    async def test_nobody_who_is_not_signed_in(
        self,
        clients: Clients,
        method: str,
        path: str,
        permission: str,  # noqa: ARG002  of the table
        body: Any,
    ) -> None:
        device = await make_device(clients.db, clients.tenant_id)
        answer = await clients.anonymous().request(method, path.format(id=device.id), json=body, headers=MATCH)
        assert answer.status_code == 401

    async def test_nobody_without_the_permission(
        self, clients: Clients, method: str, path: str, permission: str, body: Any
    ) -> None:
        device = await make_device(clients.db, clients.tenant_id)
        client = await clients.signed_in(OTHERS[permission])
        answer = await client.request(method, path.format(id=device.id), json=body, headers=MATCH)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")

    async def test_nobody_of_another_tenant(
        self, clients: Clients, method: str, path: str, permission: str, body: Any
    ) -> None:
        device = await make_device(clients.db, clients.other_tenant_id)
        client = await clients.signed_in(permission)
        answer = await client.request(method, path.format(id=device.id), json=body, headers=MATCH)
        assert (answer.status_code, answer.json()["code"]) == (404, "device_not_found")


class TestOne:
    async def test_a_device_has_the_shape_the_console_expects(self, clients: Clients, app: FastAPI) -> None:
        machine = Machine(app)
        device = await make_device(clients.db, clients.tenant_id, machine=machine, tags=("vip", "lab"))
        await machine.put_inventory()
        client = await clients.signed_in("devices:read")
        answer = await client.get(f"/api/v1/devices/{device.id}")
        body = answer.json()
        assert answer.headers["etag"] == f'"{body["version"]}"'
        assert body["os"] == {
            "family": "windows",
            "name": "Windows 11 Pro",
            "version": "10.0.26100",
            "build": "26100.4061",
            "architecture": "x64",
        }
        assert body["hardware"]["memory_bytes"] == 17179869184
        assert body["hardware"]["disk_bytes"] == 512110190592
        assert (body["tags"], body["status"], body["active_actions"]) == (["lab", "vip"], "offline", 0)
        assert body["logged_on_user"] == "CONTOSO\\zoë"
        assert body["keys"][0]["thumbprint"] == machine.keyid

    async def test_a_device_that_sent_no_inventory_says_so(self, clients: Clients) -> None:
        device = await make_device(clients.db, clients.tenant_id)
        client = await clients.signed_in("devices:read")
        answer = await client.get(f"/api/v1/devices/{device.id}/inventory")
        assert (answer.status_code, answer.json()["code"]) == (404, "inventory_not_found")

    async def test_tags_are_replaced_under_the_version_that_was_seen(self, clients: Clients) -> None:
        device = await make_device(clients.db, clients.tenant_id, tags=("old", "kept"))
        client = await clients.signed_in("devices:write")
        path = f"/api/v1/devices/{device.id}"
        assert (await client.patch(path, json={"tags": ["new"]})).status_code == 428
        answer = await client.patch(path, json={"tags": ["kept", "new", "new"]}, headers={"If-Match": '"1"'})
        assert (answer.status_code, answer.json()["tags"]) == (200, ["kept", "new"])
        answer = await client.patch(path, json={"tags": []}, headers={"If-Match": '"99"'})
        assert answer.status_code == 412

    @pytest.mark.parametrize("tags", [["a,b"], [""], ["x" * 65], ["\x00"], [str(n) for n in range(51)], "vip"])
    async def test_what_is_no_tag_is_refused(self, clients: Clients, tags: Any) -> None:
        device = await make_device(clients.db, clients.tenant_id)
        client = await clients.signed_in("devices:write")
        answer = await client.patch(f"/api/v1/devices/{device.id}", json={"tags": tags}, headers=MATCH)
        assert answer.status_code == 422

    async def test_approve_revoke_and_their_refusals(self, clients: Clients, app: FastAPI) -> None:
        device = await make_device(clients.db, clients.tenant_id, state=DeviceState.PENDING, machine=Machine(app))
        client = await clients.signed_in("devices:write", "devices:approve")
        path = f"/api/v1/devices/{device.id}"
        assert (await client.post(f"{path}/approve")).json()["state"] == "active"
        assert (await client.post(f"{path}/approve")).json()["code"] == "nothing_to_approve"
        assert (await client.post(f"{path}/reject-key")).json()["code"] == "nothing_to_approve"
        assert (await client.post(f"{path}/revoke")).json()["state"] == "revoked"
        again = await client.post(f"{path}/revoke")
        assert (again.status_code, again.json()["code"]) == (409, "device_state_wrong")


class TestList:
    @pytest.fixture
    async def fleet(self, clients: Clients) -> Clients:
        for number in range(12):
            await make_device(
                clients.db,
                clients.tenant_id,
                hostname=f"PC-{number:02}",
                online=number % 3 == 0,
                os_name="Windows 11 Pro" if number % 2 else "Debian GNU/Linux 12",
                os_family="windows" if number % 2 else "linux",
                search_text=f"pc-{number:02}\nserial{number}\n50% off_\\x",
                tags=("vip",) if number == 5 else ("lab", "floor 2") if number > 8 else (),
            )
        await make_device(clients.db, clients.other_tenant_id, hostname="PC-00", tags=("vip",), online=True)
        return clients

    async def names(self, clients: Clients, query: str) -> list[str]:
        client = await clients.signed_in("devices:read")
        answer = await client.get(f"/api/v1/devices?{query}")
        assert answer.status_code == 200, answer.text
        return [item["hostname"] for item in answer.json()["items"]]

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ("", 12),
            ("filter[status]=online", 4),
            ("filter[status][ne]=online", 8),
            ("filter[status][in]=online,offline", 12),
            ("filter[state]=active", 12),
            ("filter[state]=pending", 0),
            ("filter[os_family]=linux", 6),
            ("filter[os_name][contains]=DEBIAN", 6),
            ("filter[tag]=vip", 1),
            ("filter[tag][in]=vip,lab", 4),
            ("filter[tag][ne]=vip", 11),
            ("filter[tag][contains]=floor", 3),
            ("filter[hostname][contains]=pc-1", 2),
            ("filter[last_check_in][gt]=2020-01-01T00:00:00Z", 12),
            ("q=PC-0", 10),
            ("q=serial11", 1),
            ("q=pc serial3", 1),
            ("q=50%25", 12),
            ("q=5%25f", 0),
            ("q=off_", 12),
            ("q=of__", 0),
            ("q=%5Cx", 12),
            ("q=lab", 0),
        ],
    )
    async def test_filters_and_search_find_what_they_say(self, fleet: Clients, query: str, count: int) -> None:
        client = await fleet.signed_in("devices:read")
        answer = await client.get(f"/api/v1/devices?{query}&total=true")
        assert answer.status_code == 200, answer.text
        assert (len(answer.json()["items"]), answer.json()["total"]) == (count, count)

    @pytest.mark.parametrize(
        "sort", ["hostname", "-hostname", "os_name,-hostname", "-last_check_in", "state", "-model"]
    )
    @pytest.mark.parametrize("more", ["", "&q=pc", "&filter[status]=offline"])
    async def test_pages_follow_each_other_without_gap_or_repetition(
        self, fleet: Clients, sort: str, more: str
    ) -> None:
        client = await fleet.signed_in("devices:read")
        whole = [
            item["id"] for item in (await client.get(f"/api/v1/devices?limit=200&sort={sort}{more}")).json()["items"]
        ]
        paged: list[str] = []
        cursor = ""
        while cursor is not None:
            answer = await client.get(f"/api/v1/devices?limit=5&sort={sort}{more}&cursor={cursor}&total=true")
            assert answer.json()["total"] == len(whole)
            paged += [item["id"] for item in answer.json()["items"]]
            cursor = answer.json()["next_cursor"]
        assert paged == whole
        assert len(whole) == (8 if "offline" in more else 12)

    async def test_sorting_by_name_goes_both_ways(self, fleet: Clients) -> None:
        up = await self.names(fleet, "sort=hostname")
        assert up == sorted(up)
        assert await self.names(fleet, "sort=-hostname") == up[::-1]

    @pytest.mark.parametrize(
        "query",
        [
            "filter[colour]=red",
            "filter[status]=maybe",
            "filter[status][gt]=online",
            "filter[tag][gt]=a",
            "sort=tag",
            "cursor=nonsense",
            "filter[last_check_in][gt]=yesterday",
            "filter[hostname][like]=%25",
        ],
    )
    async def test_what_the_list_does_not_know_is_named(self, clients: Clients, query: str) -> None:
        client = await clients.signed_in("devices:read")
        answer = await client.get(f"/api/v1/devices?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, "list_parameter_wrong")


class TestBatch:
    async def test_each_device_has_its_own_result_and_the_trail_one_event(self, clients: Clients) -> None:
        ids = [(await make_device(clients.db, clients.tenant_id)).id for _ in range(3)]
        foreign = await make_device(clients.db, clients.other_tenant_id)
        client = await clients.signed_in("devices:read", "devices:write")
        asked = {"ids": [str(i) for i in [*ids, foreign.id, uuid4()]], "op": "revoke"}
        answer = await client.post("/api/v1/devices:batch", json=asked)
        assert answer.status_code == 200, answer.text
        results = {result["id"]: result for result in answer.json()["results"]}
        assert [results[str(i)]["ok"] for i in ids] == [True] * 3
        assert results[str(foreign.id)]["code"] == "device_not_found"
        again = (await client.post("/api/v1/devices:batch", json=asked)).json()["results"]
        assert {result["code"] for result in again} == {"device_state_wrong", "device_not_found"}
        async with clients.db.read(system_context(clients.tenant_id)) as session:
            events = (await session.scalars(select(AuditEvent).where(AuditEvent.verb == "device.revoked"))).all()
        # The second time nothing was done. Whoever reads the first sees of which devices it speaks.
        assert [(event.target_name, event.changes) for event in events] == [
            ("3 devices", {"devices": [None, sorted(str(i) for i in ids)]})
        ]

    async def test_tags_are_put_on_and_taken_off(self, clients: Clients) -> None:
        device = await make_device(clients.db, clients.tenant_id, tags=("a",))
        client = await clients.signed_in("devices:write", "devices:read")
        for op, tags, after in (("tag", ["b", "c"], ["a", "b", "c"]), ("untag", ["a", "c"], ["b"])):
            asked = {"ids": [str(device.id)], "op": op, "tags": tags}
            answer = await client.post("/api/v1/devices:batch", json=asked)
            assert answer.json()["results"] == [{"id": str(device.id), "ok": True, "code": None, "detail": None}]
            assert (await client.get(f"/api/v1/devices/{device.id}")).json()["tags"] == after

    async def test_approving_needs_its_own_permission(self, clients: Clients) -> None:
        device = await make_device(clients.db, clients.tenant_id, state=DeviceState.PENDING)
        asked = {"ids": [str(device.id)], "op": "approve"}
        writer = await clients.signed_in("devices:write", "devices:read")
        assert (await writer.post("/api/v1/devices:batch", json=asked)).status_code == 403
        reader = await clients.signed_in("devices:read")
        asked["op"] = "revoke"
        assert (await reader.post("/api/v1/devices:batch", json=asked)).status_code == 403
        assert (await clients.anonymous().post("/api/v1/devices:batch", json=asked)).status_code == 401

    @pytest.mark.parametrize(
        "asked",
        [
            {"ids": [], "op": "revoke"},
            {"ids": [str(uuid4())], "op": "explode"},
            {"ids": [str(uuid4())], "op": "tag"},
            {"ids": ["x"], "op": "revoke"},
        ],
    )
    async def test_what_makes_no_sense_is_refused(self, clients: Clients, asked: Any) -> None:
        client = await clients.signed_in("devices:read", "devices:write")
        assert (await client.post("/api/v1/devices:batch", json=asked)).status_code == 422


class TestSummary:
    async def test_it_counts_this_tenants_devices(self, clients: Clients) -> None:
        for state, online in (("active", True), ("active", False), ("pending", True), ("quarantined", False)):
            await make_device(
                clients.db, clients.tenant_id, state=DeviceState(state), online=online, os_name="Windows 11 Pro"
            )
        await make_device(clients.db, clients.tenant_id, state=DeviceState.REVOKED)
        await make_device(clients.db, clients.other_tenant_id, online=True)
        await take_sample(clients.db, clock.now())
        await take_sample(clients.db, clock.now())
        client = await clients.signed_in("devices:read")
        body = (await client.get("/api/v1/devices/summary")).json()
        samples = body.pop("online_7d")
        assert [sample["online"] for sample in samples] == [1]
        assert body == {
            "total": 5,
            "online": 1,
            "offline": 1,
            "pending": 1,
            "quarantined": 1,
            "revoked": 1,
            "by_os": [{"name": "Windows 11 Pro", "count": 4}, {"name": "unknown", "count": 1}],
        }

    async def test_it_needs_the_permission(self, clients: Clients) -> None:
        assert (await clients.anonymous().get("/api/v1/devices/summary")).status_code == 401
        client = await clients.signed_in("devices:write")
        assert (await client.get("/api/v1/devices/summary")).status_code == 403
        assert (await client.get("/api/v1/devices")).status_code == 403
