"""Devices that wait for work go before those that report, and reports are kept all the same."""

import asyncio
import time

from deployflow.actions import precedence
from deployflow.actions.precedence import Precedence
from deployflow.actions.reporting import Reporting
from deployflow.actions.schemas import Started
from deployflow.platform import clock
from deployflow.platform.runtime import Runtime
from tests.actions.conftest import Queue, lease, row
from tests.support.machines import Machine


async def test_a_report_waits_for_those_who_were_woken(runtime: Runtime, machine: Machine, queue: Queue) -> None:
    (action_id,) = await queue(machine.device_id)
    (given,) = await lease(runtime, machine.device_id)
    began = Started(type="started", action_id=given.action_id, fence=given.fence, at=clock.now())
    assert machine.device_id is not None
    with runtime.part(Precedence).woken():
        report = asyncio.create_task(runtime.part(Reporting).take(machine.device_id, [began]))
        await asyncio.sleep(0.1)
        assert not report.done()
    receipt = await asyncio.wait_for(report, timeout=10)
    assert (receipt.outcomes, (await row(runtime, action_id)).status) == (["accepted"], "running")


async def test_a_report_does_not_wait_without_an_end(runtime: Runtime, machine: Machine, queue: Queue) -> None:
    await queue(machine.device_id)
    (given,) = await lease(runtime, machine.device_id)
    began = Started(type="started", action_id=given.action_id, fence=given.fence, at=clock.now())
    assert machine.device_id is not None
    with runtime.part(Precedence).woken():
        started = time.monotonic()
        receipt = await asyncio.wait_for(runtime.part(Reporting).take(machine.device_id, [began]), timeout=10)
        assert receipt.outcomes == ["accepted"]
        assert time.monotonic() - started >= precedence.PATIENCE_S * 0.9


async def test_whoever_gives_up_waiting_holds_nobody_up(runtime: Runtime) -> None:
    waits = runtime.part(Precedence)

    async def woken() -> None:
        with waits.woken():
            await asyncio.sleep(60)

    gone = asyncio.create_task(woken())
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    started = time.monotonic()
    await waits.after_them()
    assert time.monotonic() - started < precedence.PATIENCE_S / 2
