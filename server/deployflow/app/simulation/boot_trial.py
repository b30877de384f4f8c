"""One run of `deployflow boot simulate`: a machine starts from the network, is deployed, and starts from its disk.

It says what the machine's own screen would say, so that a person can try approval, the wall and a profile's steps
without a machine.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from deployflow.app.failures import Failure, Refused, Unusable
from deployflow.app.simulation import engine
from deployflow.app.simulation.client import AgentClient
from deployflow.app.simulation.client import Refused as RefusedByServer
from deployflow.app.simulation.machine import NetbootMachine, PlanRefused
from deployflow.platform import clock

FAILURE = engine.StepFailed("simulated_failure", "The simulated machine was told to fail here.")


@dataclass(frozen=True)
class BootTrial:
    """How the machine goes about it.

    Attributes:
        pace_s: How long each step takes.
        fails_at: The step that fails, counted from 1; none when 0.
        profile_id: What was chosen in the boot menu.
    """

    pace_s: float
    fails_at: int = 0
    profile_id: str | None = None


async def run(machine: NetbootMachine, trial: BootTrial, say: Callable[[str], None]) -> None:
    """Go the whole way.

    Raises:
        Unusable: the server is not there.
        Refused: it was not let in.
        Failure: the deployment failed.
    """
    try:
        await _run(machine, trial, say)
    except RefusedByServer as refused:
        raise Refused(f"the server refused the machine: {refused}") from refused
    except PlanRefused as refused:
        raise Refused(str(refused)) from refused
    except (OSError, TimeoutError) as error:
        raise Unusable(f"the server at {machine.address.authority} does not answer: {error}") from error
    finally:
        machine.close()


async def _run(machine: NetbootMachine, trial: BootTrial, say: Callable[[str], None]) -> None:
    # As firmware does: from here on the console lists the machine. What it is told to start is not needed.
    await machine.ask_what_to_start()
    if await machine.begin(profile_id=trial.profile_id) == "waiting":
        say(f"code {machine.code}")
        say("Waiting for somebody to compare it in the console.")
    await machine.wait_until_approved()
    assert machine.plan is not None
    say(f"let in as {machine.plan['computer_name']}")
    outcome = await engine.run(machine, step=_steps(machine.plan["tasks"], trial, say), pace_s=trial.pace_s)
    if outcome != "succeeded":
        raise Failure(f"the deployment {outcome}: the console says why and may go on from there")
    if "enrollment_token" not in machine.secrets:
        say("done: no agent was planted, so nothing comes back")
        return
    agent = await machine.first_boot()
    try:
        say(f"started from its disk as {machine.plan['computer_name']}")
        await _finish(agent, say)
    finally:
        agent.close()


def _steps(
    tasks: list[dict[str, Any]], trial: BootTrial, say: Callable[[str], None]
) -> Callable[[dict[str, Any]], None]:
    def step(task: dict[str, Any]) -> None:
        say(f"step {task['position'] + 1} of {len(tasks)}: {task['name']}")
        if task["position"] + 1 == trial.fails_at:
            raise FAILURE

    return step


async def _finish(agent: AgentClient, say: Callable[[str], None]) -> None:
    """What is left for the installed system, if anything is."""
    answer = await agent.check_in(max_wait_s=1)
    for action in answer["actions"]:
        if action["kind"] != "finish_deployment":
            continue
        of_action = {"action_id": action["action_id"], "fence": action["fence"]}
        await agent.report([{"type": "started", "at": clock.now().isoformat(), **of_action}])
        await engine.run_in_os(agent, action["payload"], step=lambda task: say(f"in Windows: {task['name']}"))
        ended = {"outcome": "succeeded", "error": None, "exit_code": None}
        await agent.report([{"type": "finished", "at": clock.now().isoformat(), **of_action, **ended}])
    say("done")
