"""What differs between the boot environments: DISM in WinPE reads no WIM that is made for pipes."""

import hashlib

import httpx2
import pytest
from sqlalchemy import update

from deployflow.app.simulation.machine import NetbootMachine
from deployflow.images.models import OsImage
from deployflow.platform.context import system_context
from deployflow.platform.storage import content_store, referenced
from tests.boot.test_content import fetch
from tests.support.deploying import IMAGE, Rack

PLAIN = b"MSWIM\0\0\0" + IMAGE[:1000]


@pytest.fixture
async def plain(rack: Rack) -> str:
    """The image's other form; its hash."""
    with rack.live.runtime.part(content_store).new_file() as file:
        file.write(PLAIN)
        kept = file.keep()
    await set_plain(rack, kept.sha256)
    return kept.sha256


async def set_plain(rack: Rack, sha256: str | None) -> None:
    async with rack.live.app.state.db.write(system_context(rack.tenant_id)) as session:
        await session.execute(update(OsImage).values(wim_sha256=sha256, wim_bytes=len(PLAIN) if sha256 else None))


def image_of(machine: NetbootMachine) -> tuple[str, bool]:
    assert machine.plan is not None
    configuration = machine.plan["tasks"][1]["configuration"]
    return configuration["content"]["sha256"], configuration["pipable"]


async def test_each_environment_gets_the_form_that_it_can_read(rack: Rack, plain: str) -> None:
    linux, winpe = rack.machine(1), rack.machine(2)
    winpe.environment = "winpe"
    await rack.start(linux)
    await rack.start(winpe)
    assert image_of(linux) == (rack.image_sha256, True)
    assert image_of(winpe) == (plain, False)
    answer: httpx2.Response = await fetch(rack, winpe, plain)
    assert hashlib.sha256(answer.content).hexdigest() == plain
    # Both forms are kept for as long as a deployment may need them.
    async with rack.live.app.state.db.read(system_context()) as session:
        assert {plain, rack.image_sha256} <= await referenced(session)


async def test_a_machine_that_comes_back_in_the_other_environment_gets_the_other_form(rack: Rack, plain: str) -> None:
    machine = rack.machine()
    first = await rack.start(machine)
    assert image_of(machine) == (rack.image_sha256, True)
    machine.power_cycle()
    machine.environment = "winpe"
    assert await rack.start(machine) == first
    assert image_of(machine) == (plain, False)


async def test_an_image_without_that_form_is_refused_before_anything_is_wiped(rack: Rack) -> None:
    await set_plain(rack, None)
    machine = rack.machine()
    machine.environment = "winpe"
    await machine.begin()
    body = {"code": machine.code, "profile_id": rack.profile["id"]}
    answer = await rack.console.client.post(f"/api/v1/boot-sessions/{machine.session_id}/approve", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "profile_not_ready")
    assert "import it again, or start the machine in the Linux boot environment" in answer.json()["detail"]


async def test_a_device_keeps_the_ids_of_its_disk_and_no_other_gets_them(rack: Rack) -> None:
    machine, other = rack.machine(1), rack.machine(2)
    await rack.deploy(machine)
    await rack.deploy(other)
    assert machine.plan is not None
    assert other.plan is not None
    first = machine.plan["disk_ids"]
    assert not set(first.values()) & set(other.plan["disk_ids"].values())
    agent = await machine.first_boot()
    machine.power_cycle()
    again = {"profile_id": rack.profile["id"], "device_id": str(agent.device_id)}
    await rack.console.post("/deployments", again)
    assert await machine.begin() == "approved"
    await machine.wait()
    assert machine.plan["disk_ids"] == first
    agent.close()
