"""Who a run is for: the devices meant, less those that cannot do it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.actions.kinds import Prepared, Target
from deployflow.devices import targets
from deployflow.devices.errors import NobodyMeant
from deployflow.devices.models import Device
from deployflow.devices.states import DeviceState
from deployflow.devices.targets import Targets
from deployflow.runs.errors import NobodyCanDoIt, TooManyDevices
from deployflow.runs.models import Order
from deployflow.runs.schemas import MAX_DEVICES, Preview, Skipped

EXAMPLES = 5
_NOT_ACTIVE = {
    DeviceState.PENDING: "The device waits to be approved",
    DeviceState.QUARANTINED: "The device is in quarantine",
    DeviceState.REVOKED: "The device is revoked and takes no actions",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A device that can do it."""

    target: Target
    online: bool
    last_check_in: datetime


@dataclass(frozen=True, slots=True)
class Choice:
    """The devices meant. `skipped` are those among them that cannot do it, by reason."""

    matched: int
    chosen: list[Candidate]
    skipped: list[Skipped]

    def preview(self, title: str) -> Preview:
        online = sum(one.online for one in self.chosen)
        return Preview(
            title=title,
            matched=self.matched,
            total=len(self.chosen),
            online=online,
            offline=len(self.chosen) - online,
            skipped=self.skipped,
            examples=[one.target.hostname for one in self.chosen[:EXAMPLES]],
        )


async def choose(session: AsyncSession, meant: Targets, prepared: Prepared) -> Choice:
    """Look up who is meant and who of them can do it, by host name.

    Raises:
        SomeDevicesMissing, GroupNotFound: 404.
        FilterWrong, TooManyDevices: 422.
    """
    which = await targets.condition(session, meant)
    statement = (
        select(Device.id, Device.hostname, Device.os_family, Device.state, Device.online, Device.last_check_in)
        .where(which)
        .order_by(Device.hostname, Device.id)
        .limit(MAX_DEVICES + 1)
    )
    rows = (await session.execute(statement)).all()
    if len(rows) > MAX_DEVICES:
        number = await targets.count(session, which)
        raise TooManyDevices(
            f"This matches {number:,} devices, and a run has {MAX_DEVICES:,} at most: narrow it, or make several runs"
        )
    chosen: list[Candidate] = []
    skipped: dict[str, list[str]] = {}
    for row in rows:
        target = Target(id=row.id, hostname=row.hostname, os_family=row.os_family)
        why = _why_not(row.state, target, prepared)
        if why is None:
            chosen.append(Candidate(target, row.online, row.last_check_in))
        else:
            skipped.setdefault(why, []).append(row.hostname)
    left_out = [Skipped(reason=why, count=len(names), examples=names[:EXAMPLES]) for why, names in skipped.items()]
    return Choice(len(rows), chosen, sorted(left_out, key=lambda one: -one.count))


def require_somebody(choice: Choice) -> None:
    """Refuse what nobody would do.

    Raises:
        NobodyMeant, NobodyCanDoIt: 422.
    """
    if not choice.matched:
        raise NobodyMeant("No device matches: nothing was queued")
    if not choice.chosen:
        first = choice.skipped[0]
        raise NobodyCanDoIt(
            f"None of the {choice.matched:,} devices can do this. {first.examples[0]}: {first.reason}. "
            "Nothing was queued"
        )


def ordered(chosen: Sequence[Candidate], order: Order) -> list[Target]:
    """The devices in the order in which they get their turn."""
    if order == "recent":
        return [one.target for one in sorted(chosen, key=lambda one: one.last_check_in, reverse=True)]
    if order == "random":
        return [one.target for one in random.sample(chosen, len(chosen))]
    return [one.target for one in chosen]


def _why_not(state: DeviceState, target: Target, prepared: Prepared) -> str | None:
    if state != DeviceState.ACTIVE:
        return _NOT_ACTIVE[state]
    return prepared.refuses(target)
