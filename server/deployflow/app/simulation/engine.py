"""The engine of a simulated machine: goes through a plan as docs/boot-protocol.md says, and does nothing in it."""

import asyncio
from collections.abc import Callable
from typing import Any

from deployflow.app.simulation.client import AgentClient
from deployflow.app.simulation.machine import NetbootMachine
from deployflow.platform import clock


class StepFailed(Exception):
    """What the caller makes a step fail with."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class PowerCut(Exception):
    """The machine is gone in the middle of a step."""


async def run(
    machine: NetbootMachine,
    *,
    step: Callable[[dict[str, Any]], None] = lambda _task: None,
    pace_s: float = 0.0,
    progress: int = 3,
) -> str:
    """Do the boot phase of the plan, from where it says. Gives `succeeded`, `failed` or `aborted`.

    Args:
        machine: With its plan.
        step: Called in the middle of each; raises `StepFailed` or `PowerCut`.
        pace_s: How long a step takes.
        progress: How often it says how far it is.
    """
    plan = machine.plan
    assert plan is not None, "no plan yet"
    for task in plan["tasks"]:
        if task["phase"] != "boot" or task["position"] < plan["resume_at"]:
            continue
        position = task["position"]
        await machine.report({"type": "step_started", "position": position, "attempt": 1})
        try:
            step(task)
            await _work(machine, task, pace_s, progress)
        except StepFailed as failure:
            error = {"code": failure.code, "message": failure.message}
            await machine.report(
                {"type": "step_finished", "position": position, "attempt": 1, "outcome": "failed", "error": error},
                {"type": "rescue_log", "name": "dmesg", "text": "[    0.000000] Linux version 6.12\n"},
            )
            if task["continue_on_error"]:
                continue
            await machine.finish_phase("failed", error)
            return "failed"
        if machine.told_to_abort:
            await machine.finish_phase("failed", {"code": "aborted", "message": "Aborted in the console"})
            return "aborted"
        await machine.report(
            {
                "type": "step_finished",
                "position": position,
                "attempt": 1,
                "outcome": "succeeded",
                "variables": {f"did_{position}": "yes"},
            }
        )
    await machine.finish_phase("succeeded")
    return "succeeded"


async def run_in_os(
    agent: AgentClient, payload: dict[str, Any], *, step: Callable[[dict[str, Any]], None] = lambda _task: None
) -> None:
    """Do the steps that are left for the installed system, as the agent of a deployed machine does."""
    reports: list[dict[str, Any]] = []
    for task in payload["tasks"]:
        step(task)
        of_step = {"position": task["position"], "attempt": 1}
        reports += [
            {"type": "step_started", **of_step},
            {"type": "log", "position": task["position"], "stream": "out", "text": f"{task['name']}: done\n"},
            {"type": "step_finished", **of_step, "outcome": "succeeded", "error": None},
        ]
    numbered = [{"seq": seq, "at": clock.now().isoformat(), **report} for seq, report in enumerate(reports)]
    if numbered:
        await agent.report_deployment(payload["deployment_id"], numbered)


async def _work(machine: NetbootMachine, task: dict[str, Any], pace_s: float, progress: int) -> None:
    for name in task["configuration"].get("secrets", []):
        await machine.take_secret(task["position"], name)
    size = task["configuration"].get("content", {}).get("size_bytes", 0)
    for part in range(1, progress + 1):
        await asyncio.sleep(pace_s / progress)
        await machine.report(
            {
                "type": "progress",
                "position": task["position"],
                "percent": 100 * part / progress,
                "bytes_done": size * part // progress,
                "bytes_total": size,
                "text": task["name"],
            }
        )
        if machine.told_to_abort:
            return
    await machine.report(
        {"type": "log", "position": task["position"], "stream": "engine", "text": f"{task['name']}: done\n"}
    )
