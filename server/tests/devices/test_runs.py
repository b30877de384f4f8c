"""Clone detection by runs and receipts (S-06)."""

import asyncio
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI

from deployflow.devices import runs
from deployflow.devices.access import Gate, SignedDevice, refuse_state
from deployflow.devices.errors import DeviceQuarantined
from deployflow.devices.models import Device, DeviceKey
from deployflow.devices.runs import RunIsOver
from deployflow.devices.states import DeviceState
from deployflow.platform.context import system_context
from tests.factories.fleet import make_device
from tests.support.clients import Clients
from tests.support.machines import Machine


class Agent:
    """One holder of a key: it keeps a receipt and shows it."""

    def __init__(self, app: FastAPI, machine: Machine) -> None:
        self.app, self.machine = app, machine
        self.run_id = uuid4()
        self.receipt: str | None = None

    def copy(self) -> "Agent":
        """A clone of the disk, started."""
        clone = Agent(self.app, self.machine)
        clone.receipt = self.receipt
        return clone

    def restart(self) -> None:
        self.run_id = uuid4()

    async def device(self) -> SignedDevice:
        gate = self.app.state.runtime.part(Gate)
        known = gate.keyring.get(self.machine.keyid) or await gate.keyring.read(self.machine.keyid)
        assert known is not None
        refuse_state(known)
        return SignedDevice(known, "n" * 22, 0)

    async def check_in(self, *, keep: bool = True) -> str | None:
        new = await runs.check(self.app.state.runtime, await self.device(), run_id=self.run_id, receipt=self.receipt)
        if new is not None and keep:
            self.receipt = new
        return new


@pytest.fixture
async def agent(app: FastAPI, clients: Clients) -> Agent:
    machine = Machine(app)
    await make_device(clients.db, clients.tenant_id, machine=machine)
    return Agent(app, machine)


async def device_state(clients: Clients, device_id: UUID | None) -> str:
    async with clients.db.read(system_context()) as session:
        device = await session.get(Device, device_id)
        assert device is not None
        return device.state


class TestOneMachine:
    async def test_the_first_check_in_of_a_run_brings_a_receipt_and_later_ones_none(self, agent: Agent) -> None:
        assert await agent.check_in() is not None
        assert await agent.check_in() is None
        assert await agent.check_in() is None

    async def test_each_start_brings_a_new_receipt(self, agent: Agent) -> None:
        seen = set()
        for _ in range(5):
            seen.add(await agent.check_in())
            await agent.check_in()
            agent.restart()
        assert len(seen) == 5
        assert None not in seen

    async def test_a_lost_answer_is_given_again(self, agent: Agent) -> None:
        first = await agent.check_in(keep=False)
        again = await agent.check_in()
        assert first == again
        assert await agent.check_in() is None

    async def test_an_agent_that_died_before_it_kept_its_receipt_starts_again(self, agent: Agent) -> None:
        await agent.check_in()
        await agent.check_in()
        for _ in range(3):
            agent.restart()
            await agent.check_in(keep=False)
        agent.restart()
        assert await agent.check_in() is not None
        assert await agent.check_in() is None

    async def test_a_call_of_the_dead_run_that_arrives_late_harms_nobody(self, agent: Agent) -> None:
        await agent.check_in()
        await agent.check_in()
        dead = agent.copy()
        dead.run_id = agent.run_id
        agent.restart()
        await agent.check_in()
        with pytest.raises(RunIsOver):
            await dead.check_in()
        assert await agent.check_in() is None

    async def test_an_idle_check_in_reads_and_writes_nothing(self, agent: Agent, app: FastAPI) -> None:
        await agent.check_in()
        await agent.check_in()
        device = await agent.device()
        await app.state.db.close()
        assert runs.is_known(device, agent.run_id, agent.receipt)
        assert await runs.check(app.state.runtime, device, run_id=agent.run_id, receipt=agent.receipt) is None

    async def test_the_same_first_check_in_many_times_at_once_brings_one_receipt(self, agent: Agent) -> None:
        device = await agent.device()
        found = await asyncio.gather(
            *(runs.check(agent.app.state.runtime, device, run_id=agent.run_id, receipt=None) for _ in range(8))
        )
        assert len(set(found)) == 1
        assert found[0] is not None


class TestClones:
    async def test_a_clone_that_starts_quarantines_the_key_for_both(self, agent: Agent, clients: Clients) -> None:
        await agent.check_in()
        await agent.check_in()
        clone = agent.copy()
        await clone.check_in()
        await clone.check_in()
        with pytest.raises(DeviceQuarantined):
            await agent.check_in()
        with pytest.raises(DeviceQuarantined):
            await clone.check_in()
        assert await device_state(clients, agent.machine.device_id) == "quarantined"

    async def test_clones_of_an_image_never_started_are_found_too(self, agent: Agent) -> None:
        clone = agent.copy()
        await agent.check_in()
        await agent.check_in()
        with pytest.raises(DeviceQuarantined):
            await clone.check_in()

    async def test_both_at_once_end_in_quarantine_within_a_check_in_each(self, agent: Agent, clients: Clients) -> None:
        clone = agent.copy()
        for one in (agent, clone, agent, clone, agent, clone):
            try:
                await one.check_in()
            except DeviceQuarantined:
                break
        assert await device_state(clients, agent.machine.device_id) == "quarantined"

    async def test_an_approval_releases_the_first_that_returns_and_finds_the_other_again(
        self, agent: Agent, clients: Clients
    ) -> None:
        await agent.check_in()
        await agent.check_in()
        clone = agent.copy()
        await clone.check_in()
        await clone.check_in()
        with pytest.raises(DeviceQuarantined):
            await agent.check_in()
        admin = await clients.signed_in("devices:approve")
        answer = await admin.post(f"/api/v1/devices/{agent.machine.device_id}/approve")
        assert (answer.status_code, answer.json()["state"]) == (200, "active")
        assert await agent.check_in() is not None
        assert await agent.check_in() is None
        with pytest.raises(DeviceQuarantined):
            await clone.check_in()

    async def test_a_fork_of_a_key_that_only_claims_blocks_that_key_and_not_the_device(
        self, agent: Agent, clients: Clients, app: FastAPI
    ) -> None:
        thief = Agent(app, Machine(app))
        async with clients.db.write(system_context()) as session:
            session.add(
                DeviceKey(
                    tenant_id=clients.tenant_id,
                    device_id=agent.machine.device_id,
                    thumbprint=thief.machine.keyid,
                    public_key=thief.machine.spki,
                    protection="file",
                    state="pending",
                    claims={},
                )
            )
        copy = thief.copy()
        await thief.check_in()
        await thief.check_in()
        with pytest.raises(DeviceQuarantined):
            await copy.check_in()
        assert await device_state(clients, agent.machine.device_id) == DeviceState.ACTIVE
        assert await agent.check_in() is not None
