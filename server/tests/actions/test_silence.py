"""What time does, and what the device says when it is back."""

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from deployflow.actions.models import Action
from deployflow.actions.tasks import Sweeps
from deployflow.platform import clock
from deployflow.platform.context import system_context
from deployflow.platform.runtime import Runtime
from tests.actions.conftest import Queue, lease, look, row, visit_of
from tests.actions.reports import finished, leased, log, send, started
from tests.support.machines import Machine


async def sweep(runtime: Runtime, **aged: Any) -> None:
    async with runtime.db.write(system_context()) as session:
        await session.execute(update(Action).values(**aged))
    sweeps = Sweeps(runtime)
    sweeps._leases_from = clock.now()
    await sweeps.sweep()


class TestLeases:
    async def test_a_lease_that_ends_before_the_start_returns_to_pending(
        self, runtime: Runtime, machine: Machine, queue: Queue
    ) -> None:
        action_id = await leased(runtime, machine, queue)
        await sweep(runtime, lease_until=clock.now())
        assert (await row(runtime, action_id)).status == "pending"
        (again,) = await lease(runtime, machine.device_id)
        assert again.fence == 2

    async def test_the_device_takes_it_back_by_naming_it(
        self, runtime: Runtime, machine: Machine, queue: Queue
    ) -> None:
        action_id = await leased(runtime, machine, queue)
        await sweep(runtime, lease_until=clock.now())
        assert await lease(runtime, machine.device_id, **{str(action_id): 1}) == []
        action = await row(runtime, action_id)
        assert (action.status, action.fence) == ("leased", 1)

    async def test_one_that_started_is_interrupted_and_a_late_result_corrects_it(
        self, runtime: Runtime, machine: Machine, queue: Queue
    ) -> None:
        action_id = await leased(runtime, machine, queue)
        await send(machine, started(action_id))
        await sweep(runtime, lease_until=clock.now())
        lost = await row(runtime, action_id)
        assert (lost.status, lost.error_code, lost.presumed) == ("interrupted", "lost_contact", True)
        assert await send(machine, finished(action_id, "succeeded")) == ["accepted"]
        action = await row(runtime, action_id)
        assert (action.status, action.error_code, action.presumed) == ("succeeded", None, False)
        assert await send(machine, finished(action_id, "failed")) == ["duplicate"]

    async def test_one_that_comes_back_still_running_runs_on(
        self, runtime: Runtime, machine: Machine, queue: Queue
    ) -> None:
        action_id = await leased(runtime, machine, queue)
        await send(machine, started(action_id))
        await sweep(runtime, lease_until=clock.now())
        await lease(runtime, machine.device_id, **{str(action_id): 1})
        assert (await row(runtime, action_id)).status == "running"
        await sweep(runtime, lease_until=clock.now())
        assert await send(machine, log(action_id, 0)) == ["accepted"]
        action = await row(runtime, action_id)
        assert (action.status, action.error_code) == ("running", None)

    async def test_the_server_gives_up_long_after_the_agents_own_time_out(
        self, runtime: Runtime, machine: Machine, queue: Queue
    ) -> None:
        action_id = await leased(runtime, machine, queue)
        await send(machine, started(action_id))
        await sweep(runtime, overdue_at=clock.now())
        assert (await row(runtime, action_id)).status == "timed_out"
        assert await send(machine, log(action_id, 0)) == ["stale"]
        assert await send(machine, finished(action_id, "failed")) == ["accepted"]

    async def test_after_a_start_of_the_server_devices_have_one_lease_to_speak_up(
        self, runtime: Runtime, machine: Machine, queue: Queue
    ) -> None:
        action_id = await leased(runtime, machine, queue)
        async with runtime.db.write(system_context()) as session:
            await session.execute(update(Action).values(lease_until=clock.now() - timedelta(hours=1)))
        await Sweeps(runtime).sweep()
        assert (await row(runtime, action_id)).status == "leased"

    async def test_a_cancelled_one_whose_lease_ends_is_cancelled(
        self, runtime: Runtime, machine: Machine, queue: Queue
    ) -> None:
        action_id = await leased(runtime, machine, queue)
        await sweep(runtime, lease_until=clock.now(), cancel_requested_at=clock.now())
        assert (await row(runtime, action_id)).status == "cancelled"
        assert await send(machine, started(action_id)) == ["stale"]
        assert await send(machine, finished(action_id, "succeeded")) == ["accepted"]


class TestExpiry:
    async def test_what_nobody_fetched_in_time_expires(self, runtime: Runtime, machine: Machine, queue: Queue) -> None:
        (action_id,) = await queue(machine.device_id)
        await sweep(runtime, expires_at=clock.now())
        action = await row(runtime, action_id)
        assert (action.status, action.timeline[-1]["reason"]) == ("expired", "The device did not come for it in time")
        assert await lease(runtime, machine.device_id) == []

    async def test_one_that_its_device_had_begun_in_time_unseen_runs_on(
        self, runtime: Runtime, machine: Machine, queue: Queue
    ) -> None:
        action_id = await leased(runtime, machine, queue)
        await sweep(runtime, lease_until=clock.now(), expires_at=clock.now())
        assert (await row(runtime, action_id)).status == "expired"
        sight = await look(runtime, visit_of(machine.device_id, **{str(action_id): 1}))
        assert (sight.cancel, sight.hand_out, sight.take_back) == ([], {}, [])
        assert await send(machine, started(action_id), log(action_id, 0)) == ["accepted"] * 2
        action = await row(runtime, action_id)
        assert (action.status, action.started_at is None, action.overdue_at is None) == ("running", False, False)
        assert await send(machine, finished(action_id, "succeeded")) == ["accepted"]
        assert (await row(runtime, action_id)).status == "succeeded"

    async def test_one_that_its_device_has_and_had_not_begun_stays_expired(
        self, runtime: Runtime, machine: Machine, queue: Queue
    ) -> None:
        action_id = await leased(runtime, machine, queue)
        await sweep(runtime, lease_until=clock.now(), expires_at=clock.now())
        assert await send(machine, finished(action_id, "expired")) == ["accepted"]
        action = await row(runtime, action_id)
        assert (action.status, action.presumed) == ("expired", False)
        assert await send(machine, started(action_id)) == ["stale"]
