"""Large files for machines: what their own plan names, in ranges, and nothing else."""

import hashlib
import time

import httpx2
import pytest

from deployflow.app.simulation.engine import run
from deployflow.app.simulation.machine import NetbootMachine
from deployflow.devices.signatures import BOOT_TAG
from deployflow.platform.context import system_context
from deployflow.platform.storage import content_store, referenced
from tests.support.deploying import IMAGE, Rack


async def fetch(
    rack: Rack, machine: NetbootMachine, sha256: str, method: str = "GET", **headers: str
) -> httpx2.Response:
    path = f"/boot/v1/content/{sha256}"
    authority = rack.live.url.split("://")[1]
    lines = machine.key.headers(method, authority, path, b"", now=time.time(), tag=BOOT_TAG)
    signed = dict(line.split(": ", 1) for line in lines.strip().split("\r\n"))
    async with httpx2.AsyncClient(base_url=rack.live.url) as client:
        return await client.request(method, path, headers={**signed, **headers})


@pytest.fixture
async def machine(rack: Rack) -> NetbootMachine:
    made = rack.machine()
    await rack.start(made)
    return made


class TestContent:
    async def test_the_image_comes_whole_and_in_ranges(self, rack: Rack, machine: NetbootMachine) -> None:
        whole = await fetch(rack, machine, rack.image_sha256)
        assert hashlib.sha256(whole.content).hexdigest() == rack.image_sha256
        assert whole.headers["etag"] == f'"{rack.image_sha256}"'
        part = await fetch(rack, machine, rack.image_sha256, Range="bytes=1000-1999")
        assert (part.status_code, part.content) == (206, IMAGE[1000:2000])
        head = await fetch(rack, machine, rack.image_sha256, "HEAD")
        assert (head.headers["content-length"], head.content) == (str(len(IMAGE)), b"")

    async def test_the_agent_comes_by_the_hash_in_the_plan(self, rack: Rack, machine: NetbootMachine) -> None:
        assert machine.plan is not None
        content = machine.plan["tasks"][3]["configuration"]["content"]
        assert content["path"] == f"/boot/v1/content/{content['sha256']}"
        assert (await fetch(rack, machine, content["sha256"])).content == b"the agent"

    async def test_what_the_plan_does_not_name_is_not_there(self, rack: Rack, machine: NetbootMachine) -> None:
        with rack.live.runtime.part(content_store).new_file() as file:
            file.write(b"of somebody else")
            other = file.keep()
        for sha256 in (other.sha256, "0" * 64, "..", "x"):
            answer = await fetch(rack, machine, sha256)
            assert answer.status_code == 404, sha256

    async def test_who_is_not_let_in_gets_nothing(self, rack: Rack, machine: NetbootMachine) -> None:
        waiting = rack.machine(2)
        await waiting.begin()
        answer = await fetch(rack, waiting, rack.image_sha256)
        assert (answer.status_code, answer.json()["code"]) == (404, "content_missing")
        stranger = rack.machine(3)
        answer = await fetch(rack, stranger, rack.image_sha256)
        assert (answer.status_code, answer.json()["code"]) == (401, "key_unknown")
        await run(machine)
        answer = await fetch(rack, machine, rack.image_sha256)
        assert (answer.status_code, answer.json()["code"]) == (410, "session_over")

    async def test_what_was_lost_is_said(self, rack: Rack, machine: NetbootMachine) -> None:
        rack.live.runtime.part(content_store).path(rack.image_sha256).unlink()
        answer = await fetch(rack, machine, rack.image_sha256)
        assert (answer.status_code, answer.json()["code"]) == (404, "content_missing")
        assert "import it again" in answer.json()["detail"]

    async def test_a_plan_keeps_its_files_in_the_store(self, rack: Rack, machine: NetbootMachine) -> None:
        async with rack.live.runtime.db.read(system_context()) as session:
            assert rack.image_sha256 in await referenced(session)
        assert machine.plan is not None
