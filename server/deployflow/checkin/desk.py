"""Looks up what there is for devices, and hands it out: many devices in one transaction."""

import asyncio
import random
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.actions import leasing
from deployflow.actions.leasing import Delivery, Sight, Visit
from deployflow.actions.precedence import Precedence
from deployflow.devices import replays
from deployflow.devices.access import SignedDevice
from deployflow.devices.errors import Replayed
from deployflow.platform import clock
from deployflow.platform.context import system_context
from deployflow.platform.errors import Unavailable
from deployflow.platform.periodic import Periodic
from deployflow.platform.runtime import Runtime
from deployflow.platform.together import Together

log = structlog.get_logger(__name__)

# Enough to share the cost of a transaction, few enough that the first one does not wait for the last.
# Measured: half a millisecond of processor time each, and no less with 200.
BATCH = 100
# A look that waits longer than this finds a database that cannot keep up; the device shall come back later. Not sooner:
# who is sent away asks again, which costs more than waiting. An agent gives up 80 s after it asked, and is held 50 s.
LOOK_WITHIN_S = 20.0
# Who was woken for work is held already, and would take longer to come back than to wait.
WOKEN_LOOK_WITHIN_S = 28.0
# Spread over this time they come back.
OVERLOAD_RETRY_S = (5, 30)
RENEW_EVERY_S = 60.0
FLUSH_EVERY = timedelta(seconds=5)


@dataclass(slots=True)
class Found:
    """What a look brought."""

    sight: Sight
    deliveries: list[Delivery] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Question:
    visit: Visit
    device: SignedDevice
    expects_work: bool


class Desk:
    """The one place of a process where leases are given and renewed."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._together = Together(self._answer, at_most=BATCH, abandoned=self._nobody_waits)
        self._due: set[tuple[UUID, UUID]] = set()
        self._renewed: dict[tuple[UUID, UUID], float] = {}
        runtime.before_close(self.stop)

    async def ask(self, visit: Visit, device: SignedDevice, *, expects_work: bool) -> Found:
        """Look for a device, and lease what it can take.

        Args:
            visit: What the device said.
            device: Who it is.
            expects_work: It was woken; look and lease in one transaction instead of reading first, and before those
                that only might have work.

        Raises:
            Replayed: 401, when this very request was handed something before.
            Unavailable: 503, when the database cannot keep up.
        """
        waits = self._runtime.part(Precedence).woken() if expects_work else nullcontext()
        try:
            with waits:
                async with asyncio.timeout(WOKEN_LOOK_WITHIN_S if expects_work else LOOK_WITHIN_S):
                    return await self._together.ask(_Question(visit, device, expects_work), urgent=expects_work)
        except TimeoutError:
            raise Unavailable(
                "The database cannot keep up; come back later",
                retry_after_s=random.randint(*OVERLOAD_RETRY_S),  # noqa: S311  spreads load, guards nothing
            ) from None

    async def hand_back(self, deliveries: Sequence[Delivery]) -> None:
        """These could not be delivered. If even this fails, their leases run out."""
        async with self._runtime.db.write(system_context()) as session:
            await leasing.hand_back(session, {delivery.action_id: delivery.fence for delivery in deliveries})

    async def let_go(self, device_id: UUID, action_ids: Iterable[UUID]) -> None:
        """The device has nothing of these: their leases end now, and the next sweep concludes how they ended."""
        async with self._runtime.db.write(system_context()) as session:
            await leasing.renew(session, [(action_id, device_id) for action_id in action_ids], until=clock.now())

    def renew(self, device_id: UUID, running: Iterable[UUID]) -> None:
        """Note that a device still holds these; written in batches, once a minute each."""
        now = asyncio.get_running_loop().time()
        for action_id in running:
            held = (action_id, device_id)
            if now - self._renewed.get(held, -RENEW_EVERY_S) >= RENEW_EVERY_S:
                self._due.add(held)

    async def flush_renewals(self) -> None:
        """Write the renewals that are due."""
        now = asyncio.get_running_loop().time()
        while self._due:
            some = [self._due.pop() for _ in range(min(len(self._due), BATCH))]
            try:
                async with self._runtime.db.write(system_context()) as session:
                    await leasing.renew(session, some, until=clock.now() + self._runtime.settings.lease)
            except BaseException:
                self._due.update(some)
                raise
            self._renewed.update(dict.fromkeys(some, now))
        self._renewed = {held: at for held, at in self._renewed.items() if now - at < RENEW_EVERY_S}

    async def stop(self) -> None:
        """Finish what was asked for, and write what is noted."""
        await self._together.stop()
        await self.flush_renewals()

    async def _answer(self, questions: Sequence[_Question]) -> list[Found | Exception]:
        # One device may ask twice when its newer call overtakes the older: the newer one counts.
        latest = {question.visit.device_id: question for question in questions}
        found: dict[UUID, Found | Exception] = {}
        db = self._runtime.db
        quiet = [question for question in latest.values() if not question.expects_work]
        busy = [question for question in latest.values() if question.expects_work]
        if quiet:
            async with db.read(system_context()) as session:
                sights = await leasing.look(session, [question.visit for question in quiet])
            found.update({device_id: Found(sight) for device_id, sight in sights.items()})
            busy += [question for question in quiet if _has_work(sights[question.visit.device_id])]
        if busy:
            async with db.write(system_context()) as session:
                found.update(await self._lease(session, busy))
        self._just_leased(found)
        return [
            found[question.visit.device_id] if latest[question.visit.device_id] is question else Found(Sight())
            for question in questions
        ]

    async def _lease(self, session: AsyncSession, questions: Sequence[_Question]) -> dict[UUID, Found | Exception]:
        sights = await leasing.look(session, [question.visit for question in questions])
        takers = [question for question in questions if _has_work(sights[question.visit.device_id])]
        replayed = await replays.spend_many(
            session,
            self._runtime.part(replays.Spent),
            [(question.device.key.thumbprint, question.device.nonce, question.device.expires) for question in takers],
        )
        visits = {
            question.visit.device_id: (question.visit, sights[question.visit.device_id])
            for question in takers
            if question.device.key.thumbprint not in replayed
        }
        given = await leasing.hand_out(self._runtime, session, visits) if visits else {}
        found: dict[UUID, Found | Exception] = {}
        for question in questions:
            device_id = question.visit.device_id
            if question.device.key.thumbprint in replayed:
                found[device_id] = Replayed()
            else:
                found[device_id] = Found(sights[device_id], given.get(device_id, []))
        return found

    def _just_leased(self, found: Mapping[UUID, Found | Exception]) -> None:
        now = asyncio.get_running_loop().time()
        for device_id, what in found.items():
            if isinstance(what, Found):
                self._renewed.update({(delivery.action_id, device_id): now for delivery in what.deliveries})

    async def _nobody_waits(self, found: Sequence[Found]) -> None:
        deliveries = [delivery for one in found for delivery in one.deliveries]
        if not deliveries:
            return
        try:
            await self.hand_back(deliveries)
        except Exception:
            log.exception("hand_back_failed", actions=len(deliveries))


def _has_work(sight: Sight) -> bool:
    return bool(sight.hand_out or sight.take_back)


def periodic(runtime: Runtime) -> list[Periodic]:
    """Renewals come round."""
    return [Periodic("renew_leases", FLUSH_EVERY, runtime.part(Desk).flush_renewals)]
