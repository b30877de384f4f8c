"""Technicians' PINs: eight digits for somebody who stands at the machines, without an account and without a console."""

import base64
import binascii
import hmac
import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.boot import admission, sessions, sites
from deployflow.boot.access import SignedSession
from deployflow.boot.errors import PinNotFound, PinUnreadable, PinWrong, SessionOver, TooManyPins
from deployflow.boot.hpke import NotSealedToUs
from deployflow.boot.keys import BootKey
from deployflow.boot.models import BootSession, BootSite, TechnicianPin, WrongPin
from deployflow.boot.schemas import TechnicianPinIn
from deployflow.boot.session_schemas import BootPinIn
from deployflow.platform import clock, trail
from deployflow.platform.changes import changed
from deployflow.platform.context import Actor, Context, system_context
from deployflow.platform.errors import Problem
from deployflow.platform.ids import new_id
from deployflow.platform.runtime import Runtime
from deployflow.platform.sealing import SealBroken, Sealer

DIGITS = 8
WRONG_PER_SESSION = 5
WRONG_PER_SITE = 10
WITHIN = timedelta(hours=1)


async def make(session: AsyncSession, sealer: Sealer, wanted: TechnicianPinIn) -> tuple[TechnicianPin, str]:
    """A new PIN and its digits, which are never seen again.

    Raises:
        SiteNotFound: 404.
    """
    site = await sites.get(session, wanted.site_id)
    taken = {digits for _pin, digits in await _usable(session, sealer, site.id)}
    digits = _random()
    while digits in taken:
        digits = _random()
    context: Context = session.info["context"]
    assert context.tenant_id is not None
    pin = TechnicianPin(
        id=new_id(),
        tenant_id=context.tenant_id,
        site_id=site.id,
        name=wanted.name,
        expires_at=wanted.expires_at,
        uses=0,
        created_by_id=context.actor.id,
        created_by_name=context.actor.name[:255],
    )
    pin.sealed = sealer.seal(digits.encode(), place=_place(pin))
    session.add(pin)
    await session.flush()
    _note(session, "technician_pin.created", pin)
    return pin, digits


async def revoke(session: AsyncSession, pin_id: UUID) -> None:
    """It is good for nothing any more; what it let in goes on.

    Raises:
        PinNotFound: 404.
    """
    pin = await session.scalar(select(TechnicianPin).where(TechnicianPin.id == pin_id).with_for_update())
    if pin is None:
        raise PinNotFound
    if pin.revoked_at is None:
        pin.revoked_at = clock.now()
    _note(session, "technician_pin.revoked", pin)


async def enter(runtime: Runtime, context: Context, signed: SignedSession, given: BootPinIn) -> None:
    """A PIN was given at a machine. A wrong one is counted, for the machine and for its site, before it is answered.

    Raises:
        PinUnreadable: 422; PinWrong: 403; TooManyPins: 429; SessionOver: 410; ProfileNeeded, ProfileNotReady.
    """
    digits = _opened(runtime, signed, given)
    problem: Problem | None
    async with runtime.db.write(context) as session:
        await signed.spend_nonce(session)
        row = await sessions.locked(session, signed.id)
        # The site's lock makes the tries at it a queue, so that the limits are exact.
        site = await session.scalar(select(BootSite).where(BootSite.id == row.site_id).with_for_update())
        assert site is not None
        problem = await _try(runtime, session, row, site, digits, given.profile_id)
    if problem is not None:
        raise problem


async def forget_old(runtime: Runtime) -> None:
    """Wrong PINs count for an hour."""
    async with runtime.db.write(system_context()) as session:
        await session.execute(delete(WrongPin).where(WrongPin.created_at < clock.now() - WITHIN))


async def _try(
    runtime: Runtime, session: AsyncSession, row: BootSession, site: BootSite, digits: str, profile_id: UUID | None
) -> Problem | None:
    """Let the machine in, or give what it is refused with. What is counted is kept, so nothing is raised for it."""
    wrong = select(func.count()).select_from(WrongPin)
    lately = wrong.where(WrongPin.site_id == site.id, WrongPin.created_at > clock.now() - WITHIN)
    if (await session.scalar(lately) or 0) >= WRONG_PER_SITE:
        return TooManyPins(retry_after_s=int(WITHIN.total_seconds()))
    found = None
    for pin, known in await _usable(session, runtime.sealer, site.id):
        # Every one is compared, so that the time says nothing.
        if hmac.compare_digest(known, digits):
            found = pin
    if found is None:
        return _count_wrong(session, row, site)
    context: Context = session.info["context"]
    # The trail names the technician, when the transaction ends.
    context.actor = Actor(type="device", id=None, name=f"{found.name} with a PIN"[:200])
    await admission.let_in_by_pin(runtime, session, row, by=f"{found.name} (PIN)", profile_id=profile_id)
    found.uses += 1
    found.last_used_at = clock.now()
    changed(session, "technician_pins")
    return None


def _count_wrong(session: AsyncSession, row: BootSession, site: BootSite) -> Problem:
    session.add(WrongPin(site_id=site.id))
    row.wrong_pins += 1
    left = WRONG_PER_SESSION - row.wrong_pins
    if left <= 0:
        sessions.end(session, row, "Five wrong PINs")
        return SessionOver("Five wrong PINs: start the machine again")
    return PinWrong(f"{left} {'tries are' if left > 1 else 'try is'} left", tries_left=left)


async def _usable(session: AsyncSession, sealer: Sealer, site_id: UUID) -> list[tuple[TechnicianPin, str]]:
    rows = await session.scalars(
        select(TechnicianPin).where(
            TechnicianPin.site_id == site_id,
            TechnicianPin.revoked_at.is_(None),
            TechnicianPin.expires_at > clock.now(),
        )
    )
    found = []
    for row in rows:
        try:
            found.append((row, sealer.open(row.sealed, place=_place(row)).decode()))
        except SealBroken:
            # Of another key file than the database's: such a PIN opens nothing.
            continue
    return found


def _opened(runtime: Runtime, signed: SignedSession, given: BootPinIn) -> str:
    try:
        sealed = base64.b64decode(given.sealed, validate=True)
        return runtime.part(BootKey).open(sealed, info=f"deployflow pin {signed.id}").decode("ascii", "replace")
    except (binascii.Error, NotSealedToUs) as error:
        raise PinUnreadable from error


def _random() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def _place(pin: TechnicianPin) -> str:
    return f"{pin.tenant_id}/technician_pins/{pin.id}/sealed"


def _note(session: AsyncSession, verb: str, pin: TechnicianPin) -> None:
    trail.note(session, verb, target_type="technician_pin", target_id=pin.id, target_name=pin.name)
    changed(session, "technician_pins")
