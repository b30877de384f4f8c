"""Boot sessions: how a machine begins one, and how it ends. How it is let in stands in `admission`."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.boot import codes, sites, waiting
from deployflow.boot.errors import (
    NetworkNotTrusted,
    NotAtThisSite,
    ProfileNotAllowed,
    SessionNotFound,
    SiteNotFound,
    TooManySessions,
)
from deployflow.boot.models import BootSession, BootSite
from deployflow.boot.session_schemas import BootSessionIn
from deployflow.boot.states import OVER, SessionEvent, SessionState, advance
from deployflow.devices import replays
from deployflow.devices.signatures import Signed, thumbprint
from deployflow.platform import clock
from deployflow.platform.context import Context, system_context
from deployflow.platform.db import Database
from deployflow.platform.ids import new_id
from deployflow.platform.runtime import Runtime

LASTS = timedelta(hours=4)
LONGEST = timedelta(hours=12)
# A machine that waits asks at least once a minute; one that does not has been switched off, or never was one.
GONE_AFTER = timedelta(minutes=5)
SEEN_EVERY = timedelta(seconds=60)
# Strangers can begin sessions: what was never let in is forgotten soon, the rest with its deployment's first month.
FORGET_STRANGERS_AFTER = timedelta(days=1)
FORGET_AFTER = timedelta(days=30)
# Far more machines than a site sets up at once, and few enough that strangers fill no disk.
MAX_WAITING_PER_SITE = 500


@dataclass(frozen=True, slots=True)
class Begun:
    """A session, new or known by its key."""

    row: BootSession
    site_name: str
    profile_name: str | None
    is_new: bool


async def begin(
    db: Database, context: Context, asked: BootSessionIn, spki: bytes, signed: Signed, *, secure: bool
) -> Begun:
    """Begin a session; the request's signature has been proven with its key.

    Raises:
        SiteNotFound: 404; NotAtThisSite, NetworkNotTrusted, ProfileNotAllowed: 403; TooManySessions: 429;
        Replayed: 401.
    """
    async with db.read(Context(all_tenants=True)) as reading:
        site = await sites.by_key(reading, asked.site)
    if site is None:
        raise SiteNotFound("This key names no boot site of the server: look at the address in DHCP")
    if not sites.is_from(site, context.ip):
        raise NotAtThisSite
    if not sites.is_safe(site, secure=secure):
        raise NetworkNotTrusted
    context.tenant_id = site.tenant_id
    try:
        return await _begin(db, context, site, asked, spki, signed)
    except IntegrityError:
        # The same key at the same moment: the other one has won, and is found now.
        return await _begin(db, context, site, asked, spki, signed)


async def _begin(
    db: Database, context: Context, site: BootSite, asked: BootSessionIn, spki: bytes, signed: Signed
) -> Begun:
    facts = asked.facts
    async with db.write(context) as session:
        await replays.spend(session, keyid=signed.keyid, nonce=signed.nonce, expires=signed.expires)
        profile_name = await offered(session, site, asked.profile_id)
        known = await session.scalar(select(BootSession).where(BootSession.thumbprint == signed.keyid))
        if known is not None:
            return Begun(known, site.name, profile_name, is_new=False)
        waiting_now = await session.scalar(
            select(func.count())
            .select_from(BootSession)
            .where(BootSession.site_id == site.id, BootSession.state == SessionState.WAITING)
        )
        if (waiting_now or 0) >= MAX_WAITING_PER_SITE:
            raise TooManySessions(
                f"{MAX_WAITING_PER_SITE} machines wait at this site: approve or deny some", retry_after_s=60
            )
        row = BootSession(
            id=new_id(),
            tenant_id=site.tenant_id,
            thumbprint=thumbprint(spki),
            public_key=spki,
            nonce=codes.new_nonce(),
            state=SessionState.WAITING,
            site_id=site.id,
            profile_id=asked.profile_id,
            environment=asked.environment,
            agent_version=asked.agent_version,
            ip=context.ip,
            facts=facts.model_dump(mode="json"),
            machine_uuid=facts.uuid,
            machine_serial=facts.known_serial,
            expires_at=clock.now() + LASTS,
        )
        session.add(row)
        await session.flush()
        waiting.announce(session, row)
        return Begun(row, site.name, profile_name, is_new=True)


async def offered(session: AsyncSession, site: BootSite, profile_id: UUID | None) -> str | None:
    """The name of a profile that the site offers.

    Raises:
        ProfileNotAllowed: 403.
    """
    if profile_id is None:
        return None
    for profile in await sites.offered(session, site):
        if profile.id == profile_id:
            return profile.name
    raise ProfileNotAllowed("This profile is not offered at this boot site any more: start the machine again")


async def locked(session: AsyncSession, session_id: UUID) -> BootSession:
    """A session, for a change.

    Raises:
        SessionNotFound: 404.
    """
    row = await session.scalar(
        select(BootSession)
        .where(BootSession.id == session_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise SessionNotFound
    return row


def end(session: AsyncSession, row: BootSession, reason: str | None) -> None:
    """Its work is done, or it was thrown out."""
    row.state = advance(row.state, SessionEvent.END)
    row.reason = reason[:500] if reason else None
    row.ended_at = clock.now()
    waiting.announce(session, row)


def expire(session: AsyncSession, row: BootSession) -> None:
    """Its time is up."""
    if row.state == SessionState.WAITING:
        row.state = advance(row.state, SessionEvent.EXPIRE)
        row.reason = (
            f"Nobody approved this machine within {LASTS.total_seconds() / 3600:.0f} hours"
            if row.expires_at <= clock.now()
            else "The machine does not ask any more: it was switched off or started again"
        )
        row.ended_at = clock.now()
        waiting.announce(session, row)
    elif row.state == SessionState.APPROVED:
        end(session, row, "The session's time is up: start the machine again")


def prolong(row: BootSession) -> None:
    """Its machine works: it stays good, within limits."""
    now = clock.now()
    row.last_seen_at = now
    row.expires_at = max(row.expires_at, min(now + LASTS, (row.approved_at or row.created_at) + LONGEST))


async def is_seen(runtime: Runtime, row: BootSession) -> None:
    """Its machine asks. Written down once a minute."""
    if row.last_seen_at > clock.now() - SEEN_EVERY:
        return
    async with runtime.db.write(system_context()) as session:
        await session.execute(update(BootSession).where(BootSession.id == row.id).values(last_seen_at=clock.now()))


async def expire_past(runtime: Runtime) -> None:
    """Write down whose time is up, and who has gone."""
    now = clock.now()
    past = or_(
        and_(BootSession.state.in_([SessionState.WAITING, SessionState.APPROVED]), BootSession.expires_at <= now),
        and_(BootSession.state == SessionState.WAITING, BootSession.last_seen_at <= now - GONE_AFTER),
    )
    async with runtime.db.read(system_context()) as session:
        if await session.scalar(select(BootSession.id).where(past).limit(1)) is None:
            return
    async with runtime.db.write(system_context()) as session:
        rows = await session.scalars(select(BootSession).where(past).limit(200).with_for_update(skip_locked=True))
        for row in rows:
            expire(session, row)


async def forget_old(runtime: Runtime) -> None:
    """Delete what is over for long."""
    now = clock.now()
    async with runtime.db.write(system_context()) as session:
        await session.execute(
            delete(BootSession).where(
                BootSession.state.in_(sorted(OVER)),
                or_(
                    and_(BootSession.approved_at.is_(None), BootSession.ended_at < now - FORGET_STRANGERS_AFTER),
                    BootSession.ended_at < now - FORGET_AFTER,
                ),
            )
        )
