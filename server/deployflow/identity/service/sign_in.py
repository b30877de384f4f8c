"""Signing in: password, then the code where the person has an authenticator.

The slow hash runs between two short transactions, never inside one. What fails is answered alike, in the same time
and with the same writes, whether the account exists or not.
"""

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.identity import passwords, throttle, tokens
from deployflow.identity.errors import ChallengeOver, CodeInvalid, CredentialsInvalid
from deployflow.identity.models import Membership, SignInChallenge, Tenant, User, UserSession
from deployflow.identity.service import codes, sessions
from deployflow.platform import clock, trail
from deployflow.platform.context import Actor, Context
from deployflow.platform.runtime import Runtime

CHALLENGE_LIFETIME = timedelta(minutes=5)
# Codes have 20 bits: five tries a challenge and the account's lock leave no room for guessing.
CHALLENGE_TRIES = 5


@dataclass(frozen=True, slots=True)
class TotpRequired:
    """The password was right; the code is missing."""

    challenge: str


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Who may be signing in, and whose trail it belongs to: the operator's own, where nobody has this address."""

    user: User | None
    tenant: Tenant | None
    trail_tenant_id: UUID | None


async def sign_in(
    runtime: Runtime,
    context: Context,
    *,
    email: str,
    password: str,
    user_agent: str | None,
    replaces: str | None,
) -> sessions.NewSession | TotpRequired:
    """Check a password. `replaces` is the cookie the browser came with; its session ends.

    Raises:
        CredentialsInvalid: 401.
        TooManySignIns: 429.
    """
    account = email.strip().lower()
    limits = runtime.part(throttle.PeerLimits)
    peer = _network(context.ip)
    limits.count_peer(peer)
    limits.count_account(account, peer)
    async with runtime.db.read(context.everywhere()) as session:
        await throttle.refuse_while_locked(session, account)
        candidate = await _candidate(session, account)
    user, tenant = candidate.user, candidate.tenant
    right = await passwords.verify(password, user.password_hash if user else None)
    if not right or user is None or tenant is None:
        await _refuse(runtime, context, account, candidate)
        raise CredentialsInvalid
    limits.forget_account(account, peer)
    scoped = context.everywhere()
    _become(scoped, user, tenant)
    async with runtime.db.write(scoped) as session:
        if user.totp_secret is not None:
            return await _challenge(session, user, tenant)
        await throttle.forget_failures(session, account)
        return await _admit(
            session, runtime, context, user=user, tenant=tenant, user_agent=user_agent, replaces=replaces
        )


async def answer_totp(
    runtime: Runtime, context: Context, *, challenge: str, code: str, user_agent: str | None, replaces: str | None
) -> sessions.NewSession:
    """Check the code that the challenge waits for.

    Raises:
        ChallengeOver: 401, unknown, expired or used up.
        CodeInvalid: 401.
        TooManySignIns: 429.
    """
    asked = select(SignInChallenge).where(SignInChallenge.token_hash == tokens.digest(challenge))
    scoped = context.everywhere()
    async with runtime.db.write(scoped) as session:
        row = await session.scalar(asked.with_for_update())
        user = await session.get(User, row.user_id) if row is not None else None
        candidate = await _candidate(session, user.email) if user is not None else None
        if row is None or row.expires_at <= clock.now() or candidate is None:
            raise ChallengeOver
        user, tenant = candidate.user, candidate.tenant
        if user is None or tenant is None or row.tries_left <= 0:
            raise ChallengeOver
        await throttle.refuse_while_locked(session, user.email)
        _become(scoped, user, tenant)
        if await codes.accept(session, runtime.sealer, user, code):
            await session.delete(row)
            await throttle.forget_failures(session, user.email)
            return await _admit(
                session, runtime, context, user=user, tenant=tenant, user_agent=user_agent, replaces=replaces
            )
        row.tries_left -= 1
        await throttle.note_failure(session, user.email)
        _note(session, "session.code_refused", user, tenant)
    raise CodeInvalid


async def _candidate(session: AsyncSession, account: str) -> _Candidate:
    user = await session.scalar(select(User).where(User.email == account))
    own = await session.scalar(select(Tenant.id).order_by(Tenant.created_at, Tenant.id).limit(1))
    tenant = await session.scalar(
        select(Tenant)
        .join(Membership, Membership.tenant_id == Tenant.id)
        .where(Membership.user_id == (user.id if user is not None else None), Membership.is_active)
        .order_by(Membership.created_at, Membership.id)
        .limit(1)
    )
    return _Candidate(user, tenant, tenant.id if tenant is not None else own)


async def _challenge(session: AsyncSession, user: User, tenant: Tenant) -> TotpRequired:
    token = tokens.new_token()
    session.add(
        SignInChallenge(
            token_hash=tokens.digest(token),
            user_id=user.id,
            expires_at=clock.now() + CHALLENGE_LIFETIME,
            tries_left=CHALLENGE_TRIES,
        )
    )
    _note(session, "session.code_asked", user, tenant)
    return TotpRequired(challenge=token)


async def _admit(
    session: AsyncSession,
    runtime: Runtime,
    context: Context,
    *,
    user: User,
    tenant: Tenant,
    user_agent: str | None,
    replaces: str | None,
) -> sessions.NewSession:
    if replaces is not None:
        await session.execute(delete(UserSession).where(UserSession.token_hash == tokens.digest(replaces)))
    _become(context, user, tenant)
    _note(session, "session.signed_in", user, tenant)
    return await sessions.start(
        session, runtime.settings, user=user, tenant=tenant, ip=context.ip, user_agent=user_agent
    )


async def _refuse(runtime: Runtime, context: Context, account: str, candidate: _Candidate) -> None:
    user = candidate.user
    async with runtime.db.write(context.everywhere()) as session:
        await throttle.note_failure(session, account)
        if candidate.trail_tenant_id is None:
            return
        trail.note(
            session,
            "session.refused",
            target_type="user",
            target_id=user.id if user is not None else None,
            # People type their password into the wrong field: what is no address is not written down.
            target_name=account if "@" in account else "(no e-mail address)",
            tenant_id=candidate.trail_tenant_id,
        )


def _note(session: AsyncSession, verb: str, user: User, tenant: Tenant) -> None:
    trail.note(session, verb, target_type="user", target_id=user.id, target_name=user.email, tenant_id=tenant.id)


def _become(context: Context, user: User, tenant: Tenant) -> None:
    """From here on the request is theirs: its log line and what follows say so."""
    context.actor = Actor(type="user", id=user.id, name=user.name)
    context.tenant_id = tenant.id


def _network(ip: str | None) -> str:
    """Whom tries are counted for: an IPv4 address, or the /64 that one IPv6 customer has."""
    try:
        address = ipaddress.ip_address(ip or "")
    except ValueError:
        return ip or "unknown"
    if address.version == 6:  # noqa: PLR2004  the protocol's name
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
