"""Secrets of a deployment's steps: opened when a step asks, once for each start of it, and kept in no plan."""

import secrets as random
import string
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.deployments import plans
from deployflow.deployments.errors import (
    NoPasswordKept,
    SecretTaken,
    SecretUnavailable,
    SecretUnknown,
    StepNotRunning,
)
from deployflow.deployments.models import Deployment, DeploymentSecret, DevicePassword
from deployflow.deployments.schemas import DevicePasswordOut
from deployflow.deployments.states import State
from deployflow.devices import queries as devices
from deployflow.enrollment import bound
from deployflow.enrollment.bound import Bound
from deployflow.platform import trail
from deployflow.platform.ids import new_id
from deployflow.platform.runtime import Runtime
from deployflow.platform.sealing import SealBroken
from deployflow.platform.settings import Settings
from deployflow.profiles.task_types import SecretSource
from deployflow.secrets import service as stored
from deployflow.secrets.errors import SecretMissing

ADMIN_ACCOUNT = "Administrator"
PASSWORD_LENGTH = 20
# Typed by people, sometimes at a foreign keyboard: no letters that look alike, no marks that lie elsewhere.
_KINDS = ("abcdefghijkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789", "-_.+!")


async def take(runtime: Runtime, session: AsyncSession, deployment: Deployment, *, position: int, name: str) -> str:
    """The value of a secret, for the step that runs and for nobody else; once for each start of it.

    Raises:
        SecretUnknown: 404; StepNotRunning: 409; SecretTaken: 410; SecretUnavailable: 409.
    """
    step = next((one for one in deployment.steps if one.position == position), None)
    source = plans.secrets_of(deployment, position).get(name)
    if step is None or source is None:
        raise SecretUnknown(f"Step {position} has no secret '{name[:100]}'")
    if deployment.state != State.RUNNING or step.state != "running":
        raise StepNotRunning(f"'{step.name}' is not running: report its start first")
    try:
        async with session.begin_nested():
            session.add(
                DeploymentSecret(
                    deployment_id=deployment.id,
                    tenant_id=deployment.tenant_id,
                    position=position,
                    start=step.starts,
                    name=name,
                )
            )
    except IntegrityError as error:
        raise SecretTaken(f"'{name}' was taken in this attempt of the step") from error
    value = await open_source(runtime, session, deployment, source)
    trail.note(
        session,
        "deployment.secret_handed_out",
        target_type="deployment",
        target_id=deployment.id,
        target_name=deployment.title,
        changes={"secret": (None, name), "step": (None, step.name)},
    )
    return value


async def open_source(runtime: Runtime, session: AsyncSession, deployment: Deployment, source: SecretSource) -> str:
    """The value that a source stands for.

    Raises:
        SecretUnavailable: 409.
    """
    if deployment.device_id is None:
        raise SecretUnavailable("The device was retired meanwhile: abort this deployment and begin another")
    if source.kind == "enrollment_token":
        return await _token(session, runtime.settings, deployment)
    if source.kind == "random":
        return await _password(runtime, session, deployment)
    assert source.secret_id is not None
    try:
        return (await stored.open_values(session, runtime.sealer, [source.secret_id]))[source.secret_id]
    except SecretMissing:
        raise SecretUnavailable("A secret that this needs was deleted meanwhile: change the profile") from None
    except SealBroken as error:
        raise SecretUnavailable(f"A secret that this needs cannot be opened: {error}") from None


async def reveal(runtime: Runtime, session: AsyncSession, device_id: UUID, *, reason: str) -> DevicePasswordOut:
    """The local administrator's password that a deployment made for a device. Who asked and why is on the trail.

    Raises:
        DeviceNotFound, NoPasswordKept: 404.
    """
    device = await devices.get(session, device_id)
    row = await session.scalar(
        select(DevicePassword)
        .where(DevicePassword.device_id == device_id)
        .order_by(DevicePassword.created_at.desc())
        .limit(1)
    )
    if row is None:
        raise NoPasswordKept
    try:
        password = runtime.sealer.open(row.sealed, place=_place(row)).decode()
    except SealBroken as error:
        raise SecretUnavailable(f"It cannot be opened: {error}") from None
    trail.note(
        session,
        "device.password_revealed",
        target_type="device",
        target_id=device.id,
        target_name=device.hostname,
        changes={"reason": (None, reason)},
    )
    return DevicePasswordOut(
        account=ADMIN_ACCOUNT, password=password, made_at=row.created_at, deployment_id=row.deployment_id
    )


def new_password() -> str:
    """Twenty characters with some of every kind that Windows counts."""
    letters = [random.choice(kind) for kind in _KINDS]
    alphabet = "".join(_KINDS)
    letters += [random.choice(alphabet) for _ in range(PASSWORD_LENGTH - len(letters))]
    random.SystemRandom().shuffle(letters)
    # A mark at the beginning or end is what people leave out when they copy it.
    if not (letters[0] in string.ascii_letters and letters[-1] in string.ascii_letters):
        return new_password()
    return "".join(letters)


async def _token(session: AsyncSession, settings: Settings, deployment: Deployment) -> str:
    assert deployment.device_id is not None
    await bound.revoke_tokens(session, deployment.id)
    wanted = Bound(deployment.device_id, deployment.id, deployment.machine_uuid)
    return await bound.make_token(
        session, wanted, name=f"Deployment of {deployment.title}", lifetime=settings.first_boot_within
    )


async def _password(runtime: Runtime, session: AsyncSession, deployment: Deployment) -> str:
    """The device's own; the same one each time that this deployment asks."""
    assert deployment.device_id is not None
    row = await session.scalar(
        select(DevicePassword).where(
            DevicePassword.deployment_id == deployment.id, DevicePassword.device_id == deployment.device_id
        )
    )
    if row is not None:
        try:
            return runtime.sealer.open(row.sealed, place=_place(row)).decode()
        except SealBroken as error:
            raise SecretUnavailable(f"The password that was made before cannot be opened: {error}") from None
    made = new_password()
    row = DevicePassword(
        id=new_id(), tenant_id=deployment.tenant_id, device_id=deployment.device_id, deployment_id=deployment.id
    )
    row.sealed = runtime.sealer.seal(made.encode(), place=_place(row))
    session.add(row)
    await session.flush()
    return made


def _place(row: DevicePassword) -> str:
    return f"{row.tenant_id}/device_passwords/{row.id}/sealed"
