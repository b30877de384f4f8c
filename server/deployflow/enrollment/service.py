"""Making, changing and revoking tokens, and turning one into a device."""

import ipaddress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.devices import replays
from deployflow.devices.admission import Candidate, admit
from deployflow.devices.errors import DeviceRevoked
from deployflow.devices.models import DeviceKey
from deployflow.devices.signatures import Signed
from deployflow.devices.states import KeyState
from deployflow.enrollment import bound, tokens
from deployflow.enrollment.errors import (
    KeyInUse,
    TokenExpired,
    TokenInvalid,
    TokenNotAllowedHere,
    TokenNotFound,
    TokenOfDeployment,
    TokenRevoked,
    TokenRevokedAlready,
    TokenUsedUp,
)
from deployflow.enrollment.models import EnrollmentToken, EnrollmentUse
from deployflow.enrollment.schemas import EnrollIn, TokenChange, TokenIn
from deployflow.enrollment.states import TokenState, state_of
from deployflow.platform import clock, trail
from deployflow.platform.changes import changed
from deployflow.platform.context import Actor, Context
from deployflow.platform.db import Database
from deployflow.platform.preconditions import require_version

# Two enrolments may race for one machine's row: the first has won, and the second finds it at its next try.
ENROLL_TRIES = 3


async def make_token(session: AsyncSession, wanted: TokenIn) -> tuple[EnrollmentToken, str]:
    """A new token and its text, which is never seen again."""
    made = tokens.make()
    actor: Actor = session.info["context"].actor
    token = EnrollmentToken(
        **wanted.model_dump(),
        prefix=made.prefix,
        secret_hash=made.secret_hash,
        created_by_type=actor.type,
        created_by_id=actor.id,
        created_by_name=actor.name,
        uses=0,
    )
    session.add(token)
    await session.flush()
    _note(session, "enrollment_token.created", token, {})
    return token, made.text


async def change_token(
    session: AsyncSession, token_id: UUID, change: TokenChange, *, expected: int | None
) -> EnrollmentToken:
    """Change the fields that are given."""
    token = await _locked(session, token_id)
    require_version(token, expected)
    if token.revoked_at is not None:
        raise TokenRevokedAlready
    if token.bound_deployment_id is not None:
        raise TokenOfDeployment
    changes = {}
    for name, value in change.model_dump(exclude_unset=True, exclude_none=True).items():
        before = getattr(token, name)
        if before != value:
            changes[name] = (_plain(before), _plain(value))
            setattr(token, name, value)
    await session.flush()
    _note(session, "enrollment_token.changed", token, changes)
    return token


async def revoke_token(session: AsyncSession, token_id: UUID, *, expected: int | None) -> None:
    """No machine enrolls with it any more; those it enrolled stay."""
    token = await _locked(session, token_id)
    require_version(token, expected)
    if token.revoked_at is not None:
        raise TokenRevokedAlready
    token.revoked_at = clock.now()
    _note(session, "enrollment_token.revoked", token, {})


@dataclass(frozen=True, slots=True)
class Enrolled:
    device_id: UUID
    is_active: bool
    is_new: bool


async def enroll(db: Database, context: Context, asked: EnrollIn, spki: bytes, signed: Signed) -> Enrolled:
    """Turn a token into a device with this key; the request's signature has been proven with that key.

    Raises:
        Unauthenticated: 401 token_invalid, token_expired, token_used_up, token_revoked, token_not_allowed_here,
            replayed.
        DeviceRevoked: 403, when the key was revoked: a machine that shall return brings a new one.
    """
    token_id, tenant_id = await _find_token(db, asked.token)
    context.tenant_id = tenant_id
    context.actor = Actor(type="device", id=None, name=asked.facts.hostname)
    for _ in range(ENROLL_TRIES):
        try:
            async with db.write(context) as session:
                return await _enroll(session, token_id, asked, spki, signed)
        except IntegrityError:
            continue
    # Only another organisation's row, which this transaction cannot see, stands in the way each time.
    raise KeyInUse


async def _find_token(db: Database, text: str) -> tuple[UUID, UUID]:
    read = tokens.read(text)
    if read is None:
        raise TokenInvalid
    prefix, secret = read
    statement = select(EnrollmentToken.id, EnrollmentToken.tenant_id, EnrollmentToken.secret_hash).where(
        EnrollmentToken.prefix == prefix
    )
    async with db.read(Context(all_tenants=True)) as session:
        row = (await session.execute(statement)).one_or_none()
    if row is None or not tokens.is_secret(secret, row.secret_hash):
        raise TokenInvalid
    return row.id, row.tenant_id


async def _enroll(session: AsyncSession, token_id: UUID, asked: EnrollIn, spki: bytes, signed: Signed) -> Enrolled:
    # The row's lock makes the uses of one token a queue, so that its limit is exact.
    token = await session.scalar(select(EnrollmentToken).where(EnrollmentToken.id == token_id).with_for_update())
    if token is None:
        raise TokenInvalid
    await replays.spend(session, keyid=signed.keyid, nonce=signed.nonce, expires=signed.expires)
    known = await _known_key(session, token, signed.keyid)
    if known is not None:
        return known
    context: Context = session.info["context"]
    _require_usable(token, context.ip)
    candidate = Candidate(
        facts=asked.facts,
        spki=spki,
        protection=asked.key_protection,
        agent_version=asked.agent_version,
        ip=context.ip,
        # Whoever holds the token may name some too, as the installer package lets them.
        tags=[*dict.fromkeys([*token.tags, *(asked.tags or [])])],
        auto_approve=token.auto_approve,
    )
    device, key = await (
        bound.admit_by(session, token, candidate) if token.bound_device_id else admit(session, candidate)
    )
    token.uses += 1
    await session.flush()
    session.add(EnrollmentUse(token_id=token.id, device_id=device.id, key_id=key.id, at=clock.now(), ip=context.ip))
    context.actor = Actor(type="device", id=device.id, name=asked.facts.hostname)
    trail.note(
        session,
        "device.enrolled",
        target_type="device",
        target_id=device.id,
        target_name=device.hostname,
        changes={"token": (None, token.name), "key": (None, key.thumbprint), "state": (None, str(key.state))},
    )
    changed(session, "devices", f"device:{device.id}", "enrollment", f"enrollment:{token.id}")
    await bound.tell(session, token, device)
    return Enrolled(device.id, is_active=key.state == KeyState.ACTIVE, is_new=True)


async def _known_key(session: AsyncSession, token: EnrollmentToken, keyid: str) -> Enrolled | None:
    """The enrolment this key already has: an answer was lost, or the agent was set up again with its old key."""
    key = await session.scalar(select(DeviceKey).where(DeviceKey.thumbprint == keyid))
    if key is None:
        return None
    if key.state in {KeyState.REVOKED, KeyState.QUARANTINED}:
        raise DeviceRevoked("This key was revoked: remove the agent's data folder and enroll anew")
    use = await session.scalar(
        select(EnrollmentUse.id).where(EnrollmentUse.token_id == token.id, EnrollmentUse.key_id == key.id)
    )
    if use is None:
        _require_usable(token, session.info["context"].ip)
    return Enrolled(key.device_id, is_active=key.state == KeyState.ACTIVE, is_new=False)


def _require_usable(token: EnrollmentToken, ip: str | None) -> None:
    match state_of(token, clock.now()):
        case TokenState.REVOKED:
            raise TokenRevoked
        case TokenState.EXPIRED:
            raise TokenExpired
        case TokenState.USED_UP:
            raise TokenUsedUp
    if token.allowed_networks and not _is_in(ip, token.allowed_networks):
        raise TokenNotAllowedHere


def _is_in(ip: str | None, networks: list[str]) -> bool:
    try:
        address = ipaddress.ip_address(ip or "")
    except ValueError:
        return False
    # A dual-stack socket shows IPv4 peers as ::ffff:192.0.2.7.
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in ipaddress.ip_network(network) for network in networks)


def _note(session: AsyncSession, verb: str, token: EnrollmentToken, changes: dict[str, tuple[Any, Any]]) -> None:
    trail.note(
        session,
        verb,
        target_type="enrollment_token",
        target_id=token.id,
        target_name=token.name,
        changes=changes,
    )
    changed(session, "enrollment", f"enrollment:{token.id}")


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


async def _locked(session: AsyncSession, token_id: UUID) -> EnrollmentToken:
    token = await session.scalar(select(EnrollmentToken).where(EnrollmentToken.id == token_id).with_for_update())
    if token is None:
        raise TokenNotFound
    return token
