"""Two servers on one database: it does not matter which of them a machine, and which a person, speaks to."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from deployflow.app.simulation.client import Refused, ServerAddress
from deployflow.app.simulation.engine import run
from deployflow.platform.settings import Settings
from tests.boot.test_pins import make_pin, other_than
from tests.conftest import BACKEND
from tests.support.deploying import Rack
from tests.support.live import Live, serve

pytestmark = pytest.mark.skipif(BACKEND == "sqlite", reason="SQLite has one server process")


@pytest.fixture
async def second(settings: Settings, live: Live) -> AsyncIterator[Live]:
    assert live
    async with serve(settings) as server:
        yield server


async def test_an_approval_at_one_wakes_the_machine_at_the_other(rack: Rack, second: Live) -> None:
    machine = rack.machine()
    machine.address = ServerAddress.of(second.url)
    await machine.begin()
    waiting = asyncio.create_task(machine.wait(max_wait_s=50))
    await asyncio.sleep(0.5)
    await rack.approve(machine)
    async with asyncio.timeout(15):
        assert await waiting == "approved"
    # Its plan names the server that it speaks to, signed with the key that both have.
    assert machine.plan is not None
    assert machine.plan["server"]["url"] == second.url
    machine.close()
    machine.address = ServerAddress.of(rack.live.url)
    assert await run(machine) == "succeeded"
    assert await rack.state(machine.deployment_id) == "awaiting_first_boot"


async def test_wrong_pins_are_counted_over_both(rack: Rack, second: Live) -> None:
    pin = await make_pin(rack)
    machine = rack.machine()
    await machine.begin()
    for url in (rack.live.url, second.url) * 2:
        machine.close()
        machine.address = ServerAddress.of(url)
        with pytest.raises(Refused, match="pin_wrong"):
            await machine.enter_pin(other_than(pin))
    with pytest.raises(Refused, match="session_over"):
        await machine.enter_pin(other_than(pin))
