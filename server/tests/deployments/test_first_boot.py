"""The installed agent comes back as the same device, and nobody else does by its token."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from deployflow.app.simulation.client import Refused
from deployflow.app.simulation.engine import run
from deployflow.deployments.models import Deployment
from deployflow.deployments.states import State
from deployflow.enrollment.models import EnrollmentToken
from deployflow.platform.context import system_context
from tests.support.deploying import IN_OS, TASKS, Rack, finish_in_os


class TestToken:
    async def test_it_is_for_this_machine_only_and_once(self, rack: Rack) -> None:
        machine = rack.machine()
        await rack.deploy(machine)
        other = rack.machine(2)
        other.plan, other.secrets = machine.plan, machine.secrets
        with pytest.raises(Refused, match="token_of_another_machine"):
            await other.first_boot()
        agent = await machine.first_boot()
        with pytest.raises(Refused, match="token_used_up"):
            await machine.first_boot()
        agent.close()

    async def test_it_dies_with_the_device(self, rack: Rack) -> None:
        machine = rack.machine()
        deployment_id = await rack.deploy(machine)
        device_id = (await rack.deployment(deployment_id))["device"]["id"]
        await rack.console.post(f"/devices/{device_id}/revoke")
        with pytest.raises(Refused, match="token_revoked: The device that this token is for was retired or revoked"):
            await machine.first_boot()

    async def test_the_list_of_tokens_shows_whose_it_is_and_nobody_changes_it(self, rack: Rack) -> None:
        machine = rack.machine()
        deployment_id = await rack.deploy(machine)
        (token,) = (await rack.console.get("/enrollment-tokens"))["items"]
        assert token["deployment_id"] == deployment_id
        answer = await rack.console.client.patch(
            f"/api/v1/enrollment-tokens/{token['id']}", json={"max_uses": 100}, headers={"If-Match": "*"}
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "token_of_deployment")

    async def test_a_step_that_runs_again_makes_another_and_ends_the_one_before(self, rack: Rack) -> None:
        machine = rack.machine()
        await rack.start(machine)
        tokens = []
        for attempt in (1, 2):
            await machine.report({"type": "step_started", "position": 3, "attempt": attempt})
            tokens.append(await machine.take_secret(3, "enrollment_token"))
        assert tokens[0] != tokens[1]
        async with rack.live.runtime.db.read(system_context()) as session:
            rows = await session.scalars(select(EnrollmentToken).order_by(EnrollmentToken.created_at))
            assert [row.revoked_at is None for row in rows] == [False, True]


class TestLost:
    async def test_the_last_report_of_the_boot_phase_may_be_lost(self, rack: Rack) -> None:
        """The system can only start because all was done: its enrolment says so."""
        machine = rack.machine()
        deployment_id = await rack.start(machine)
        await machine.report({"type": "step_started", "position": 3, "attempt": 1})
        await machine.take_secret(3, "enrollment_token")
        agent = await machine.first_boot()
        shown = await rack.deployment(deployment_id)
        assert (shown["state"], shown["consumed_at"] is not None) == ("succeeded", True)
        agent.close()

    async def test_an_agent_of_an_aborted_deployment_enrolls_and_changes_nothing_of_it(self, rack: Rack) -> None:
        machine = rack.machine()
        deployment_id = await rack.deploy(machine)
        async with rack.live.runtime.db.write(system_context()) as session:
            await session.execute(
                update(Deployment).where(Deployment.id == UUID(deployment_id)).values(state=State.ABORTED)
            )
        agent = await machine.first_boot()
        assert await rack.state(deployment_id) == "aborted"
        agent.close()


class TestFinish:
    async def test_secrets_of_steps_are_opened_when_the_action_is_handed_out(self, rack: Rack) -> None:
        kept = await rack.console.post("/secrets", {"name": "Asset key", "kind": "password", "value": "k4nary-Ω"})
        secret: dict[str, Any] = {
            **IN_OS,
            "configuration": {**IN_OS["configuration"], "parameters": {"Key": {"secret_id": kept["id"]}}},
        }
        rack.profile = await rack.make_profile("With a secret", [*TASKS, secret])
        machine = rack.machine()
        await rack.deploy(machine)
        agent = await machine.first_boot()
        payload = await finish_in_os(agent)
        assert payload["secrets"] == [{"position": 4, "name": "parameter:Key", "value": "k4nary-Ω"}]
        assert "k4nary" not in str(machine.plan)
        agent.close()

    async def test_a_secret_that_is_gone_fails_it_with_a_sentence(self, rack: Rack) -> None:
        kept = await rack.console.post("/secrets", {"name": "Asset key", "kind": "password", "value": "x"})
        secret = {
            **IN_OS,
            "configuration": {**IN_OS["configuration"], "parameters": {"Key": {"secret_id": kept["id"]}}},
        }
        rack.profile = await rack.make_profile("With a secret", [*TASKS, secret])
        machine = rack.machine()
        deployment_id = await rack.deploy(machine)
        answer = await rack.console.client.delete(f"/api/v1/secrets/{kept['id']}", headers={"If-Match": "*"})
        assert answer.is_success
        agent = await machine.first_boot()
        answered = await agent.check_in(max_wait_s=1)
        assert answered["actions"] == []
        shown = await rack.deployment(deployment_id)
        assert (shown["state"], shown["error"]["code"]) == ("failed", "secret_unavailable")
        assert shown["error"]["message"].startswith("Join the list: A secret")
        agent.close()

    async def test_people_do_not_queue_it(self, rack: Rack) -> None:
        rack.profile = await rack.make_profile("With more", [*TASKS, IN_OS])
        machine = rack.machine()
        deployment_id = await rack.deploy(machine)
        agent = await machine.first_boot()
        shown = await rack.deployment(deployment_id)
        body = {
            "device_ids": [shown["device"]["id"]],
            "kind": "finish_deployment",
            "payload": {"deployment_id": deployment_id, "from_position": 0},
        }
        assert await rack.console.refused("POST", "/actions", body) == (403, "permission_missing")
        again = f"/actions/{shown['action_id']}/run-again"
        assert await rack.console.refused("POST", again) == (403, "permission_missing")
        agent.close()

    async def test_its_action_cancelled_is_the_deployment_aborted(self, rack: Rack) -> None:
        rack.profile = await rack.make_profile("With more", [*TASKS, IN_OS])
        machine = rack.machine()
        deployment_id = await rack.deploy(machine)
        agent = await machine.first_boot()
        action_id = (await rack.deployment(deployment_id))["action_id"]
        await rack.console.post(f"/actions/{action_id}/cancel")
        shown = await rack.deployment(deployment_id)
        assert (shown["state"], shown["reason"]) == ("aborted", "Its action was cancelled by Ada")
        agent.close()

    async def test_the_deployment_aborted_is_its_action_cancelled(self, rack: Rack) -> None:
        rack.profile = await rack.make_profile("With more", [*TASKS, IN_OS])
        machine = rack.machine()
        deployment_id = await rack.deploy(machine)
        agent = await machine.first_boot()
        aborted = await rack.console.post(f"/deployments/{deployment_id}/abort")
        assert (aborted["state"], aborted["reason"]) == ("aborted", "Aborted by Ada")
        assert (await rack.console.get(f"/actions/{aborted['action_id']}"))["status"] == "cancelled"
        agent.close()

    async def test_another_device_reports_nothing_of_it(self, rack: Rack) -> None:
        rack.profile = await rack.make_profile("With more", [*TASKS, IN_OS])
        first, second = rack.machine(1), rack.machine(2)
        deployment_id = await rack.deploy(first)
        agent = await first.first_boot()
        await rack.start(second)
        await run(second)
        other = await second.first_boot()
        report = {"seq": 0, "at": "2026-11-24T13:00:00Z", "type": "step_started", "position": 4, "attempt": 1}
        with pytest.raises(Refused, match="deployment_not_found"):
            await other.report_deployment(deployment_id, [report])
        agent.close()
        other.close()
