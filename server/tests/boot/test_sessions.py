"""How a machine begins a session, waits, and how that ends."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from deployflow.app.simulation.client import DeviceKey, Refused
from deployflow.boot import sessions
from deployflow.boot.models import BootSession, BootSite
from deployflow.platform import clock
from deployflow.platform.context import system_context
from tests.support.deploying import Rack, sign_in


async def change_session(rack: Rack, session_id: Any, **values: Any) -> None:
    async with rack.live.runtime.db.write(system_context()) as session:
        await session.execute(update(BootSession).where(BootSession.id == session_id).values(**values))


class TestBegin:
    async def test_the_same_key_has_one_session(self, rack: Rack) -> None:
        machine = rack.machine()
        await machine.begin()
        first, nonce = machine.session_id, machine.nonce
        await machine.begin()
        assert (machine.session_id, machine.nonce) == (first, nonce)

    async def test_a_key_that_is_not_proven_begins_nothing(self, rack: Rack) -> None:
        machine, other = rack.machine(), rack.machine(2)
        other.key.spki = machine.key.spki
        with pytest.raises(Refused, match="signature_invalid"):
            await other.begin()

    async def test_what_does_not_fit_is_said(self, rack: Rack) -> None:
        machine = rack.machine()
        machine.site_key = "nonsense"
        with pytest.raises(Refused, match="boot_site_not_found"):
            await machine.begin()
        machine.site_key = rack.site.key
        with pytest.raises(Refused, match="profile_not_allowed"):
            await machine.begin(profile_id="00000000-0000-7000-8000-000000000000")
        machine.facts["colour"] = "red"
        with pytest.raises(Refused, match="malformed"):
            await machine.begin()
        del machine.facts["colour"]
        async with rack.live.runtime.db.write(system_context()) as session:
            await session.execute(update(BootSite).values(networks=["198.51.100.0/24"]))
        with pytest.raises(Refused, match="not_at_this_site"):
            await machine.begin()

    async def test_without_a_site_the_only_one_is_meant(self, rack: Rack) -> None:
        machine = rack.machine()
        machine.site_key = None
        assert await machine.begin() == "waiting"

    async def test_one_address_cannot_fill_the_list(self, rack: Rack) -> None:
        """S-17."""
        machine = rack.machine()
        for _ in range(60):
            machine.power_cycle()
            await machine.begin()
        for _ in range(10):
            machine.power_cycle()
            with pytest.raises(Refused, match="429 too_many_sessions"):
                await machine.begin()
        async with rack.live.runtime.db.read(system_context()) as session:
            assert await session.scalar(select(func.count()).select_from(BootSession)) == 60


class TestWait:
    async def test_an_approval_ends_it_at_once(self, rack: Rack) -> None:
        machine = rack.machine()
        await machine.begin()
        waiting = asyncio.create_task(machine.wait(max_wait_s=50))
        await asyncio.sleep(0.5)
        assert not waiting.done()
        began = time.monotonic()
        await rack.approve(machine)
        assert await waiting == "approved"
        assert time.monotonic() - began < 10
        assert machine.plan is not None

    async def test_it_ends_by_itself_without_news(self, rack: Rack) -> None:
        machine = rack.machine()
        await machine.begin()
        began = time.monotonic()
        assert await machine.wait(max_wait_s=1) == "waiting"
        assert time.monotonic() - began >= 0.9

    async def test_a_machine_that_is_prepared_meanwhile_is_let_in_at_once(self, rack: Rack) -> None:
        machine = rack.machine()
        await machine.begin()
        waiting = asyncio.create_task(machine.wait(max_wait_s=50))
        await asyncio.sleep(0.5)
        await rack.arm(machine)
        assert await waiting == "approved"

    async def test_the_same_plan_comes_again_when_its_answer_was_lost(self, rack: Rack) -> None:
        machine = rack.machine()
        await rack.start(machine)
        first, machine.plan = machine.plan, None
        await machine.wait()
        assert machine.plan == first

    async def test_a_session_is_only_its_own_keys(self, rack: Rack) -> None:
        """S-14."""
        machine, other = rack.machine(), rack.machine(2)
        await rack.start(machine)
        await other.begin()
        own, other.session_id = other.session_id, machine.session_id
        with pytest.raises(Refused, match="boot_session_not_found"):
            await other.wait()
        other.session_id, other.deployment_id = own, machine.deployment_id
        with pytest.raises(Refused, match="deployment_not_found"):
            await other.report({"type": "step_started", "position": 0, "attempt": 1})
        with pytest.raises(Refused, match="deployment_not_found"):
            await other.take_secret(2, "admin_password")
        other.key = DeviceKey()
        other.close()
        with pytest.raises(Refused, match="key_unknown"):
            await other.wait()


class TestEnd:
    async def test_a_denied_machine_is_told_why(self, rack: Rack) -> None:
        machine = rack.machine()
        await machine.begin()
        waiting = asyncio.create_task(machine._call(f"/boot/v1/sessions/{machine.session_id}/wait", {"max_wait_s": 50}))
        await asyncio.sleep(0.3)
        await rack.console.post(f"/boot-sessions/{machine.session_id}/deny", {"reason": "wrong room"})
        answer = await waiting
        assert (answer["state"], answer["reason"]) == ("denied", "Ada: wrong room")
        status, code = await rack.console.refused(
            "POST", f"/boot-sessions/{machine.session_id}/approve", {"code": machine.code}
        )
        assert (status, code) == (409, "boot_session_state_wrong")

    async def test_nobody_approves_it_in_time(self, rack: Rack) -> None:
        machine = rack.machine()
        await machine.begin()
        await change_session(rack, machine.session_id, expires_at=clock.now() - timedelta(seconds=1))
        status, code = await rack.console.refused(
            "POST", f"/boot-sessions/{machine.session_id}/approve", {"code": machine.code}
        )
        assert (status, code) == (410, "session_over")
        assert await machine.wait() == "expired"
        with pytest.raises(Refused, match="session_over"):
            await machine.enter_pin("00000000")

    async def test_a_machine_that_went_away_leaves_the_list(self, rack: Rack) -> None:
        gone, here = rack.machine(), rack.machine(2)
        await gone.begin()
        await here.begin()
        await change_session(rack, gone.session_id, last_seen_at=clock.now() - sessions.GONE_AFTER)
        await sessions.expire_past(rack.live.runtime)
        listed = (await rack.console.get("/boot-sessions"))["items"]
        assert {one["id"]: one["state"] for one in listed} == {
            str(gone.session_id): "expired",
            str(here.session_id): "waiting",
        }

    async def test_who_may_not_approve_does_not(self, rack: Rack) -> None:
        machine = rack.machine()
        await machine.begin()
        reader = await sign_in(rack.live, rack.tenant_id, "boot:read", "deployments:read", "deployments:write")
        refused = await reader.refused("POST", f"/boot-sessions/{machine.session_id}/approve", {"code": machine.code})
        assert refused == (403, "permission_missing")
        await reader.client.aclose()


class TestForgotten:
    async def test_strangers_are_forgotten_after_a_day_and_nobody_else(self, rack: Rack) -> None:
        denied, waiting, approved = rack.machine(1), rack.machine(2), rack.machine(3)
        for machine in (denied, waiting):
            await machine.begin()
        await rack.console.post(f"/boot-sessions/{denied.session_id}/deny")
        await rack.deploy(approved)
        old = clock.now() - sessions.FORGET_STRANGERS_AFTER - timedelta(hours=1)
        for machine in (denied, waiting, approved):
            await change_session(rack, machine.session_id, ended_at=old)
        await sessions.forget_old(rack.live.runtime)
        listed = (await rack.console.get("/boot-sessions"))["items"]
        assert {one["id"] for one in listed} == {str(waiting.session_id), str(approved.session_id)}
