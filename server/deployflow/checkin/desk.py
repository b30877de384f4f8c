"""Looks up what there is for devices, and hands it out: many devices in one transaction.

Calls that come while one transaction runs share the next one, so the more there are at once, the cheaper each is.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog

from deployflow.actions import leasing
from deployflow.actions.leasing import Delivery, Sight, Visit
from deployflow.devices import replays
from deployflow.devices.access import SignedDevice
from deployflow.devices.errors import Replayed
from deployflow.platform import clock
from deployflow.platform.context import system_context
from deployflow.platform.errors import Unavailable
from deployflow.platform.periodic import Periodic
from deployflow.platform.runtime import Runtime

log = structlog.get_logger(__name__)

# Enough to share the cost of a transaction, few enough that the first one does not wait for the last.
BATCH = 200
# A look that waits longer than this finds a database that cannot keep up; the device shall come back later.
LOOK_WITHIN_S = 5.0
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
    answer: asyncio.Future[Found]


class Desk:
    """The one place of a process where leases are given and renewed."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._waiting: list[_Question] = []
        self._work: asyncio.Task[None] | None = None
        self._due: set[tuple[UUID, UUID]] = set()
        self._renewed: dict[tuple[UUID, UUID], float] = {}
        runtime.before_close(self.stop)

    async def ask(self, visit: Visit, device: SignedDevice) -> Found:
        """Look for a device, and lease what it can take.

        Raises:
            Replayed: 401, when this very request was handed something before.
            Unavailable: 503, when the database cannot keep up.
        """
        loop = asyncio.get_running_loop()
        question = _Question(visit, device, loop.create_future())
        self._waiting.append(question)
        if self._work is None or self._work.done():
            self._work = loop.create_task(self._serve())
        try:
            async with asyncio.timeout(LOOK_WITHIN_S):
                return await question.answer
        except TimeoutError:
            raise Unavailable("The database cannot keep up; come back later") from None

    async def hand_back(self, deliveries: Sequence[Delivery]) -> None:
        """These could not be delivered. If even this fails, their leases run out."""
        async with self._runtime.db.write(system_context()) as session:
            await leasing.hand_back(session, {delivery.action_id: delivery.fence for delivery in deliveries})

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
        """Write what is noted, and end the work."""
        if self._work is not None:
            self._work.cancel()
            with suppress(asyncio.CancelledError):
                await self._work
        await self.flush_renewals()

    async def _serve(self) -> None:
        while self._waiting:
            questions, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            # One device may ask twice when its newer call overtakes the older: the newer one counts.
            latest = {question.visit.device_id: question for question in questions if not question.answer.done()}
            try:
                found = await self._look(latest)
            except Exception as error:  # noqa: BLE001  handed to everybody who asked
                for question in questions:
                    _refuse(question, error)
                continue
            for question in questions:
                counts = latest.get(question.visit.device_id) is question
                if not question.answer.done():
                    question.answer.set_result(found[question.visit.device_id] if counts else Found(Sight()))
                elif counts and found[question.visit.device_id].deliveries:
                    await self._nobody_waits(found[question.visit.device_id].deliveries)

    async def _look(self, questions: Mapping[UUID, _Question]) -> dict[UUID, Found]:
        db = self._runtime.db
        async with db.read(system_context()) as session:
            sights = await leasing.look(session, [question.visit for question in questions.values()])
        found = {device_id: Found(sight) for device_id, sight in sights.items()}
        busy = {device_id: sight for device_id, sight in sights.items() if sight.hand_out or sight.take_back}
        if not busy:
            return found
        async with db.write(system_context()) as session:
            devices = [questions[device_id].device for device_id, sight in busy.items() if sight.hand_out]
            replayed = await replays.spend_many(
                session,
                self._runtime.part(replays.Spent),
                [(device.key.thumbprint, device.nonce, device.expires) for device in devices],
            )
            spent = {device.id for device in devices if device.key.thumbprint in replayed}
            visits = {
                device_id: (questions[device_id].visit, sight)
                for device_id, sight in busy.items()
                if device_id not in spent
            }
            given = await leasing.hand_out(self._runtime, session, visits)
        now = asyncio.get_running_loop().time()
        for device_id, deliveries in given.items():
            found[device_id].deliveries = deliveries
            self._renewed.update({(delivery.action_id, device_id): now for delivery in deliveries})
        for device_id in spent:
            _refuse(questions[device_id], Replayed())
        return found

    async def _nobody_waits(self, deliveries: Sequence[Delivery]) -> None:
        try:
            await self.hand_back(deliveries)
        except Exception:
            log.exception("hand_back_failed", actions=len(deliveries))


def _refuse(question: _Question, error: Exception) -> None:
    if not question.answer.done():
        question.answer.set_exception(error)


def periodic(runtime: Runtime) -> list[Periodic]:
    """Renewals come round."""
    return [Periodic("renew_leases", FLUSH_EVERY, runtime.part(Desk).flush_renewals)]
