"""Tokens of deployments: for the one machine that was set up, whose new key becomes the device's at once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.devices.admission import Candidate, admit_deployed
from deployflow.devices.machines import machine_uuid
from deployflow.devices.models import Device, DeviceKey
from deployflow.enrollment import tokens
from deployflow.enrollment.errors import TokenOfAnotherMachine, TokenRevoked
from deployflow.enrollment.models import EnrollmentToken
from deployflow.platform import clock
from deployflow.platform.changes import changed
from deployflow.platform.context import Actor

# Of a new key, in the transaction that lets it in.
OnEnrolled = Callable[[AsyncSession, EnrollmentToken, Device], Awaitable[None]]
_on_enrolled: list[OnEnrolled] = []


def on_enrolled(hook: OnEnrolled) -> None:
    """Tell a domain above of each enrolment."""
    if hook not in _on_enrolled:
        _on_enrolled.append(hook)


@dataclass(frozen=True, slots=True)
class Bound:
    """The one machine that a token is for."""

    device_id: UUID
    deployment_id: UUID
    machine_uuid: str | None


async def make_token(session: AsyncSession, bound: Bound, *, name: str, lifetime: timedelta) -> str:
    """The text of a token for the machine that a deployment set up; its key becomes the device's. Used once."""
    made = tokens.make()
    actor: Actor = session.info["context"].actor
    session.add(
        EnrollmentToken(
            name=name[:120],
            description="Made by a deployment for the one machine that it set up.",
            prefix=made.prefix,
            secret_hash=made.secret_hash,
            created_by_type=actor.type,
            created_by_id=actor.id,
            created_by_name=actor.name,
            expires_at=clock.now() + lifetime,
            max_uses=1,
            uses=0,
            auto_approve=True,
            bound_device_id=bound.device_id,
            bound_deployment_id=bound.deployment_id,
            bound_machine_uuid=bound.machine_uuid,
        )
    )
    await session.flush()
    changed(session, "enrollment")
    return made.text


async def revoke_tokens(session: AsyncSession, deployment_id: UUID) -> None:
    """A deployment is over or makes a new one: the tokens it made before are good for nothing."""
    await session.execute(
        update(EnrollmentToken)
        .where(EnrollmentToken.bound_deployment_id == deployment_id, EnrollmentToken.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )


async def admit_by(session: AsyncSession, token: EnrollmentToken, candidate: Candidate) -> tuple[Device, DeviceKey]:
    """The device of a bound token, with the candidate's key as its only one.

    Raises:
        Unauthenticated: 401 token_of_another_machine, token_revoked.
    """
    assert token.bound_device_id is not None
    said = machine_uuid(candidate.facts.smbios_uuid)
    if token.bound_machine_uuid is not None and said != token.bound_machine_uuid:
        raise TokenOfAnotherMachine
    admitted = await admit_deployed(session, candidate, token.bound_device_id)
    if admitted is None:
        raise TokenRevoked("The device that this token is for was retired or revoked meanwhile: deploy it again")
    return admitted


async def tell(session: AsyncSession, token: EnrollmentToken, device: Device) -> None:
    """Let the domains above know that the token brought a new key."""
    for hook in _on_enrolled:
        await hook(session, token, device)
