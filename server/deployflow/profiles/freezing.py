"""A profile frozen for one machine: what a deployment keeps, and what its plan is made of.

Everything is looked up now: the image's hash, the packs that match, the bodies of scripts, the computer's name. What
changes later changes nothing in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.platform.settings import Settings
from deployflow.profiles import names, naming, preflight, queries, structure, task_types
from deployflow.profiles.documents import stored_condition
from deployflow.profiles.errors import NameUnavailable, ProfileNotReady
from deployflow.profiles.models import ProfileVersion
from deployflow.profiles.structure import Step
from deployflow.profiles.subject import Machine, Subject
from deployflow.profiles.task_types import CannotFreeze, Phase, SecretSource

MAX_SENTENCES = 5


@dataclass(frozen=True, slots=True)
class FrozenTask:
    """A task as docs/boot-protocol.md has it, and, for the server alone, where its secrets come from."""

    position: int
    id: UUID
    type: str
    name: str
    phase: Phase
    condition: Mapping[str, Any] | None
    timeout_s: int
    retries: int
    continue_on_error: bool
    configuration: Mapping[str, Any]
    in_winpe: Mapping[str, Any] | None
    secrets: Mapping[str, SecretSource]

    def in_plan(self) -> dict[str, Any]:
        """What the machine gets of it."""
        return {
            "position": self.position,
            "id": str(self.id),
            "type": self.type,
            "name": self.name,
            "phase": self.phase,
            "condition": self.condition,
            "timeout_s": self.timeout_s,
            "retries": self.retries,
            "continue_on_error": self.continue_on_error,
            "configuration": self.configuration,
        }


@dataclass(frozen=True, slots=True)
class FrozenProfile:
    """A version of a profile for one machine.

    Attributes:
        installs_os: Without, there is nothing to start from the disk afterwards.
        brings_agent: Without, the machine does not come back as a device.
    """

    profile_id: UUID
    name: str
    version: int
    version_id: UUID
    computer_name: str
    tasks: Sequence[FrozenTask]
    variables: Mapping[str, str]
    installs_os: bool
    brings_agent: bool


async def freeze(
    session: AsyncSession,
    settings: Settings,
    profile_id: UUID,
    machine: Machine,
    *,
    number: int | None = None,
    computer_name: str | None = None,
) -> FrozenProfile:
    """The newest version of a profile, or the named one, for a machine; gives out its computer name for good.

    `computer_name` is what a person chose for this one machine, in the place of the pattern.

    Raises:
        ProfileNotFound: 404; ProfileNotReady: 409, with what stands in the way.
    """
    profile = await queries.get_profile(session, profile_id)
    if profile.is_template:
        raise ProfileNotReady(f"'{profile.name}' is a template: make a profile of it")
    version = await queries.get_version(session, profile_id, number or profile.current_number)
    _subject, findings = await preflight.check(session, settings, version, machine)
    if findings.errors:
        said = "; ".join(one.message for one in findings.errors[:MAX_SENTENCES])
        raise ProfileNotReady(said, findings=[one.model_dump(mode="json") for one in findings.errors])
    document = version.document
    steps = preflight.steps_of(document)
    subject = preflight.subject_of(settings, document, machine)
    installs_os = structure.installs_os(steps)
    subject.computer_name = await _computer_name(
        session, computer_name or document["computer_naming_pattern"], machine, installs_os=installs_os
    )
    subject.variables = {
        "computer_name": subject.computer_name,
        "profile": document["name"],
        **({"site": machine.site} if machine.site else {}),
    }
    return FrozenProfile(
        profile_id=profile.id,
        name=document["name"],
        version=version.number,
        version_id=version.id,
        computer_name=subject.computer_name,
        tasks=await _tasks(session, version, steps, subject),
        variables=subject.variables,
        installs_os=installs_os,
        brings_agent=installs_os
        and structure.brings_agent(steps, agent_auto_install=bool(document["agent_auto_install"])),
    )


async def _computer_name(session: AsyncSession, pattern: str, machine: Machine, *, installs_os: bool) -> str:
    if installs_os:
        try:
            return await names.give_out(session, pattern, machine)
        except NameUnavailable as error:
            raise ProfileNotReady(error.detail) from error
    # A machine that is only wiped needs no name of its own; this is for people to see which one it was.
    if machine.hostname:
        return machine.hostname
    try:
        return naming.render(pattern, machine, number=0)
    except NameUnavailable:
        return "UNNAMED"


async def _tasks(
    session: AsyncSession, version: ProfileVersion, steps: Sequence[Step], subject: Subject
) -> list[FrozenTask]:
    frozen: list[FrozenTask] = []
    for step, task in _planned(version, steps):
        try:
            made = await step.kind.freeze(session, step.configuration, subject)
        except CannotFreeze as error:
            raise ProfileNotReady(f"{step.name}: {error}") from None
        if made is None:
            continue
        frozen.append(
            FrozenTask(
                position=len(frozen),
                id=UUID(task["id"]),
                type=step.kind.name,
                name=step.name,
                phase=step.phase,
                condition=stored_condition(step.condition),
                timeout_s=task["timeout_s"],
                retries=task["retries"],
                continue_on_error=task["continue_on_error"],
                configuration=made.configuration,
                in_winpe=made.in_winpe,
                secrets=made.secrets,
            )
        )
    return frozen


def _planned(version: ProfileVersion, steps: Sequence[Step]) -> list[tuple[Step, Mapping[str, Any]]]:
    """The steps with their tasks; and the agent's, where the profile leaves it to its switch."""
    planned: list[tuple[Step, Mapping[str, Any]]] = list(zip(steps, version.document["tasks"], strict=True))
    wanted = version.document["agent_auto_install"] and structure.installs_os(steps)
    if not wanted or any(step.kind.name == "install_agent" for step in steps):
        return planned
    kind = task_types.get("install_agent")
    step = Step(kind, kind.title, kind.configuration_model(), None, "boot")
    task = {
        "id": str(uuid5(version.id, kind.name)),
        "timeout_s": int(kind.timeout.total_seconds()),
        "retries": 1,
        "continue_on_error": False,
    }
    # After the last task that works on the image, and so before whatever leaves the boot environment.
    last = max(
        order
        for order, (one, _task) in enumerate(planned)
        if one.phase == "boot" and (one.kind.needs_image or one.kind.name == "apply_image")
    )
    return [*planned[: last + 1], (step, task), *planned[last + 1 :]]
