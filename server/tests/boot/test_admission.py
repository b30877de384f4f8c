"""Three ways in, and nobody else (S-11, S-12, S-14)."""

import asyncio
import json
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import select, update

from deployflow.app.simulation.client import Refused
from deployflow.app.simulation.engine import run
from deployflow.audit.models import AuditEvent
from deployflow.boot import admission
from deployflow.deployments.models import Deployment
from deployflow.devices.access import Gate
from deployflow.devices.signatures import BOOT_TAG
from deployflow.images.models import OsImage
from deployflow.platform import clock
from deployflow.platform.context import system_context
from tests.support.deploying import Rack

SMALL_DISK = [{"name": "/dev/sda", "size_bytes": 4 * 10**9}]


async def change_deployment(rack: Rack, deployment_id: Any, **values: Any) -> None:
    async with rack.live.runtime.db.write(system_context()) as session:
        await session.execute(update(Deployment).where(Deployment.id == UUID(str(deployment_id))).values(**values))


async def reason_of(rack: Rack, session_id: Any) -> str:
    reason: str = (await rack.console.get(f"/boot-sessions/{session_id}"))["reason"]
    return reason


async def told(machine: Any, *, max_wait_s: int = 0) -> str | None:
    """What a waiting machine's own screen says of why it waits."""
    answer = await machine._call(f"/boot/v1/sessions/{machine.session_id}/wait", {"max_wait_s": max_wait_s})
    assert answer["state"] == "waiting"
    said: str | None = answer["reason"]
    return said


class TestPrepared:
    async def test_a_machine_that_fits_is_let_in_once(self, rack: Rack) -> None:
        machine = rack.machine()
        armed = await rack.arm(machine, hours=1)
        assert (armed["state"], armed["steps"]) == ("armed", [])
        assert await machine.begin() == "approved"
        await machine.wait()
        assert str(machine.deployment_id) == armed["id"]
        await run(machine)
        machine.power_cycle()
        assert await machine.begin() == "waiting"

    @pytest.mark.parametrize("changed", ["mac_addresses", "smbios_uuid", "serial"])
    async def test_one_that_says_anything_else_is_not(self, rack: Rack, changed: str) -> None:
        """S-11."""
        await rack.arm(rack.machine())
        other: Any = {
            "mac_addresses": ["52:54:ff:00:00:01"],
            "smbios_uuid": "4c4c4544-0042-3010-8052-b4c04fffffff",
            "serial": "PF9OTHER",
        }[changed]
        stranger = rack.machine(**{changed: other})
        assert await stranger.begin() == "waiting"
        assert await stranger.wait(max_wait_s=0) == "waiting"
        assert stranger.plan is None

    async def test_one_from_another_network_is_not(self, rack: Rack) -> None:
        """S-11."""
        machine = rack.machine()
        armed = await rack.arm(machine, networks=["198.51.100.0/24"])
        assert await machine.begin() == "waiting"
        assert await reason_of(rack, machine.session_id) == (
            "A deployment is prepared for this machine, but not from 127.0.0.1"
        )
        # The machine is not told what is prepared, and for whom.
        answer = await machine._call(f"/boot/v1/sessions/{machine.session_id}/wait", {"max_wait_s": 0})
        assert (answer["state"], answer["reason"], answer["deployment_id"]) == ("waiting", None, None)
        assert await rack.state(armed["id"]) == "armed"

    async def test_one_at_another_site_is_not(self, rack: Rack) -> None:
        other = await rack.console.post("/boot-sites", {"name": "Hamburg", "code": "HAM", "trusted_network": True})
        machine = rack.machine()
        await rack.arm(machine, site_id=other["id"])
        assert await machine.begin() == "waiting"
        assert await reason_of(rack, machine.session_id) == "A deployment is prepared for this machine, at Hamburg"
        machine.power_cycle()
        machine.site_key = other["key"]
        assert await machine.begin() == "approved"
        await machine.wait()
        assert machine.plan is not None
        assert machine.plan["computer_name"].startswith("HAM-")

    async def test_after_its_window_it_is_not(self, rack: Rack) -> None:
        machine = rack.machine()
        armed = await rack.arm(machine)
        await change_deployment(rack, armed["id"], armed_until=clock.now() - timedelta(seconds=1))
        assert await machine.begin() == "waiting"

    async def test_a_second_machine_that_claims_to_be_it_is_not_let_in_beside_it(self, rack: Rack) -> None:
        """S-11: also when it says all that the first one said."""
        machine, thief = rack.machine(), rack.machine()
        await rack.arm(machine)
        assert await machine.begin() == "approved"
        await machine.wait()
        assert await thief.begin() == "waiting"
        assert await thief.wait(max_wait_s=1) == "waiting"
        assert thief.plan is None
        # The first one has heard nothing of it.
        assert await run(machine) == "succeeded"

    async def test_what_stands_in_the_way_of_the_profile_is_said_in_the_console(self, rack: Rack) -> None:
        machine = rack.machine(disks=SMALL_DISK)
        armed = await rack.arm(machine)
        assert await machine.begin() == "waiting"
        said = await reason_of(rack, machine.session_id)
        assert "has no disk of 20 GB or more; it has /dev/sda (3.7 GB)" in said
        # What concerns the machine itself stands on its own screen, too.
        assert f"{await told(machine)}" == f"{said}."
        assert await rack.state(armed["id"]) == "armed"

    async def test_what_stands_in_the_way_and_is_not_the_machines_is_not_told_to_it(self, rack: Rack) -> None:
        machine = rack.machine()
        await rack.arm(machine)
        image = rack.profile["os_image"]["id"]
        async with rack.live.runtime.db.write(system_context()) as session:
            await session.execute(update(OsImage).where(OsImage.id == UUID(image)).values(content_sha256=None))
        assert await machine.begin() == "waiting"
        assert "is not ready (ready)" in await reason_of(rack, machine.session_id)
        assert await told(machine) == (
            "A deployment cannot begin on this machine: the console says why, at the machines that wait."
        )


class TestCode:
    async def test_only_the_code_of_this_key_lets_it_in(self, rack: Rack) -> None:
        """S-12: who swaps the key on the way shows another code."""
        machine, between = rack.machine(), rack.machine()
        await machine.begin()
        await between.begin()
        assert machine.code != between.code
        path = f"/boot-sessions/{between.session_id}/approve"
        body = {"code": machine.code, "profile_id": rack.profile["id"]}
        assert await rack.console.refused("POST", path, body) == (403, "code_wrong")
        assert await between.wait(max_wait_s=0) == "waiting"

    async def test_five_wrong_ones_end_the_session_and_are_on_the_trail(self, rack: Rack) -> None:
        machine = rack.machine()
        await machine.begin()
        path = f"/boot-sessions/{machine.session_id}/approve"
        for _ in range(admission.MAX_WRONG_CODES):
            assert await rack.console.refused("POST", path, {"code": "AAAA-AAAA"}) == (403, "code_wrong")
        assert await rack.console.refused("POST", path, {"code": machine.code}) == (409, "boot_session_state_wrong")
        assert await machine.wait() == "ended"
        async with rack.live.runtime.db.read(system_context(rack.tenant_id)) as session:
            verbs = list(await session.scalars(select(AuditEvent.verb)))
        assert verbs.count("boot_session.code_refused") == 5

    async def test_a_machine_without_a_profile_needs_one(self, rack: Rack) -> None:
        machine = rack.machine()
        await machine.begin()
        path = f"/boot-sessions/{machine.session_id}/approve"
        assert await rack.console.refused("POST", path, {"code": machine.code}) == (422, "profile_needed")
        assert (await rack.approve(machine))["approved_how"] == "code"

    async def test_a_person_is_told_what_stands_in_the_way(self, rack: Rack) -> None:
        machine = rack.machine(disks=SMALL_DISK)
        await machine.begin()
        path = f"/boot-sessions/{machine.session_id}/approve"
        body = {"code": machine.code, "profile_id": rack.profile["id"]}
        async with asyncio.timeout(10):
            waits = asyncio.create_task(told(machine, max_wait_s=50))
            await asyncio.sleep(0.2)
            assert await rack.console.refused("POST", path, body) == (409, "profile_not_ready")
            # So is the one at the machine, at once.
            assert "has no disk of 20 GB or more" in str(await waits)
        assert "has no disk of 20 GB or more" in await reason_of(rack, machine.session_id)
        assert (await rack.console.get("/deployments"))["items"] == []

    async def test_another_profile_than_that_of_a_prepared_deployment_takes_its_place(self, rack: Rack) -> None:
        machine = rack.machine()
        armed = await rack.arm(machine, networks=["198.51.100.0/24"])
        other = await rack.make_profile("Wipe", [{"type": "disk_prep"}], os_image_id=None, edition_index=None)
        await machine.begin()
        await rack.approve(machine, profile_id=other["id"])
        await machine.wait()
        assert str(machine.deployment_id) != armed["id"]
        old = await rack.deployment(armed["id"])
        assert (old["state"], old["reason"]) == ("aborted", "Aborted by another deployment of this machine")


class TestReplay:
    async def test_a_captured_request_is_good_once(self, rack: Rack) -> None:
        """S-14: sent again as it was, or by a host that has no key."""
        machine = rack.machine()
        await rack.start(machine)
        await machine.report({"type": "step_started", "position": 2, "attempt": 1})
        path = f"/boot/v1/deployments/{machine.deployment_id}/secrets"
        body = json.dumps({"position": 2, "name": "admin_password"}).encode()
        authority = rack.live.url.split("://")[1]
        lines = machine.key.headers("POST", authority, path, body, now=time.time(), tag=BOOT_TAG)
        captured = dict(line.split(": ", 1) for line in lines.strip().split("\r\n"))
        async with httpx2.AsyncClient(base_url=rack.live.url) as client:
            first = await client.post(path, content=body, headers=captured)
            assert first.status_code == 200
            again = await client.post(path, content=body, headers=captured)
            assert (again.status_code, again.json()["code"]) == (401, "replayed")
            # Another process knows nothing of it but what the database says.
            rack.live.runtime.part(Gate).replays._buckets.clear()
            again = await client.post(path, content=body, headers=captured)
            assert (again.status_code, again.json()["code"]) == (401, "replayed")
            unsigned = await client.post(path, content=body)
            assert (unsigned.status_code, unsigned.json()["code"]) == (401, "signature_missing")
            other = rack.machine(2).key.headers("POST", authority, path, body, now=time.time(), tag=BOOT_TAG)
            forged = dict(line.split(": ", 1) for line in other.strip().split("\r\n"))
            refused = await client.post(path, content=body, headers=forged)
            assert (refused.status_code, refused.json()["code"]) == (401, "key_unknown")

    async def test_a_signature_of_an_agent_is_none_of_a_boot_session(self, rack: Rack) -> None:
        machine = rack.machine()
        await machine.begin()
        path = f"/boot/v1/sessions/{machine.session_id}/wait"
        body = b'{"max_wait_s":0}'
        lines = machine.key.headers("POST", rack.live.url.split("://")[1], path, body, now=time.time())
        signed = dict(line.split(": ", 1) for line in lines.strip().split("\r\n"))
        async with httpx2.AsyncClient(base_url=rack.live.url) as client:
            answer = await client.post(path, content=body, headers=signed)
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")

    async def test_a_clock_of_2019_is_corrected_by_the_answer(self, rack: Rack) -> None:
        machine = rack.machine()
        machine._line = None
        await machine.begin()
        line = machine._line
        assert line is not None
        line._clock_offset = -7 * 365 * 86_400
        assert await machine.wait(max_wait_s=0) == "waiting"

    async def test_strangers_are_refused_before_anything_is_read(self, rack: Rack) -> None:
        machine = rack.machine()
        machine.session_id = UUID(int=1)
        with pytest.raises(Refused, match="key_unknown"):
            await machine.wait()
