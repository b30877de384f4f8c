"""The routes that people and programs order through."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import insert, select, update

from deployflow.actions.models import Action, ActionBatch
from deployflow.audit.models import AuditEvent
from deployflow.devices.models import Device
from deployflow.devices.states import DeviceState
from deployflow.platform import clock
from deployflow.platform.context import system_context
from deployflow.platform.runtime import Runtime
from tests.actions.conftest import Queue, lease, row
from tests.factories import fleet
from tests.support.clients import Clients
from tests.support.machines import Machine

ALL = ("actions:read", "actions:run", "actions:cancel", "scripts:write", "scripts:read")
Ask = Callable[[httpx2.AsyncClient, str], "object"]
ROUTES = [
    ("POST", "/api/v1/actions", "actions:run"),
    ("GET", "/api/v1/actions", "actions:read"),
    ("GET", "/api/v1/actions/summary", "actions:read"),
    ("GET", "/api/v1/actions/{id}", "actions:read"),
    ("GET", "/api/v1/actions/{id}/log", "actions:read"),
    ("GET", "/api/v1/actions/{id}/log.txt", "actions:read"),
    ("POST", "/api/v1/actions/{id}/cancel", "actions:cancel"),
    ("POST", "/api/v1/actions/{id}/run-again", "actions:run"),
]


async def ask(client: httpx2.AsyncClient, method: str, path: str, device_id: UUID | None = None) -> httpx2.Response:
    body = {"device_ids": [str(device_id)], "kind": "refresh_inventory"} if path.endswith("/actions") else None
    return await client.request(method, path, json=body if method == "POST" else None)


class TestAccess:
    @pytest.mark.parametrize(("method", "path", "_permission"), ROUTES)
    async def test_nobody_gets_in_anonymously(self, clients: Clients, method: str, path: str, _permission: str) -> None:
        answer = await ask(clients.anonymous(), method, path.format(id=uuid4()))
        assert answer.status_code == 401

    @pytest.mark.parametrize(("method", "path", "permission"), ROUTES)
    async def test_each_route_needs_its_own_permission(
        self, clients: Clients, method: str, path: str, permission: str
    ) -> None:
        others = [name for name in ALL if name != permission]
        answer = await ask(await clients.signed_in(*others), method, path.format(id=uuid4()), uuid4())
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")

    @pytest.mark.parametrize(("method", "path", "_permission"), [route for route in ROUTES if "{id}" in route[1]])
    async def test_another_tenants_action_is_not_there(
        self, clients: Clients, machine: Machine, queue: Queue, method: str, path: str, _permission: str
    ) -> None:
        (action_id,) = await queue(machine.device_id)
        stranger = await clients.signed_in(*ALL, tenant_id=clients.other_tenant_id)
        answer = await ask(stranger, method, path.format(id=action_id))
        assert (answer.status_code, answer.json()["code"]) == (404, "action_not_found")

    async def test_another_tenants_device_cannot_be_ordered_on(self, clients: Clients, machine: Machine) -> None:
        stranger = await clients.signed_in(*ALL, tenant_id=clients.other_tenant_id)
        answer = await ask(stranger, "POST", "/api/v1/actions", machine.device_id)
        assert (answer.status_code, answer.json()["code"]) == (404, "devices_not_found")
        assert (await stranger.get("/api/v1/actions")).json()["items"] == []


class TestQueue:
    async def test_one_order_makes_one_action_for_each_device(self, clients: Clients) -> None:
        devices = [await fleet.make_device(clients.db, clients.tenant_id) for _ in range(3)]
        admin = await clients.signed_in(*ALL)
        answer = await admin.post(
            "/api/v1/actions",
            json={"device_ids": [str(device.id) for device in [*devices, devices[0]]], "kind": "restart_agent"},
        )
        assert answer.status_code == 201, answer.text
        made = answer.json()
        assert made["count"] == 3
        assert {item["device"]["id"] for item in made["items"]} == {str(device.id) for device in devices}
        assert {item["batch_id"] for item in made["items"]} == {made["batch_id"]}
        first = made["items"][0]
        assert (first["status"], first["title"], first["created_by"]["type"]) == (
            "pending",
            "Restart the agent",
            "user",
        )
        assert first["reason"] == "Waiting for the device, last seen just now"

    async def test_ten_thousand_devices_are_one_order_and_one_event(self, clients: Clients) -> None:
        rows = [
            {"id": uuid4(), "tenant_id": clients.tenant_id, "hostname": f"PC-{n}", "state": "active",
             "key_protection": "file"}
            for n in range(10_000)
        ]  # fmt: skip
        async with clients.db.write(system_context()) as session:
            await session.execute(insert(Device), rows)
        admin = await clients.signed_in(*ALL)
        answer = await admin.post(
            "/api/v1/actions",
            json={"device_ids": [str(found["id"]) for found in rows], "kind": "refresh_inventory"},
        )
        assert answer.status_code == 201, answer.text
        assert answer.json()["count"] == 10_000
        assert len(answer.json()["items"]) == 200
        listed = await admin.get("/api/v1/actions?total=true&limit=1")
        assert listed.json()["total"] == 10_000
        async with clients.db.read(system_context()) as session:
            events = (await session.scalars(select(AuditEvent).where(AuditEvent.verb == "action.queued"))).all()
            batches = (await session.scalars(select(ActionBatch))).all()
        assert len(events) == len(batches) == 1

    async def test_one_unknown_device_stops_the_whole_order(self, clients: Clients, machine: Machine) -> None:
        admin = await clients.signed_in(*ALL)
        answer = await admin.post(
            "/api/v1/actions",
            json={"device_ids": [str(machine.device_id), str(uuid4())], "kind": "refresh_inventory"},
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "devices_not_found")
        assert (await admin.get("/api/v1/actions")).json()["items"] == []

    async def test_a_revoked_device_takes_nothing(self, clients: Clients) -> None:
        device = await fleet.make_device(clients.db, clients.tenant_id, state=DeviceState.REVOKED)
        answer = await ask(await clients.signed_in(*ALL), "POST", "/api/v1/actions", device.id)
        assert (answer.status_code, answer.json()["code"]) == (409, "device_revoked")

    async def test_a_device_that_waits_for_approval_may_be_ordered_on_and_says_so(self, clients: Clients) -> None:
        device = await fleet.make_device(clients.db, clients.tenant_id, state=DeviceState.PENDING)
        answer = await ask(await clients.signed_in(*ALL), "POST", "/api/v1/actions", device.id)
        assert answer.json()["items"][0]["reason"] == "Waiting for the device to be approved"

    @pytest.mark.parametrize(
        ("order", "status", "code"),
        [
            ({"kind": "paint_it_black"}, 422, "kind_unknown"),
            ({"kind": "refresh_inventory", "payload": {"colour": "red"}}, 422, "payload_invalid"),
            ({"kind": "run_script", "payload": {}}, 422, "payload_invalid"),
            ({"kind": "refresh_inventory", "timeout_s": 0}, 422, "invalid"),
            ({"kind": "refresh_inventory", "expires_in_s": 1}, 422, "invalid"),
            ({"kind": "refresh_inventory", "device_ids": []}, 422, "invalid"),
            ({"kind": "refresh_inventory", "device_ids": ["7"]}, 422, "invalid"),
            ({"kind": "refresh_inventory", "colour": "red"}, 422, "invalid"),
            ({"kind": "run_script", "payload": {"language": "perl", "body": "x"}}, 422, "payload_invalid"),
            ({"kind": "run_script", "payload": {"language": "sh", "body": "a\x00b"}}, 422, "invalid"),
        ],
    )
    async def test_a_wrong_order_is_refused_in_words(
        self, clients: Clients, machine: Machine, order: dict[str, object], status: int, code: str
    ) -> None:
        admin = await clients.signed_in(*ALL)
        answer = await admin.post("/api/v1/actions", json={"device_ids": [str(machine.device_id)], **order})
        assert (answer.status_code, answer.json()["code"]) == (status, code)

    async def test_it_expires_when_the_tenant_says_unless_the_order_does(
        self, clients: Clients, machine: Machine
    ) -> None:
        admin = await clients.signed_in(*ALL)
        usual = (await ask(admin, "POST", "/api/v1/actions", machine.device_id)).json()["items"][0]
        order = {"device_ids": [str(machine.device_id)], "kind": "refresh_inventory", "expires_in_s": 3600}
        short = (await admin.post("/api/v1/actions", json=order)).json()["items"][0]

        def lives(item: dict[str, str]) -> float:
            span = datetime.fromisoformat(item["expires_at"]) - datetime.fromisoformat(item["created_at"])
            return span.total_seconds()

        assert lives(usual) == 14 * 86_400
        assert lives(short) == 3600


class TestCancel:
    async def test_what_waits_is_cancelled_at_once(
        self, clients: Clients, machine: Machine, queue: Queue, runtime: Runtime
    ) -> None:
        (action_id,) = await queue(machine.device_id)
        answer = await (await clients.signed_in(*ALL)).post(f"/api/v1/actions/{action_id}/cancel")
        assert answer.json()["status"] == "cancelled"
        assert answer.json()["reason"] == "Cancelled by Ada before the device had it"
        assert await lease(runtime, machine.device_id) == []

    async def test_what_was_handed_out_is_cancelled_through_the_device(
        self, clients: Clients, machine: Machine, queue: Queue, runtime: Runtime
    ) -> None:
        (action_id,) = await queue(machine.device_id)
        await lease(runtime, machine.device_id)
        admin = await clients.signed_in(*ALL)
        answer = await admin.post(f"/api/v1/actions/{action_id}/cancel")
        assert answer.json()["status"] == "leased"
        assert answer.json()["cancel_requested_by"] == "Ada"
        told = await machine.send(
            "POST",
            "/agent/v1/reports",
            {"reports": [{"type": "started", "action_id": str(action_id), "fence": 1, "at": "2026-11-23T21:17:34Z"}]},
        )
        assert told.json()["cancel"] == [str(action_id)]

    async def test_what_ended_stays_as_it_is(self, clients: Clients, machine: Machine, queue: Queue) -> None:
        (action_id,) = await queue(machine.device_id)
        admin = await clients.signed_in(*ALL)
        await admin.post(f"/api/v1/actions/{action_id}/cancel")
        again = await admin.post(f"/api/v1/actions/{action_id}/cancel")
        assert (again.status_code, again.json()["code"]) == (409, "action_ended")


class TestRunAgain:
    async def test_it_orders_the_same_once_more(self, clients: Clients, machine: Machine, queue: Queue) -> None:
        (action_id,) = await queue(
            machine.device_id, kind="run_script", language="sh", body="echo", parameters={"A": 1}
        )
        answer = await (await clients.signed_in(*ALL)).post(f"/api/v1/actions/{action_id}/run-again")
        assert answer.status_code == 201, answer.text
        again = answer.json()
        assert again["id"] != str(action_id)
        assert (again["status"], again["parameters"], again["language"]) == ("pending", {"A": "1"}, "sh")

    async def test_a_script_of_ones_own_needs_the_right_to_write_scripts(
        self, clients: Clients, machine: Machine, queue: Queue
    ) -> None:
        (action_id,) = await queue(machine.device_id, kind="run_script", language="sh", body="echo")
        answer = await (await clients.signed_in("actions:run")).post(f"/api/v1/actions/{action_id}/run-again")
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")


class TestReading:
    async def test_the_detail_shows_the_timeline_and_what_ran(
        self, clients: Clients, machine: Machine, queue: Queue, runtime: Runtime
    ) -> None:
        (action_id,) = await queue(machine.device_id, kind="run_script", language="sh", body="echo hello")
        await lease(runtime, machine.device_id)
        answer = await (await clients.signed_in("actions:read")).get(f"/api/v1/actions/{action_id}")
        detail = answer.json()
        assert [step["status"] for step in detail["timeline"]] == ["pending", "leased"]
        assert detail["body"] == "echo hello"
        assert answer.headers["etag"] == f'"{detail["version"]}"'

    async def test_the_list_filters_by_device_status_and_batch(
        self, clients: Clients, machine: Machine, queue: Queue
    ) -> None:
        other = await fleet.make_device(clients.db, clients.tenant_id, hostname="ZEBRA", search_text="zebra")
        (mine,) = await queue(machine.device_id)
        await queue(other.id)
        reader = await clients.signed_in("actions:read", "actions:cancel")
        await reader.post(f"/api/v1/actions/{mine}/cancel")

        async def ids(query: str) -> list[str]:
            return [item["id"] for item in (await reader.get(f"/api/v1/actions?{query}")).json()["items"]]

        batch_id = (await reader.get(f"/api/v1/actions/{mine}")).json()["batch_id"]
        assert await ids(f"filter[device_id]={machine.device_id}") == [str(mine)]
        assert await ids("filter[status][in]=cancelled,failed") == [str(mine)]
        assert await ids(f"filter[batch_id]={batch_id}") == [str(mine)]
        assert len(await ids("q=zebra")) == 1
        assert len(await ids("q=inventory")) == 2
        assert await ids("filter[kind]=run_script") == []

    async def test_the_list_is_paged_newest_first(self, clients: Clients, machine: Machine, queue: Queue) -> None:
        made = [str((await queue(machine.device_id))[0]) for _ in range(5)]
        reader = await clients.signed_in("actions:read")
        seen: list[str] = []
        cursor = ""
        while True:
            page = (await reader.get(f"/api/v1/actions?limit=2{cursor}")).json()
            seen += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert seen == made[::-1]

    async def test_the_summary_counts_by_status_and_day(
        self, clients: Clients, machine: Machine, queue: Queue, runtime: Runtime
    ) -> None:
        ids = [(await queue(machine.device_id))[0] for _ in range(4)]
        now = clock.now()
        async with runtime.db.write(system_context()) as session:
            for action_id, status, ago in ((ids[0], "failed", 0), (ids[1], "succeeded", 0), (ids[2], "interrupted", 2)):
                await session.execute(
                    update(Action)
                    .where(Action.id == action_id)
                    .values(status=status, finished_at=now - timedelta(days=ago))
                )
        answer = (await (await clients.signed_in("actions:read")).get("/api/v1/actions/summary")).json()
        assert (answer["pending"], answer["failed_today"], answer["succeeded_today"]) == (1, 1, 1)
        assert [day["count"] for day in answer["failed_7d"]] == [0, 0, 0, 0, 1, 0, 1]

    async def test_the_reason_says_how_long_the_device_is_away(
        self, clients: Clients, machine: Machine, queue: Queue, runtime: Runtime
    ) -> None:
        (action_id,) = await queue(machine.device_id)
        async with runtime.db.write(system_context()) as session:
            await session.execute(
                update(Device)
                .where(Device.id == machine.device_id)
                .values(last_check_in=clock.now() - timedelta(days=3, hours=1))
            )
        answer = (await (await clients.signed_in("actions:read")).get(f"/api/v1/actions/{action_id}")).json()
        assert answer["reason"] == "Waiting for the device, last seen 3 days ago"
        assert (await row(runtime, action_id)).status == "pending"


async def test_a_devices_page_counts_its_actions_that_are_not_at_their_end(clients: Clients, machine: Machine) -> None:
    admin = await clients.signed_in(*ALL, "devices:read", "devices:write")
    other = await fleet.make_device(clients.db, clients.tenant_id)
    for expected in (1, 2):
        answer = await ask(admin, "POST", "/api/v1/actions", machine.device_id)
        assert answer.status_code == 201, answer.text
        assert (await admin.get(f"/api/v1/devices/{machine.device_id}")).json()["active_actions"] == expected
    cancelled = answer.json()["items"][0]["id"] if "items" in answer.json() else answer.json()["id"]
    assert (await admin.post(f"/api/v1/actions/{cancelled}/cancel")).is_success
    assert (await admin.get(f"/api/v1/devices/{machine.device_id}")).json()["active_actions"] == 1
    assert (await admin.get(f"/api/v1/devices/{other.id}")).json()["active_actions"] == 0
