"""Giving out computer names, each to one machine."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.devices.models import Device
from deployflow.devices.states import DeviceState
from deployflow.platform.context import Context
from deployflow.profiles import naming
from deployflow.profiles.errors import NameUnavailable
from deployflow.profiles.models import NamingSequence
from deployflow.profiles.subject import Machine

# How many numbers are looked at together when names of a shape were given by hand.
STRIDE = 50
# (names in upper case, the device that asks) → those that something still running holds
TakenBy = Callable[[AsyncSession, Sequence[str], UUID | None], Awaitable[set[str]]]

_also: list[TakenBy] = []


def also_taken_by(hook: TakenBy) -> None:
    """Let a domain above say which names it holds: those of running deployments."""
    if hook not in _also:
        _also.append(hook)


async def give_out(session: AsyncSession, pattern: str, machine: Machine) -> str:
    """The name of a machine, for good: its present one where that fits the pattern, else a free one.

    Holds a lock until the transaction ends, so that another machine that asks meanwhile sees this one's name.

    Raises:
        PatternWrong, NameUnavailable: saying what is in the way.
    """
    shape = naming.render(pattern, machine)
    row = await _locked(session, shape if naming.has_sequence(pattern) else "")
    kept = await _kept(session, pattern, machine)
    if kept is not None:
        return kept
    if not naming.has_sequence(pattern):
        await _require_free(session, shape, machine)
        return shape
    number, name = await _next(session, pattern, machine, row.last)
    row.last = number
    await session.flush()
    return name


async def would_be(session: AsyncSession, pattern: str, machine: Machine) -> str:
    """The name that `give_out` would give now, without giving it.

    Raises:
        PatternWrong, NameUnavailable.
    """
    kept = await _kept(session, pattern, machine)
    if kept is not None:
        return kept
    shape = naming.render(pattern, machine)
    if not naming.has_sequence(pattern):
        await _require_free(session, shape, machine)
        return shape
    last = await session.scalar(select(NamingSequence.last).where(NamingSequence.shape == shape)) or 0
    return (await _next(session, pattern, machine, last))[1]


async def taken(session: AsyncSession, names: Sequence[str], *, device_id: UUID | None = None) -> set[str]:
    """Which of these names another machine has, or is about to have."""
    wanted = [name.upper() for name in names]
    statement = select(func.upper(Device.hostname)).where(
        func.upper(Device.hostname).in_(wanted), Device.state != DeviceState.REVOKED
    )
    if device_id is not None:
        statement = statement.where(Device.id != device_id)
    found = set(await session.scalars(statement))
    for hook in _also:
        found |= await hook(session, wanted, device_id)
    return found


async def _kept(session: AsyncSession, pattern: str, machine: Machine) -> str | None:
    """The present name of a machine that is deployed again, where it could be from this pattern."""
    if machine.device_id is None or not machine.hostname:
        return None
    name = machine.hostname.upper()
    if not naming.fits(pattern, machine, name) or await taken(session, [name], device_id=machine.device_id):
        return None
    try:
        naming.check_name(name)
    except NameUnavailable:
        return None
    return name


async def _require_free(session: AsyncSession, name: str, machine: Machine) -> None:
    if await taken(session, [name], device_id=machine.device_id):
        raise NameUnavailable(
            f"The computer name {name} belongs to another device or a running deployment: "
            "retire that device, or use a pattern that tells machines apart"
        )


async def _next(session: AsyncSession, pattern: str, machine: Machine, last: int) -> tuple[int, str]:
    """The first free number after the last one. Ends by itself: the digits run out."""
    while True:
        names: dict[str, int] = {}
        try:
            for number in range(last + 1, last + 1 + STRIDE):
                names[naming.render(pattern, machine, number=number)] = number
        except NameUnavailable:
            if not names:
                raise
        busy = await taken(session, list(names), device_id=machine.device_id)
        for name, number in names.items():
            if name not in busy:
                return number, name
        last += len(names)


async def _locked(session: AsyncSession, shape: str) -> NamingSequence:
    context: Context = session.info["context"]
    assert context.tenant_id is not None, "names are given out inside a tenant"
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    values = {"tenant_id": context.tenant_id, "shape": shape, "last": 0}
    await session.execute(insert(NamingSequence).values(**values).on_conflict_do_nothing())
    statement = select(NamingSequence).where(NamingSequence.shape == shape)
    return (await session.scalars(statement.with_for_update().execution_options(populate_existing=True))).one()
