"""One check-in from its arrival to its answer. No database session is open while it waits."""

import asyncio
import random
from dataclasses import dataclass, field
from uuid import UUID

from starlette.types import Receive

from deployflow.actions.leasing import Delivery, Sight, Visit
from deployflow.actions.service import WORK
from deployflow.checkin.desk import Desk, Found
from deployflow.checkin.schemas import CheckIn
from deployflow.checkin.seats import Seat, Seats, is_gone
from deployflow.devices import runs
from deployflow.devices.access import Gate, SignedDevice
from deployflow.devices.keyring import DEVICE_CHANGED
from deployflow.devices.presence import Presence
from deployflow.platform import clock
from deployflow.platform.express import ClientGone
from deployflow.platform.runtime import Runtime

# A device that waits for approval has nothing to do; the approval itself wakes its held call.
PENDING_PAUSE_S = 15
DEAD_RUN_PAUSE_S = 15
# All agents of a stopping process come back at once; this spreads them while the next process starts.
DRAIN_SPREAD_S = 3
# A cancel and the wish for an inventory are said at once, and again in every answer. An answer only to repeat them
# waits this long, or the two would keep asking and answering.
SAY_AGAIN_S = 10.0


@dataclass(slots=True)
class Answer:
    """What the server says."""

    device_state: str
    next_check_in_s: int = 0
    receipt: str | None = None
    wants_inventory: bool = False
    actions: list[Delivery] = field(default_factory=list)
    cancel: list[UUID] = field(default_factory=list)


class Held:
    """The check-ins of one process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._gate = runtime.part(Gate)
        self._presence = runtime.part(Presence)
        self._desk = runtime.part(Desk)
        self.seats = Seats()
        # What was said to a device lately: (what, id) to when.
        self._said: dict[UUID, dict[object, float]] = {}
        runtime.wakeups.listen(WORK, self.seats.there_is_work)
        runtime.wakeups.listen(DEVICE_CHANGED, self.seats.devices_changed)
        runtime.wakeups.listen_for_gaps(lambda: self.seats.wake_all(forget=True))
        runtime.drain.listen(lambda: self.seats.wake_all(forget=False))

    async def check_in(self, device: SignedDevice, message: CheckIn, receive: Receive) -> Answer:
        """Answer a device, at once or as soon as there is something to say, at the latest after its `max_wait_s`.

        Raises:
            Problem: what the device is refused with.
            ClientGone: when it hung up.
        """
        arrived = asyncio.get_running_loop().time()
        try:
            receipt = await runs.check(self._runtime, device, run_id=message.run_id, receipt=message.receipt)
        except runs.RunIsOver:
            # What it was given would be lost, and taken from the run that lives. Should it be alive after all, then it
            # is one of two with one key, and its next call shows that.
            nothing = self._answer(device, message, None, Found(Sight()))
            nothing.next_check_in_s = DEAD_RUN_PAUSE_S
            return nothing
        if message.status == "stopping":
            self.seats.leave(self.seats.sit(device.id))
            await self._presence.say_goodbye(device, message.agent_version)
            return self._answer(device, message, receipt, Found(Sight()))
        self._presence.note(device, message.agent_version)
        if message.running:
            self._desk.renew(device.id, [running.action_id for running in message.running])
        seat = self.seats.sit(device.id)
        try:
            return await self._hold(seat, device, message, receipt, receive, until=arrived + message.max_wait_s)
        finally:
            self.seats.leave(seat)

    async def _hold(
        self,
        seat: Seat,
        device: SignedDevice,
        message: CheckIn,
        receipt: str | None,
        receive: Receive,
        *,
        until: float,
    ) -> Answer:
        loop = asyncio.get_running_loop()
        # A new receipt is worth an answer of its own: until it is kept on disk, clones go unnoticed.
        at_once = receipt is not None or self._wants_inventory_now(device, message)
        while True:
            woken, seat.news = seat.news, False
            if seat.changed:
                seat.changed = False
                before = device.key.state
                device = await self._gate.look_again(device)
                at_once = at_once or device.key.state != before
            look_again_at = until
            found = Found(Sight())
            if not (device.is_pending or seat.replaced or self._runtime.drain.draining):
                found = await self._look(seat, device, message, woken=woken)
                await self._let_go_of_forgotten(device.id, message, found.sight)
                fresh = self._fresh_cancels(device.id, found.sight.cancel)
                if found.deliveries or fresh or at_once:
                    await self._undeliverable(seat, found, receive)
                    return self._answer(device, message, receipt, found)
                look_again_at = min(until, self._look_again_at(found.sight, loop.time()))
            if at_once or seat.replaced or self._runtime.drain.draining or loop.time() >= until:
                return self._answer(device, message, receipt, found)
            await seat.wait(receive, look_again_at)

    async def _look(self, seat: Seat, device: SignedDevice, message: CheckIn, *, woken: bool) -> Found:
        if self.seats.is_clean(device.id):
            return Found(Sight())
        found = await self._desk.ask(
            Visit(
                device_id=device.id,
                run_id=message.run_id,
                running={running.action_id: running.fence for running in message.running},
                free_slots=message.free_slots,
            ),
            device,
            expects_work=woken and message.free_slots > 0,
        )
        if found.sight == Sight():
            self._said.pop(device.id, None)
            self.seats.mark_clean(seat)
        return found

    async def _undeliverable(self, seat: Seat, found: Found, receive: Receive) -> None:
        """Actions for a call that is over go back at once, for the next call to have them."""
        if not found.deliveries:
            return
        gone = await is_gone(receive)
        if gone or seat.replaced:
            deliveries, found.deliveries = found.deliveries, []
            await self._desk.hand_back(deliveries)
        if gone:
            raise ClientGone

    def _answer(self, device: SignedDevice, message: CheckIn, receipt: str | None, found: Found) -> Answer:
        self._say(device.id, found.sight.cancel)
        answer = Answer(
            device_state="pending" if device.is_pending else "active",
            next_check_in_s=PENDING_PAUSE_S if device.is_pending else 0,
            receipt=receipt,
            wants_inventory=_wants_inventory(device, message),
            actions=found.deliveries,
            cancel=found.sight.cancel,
        )
        if self._runtime.drain.draining:
            answer.next_check_in_s = random.randint(0, DRAIN_SPREAD_S)  # noqa: S311  spreads load, guards nothing
        return answer

    async def _let_go_of_forgotten(self, device_id: UUID, message: CheckIn, sight: Sight) -> None:
        """A device was told to stop these, has said nothing of them since and does not name them: it has none of them.

        That is how it is where its journal was lost. Told again and again, it would stay as silent.
        """
        if not sight.cancel:
            return
        said = self._said.get(device_id, {})
        now = asyncio.get_running_loop().time()
        running = {action.action_id for action in message.running}
        forgotten = {
            action_id
            for action_id in sight.cancel
            if action_id not in running and now - said.get(action_id, now) >= SAY_AGAIN_S
        }
        if forgotten:
            await self._desk.let_go(device_id, forgotten)
            sight.cancel = [action_id for action_id in sight.cancel if action_id not in forgotten]

    def _fresh_cancels(self, device_id: UUID, cancel: list[UUID]) -> bool:
        said = self._said.get(device_id, {})
        now = asyncio.get_running_loop().time()
        return any(now - said.get(action_id, -SAY_AGAIN_S) >= SAY_AGAIN_S for action_id in cancel)

    def _say(self, device_id: UUID, what: list[UUID]) -> None:
        if what:
            now = asyncio.get_running_loop().time()
            self._said.setdefault(device_id, {}).update(dict.fromkeys(what, now))

    def _wants_inventory_now(self, device: SignedDevice, message: CheckIn) -> bool:
        if not _wants_inventory(device, message):
            return False
        said = self._said.setdefault(device.id, {})
        now = asyncio.get_running_loop().time()
        if now - said.get("inventory", -SAY_AGAIN_S) < SAY_AGAIN_S:
            return False
        said["inventory"] = now
        return True

    def _look_again_at(self, sight: Sight, now: float) -> float:
        if sight.again_at is not None:
            return now + max(0.0, (sight.again_at - clock.now()).total_seconds())
        return now + SAY_AGAIN_S if sight.cancel else float("inf")


def _wants_inventory(device: SignedDevice, message: CheckIn) -> bool:
    if device.is_claim:
        return False
    return message.inventory_hash is None or message.inventory_hash != device.key.inventory_hash
