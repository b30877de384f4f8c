"""What machines say happened: kept once, in order, and the truth in the console."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from deployflow.app.simulation.client import Refused
from deployflow.app.simulation.engine import StepFailed, run
from deployflow.deployments import tasks
from deployflow.deployments.models import Deployment
from deployflow.deployments.progress import Progress
from deployflow.deployments.reporting import LOG_LIMIT_BYTES
from deployflow.deployments.schemas import SILENT_AFTER
from deployflow.platform import clock
from deployflow.platform.context import system_context
from tests.support.deploying import TASKS, Rack

STARTED = {"type": "step_started", "position": 0, "attempt": 1}


def at(seq: int, **report: Any) -> dict[str, Any]:
    return {"seq": seq, "at": clock.now().isoformat(), **report}


async def change(rack: Rack, deployment_id: Any, **values: Any) -> None:
    async with rack.live.runtime.db.write(system_context()) as session:
        await session.execute(update(Deployment).where(Deployment.id == UUID(str(deployment_id))).values(**values))


def fail_at(position: int, code: str = "download_failed") -> Any:
    def step(task: dict[str, Any]) -> None:
        if task["position"] == position:
            raise StepFailed(code, "The server closed the connection three times.")

    return step


class TestOnce:
    async def test_a_call_that_comes_again_is_a_duplicate_and_changes_nothing(self, rack: Rack) -> None:
        machine = rack.machine()
        deployment_id = await rack.start(machine)
        sent = [
            at(0, **STARTED),
            at(1, type="log", position=0, stream="out", text="hello\n"),
            at(2, type="step_finished", position=0, attempt=1, outcome="succeeded", variables={"disk": "/dev/sda"}),
        ]
        assert await machine.send_reports(sent) == ["accepted"] * 3
        assert await machine.send_reports(sent) == ["duplicate"] * 3
        assert await machine.send_reports([*sent[1:], at(3, **{**STARTED, "position": 1})]) == [
            "duplicate",
            "duplicate",
            "accepted",
        ]
        shown = await rack.deployment(deployment_id)
        assert [step["state"] for step in shown["steps"]] == ["succeeded", "running", "pending", "pending"]
        assert shown["variables"] == {"disk": "/dev/sda"}
        assert (shown["step"]["done"], shown["step"]["name"]) == (1, "Windows")
        pieces = (await rack.console.get(f"/deployments/{deployment_id}/log"))["pieces"]
        assert [piece["text"] for piece in pieces] == ["hello\n"]

    async def test_the_last_call_of_a_session_may_come_again_when_its_answer_was_lost(self, rack: Rack) -> None:
        machine = rack.machine()
        await rack.deploy(machine)
        last = at(machine._seq - 1, type="phase_finished", phase="boot", outcome="succeeded", error=None)
        assert await machine.send_reports([last]) == ["duplicate"]
        with pytest.raises(Refused, match="session_over"):
            await machine.report(STARTED)

    async def test_what_does_not_fit_the_plan_is_stale(self, rack: Rack) -> None:
        machine = rack.machine()
        await rack.start(machine)
        assert await machine.report({**STARTED, "position": 77}) == ["stale"]

    @pytest.mark.parametrize(
        "report",
        [
            {"type": "paint", "position": 0},
            {**STARTED, "attempt": 0},
            {**STARTED, "colour": "red"},
            {"type": "progress", "position": 0, "percent": 101},
            {"type": "step_finished", "position": 0, "attempt": 1, "outcome": "great"},
            {"type": "step_finished", "position": 0, "attempt": 1, "outcome": "succeeded", "variables": {"A B": "x"}},
            {"type": "log", "position": 0, "stream": "out", "text": "x" * 600_000},
        ],
        ids=str,
    )
    async def test_a_report_of_the_wrong_shape_is_refused_whole(self, rack: Rack, report: dict[str, Any]) -> None:
        machine = rack.machine()
        deployment_id = await rack.start(machine)
        with pytest.raises(Refused, match="422 malformed"):
            await machine.send_reports([at(0, **STARTED), at(1, **report)])
        assert (await rack.deployment(deployment_id))["steps"][0]["state"] == "pending"


class TestTruth:
    async def test_a_failed_step_says_why_and_brings_its_rescue_log(self, rack: Rack) -> None:
        machine = rack.machine()
        deployment_id = await rack.start(machine)
        assert await run(machine, step=fail_at(1)) == "failed"
        shown = await rack.deployment(deployment_id)
        assert (shown["state"], shown["can_retry"], shown["can_abort"]) == ("failed", "boot", False)
        assert shown["error"] == {
            "code": "download_failed",
            "message": "Windows: The server closed the connection three times.",
        }
        assert [step["state"] for step in shown["steps"]] == ["succeeded", "failed", "pending", "pending"]
        pieces = (await rack.console.get(f"/deployments/{deployment_id}/log"))["pieces"]
        assert [(piece["stream"], piece["name"]) for piece in pieces if piece["name"]] == [("rescue", "dmesg")]
        of_step = (await rack.console.get(f"/deployments/{deployment_id}/log", position=0))["pieces"]
        assert [piece["text"] for piece in of_step] == ["Partition: done\n"]

    async def test_a_step_that_may_fail_stops_nothing(self, rack: Rack) -> None:
        tolerant = {**TASKS[2], "continue_on_error": True}
        rack.profile = await rack.make_profile("Tolerant", [*TASKS[:2], tolerant])
        machine = rack.machine()
        deployment_id = await rack.start(machine)
        assert await run(machine, step=fail_at(2, "unattend_invalid")) == "succeeded"
        shown = await rack.deployment(deployment_id)
        assert shown["state"] == "awaiting_first_boot"
        assert [step["state"] for step in shown["steps"]] == ["succeeded", "succeeded", "failed", "succeeded"]

    async def test_a_machine_that_leaves_steps_out_is_not_believed(self, rack: Rack) -> None:
        machine = rack.machine()
        deployment_id = await rack.start(machine)
        await machine.report(STARTED)
        await machine.finish_phase("succeeded")
        shown = await rack.deployment(deployment_id)
        assert (shown["state"], shown["error"]["code"], shown["consumed_at"]) == ("failed", "steps_missing", None)

    async def test_progress_is_shown_without_a_write_for_each_report(self, rack: Rack) -> None:
        machine = rack.machine()
        deployment_id = await rack.start(machine)
        await machine.report({**STARTED, "position": 1})
        said = {"type": "progress", "position": 1, "bytes_total": 1000, "text": "Größe"}
        for percent in (10, 20, 42.5):
            await machine.report({**said, "percent": percent, "bytes_done": int(percent * 10)})
        await rack.live.runtime.part(Progress).flush()
        shown = (await rack.deployment(deployment_id))["progress"]
        assert (shown["percent"], shown["bytes_done"], shown["text"]) == (42.5, 425, "Größe")
        # Of a step that is over, nothing more is written.
        await machine.report({**said, "percent": 99, "bytes_done": 990})
        await machine.report({"type": "step_finished", "position": 1, "attempt": 1, "outcome": "succeeded"})
        await rack.live.runtime.part(Progress).flush()
        assert (await rack.deployment(deployment_id))["progress"] is None

    async def test_a_machine_that_goes_silent_is_said_to_be(self, rack: Rack) -> None:
        machine = rack.machine()
        deployment_id = await rack.start(machine)
        assert not (await rack.deployment(deployment_id))["silent"]
        await change(rack, deployment_id, last_report_at=clock.now() - SILENT_AFTER - timedelta(seconds=1))
        assert (await rack.deployment(deployment_id))["silent"]
        await machine.report()
        await rack.live.runtime.part(Progress).flush()
        assert not (await rack.deployment(deployment_id))["silent"]

    async def test_what_was_heard_before_does_not_make_it_silent_again(self, rack: Rack) -> None:
        machine = rack.machine()
        deployment_id = await rack.start(machine)
        await machine.report()
        heard_later = clock.now() + timedelta(seconds=15)
        await change(rack, deployment_id, last_report_at=heard_later)
        await rack.live.runtime.part(Progress).flush()
        shown = (await rack.deployment(deployment_id))["last_report_at"]
        assert datetime.fromisoformat(shown) == heard_later

    async def test_output_without_end_is_cut_and_said_to_be(self, rack: Rack) -> None:
        machine = rack.machine()
        deployment_id = await rack.start(machine)
        await change(rack, deployment_id, log_bytes=LOG_LIMIT_BYTES - 10)
        for _ in range(3):
            await machine.report({"type": "log", "position": 0, "stream": "out", "text": "x" * 1000})
        await machine.report({"type": "rescue_log", "name": "dmesg", "text": "why it failed"})
        pieces = (await rack.console.get(f"/deployments/{deployment_id}/log"))["pieces"]
        assert [piece["text"][:21] for piece in pieces] == ["The server keeps no m", "why it failed"]

    async def test_a_nul_is_kept_as_something_readable(self, rack: Rack) -> None:
        machine = rack.machine()
        deployment_id = await rack.start(machine)
        await machine.report({"type": "log", "position": 0, "stream": "out", "text": "a\x00b"})
        (piece,) = (await rack.console.get(f"/deployments/{deployment_id}/log"))["pieces"]
        assert piece["text"] == "a\u2400b"


class TestAbort:
    async def test_a_machine_at_work_hears_of_it_with_its_next_report(self, rack: Rack) -> None:
        machine = rack.machine()
        deployment_id = await rack.start(machine)
        await machine.report(STARTED)
        assert not machine.told_to_abort
        aborted = await rack.console.post(f"/deployments/{deployment_id}/abort")
        assert aborted["state"] == "aborted"
        assert aborted["reason"] == "Aborted by Ada; the machine has not confirmed it yet"
        await machine.report()
        assert machine.told_to_abort
        assert await machine.report({**STARTED, "position": 1}) == ["stale"]
        await machine.report({"type": "log", "position": 0, "stream": "engine", "text": "stopped\n"})
        await machine.finish_phase("failed", {"code": "aborted", "message": "Aborted"})
        shown = await rack.deployment(deployment_id)
        assert (shown["state"], shown["reason"]) == ("aborted", "Aborted by Ada")
        assert await rack.console.refused("POST", f"/deployments/{deployment_id}/abort") == (
            409,
            "deployment_state_wrong",
        )
        machine.power_cycle()
        assert await machine.begin() == "waiting"

    async def test_a_prepared_one_is_simply_over(self, rack: Rack) -> None:
        machine = rack.machine()
        armed = await rack.arm(machine)
        assert (await rack.console.post(f"/deployments/{armed['id']}/abort"))["state"] == "aborted"
        assert await machine.begin() == "waiting"

    async def test_one_that_waits_for_its_first_boot_takes_its_token_along(self, rack: Rack) -> None:
        machine = rack.machine()
        deployment_id = await rack.deploy(machine)
        await rack.console.post(f"/deployments/{deployment_id}/abort")
        with pytest.raises(Refused, match="token_revoked"):
            await machine.first_boot()


class TestTime:
    @pytest.mark.parametrize(
        ("prepared", "values", "code"),
        [
            ("armed", {"armed_until": clock.now() - timedelta(days=1)}, None),
            ("started", {"last_report_at": clock.now() - timedelta(days=1)}, "machine_lost"),
            ("deployed", {"consumed_at": clock.now() - timedelta(days=2)}, "first_boot_missing"),
        ],
    )
    async def test_what_never_comes_ends_with_a_sentence(
        self, rack: Rack, prepared: str, values: dict[str, Any], code: str | None
    ) -> None:
        machine = rack.machine()
        if prepared == "armed":
            deployment_id = (await rack.arm(machine))["id"]
        else:
            deployment_id = await (rack.start(machine) if prepared == "started" else rack.deploy(machine))
        await change(rack, deployment_id, **values)
        await rack.live.runtime.part(tasks.Sweeps).sweep()
        shown = await rack.deployment(deployment_id)
        if code is None:
            assert (shown["state"], shown["reason"]) == (
                "expired",
                "Its machine did not start from the network in time",
            )
        else:
            assert (shown["state"], shown["error"]["code"]) == ("failed", code)
