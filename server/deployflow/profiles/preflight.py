"""Holds a profile against a machine before anything is wiped: a sentence for each thing that was looked at."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.platform.settings import Settings
from deployflow.profiles import machines, names, naming, queries, references, structure, task_types
from deployflow.profiles.errors import NameUnavailable
from deployflow.profiles.findings import Findings
from deployflow.profiles.models import ProfileVersion
from deployflow.profiles.schemas import Preflight, PreflightIn
from deployflow.profiles.structure import Step
from deployflow.profiles.subject import Machine, Subject


async def run(session: AsyncSession, settings: Settings, profile_id: UUID, asked: PreflightIn) -> Preflight:
    """What would stop the newest version of a profile, on a device, on a described machine, or on any.

    Raises:
        ProfileNotFound, DeviceNotFound: 404.
    """
    profile = await queries.get_profile(session, profile_id)
    version = await queries.get_version(session, profile_id, profile.current_number)
    machine = await _machine(session, asked)
    subject, findings = await check(session, settings, version, machine)
    return Preflight(
        ready=not findings.errors,
        profile_version=version.number,
        machine=machine.title if machine is not None else None,
        computer_name=subject.computer_name,
        findings=findings.items,
    )


async def check(
    session: AsyncSession, settings: Settings, version: ProfileVersion, machine: Machine | None
) -> tuple[Subject, Findings]:
    """The same for a version and a machine that are at hand."""
    document = version.document
    steps = steps_of(document)
    subject = subject_of(settings, document, machine)
    findings = Findings()
    auto = bool(document["agent_auto_install"])
    structure.look(steps, findings, agent_auto_install=auto)
    await _references(session, document, steps, subject, findings)
    if structure.installs_os(steps):
        await _name(session, document["computer_naming_pattern"], subject, findings)
    for findings.at, step in enumerate(steps):
        await step.kind.preflight(session, step.configuration, subject, findings)
    findings.at = None
    has_agent_task = any(step.kind.name == "install_agent" for step in steps)
    if structure.installs_os(steps) and auto and not has_agent_task:
        agent = task_types.get("install_agent")
        await agent.preflight(session, agent.configuration_model(), subject, findings)
    return subject, findings


def steps_of(document: dict[str, Any]) -> list[Step]:
    """The tasks of a document, read."""
    return structure.read([SimpleNamespace(**task) for task in document["tasks"]])


def subject_of(settings: Settings, document: dict[str, Any], machine: Machine | None) -> Subject:
    return Subject(
        settings=settings,
        os_image_id=_id(document["os_image_id"]),
        edition_index=document["edition_index"],
        admin_credentials_ref=_id(document["admin_credentials_ref"]),
        machine=machine,
    )


async def _machine(session: AsyncSession, asked: PreflightIn) -> Machine | None:
    if asked.device_id is not None:
        return await machines.of_device(session, asked.device_id, site=asked.site)
    return machines.described(asked.machine, site=asked.site) if asked.machine is not None else None


async def _references(
    session: AsyncSession, document: dict[str, Any], steps: Sequence[Step], subject: Subject, findings: Findings
) -> None:
    """Secrets and scripts that are gone; images and driver packs say more by themselves."""
    named: set[tuple[int | None, tuple[str, UUID]]] = {(None, one) for one in _credentials(subject)}
    named |= {
        (order, one)
        for order, step in enumerate(steps)
        for one in step.kind.references(step.configuration)
        if one[0] not in {"image", "driver_pack"}
    }
    found = await references.names(session, {one for _order, one in named})
    secrets = 0
    for findings.at, (kind, thing_id) in sorted(named, key=str):
        if str(thing_id) in found:
            secrets += kind == "secret"
            continue
        known = references.get(kind)
        title = known.title if known is not None else kind
        called = document["names"].get(str(thing_id), {}).get("name", str(thing_id))
        findings.error(f"{kind}_missing", f"The {title} '{called}' does not exist any more: choose another one")
    findings.at = None
    if secrets:
        findings.ok("secrets", f"All secrets that it needs are there ({secrets})")


def _credentials(subject: Subject) -> list[tuple[str, UUID]]:
    return [] if subject.admin_credentials_ref is None else [("secret", subject.admin_credentials_ref)]


async def _name(session: AsyncSession, pattern: str, subject: Subject, findings: Findings) -> None:
    if subject.machine is None:
        if naming.is_same_for_all(pattern):
            findings.warning(
                "name_same_for_all",
                f"'{pattern}' makes one name for all machines, and only one can have it: add {{serial:8}} or {{seq:3}}",
            )
        return
    try:
        subject.computer_name = await names.would_be(session, pattern, subject.machine)
    except NameUnavailable as error:
        findings.error("computer_name", error.detail)
        return
    findings.ok("computer_name", f"The machine will be called {subject.computer_name}")


def _id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
