"""What is frozen when a deployment is approved, and the plan that a session gets of it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.deployments.facts import Environment, MachineFacts
from deployflow.deployments.models import Deployment, DeploymentStep
from deployflow.devices.models import Device
from deployflow.platform.settings import Settings
from deployflow.platform.storage import Content
from deployflow.profiles import freezing
from deployflow.profiles.task_types import SecretSource

FORMAT = 1
DISK_IDS = ("disk", "esp", "msr", "windows", "recovery", "data")
DONE = frozenset({"succeeded", "skipped"})


async def freeze(
    session: AsyncSession,
    settings: Settings,
    deployment: Deployment,
    facts: MachineFacts,
    device: Device | None,
    *,
    environment: Environment,
) -> None:
    """Look everything up that the profile names, once and for good; makes the steps' rows.

    Raises:
        ProfileNotFound: 404; ProfileNotReady: 409, with what stands in the way.
    """
    machine = facts.for_profile(device, site=deployment.site_code, environment=environment)
    profile = await freezing.freeze(
        session, settings, deployment.profile_id, machine, computer_name=deployment.wanted_name
    )
    deployment.profile_name, deployment.profile_version = profile.name, profile.version
    deployment.computer_name = profile.computer_name
    deployment.frozen = {
        "tasks": [task.in_plan() for task in profile.tasks],
        # The machine may come back in the other environment after a power cut.
        "in_winpe": {str(task.position): task.in_winpe for task in profile.tasks if task.in_winpe is not None},
        "secrets": {
            str(task.position): {name: _plain(source) for name, source in task.secrets.items()}
            for task in profile.tasks
            if task.secrets
        },
        "variables": dict(profile.variables),
        "disk_ids": await _disk_ids(session, device),
        "brings_agent": profile.brings_agent,
    }
    deployment.steps = [
        DeploymentStep(
            deployment_id=deployment.id,
            tenant_id=deployment.tenant_id,
            position=task.position,
            type=task.type,
            name=task.name,
            phase=task.phase,
            state="pending",
        )
        for task in profile.tasks
    ]


def document(
    deployment: Deployment,
    *,
    session_thumbprint: str,
    environment: str,
    server_url: str,
    issued_at: datetime,
    expires_at: datetime,
) -> dict[str, Any]:
    """The plan of a session, as docs/boot-protocol.md has it."""
    frozen = deployment.frozen
    assert frozen is not None, "an approved deployment is frozen"
    return {
        "format": FORMAT,
        "deployment_id": str(deployment.id),
        "session": session_thumbprint,
        "issued_at": _time(issued_at),
        "expires_at": _time(expires_at),
        "device_id": str(deployment.device_id) if deployment.device_id else None,
        "computer_name": deployment.computer_name,
        "profile": {
            "id": str(deployment.profile_id),
            "name": deployment.profile_name,
            "version": deployment.profile_version,
        },
        "server": {"url": server_url, "ca_pem": None},
        "resume_at": deployment.resume_at,
        "disk_ids": frozen["disk_ids"],
        "variables": frozen["variables"] | deployment.variables,
        "tasks": _tasks_in(environment, frozen),
    }


def tasks_of(deployment: Deployment, phase: str) -> list[dict[str, Any]]:
    """The frozen tasks of a phase."""
    assert deployment.frozen is not None
    return [task for task in deployment.frozen["tasks"] if task["phase"] == phase]


def secrets_of(deployment: Deployment, position: int) -> dict[str, SecretSource]:
    """Where the secrets of a step come from."""
    assert deployment.frozen is not None
    found: Mapping[str, Mapping[str, Any]] = deployment.frozen["secrets"].get(str(position), {})
    return {
        name: SecretSource(source["kind"], UUID(source["secret_id"]) if source["secret_id"] else None)
        for name, source in found.items()
    }


def contents(frozen: Mapping[str, Any] | None) -> set[str]:
    """The SHA-256 of every file that a plan names."""
    return set(_hashes([frozen["tasks"], frozen.get("in_winpe", {})])) if frozen else set()


def content_of(deployment: Deployment, phase: str, sha256: str) -> Content | None:
    """A file that the steps of a phase name, by its hash."""
    if deployment.frozen is None:
        return None
    return next((one for one in _files(tasks_of(deployment, phase)) if one.sha256 == sha256), None)


def is_done(deployment: Deployment, step: DeploymentStep) -> bool:
    """Whether a step needs not run again: it worked, was left out, or may fail and did."""
    if step.state in DONE:
        return True
    assert deployment.frozen is not None
    return step.state == "failed" and bool(deployment.frozen["tasks"][step.position]["continue_on_error"])


def first_open(deployment: Deployment, phase: str) -> int:
    """The position of the first step of a phase that is not done; the one after its last, when all are."""
    steps = of_phase(deployment, phase)
    for step in steps:
        if not is_done(deployment, step):
            return step.position
    return steps[-1].position + 1 if steps else 0


def safe_resume(deployment: Deployment) -> int:
    """Where a machine that started anew goes on.

    As long as the image was not applied in full, from the beginning: what a power cut leaves of a half-written disk is
    not worth finding out. After that, at the first step that is not done.
    """
    images = [step for step in of_phase(deployment, "boot") if step.type == "apply_image"]
    if any(not is_done(deployment, step) for step in images):
        return 0
    return first_open(deployment, "boot")


def of_phase(deployment: Deployment, phase: str) -> Sequence[DeploymentStep]:
    return [step for step in deployment.steps if step.phase == phase]


def start_over(deployment: Deployment, position: int) -> None:
    """The steps from this one on are to be done."""
    for step in deployment.steps:
        if step.position >= position:
            step.state = "pending"
            step.started_at = step.finished_at = step.error_code = step.error_message = None


async def _disk_ids(session: AsyncSession, device: Device | None) -> dict[str, str]:
    """The same for a device each time: by them its disk is known again, whichever environment laid it out."""
    if device is not None:
        statement = select(Deployment.frozen).where(
            Deployment.device_id == device.id, Deployment.approved_at.is_not(None)
        )
        earlier = await session.scalar(statement.order_by(Deployment.approved_at.desc()).limit(1))
        if earlier is not None:
            ids: dict[str, str] = earlier["disk_ids"]
            return ids
    return {name: str(uuid4()) for name in DISK_IDS}


def _tasks_in(environment: str, frozen: Mapping[str, Any]) -> list[dict[str, Any]]:
    tasks: list[dict[str, Any]] = frozen["tasks"]
    if environment != "winpe":
        return tasks
    others: Mapping[str, dict[str, Any]] = frozen.get("in_winpe", {})
    return [task | {"configuration": others.get(str(task["position"]), task["configuration"])} for task in tasks]


def _plain(source: SecretSource) -> dict[str, str | None]:
    return {"kind": source.kind, "secret_id": str(source.secret_id) if source.secret_id else None}


def _hashes(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _hashes(item)
    elif isinstance(value, dict):
        if "sha256" in value and "path" in value:
            yield value["sha256"]
        for item in value.values():
            yield from _hashes(item)


def _files(value: Any) -> Iterator[Content]:
    if isinstance(value, list):
        for item in value:
            yield from _files(item)
    elif isinstance(value, dict):
        if "sha256" in value and "size_bytes" in value:
            yield Content(value["sha256"], value["size_bytes"])
        for item in value.values():
            yield from _files(item)


def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
