"""What an order of software becomes on its device, and what its device says becomes on screens."""

import hashlib
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from deployflow.actions import leasing
from deployflow.actions.leasing import Delivery, Visit
from deployflow.platform.context import system_context
from deployflow.platform.db import Database
from deployflow.platform.pacing import Bucket, Paces
from deployflow.platform.runtime import Runtime, build_runtime
from deployflow.platform.settings import Settings
from tests.factories import fleet, library, software
from tests.support.clients import Clients
from tests.support.machines import Machine, inventory

FILE = b"an installer" * 100_000
NOW = "2026-11-24T12:00:00Z"


@pytest.fixture
async def machine(clients: Clients) -> Machine:
    made = Machine(app=clients.app)
    await fleet.make_device(
        clients.db,
        clients.tenant_id,
        machine=made,
        hostname="PC-1",
        os_family="linux",
        architecture="x64",
        os_version="12",
    )
    return made


@pytest.fixture
async def admin(clients: Clients) -> AsyncClient:
    return await clients.signed_in(
        "software:read", "software:write", "devices:read", "actions:read", "actions:run", "actions:cancel"
    )


@pytest.fixture
def db(clients: Clients) -> Database:
    return clients.db


async def with_file(app: FastAPI, db: Database, tenant_id: UUID, **fields: Any) -> tuple[str, str]:
    """An item with an installer; gives its id and its version's."""
    kept = library.put_content(app.state.runtime, FILE)
    item, version = await software.make_software(
        db,
        tenant_id,
        **{
            "install_command": 'dpkg -i "{installer}"',
            "installer_name": "tool.deb",
            "installer_sha256": kept["content_sha256"],
            "installer_bytes": kept["content_bytes"],
            "chunks": [hashlib.sha256(FILE).hexdigest()],
            **fields,
        },
    )
    return str(item.id), str(version.id)


async def order(admin: AsyncClient, machine: Machine, kind: str = "install_software", **payload: str) -> dict[str, Any]:
    body = {"device_ids": [str(machine.device_id)], "kind": kind, "payload": payload}
    answer = await admin.post("/api/v1/actions", json=body)
    assert answer.status_code == 201, answer.text
    queued: dict[str, Any] = answer.json()["items"][0]
    return queued


async def lease(app: FastAPI, machine: Machine) -> list[Delivery]:
    """As the check-in does it."""
    runtime: Runtime = app.state.runtime
    assert machine.device_id is not None
    visit = Visit(machine.device_id, uuid4(), {}, 16)
    async with runtime.db.read(system_context()) as session:
        sight = (await leasing.look(session, [visit]))[visit.device_id]
    async with runtime.db.write(system_context()) as session:
        given = await leasing.hand_out(runtime, session, {visit.device_id: (visit, sight)})
    return given.get(visit.device_id, [])


async def finish(machine: Machine, delivery: Delivery, outcome: str = "succeeded", **said: Any) -> None:
    report = {
        "type": "finished",
        "action_id": str(delivery.action_id),
        "fence": delivery.fence,
        "at": NOW,
        "outcome": outcome,
        **said,
    }
    answer = await machine.send("POST", "/agent/v1/reports", {"reports": [report]})
    assert answer.json()["results"] == [{"outcome": "accepted"}], answer.text


async def standing(admin: AsyncClient, machine: Machine) -> dict[str, dict[str, Any]]:
    answer = await admin.get(f"/api/v1/devices/{machine.device_id}/software")
    return {one["name"]: one for one in answer.json()["items"]}


class TestDelivery:
    async def test_the_machine_gets_all_it_needs_of_the_exact_version(
        self, app: FastAPI, db: Database, clients: Clients, admin: AsyncClient, machine: Machine
    ) -> None:
        software_id, version_id = await with_file(app, db, clients.tenant_id)
        queued = await order(admin, machine, software_id=software_id)
        assert (queued["title"], queued["script"]) == ("Install 7-Zip", None)
        assert (queued["software"]["id"], queued["software"]["version_number"]) == (software_id, 1)
        (delivery,) = await lease(app, machine)
        (item,) = delivery.payload["items"]
        assert (item["version_id"], item["command"]) == (version_id, 'dpkg -i "{installer}"')
        assert item["installer"]["chunks"] == [hashlib.sha256(FILE).hexdigest()]
        assert delivery.payload["start_within_s"] == 0

    async def test_its_shape_is_the_golden_one(
        self, app: FastAPI, db: Database, clients: Clients, admin: AsyncClient, machine: Machine, pytestconfig: Any
    ) -> None:
        golden = pytestconfig.rootpath.parent / "contracts" / "examples" / "check-in-response-install-software.json"
        wanted = json.loads(golden.read_text("utf-8"))["actions"][0]["payload"]
        software_id, _version = await with_file(app, db, clients.tenant_id)
        await order(admin, machine, software_id=software_id)
        (delivery,) = await lease(app, machine)
        assert delivery.payload.keys() == wanted.keys()
        assert delivery.payload["items"][0].keys() == wanted["items"][0].keys()
        assert delivery.payload["items"][0]["installer"].keys() == wanted["items"][0]["installer"].keys()

    async def test_many_devices_begin_spread_out(self, app: FastAPI, db: Database, clients: Clients) -> None:
        machines = [Machine(app=app, number=number) for number in range(25)]
        for one in machines:
            await fleet.make_device(db, clients.tenant_id, machine=one, os_family="linux")
        admin = await clients.signed_in("actions:run")
        software_id, _version = await with_file(app, db, clients.tenant_id)
        ids = [str(one.device_id) for one in machines]
        payload = {"software_id": software_id}
        await admin.post("/api/v1/actions", json={"device_ids": ids, "kind": "install_software", "payload": payload})
        (delivery,) = await lease(app, machines[0])
        assert delivery.payload["start_within_s"] == 2

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"os_family": "windows"}, "is for Windows, and this device runs Linux"),
            ({"architecture": "arm64"}, "is for arm64, and this device is x64"),
            ({"min_os_version": "99.0"}, "needs version 99.0 of the system"),
        ],
    )
    async def test_what_is_not_for_a_device_is_refused(
        self,
        db: Database,
        clients: Clients,
        admin: AsyncClient,
        machine: Machine,
        fields: dict[str, str],
        words: str,
    ) -> None:
        item, _version = await software.make_software(db, clients.tenant_id, detection=None, **fields)
        body = {
            "device_ids": [str(machine.device_id)],
            "kind": "install_software",
            "payload": {"software_id": str(item.id)},
        }
        answer = await admin.post("/api/v1/actions", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "not_for_this_device")
        assert words in answer.json()["detail"]

    @pytest.mark.parametrize(
        ("kind", "field", "code"),
        [
            ("uninstall_software", "uninstall_command", "no_uninstall_command"),
            ("detect_software", "detection", "no_detection_rule"),
        ],
    )
    async def test_what_an_item_cannot_do_is_refused(
        self, db: Database, clients: Clients, admin: AsyncClient, machine: Machine, kind: str, field: str, code: str
    ) -> None:
        item, _version = await software.make_software(db, clients.tenant_id, **{field: None})
        body = {"device_ids": [str(machine.device_id)], "kind": kind, "payload": {"software_id": str(item.id)}}
        answer = await admin.post("/api/v1/actions", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, code)

    async def test_a_bundle_run_again_installs_what_it_did(
        self, app: FastAPI, db: Database, clients: Clients, admin: AsyncClient, machine: Machine
    ) -> None:
        one, version = await software.make_software(db, clients.tenant_id, name="one")
        two, _version = await software.make_software(db, clients.tenant_id, name="two")
        bundle = await software.make_bundle(db, clients.tenant_id, one.id, two.id)
        queued = await order(admin, machine, bundle_id=str(bundle.id))
        assert [item["name"] for item in (await lease(app, machine))[0].payload["items"]] == ["one", "two"]
        definition = {"os_family": "linux", "install_command": "another"}
        await admin.put(f"/api/v1/software/{one.id}/definition", json=definition, headers={"If-Match": "*"})
        again = await admin.post(f"/api/v1/actions/{queued['id']}/run-again")
        assert again.status_code == 201, again.text
        delivered = [one for one in await lease(app, machine) if str(one.action_id) == again.json()["id"]]
        assert delivered[0].payload["items"][0]["version_id"] == str(version.id)


class TestDownload:
    async def test_it_is_for_this_device_and_this_time(
        self, app: FastAPI, db: Database, clients: Clients, admin: AsyncClient, machine: Machine
    ) -> None:
        software_id, _version = await with_file(app, db, clients.tenant_id)
        queued = await order(admin, machine, software_id=software_id)
        sha256 = hashlib.sha256(FILE).hexdigest()
        path = f"/agent/v1/actions/{queued['id']}/content/{sha256}"
        assert (await machine.send("GET", path)).json()["code"] == "content_not_named"
        (delivery,) = await lease(app, machine)
        whole = await machine.send("GET", path)
        assert (whole.status_code, whole.content == FILE) == (200, True)
        assert whole.headers["etag"] == f'"{sha256}"'
        elsewhere = f"/agent/v1/actions/{queued['id']}/content/{'0' * 64}"
        assert (await machine.send("GET", elsewhere)).status_code == 404
        other = Machine(app=app, number=2)
        await fleet.make_device(db, clients.tenant_id, machine=other)
        assert (await other.send("GET", path)).status_code == 404
        await finish(machine, delivery)
        assert (await machine.send("GET", path)).json()["code"] == "content_not_named"

    def test_a_rate_holds_over_all_that_take_from_it(self) -> None:
        bucket = Bucket(1000)
        waits = [bucket.reserve(500) for _ in range(4)]
        assert waits == sorted(waits)
        # Two seconds' worth, of which half a second may be caught up with.
        assert 1.4 < waits[-1] <= 1.5

    def test_a_device_has_one_limit_and_all_have_another(self, settings: Settings) -> None:
        runtime = build_runtime(settings.model_copy(update={"device_download_rate": 10, "download_rate": 100}))
        paces, device = Paces(runtime), uuid4()
        one, same, other = paces.of(device), paces.of(device), paces.of(uuid4())
        assert one is not None
        assert same is not None
        assert other is not None
        assert one._buckets[1] is same._buckets[1]
        assert one._buckets[1] is not other._buckets[1]
        assert one._buckets[0] is other._buckets[0]
        assert Paces(build_runtime(settings)).of(device) is None


class TestStanding:
    async def test_pending_then_installed_then_failed(
        self, app: FastAPI, db: Database, clients: Clients, admin: AsyncClient, machine: Machine
    ) -> None:
        item, version = await software.make_software(db, clients.tenant_id)
        path = f"/api/v1/software/{item.id}"
        assert (await standing(admin, machine))["7-Zip"]["state"] == "unknown"
        await order(admin, machine, software_id=str(item.id))
        assert (await standing(admin, machine))["7-Zip"]["state"] == "pending"
        assert (await admin.get(path)).json()["devices"]["pending"] == 1
        (delivery,) = await lease(app, machine)
        told = {"version_id": str(version.id), "outcome": "installed", "state": "installed", "version": "24.08"}
        await finish(machine, delivery, result={"software": [told]})
        seen = (await standing(admin, machine))["7-Zip"]
        assert (seen["state"], seen["found_version"], seen["seen_by"]) == ("installed", "24.08", "action")
        where = (await admin.get(f"{path}/devices")).json()["items"]
        assert [(one["hostname"], one["state"]) for one in where] == [("PC-1", "installed")]
        await order(admin, machine, "uninstall_software", software_id=str(item.id))
        (delivery,) = await lease(app, machine)
        error = {"code": "non_zero_exit", "message": "Exit code 5."}
        told = {"version_id": str(version.id), "outcome": "failed", "state": "installed", "error": error}  # type: ignore[dict-item]
        await finish(machine, delivery, "failed", error=error, result={"software": [told]})
        seen = (await standing(admin, machine))["7-Zip"]
        assert (seen["state"], seen["error_code"]) == ("installed", "non_zero_exit")
        assert (await admin.get(path)).json()["devices"].items() >= {"installed": 1, "failed": 1, "pending": 0}.items()

    async def test_a_bundle_makes_each_of_its_items_pending(
        self, db: Database, clients: Clients, admin: AsyncClient, machine: Machine
    ) -> None:
        one, _version = await software.make_software(db, clients.tenant_id, name="one")
        two, _version = await software.make_software(db, clients.tenant_id, name="two")
        bundle = await software.make_bundle(db, clients.tenant_id, one.id, two.id)
        await order(admin, machine, bundle_id=str(bundle.id))
        assert [item["state"] for item in (await standing(admin, machine)).values()] == ["pending", "pending"]
        listed = (await admin.get("/api/v1/software")).json()["items"]
        assert [item["devices"]["pending"] for item in listed] == [1, 1]

    async def test_a_device_speaks_of_nothing_that_was_not_ordered(
        self, app: FastAPI, db: Database, clients: Clients, admin: AsyncClient, machine: Machine
    ) -> None:
        item, _version = await software.make_software(db, clients.tenant_id)
        _other, foreign = await software.make_software(db, clients.other_tenant_id)
        await order(admin, machine, software_id=str(item.id))
        (delivery,) = await lease(app, machine)
        told = {"version_id": str(foreign.id), "outcome": "installed", "state": "installed"}
        await finish(machine, delivery, result={"software": [told]})
        assert (await standing(admin, machine))["7-Zip"]["state"] == "unknown"
        theirs = await clients.signed_in("software:read", tenant_id=clients.other_tenant_id)
        assert (await theirs.get("/api/v1/software")).json()["items"][0]["devices"]["installed"] == 0

    async def test_the_inventory_tells_too(
        self, db: Database, clients: Clients, admin: AsyncClient, machine: Machine
    ) -> None:
        await software.make_software(
            db,
            clients.tenant_id,
            detection={"type": "package", "name": "7zip", "comparison": "ge", "version": "23"},
        )

        async def send(hash_: str, *listed: tuple[str, str]) -> str:
            facts = inventory(
                os={"family": "linux", "name": "Debian", "version": "12", "build": None, "architecture": "x64"},
                software=[{"name": name, "version": version, "publisher": None} for name, version in listed],
            )
            assert (await machine.put_inventory(facts, hash=hash_ * 64)).status_code == 204
            state: str = (await standing(admin, machine))["7-Zip"]["state"]
            return state

        assert await send("a") == "unknown"
        assert await send("b", ("7zip", "24.08")) == "installed"
        assert await send("c", ("7zip", "22.01")) == "missing"
        assert await send("d", ("7zip", "24.08")) == "installed"
        assert await send("e") == "missing"


class TestPower:
    @pytest.mark.parametrize("kind", ["restart_device", "shut_down_device"])
    async def test_people_get_time(self, app: FastAPI, admin: AsyncClient, machine: Machine, kind: str) -> None:
        body = {"device_ids": [str(machine.device_id)], "kind": kind, "payload": {"delay_s": 300}}
        queued = (await admin.post("/api/v1/actions", json=body)).json()["items"][0]
        assert timedelta(seconds=queued["timeout_s"]) > timedelta(seconds=300)
        (delivery,) = await lease(app, machine)
        assert delivery.payload == {"delay_s": 300}
        wrong = await admin.post("/api/v1/actions", json={**body, "payload": {"delay_s": -1}})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "payload_invalid")
