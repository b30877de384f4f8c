"""What has to be true of a profile's tasks together: their order, and what one needs of another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from deployflow.profiles import task_types
from deployflow.profiles.conditions import MACHINE_VARIABLES, PLAN_VARIABLES, comparisons
from deployflow.profiles.configuration_tasks import InjectConfiguration
from deployflow.profiles.disk_tasks import DiskPrep, layout
from deployflow.profiles.documents import condition_of
from deployflow.profiles.findings import Findings
from deployflow.profiles.flow_tasks import Reboot
from deployflow.profiles.task_types import Phase, TaskType


class StoredTask(Protocol):
    """A row, or what a document says of one."""

    type: str
    name: str
    configuration: dict[str, Any]
    condition: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Step:
    """A task, read."""

    kind: TaskType
    name: str
    configuration: Any
    condition: Any
    phase: Phase


def read(tasks: Sequence[StoredTask]) -> list[Step]:
    """The tasks with the phase that each runs in: what runs anywhere stays where the one before it ran."""
    steps: list[Step] = []
    phase: Phase = "boot"
    for task in tasks:
        kind = task_types.get(task.type)
        configuration = kind.configuration_model.model_validate(task.configuration)
        phase = kind.phase_of(configuration) or phase
        steps.append(Step(kind, task.name, configuration, condition_of(task.condition), phase))
        if _leaves(steps[-1]):
            phase = "os"
    return steps


def _leaves(step: Step) -> bool:
    """Whether the boot environment is over with it."""
    return isinstance(step.configuration, Reboot) and step.configuration.to == "os"


def installs_os(steps: Sequence[Step]) -> bool:
    """Whether the machine has a system of its own afterwards."""
    return any(step.kind.name == "apply_image" for step in steps)


def brings_agent(steps: Sequence[Step], *, agent_auto_install: bool) -> bool:
    return agent_auto_install or any(step.kind.name == "install_agent" for step in steps)


def look(steps: Sequence[Step], findings: Findings, *, agent_auto_install: bool) -> None:
    """Say what is wrong with the order of the tasks, in front of any machine."""
    if not steps:
        findings.error("no_tasks", "The profile has no tasks: add one")
        return
    before = len(findings.items)
    _order(steps, findings)
    _disk_and_image(steps, findings)
    _variables(steps, findings)
    findings.at = None
    _whole(steps, findings, agent_auto_install=agent_auto_install)
    if len(findings.items) == before:
        findings.ok("order", "The order of the tasks is right")


def _order(steps: Sequence[Step], findings: Findings) -> None:
    left = False
    for findings.at, step in enumerate(steps):
        if step.phase == "boot" and left:
            findings.error(
                "boot_after_os",
                f"'{step.name}' runs in the boot environment, which a task before it has left: move it up",
            )
        left = left or step.phase == "os" or _leaves(step)


def _disk_and_image(steps: Sequence[Step], findings: Findings) -> None:
    disk = image = agent = False
    for findings.at, step in enumerate(steps):
        name = step.kind.name
        if isinstance(step.configuration, DiskPrep):
            if image:
                findings.error("disk_after_image", f"'{step.name}' would wipe the image that was applied: move it up")
            disk = disk or any(one.role == "windows" for one in layout(step.configuration))
        elif name == "apply_image":
            if not disk:
                findings.error(
                    "image_before_disk", f"'{step.name}' needs a disk with a Windows partition: prepare it before"
                )
            image = True
        elif step.kind.needs_image and not image:
            findings.error("no_image", f"'{step.name}' needs an applied image: apply one before it")
        if name == "install_agent":
            if agent:
                findings.error("agent_twice", f"'{step.name}' installs the agent again: remove it")
            agent = True


def _variables(steps: Sequence[Step], findings: Findings) -> None:
    known = {*MACHINE_VARIABLES, *PLAN_VARIABLES}
    may_be_set = False
    for findings.at, step in enumerate(steps):
        sets, reads = step.kind.variables(step.configuration)
        if step.condition is not None:
            reads = reads | {one.variable for one in comparisons(step.condition)}
        unknown = sorted(reads - known)
        if unknown and not may_be_set:
            findings.warning("variable_unknown", f"'{step.name}' asks for '{unknown[0]}', which nothing before it sets")
        known |= sets
        # A script may say variables of its own.
        may_be_set = may_be_set or step.kind.name == "script"


def _whole(steps: Sequence[Step], findings: Findings, *, agent_auto_install: bool) -> None:
    if not installs_os(steps):
        if any(step.phase == "os" for step in steps):
            findings.error(
                "no_installed_system",
                "Tasks run in the installed system, and no task applies an image: add one, or remove those tasks",
            )
        return
    if not brings_agent(steps, agent_auto_install=agent_auto_install):
        if any(step.phase == "os" for step in steps):
            findings.error(
                "no_agent",
                "Tasks in the installed system need the agent: switch its installation on, or remove those tasks",
            )
        else:
            findings.warning(
                "no_agent", "The agent is not installed: the machine will not come back as a managed device"
            )
    if not any(
        isinstance(step.configuration, InjectConfiguration) and step.configuration.unattend is not None
        for step in steps
    ):
        findings.warning(
            "no_unattend",
            "No task has an answer file: Windows will ask its questions at the first start, and keep a name of its own",
        )
