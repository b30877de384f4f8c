"""Online and offline."""

import time
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import event

from deployflow.devices import presence as module
from deployflow.devices.access import Gate, SignedDevice
from deployflow.devices.models import Device, RequestNonce
from deployflow.devices.presence import Presence
from deployflow.devices.states import DeviceState
from deployflow.platform import clock
from deployflow.platform.changes import CHANGES
from deployflow.platform.context import system_context
from deployflow.platform.settings import OFFLINE_AFTER
from tests.factories.fleet import make_device
from tests.support.clients import Clients
from tests.support.machines import Machine

HOUR_AGO = timedelta(hours=1)


async def signed(app: FastAPI, machine: Machine, nonce: str = "n" * 22) -> SignedDevice:
    known = await app.state.runtime.part(Gate).keyring.read(machine.keyid)
    assert known is not None
    return SignedDevice(known, nonce, int(time.time()) + 120)


async def read(clients: Clients, machine: Machine) -> Device:
    async with clients.db.read(system_context()) as session:
        device = await session.get(Device, machine.device_id)
        assert device is not None
        return device


@pytest.fixture
async def machine(app: FastAPI, clients: Clients) -> Machine:
    made = Machine(app)
    await make_device(clients.db, clients.tenant_id, machine=made, last_check_in=clock.now() - HOUR_AGO)
    return made


@pytest.fixture
def presence(app: FastAPI) -> Presence:
    return app.state.runtime.part(Presence)  # type: ignore[no-any-return]


@pytest.fixture
def heard(app: FastAPI) -> list[str]:
    told: list[str] = []
    app.state.runtime.wakeups.listen(CHANGES, told.extend)
    return told


async def test_a_sign_of_life_is_written_at_the_flush_and_not_before(
    app: FastAPI, clients: Clients, machine: Machine, presence: Presence
) -> None:
    device = await signed(app, machine)
    statements: list[str] = []
    event.listen(app.state.db.writer.sync_engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    for _ in range(100):
        presence.note(device, "0.2.0")
    assert statements == []
    await presence.flush()
    row = await read(clients, machine)
    assert (row.online, row.agent_version, row.version) == (True, "0.2.0", 1)
    assert clock.now() - row.last_check_in < timedelta(minutes=1)


async def test_who_came_back_is_told_once_and_stays_quiet(
    app: FastAPI, machine: Machine, presence: Presence, heard: list[str], clients: Clients
) -> None:
    device = await signed(app, machine)
    presence.note(device, "0.1.0")
    await presence.flush()
    assert set(heard) == {f"{clients.tenant_id}/devices", f"{clients.tenant_id}/device:{machine.device_id}"}
    heard.clear()
    presence.note(device, "0.1.0")
    await presence.flush()
    assert heard == []


async def test_an_arrival_is_flushed_within_a_second_and_the_rest_in_five(
    app: FastAPI, machine: Machine, presence: Presence, clients: Clients, monkeypatch: Any
) -> None:
    now = time.monotonic()
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    await presence.flush()
    device = await signed(app, machine)
    presence.note(device, "0.1.0")
    await presence.flush_when_due()
    assert not (await read(clients, machine)).online
    now += 1.1
    await presence.flush_when_due()
    assert (await read(clients, machine)).online
    presence.note(device, "0.3.0")
    now += 1.1
    await presence.flush_when_due()
    assert (await read(clients, machine)).agent_version == "0.1.0"
    now += 4
    await presence.flush_when_due()
    assert (await read(clients, machine)).agent_version == "0.3.0"


async def test_a_goodbye_shows_the_device_as_offline_at_once(
    app: FastAPI, machine: Machine, presence: Presence, clients: Clients, heard: list[str]
) -> None:
    device = await signed(app, machine)
    presence.note(device, "0.1.0")
    await presence.flush()
    heard.clear()
    await presence.say_goodbye(device, "0.1.0")
    assert not (await read(clients, machine)).online
    assert f"{clients.tenant_id}/device:{machine.device_id}" in heard


async def test_who_fell_silent_is_swept_after_85_seconds(
    app: FastAPI, machine: Machine, presence: Presence, clients: Clients, heard: list[str], monkeypatch: Any
) -> None:
    presence._started -= 1000
    presence.note(await signed(app, machine), "0.1.0")
    await presence.sweep()
    assert (await read(clients, machine)).online
    heard.clear()
    later = clock.now() + OFFLINE_AFTER + timedelta(seconds=1)
    monkeypatch.setattr(module.clock, "now", lambda: later)
    await presence.sweep()
    assert not (await read(clients, machine)).online
    assert f"{clients.tenant_id}/device:{machine.device_id}" in heard


async def test_a_server_that_just_started_declares_nobody_gone(
    clients: Clients, machine: Machine, presence: Presence
) -> None:
    async with clients.db.write(system_context()) as session:
        row = await session.get(Device, machine.device_id)
        assert row is not None
        row.online = True
    await presence.sweep()
    assert (await read(clients, machine)).online


async def test_an_older_sign_of_life_does_not_overwrite_a_newer_one_of_another_process(
    app: FastAPI, machine: Machine, presence: Presence, clients: Clients
) -> None:
    other = Presence(app.state.runtime)
    device = await signed(app, machine)
    presence.note(device, "0.1.0")
    await other.say_goodbye(await signed(app, machine, "m" * 22), "0.1.0")
    await presence.flush()
    assert not (await read(clients, machine)).online


async def test_what_could_not_be_written_is_written_the_next_time(
    app: FastAPI, machine: Machine, presence: Presence, clients: Clients, monkeypatch: Any, heard: list[str]
) -> None:
    presence.note(await signed(app, machine), "0.1.0")

    async def gone(*_rows: Any) -> None:
        raise OSError("the database is gone")

    with monkeypatch.context() as patched:
        patched.setattr(presence, "_write", gone)
        with pytest.raises(OSError, match="gone"):
            await presence.flush()
    assert heard == []
    await presence.flush()
    assert (await read(clients, machine)).online
    assert heard != []


async def test_a_key_that_only_claims_says_nothing_for_the_device(
    app: FastAPI, clients: Clients, presence: Presence
) -> None:
    machine = Machine(app)
    await make_device(clients.db, clients.tenant_id, machine=machine, state=DeviceState.PENDING)
    async with clients.db.write(system_context()) as session:
        row = await session.get(Device, machine.device_id)
        assert row is not None
        row.state = DeviceState.ACTIVE
    device = await signed(app, machine)
    assert device.is_claim
    presence.note(device, "6.6.6")
    await presence.say_goodbye(device, "6.6.6")
    await presence.flush()
    assert (await read(clients, machine)).agent_version != "6.6.6"


async def test_a_revoked_device_is_not_shown_online_by_a_late_flush(
    app: FastAPI, machine: Machine, presence: Presence, clients: Clients
) -> None:
    presence.note(await signed(app, machine), "0.1.0")
    admin = await clients.signed_in("devices:write")
    await admin.post(f"/api/v1/devices/{machine.device_id}/revoke")
    await presence.flush()
    assert not (await read(clients, machine)).online


async def test_nonces_go_along_where_other_processes_can_be(
    app: FastAPI, machine: Machine, presence: Presence, clients: Clients
) -> None:
    presence.note(await signed(app, machine), "0.1.0")
    presence.note(await signed(app, machine), "0.1.0")
    await presence.flush()
    async with clients.db.read(system_context()) as session:
        row = await session.get(RequestNonce, (machine.keyid, "n" * 22))
    assert (row is None) == app.state.db.is_sqlite


async def test_a_stopping_server_writes_what_it_knows(
    app: FastAPI, machine: Machine, presence: Presence, clients: Clients
) -> None:
    presence.note(await signed(app, machine), "0.1.0")
    await app.state.runtime.close()
    assert (await read(clients, machine)).online


async def test_many_are_written_together(
    app: FastAPI, clients: Clients, presence: Presence, monkeypatch: Any, heard: list[str]
) -> None:
    monkeypatch.setattr(module, "FLUSH_ROWS", 3)
    monkeypatch.setattr(module, "MAX_DEVICE_TOPICS", 5)
    machines = [Machine(app, number=number) for number in range(8)]
    for number, one in enumerate(machines):
        await make_device(
            clients.db, clients.tenant_id, machine=one, last_check_in=clock.now() - HOUR_AGO, hostname=f"PC-{number}"
        )
        presence.note(await signed(app, one), f"0.{number}.0")
    await presence.flush()
    for number, one in enumerate(machines):
        row = await read(clients, one)
        assert (row.online, row.agent_version) == (True, f"0.{number}.0")
    assert heard == [f"{clients.tenant_id}/devices"]
