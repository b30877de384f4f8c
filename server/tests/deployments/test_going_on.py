"""Power cuts, restarts and retries: always to the end, and never a second time on the disk (R-18, S-18)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from deployflow.app.simulation.client import Refused
from deployflow.app.simulation.engine import PowerCut, StepFailed, run
from deployflow.app.simulation.machine import NetbootMachine
from deployflow.boot.admission import SILENT_FOR
from deployflow.deployments.entry import MAX_STARTS
from deployflow.deployments.models import Deployment
from deployflow.platform import clock
from deployflow.platform.context import system_context
from tests.boot.conftest import make_environment
from tests.support.deploying import IN_OS, TASKS, Rack, finish_in_os

Silence = Callable[[], None]


@pytest.fixture
def fall_silent(monkeypatch: pytest.MonkeyPatch) -> Silence:
    """As long as a machine takes to start anew goes by. Not written into its row: what was heard of it before may
    still be on its way there.
    """
    real, passed = clock.now, timedelta(0)

    def pass_time() -> None:
        nonlocal passed
        passed += SILENT_FOR + timedelta(seconds=1)
        monkeypatch.setattr(clock, "now", lambda: real() + passed)

    return pass_time


def cut_at(position: int) -> Any:
    def step(task: dict[str, Any]) -> None:
        if task["position"] == position:
            raise PowerCut

    return step


def fail_at(position: int) -> Any:
    def step(task: dict[str, Any]) -> None:
        if task["position"] == position:
            raise StepFailed("out_of_space", "The disk is full.")

    return step


class TestPowerCut:
    @pytest.mark.parametrize(("position", "resume_at"), [(0, 0), (1, 0), (2, 2), (3, 3)])
    async def test_an_armed_machine_goes_on_by_itself(
        self, rack: Rack, position: int, resume_at: int, fall_silent: Silence
    ) -> None:
        """From the beginning until the image is applied, and at the step that was cut afterwards."""
        machine = rack.machine()
        deployment_id = (await rack.arm(machine))["id"]
        await machine.begin()
        await machine.wait()
        with pytest.raises(PowerCut):
            await run(machine, step=cut_at(position))
        fall_silent()
        make_environment(rack.live.runtime.settings)
        assert (await machine.ask_what_to_start()).is_environment
        machine.power_cycle()
        assert await machine.begin() == "approved"
        await machine.wait()
        assert machine.plan is not None
        assert (str(machine.deployment_id), machine.plan["resume_at"]) == (deployment_id, resume_at)
        # What the steps before had found out is there.
        assert ("did_0" in machine.plan["variables"]) is (position > 0)
        assert await run(machine) == "succeeded"
        shown = await rack.deployment(deployment_id)
        assert (shown["state"], shown["starts"]) == ("awaiting_first_boot", 2)
        assert {step["state"] for step in shown["steps"]} == {"succeeded"}

    async def test_one_that_was_approved_by_its_code_is_approved_again(self, rack: Rack, fall_silent: Silence) -> None:
        machine = rack.machine()
        deployment_id = await rack.start(machine)
        with pytest.raises(PowerCut):
            await run(machine, step=cut_at(2))
        fall_silent()
        machine.power_cycle()
        assert await machine.begin() == "waiting"
        shown = await rack.deployment(deployment_id)
        assert shown["state"] == "waiting_for_approval"
        await rack.approve(machine)
        await machine.wait()
        assert machine.plan is not None
        assert (str(machine.deployment_id), machine.plan["resume_at"]) == (deployment_id, 2)
        assert await run(machine) == "succeeded"

    async def test_its_refusal_ends_the_deployment(self, rack: Rack, fall_silent: Silence) -> None:
        machine = rack.machine()
        deployment_id = await rack.start(machine)
        fall_silent()
        machine.power_cycle()
        await machine.begin()
        await rack.console.post(f"/boot-sessions/{machine.session_id}/deny")
        assert await rack.state(deployment_id) == "denied"

    async def test_a_session_whose_machine_is_back_is_worth_nothing(self, rack: Rack, fall_silent: Silence) -> None:
        machine, before = rack.machine(), rack.machine()
        await rack.arm(before)
        await before.begin()
        await before.wait()
        await before.report({"type": "step_started", "position": 2, "attempt": 1})
        fall_silent()
        assert await machine.begin() == "approved"
        with pytest.raises(Refused, match="session_over"):
            await before.report()
        with pytest.raises(Refused, match="session_over"):
            await before.report({"type": "step_started", "position": 3, "attempt": 1})
        with pytest.raises(Refused, match="session_over"):
            await before.take_secret(2, "admin_password")
        assert await before.wait() == "ended"

    async def test_after_three_more_starts_somebody_has_to_look(self, rack: Rack, fall_silent: Silence) -> None:
        machine = rack.machine()
        deployment_id = (await rack.arm(machine))["id"]
        for number in range(1, MAX_STARTS + 1):
            assert await machine.begin() == "approved", number
            await machine.wait()
            fall_silent()
            machine.power_cycle()
        assert await machine.begin() == "waiting"
        shown = await rack.deployment(deployment_id)
        assert (shown["state"], shown["error"]["code"]) == ("failed", "too_many_starts")
        await rack.console.post(f"/deployments/{deployment_id}/retry")
        assert await machine.wait() == "approved"
        assert await run(machine) == "succeeded"

    async def test_a_planned_restart_into_the_environment_needs_nobody(self, rack: Rack) -> None:
        again = {"type": "reboot", "name": "Once more", "configuration": {"to": "environment"}}
        rack.profile = await rack.make_profile("With a restart", [*TASKS[:2], again, TASKS[2]])
        machine = rack.machine()
        deployment_id = await rack.start(machine)
        plan = machine.plan
        assert plan is not None
        for position in (0, 1, 2):
            await machine.report({"type": "step_started", "position": position, "attempt": 1})
            await machine.report({"type": "step_finished", "position": position, "attempt": 1, "outcome": "succeeded"})
        machine.power_cycle()
        assert await machine.begin() == "approved"
        await machine.wait()
        assert machine.plan is not None
        assert (str(machine.deployment_id), machine.plan["resume_at"]) == (deployment_id, 3)
        assert await run(machine) == "succeeded"


class TestRetry:
    async def test_a_machine_that_was_left_on_is_let_in_and_goes_on_there(self, rack: Rack) -> None:
        machine = rack.machine()
        deployment_id = await rack.start(machine)
        assert await run(machine, step=fail_at(2)) == "failed"
        machine.power_cycle()
        assert await machine.begin() == "waiting"
        retried = await rack.console.post(f"/deployments/{deployment_id}/retry")
        assert (retried["state"], retried["error"]) == ("running", None)
        assert await machine.wait() == "approved"
        assert machine.plan is not None
        assert machine.plan["resume_at"] == 2
        assert await run(machine) == "succeeded"
        assert await rack.state(deployment_id) == "awaiting_first_boot"

    async def test_from_an_earlier_step_all_after_it_is_done_again(self, rack: Rack) -> None:
        machine = rack.machine()
        deployment_id = await rack.start(machine)
        await run(machine, step=fail_at(2))
        retried = await rack.console.post(f"/deployments/{deployment_id}/retry", {"position": 1})
        assert [step["state"] for step in retried["steps"]] == ["succeeded", "pending", "pending", "pending"]
        machine.power_cycle()
        assert await machine.begin() == "approved"
        await machine.wait()
        assert machine.plan is not None
        assert machine.plan["resume_at"] == 1

    async def test_a_step_beyond_the_failed_one_is_refused(self, rack: Rack) -> None:
        machine = rack.machine()
        deployment_id = await rack.start(machine)
        await run(machine, step=fail_at(1))
        refused = await rack.console.refused("POST", f"/deployments/{deployment_id}/retry", {"position": 2})
        assert refused == (422, "step_wrong")
        assert await rack.state(deployment_id) == "failed"

    async def test_another_machine_is_not_let_in_by_it(self, rack: Rack) -> None:
        machine = rack.machine()
        deployment_id = await rack.start(machine)
        await run(machine, step=fail_at(1))
        await rack.console.post(f"/deployments/{deployment_id}/retry")
        other = rack.machine(2)
        assert await other.begin() == "waiting"
        # Nor one that has the same card in another box.
        borrowed = rack.machine(3, mac_addresses=machine.facts["mac_addresses"])
        assert await borrowed.begin() == "waiting"


class TestNeverTwice:
    """S-18: whatever is tried, a deployment whose disk is done does nothing to it any more."""

    @pytest.fixture
    async def done(self, rack: Rack) -> NetbootMachine:
        machine = rack.machine()
        await rack.arm(machine)
        await machine.begin()
        await machine.wait()
        await run(machine)
        return machine

    async def test_its_machine_starts_from_the_disk(self, rack: Rack, done: NetbootMachine) -> None:
        make_environment(rack.live.runtime.settings)
        for _ in range(3):
            assert not (await done.ask_what_to_start()).is_environment

    async def test_a_new_key_of_it_is_not_let_in(self, rack: Rack, done: NetbootMachine) -> None:
        deployment_id = done.deployment_id
        done.power_cycle()
        assert await done.begin() == "waiting"
        assert await done.wait(max_wait_s=0) == "waiting"
        path = f"/boot-sessions/{done.session_id}/approve"
        # Approved without a profile, it is not taken for the old deployment either.
        assert await rack.console.refused("POST", path, {"code": done.code}) == (422, "profile_needed")
        assert await rack.state(deployment_id) == "awaiting_first_boot"

    async def test_its_old_session_is_over(self, done: NetbootMachine) -> None:
        with pytest.raises(Refused, match="session_over"):
            await done.report({"type": "step_started", "position": 0, "attempt": 2})
        assert await done.wait() == "ended"

    async def test_it_is_not_retried_on_its_disk(self, rack: Rack, done: NetbootMachine) -> None:
        path = f"/deployments/{done.deployment_id}/retry"
        for body in ({}, {"position": 0}):
            assert await rack.console.refused("POST", path, body) == (409, "deployment_state_wrong")
        async with rack.live.runtime.db.write(system_context()) as session:
            await session.execute(
                update(Deployment).where(Deployment.id == UUID(str(done.deployment_id))).values(state="failed")
            )
        for body in ({}, {"position": 0}):
            status, code = await rack.console.refused("POST", path, body)
            assert (status, code) in {(409, "deployment_state_wrong"), (422, "step_wrong")}

    async def test_steps_of_the_installed_system_are_retried_in_it(self, rack: Rack) -> None:
        rack.profile = await rack.make_profile("With more", [*TASKS, IN_OS])
        machine = rack.machine()
        deployment_id = await rack.deploy(machine)
        agent = await machine.first_boot()
        await finish_in_os(agent, outcome="failed")
        shown = await rack.deployment(deployment_id)
        assert (shown["state"], shown["can_retry"]) == ("failed", "os")
        assert shown["error"] == {"code": "script_failed", "message": "Join the list: It ended with 1."}
        refused = await rack.console.refused("POST", f"/deployments/{deployment_id}/retry", {"position": 0})
        assert refused == (422, "step_wrong")
        retried = await rack.console.post(f"/deployments/{deployment_id}/retry")
        assert retried["state"] == "finishing"
        await finish_in_os(agent)
        assert await rack.state(deployment_id) == "succeeded"
        agent.close()
