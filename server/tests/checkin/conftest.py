"""Fixtures: a listening server, and enrolled agents of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import pytest

from deployflow.app.simulation.client import AgentClient
from deployflow.devices.models import Device, DeviceKey
from deployflow.devices.states import DeviceState, KeyState
from deployflow.platform.context import system_context
from deployflow.platform.ids import new_id
from deployflow.platform.settings import Settings
from tests.factories import identity as people
from tests.support.live import Live, serve

INVENTORY_HASH = "ab" * 32
MakeAgent = Callable[..., Awaitable[AgentClient]]


@pytest.fixture
async def live(settings: Settings) -> AsyncIterator[Live]:
    async with serve(settings) as server:
        yield server


@pytest.fixture
async def tenant_id(live: Live) -> UUID:
    tenant = await people.make_tenant(live.app.state.db)
    return tenant.id


@pytest.fixture
async def make_agent(live: Live, tenant_id: UUID) -> AsyncIterator[MakeAgent]:
    """`await make_agent()`: an agent whose device is in the database and that has shown its receipt."""
    made: list[AgentClient] = []

    async def make(state: DeviceState = DeviceState.ACTIVE, *, settled: bool = True) -> AgentClient:
        agent = live.agent()
        agent.device_id = new_id()
        agent.inventory_hash = INVENTORY_HASH
        async with live.app.state.db.write(system_context()) as session:
            session.add(
                Device(
                    id=agent.device_id,
                    tenant_id=tenant_id,
                    hostname=f"PC-{len(made)}",
                    state=state,
                    key_protection="file",
                    os_family="linux",
                    inventory_hash=INVENTORY_HASH,
                )
            )
            await session.flush()
            session.add(
                DeviceKey(
                    tenant_id=tenant_id,
                    device_id=agent.device_id,
                    thumbprint=agent.key.keyid,
                    public_key=agent.key.spki,
                    protection="file",
                    state=KeyState(state),
                    claims={},
                )
            )
        made.append(agent)
        if settled:
            await agent.check_in(max_wait_s=0)
            await agent.check_in(max_wait_s=0)
        return agent

    yield make
    for agent in made:
        agent.close()
