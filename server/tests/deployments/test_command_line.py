"""`deployflow deployment approve` and `deployflow boot simulate` beside a server that runs."""

import asyncio
import os
import sys
from pathlib import Path

from tests.support.deploying import Rack


async def command(rack: Rack, *arguments: str, group: str = "deployment") -> tuple[int, str, str]:
    settings = rack.live.runtime.settings
    environment = {
        **os.environ,
        "DEPLOYFLOW_DATA_DIR": str(settings.data_dir),
        "DEPLOYFLOW_AGENTS_DIR": str(settings.data_dir / "agents"),
        **({"DEPLOYFLOW_DATABASE_URL": settings.database_url} if settings.database_url else {}),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deployflow", group, *arguments),
        env=environment,
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_a_machine_that_waits_is_approved_by_its_code(rack: Rack) -> None:
    machine = rack.machine()
    await machine.begin()
    code, out, err = await command(rack, "waiting")
    assert (code, machine.code in out) == (0, True), err
    waiting = asyncio.create_task(machine.wait())
    said = await command(rack, "approve", machine.code.lower(), "--profile", "Office PC")
    assert said == (0, "Approved: HQ-0001.\n", ""), said
    async with asyncio.timeout(20):
        assert await waiting == "approved"
    assert machine.plan is not None


class TestSimulate:
    async def test_a_model_machine_goes_the_whole_way_once_its_code_is_approved(self, rack: Rack) -> None:
        said = asyncio.create_task(command(rack, "simulate", "--url", rack.live.url, "--seconds", "0", group="boot"))
        async with asyncio.timeout(60):
            while not (waiting := (await rack.console.get("/boot-sessions"))["items"]):
                await asyncio.sleep(0.1)
        approval = {"code": waiting[0]["code"], "profile_id": rack.profile["id"]}
        await rack.console.post(f"/boot-sessions/{waiting[0]['id']}/approve", approval)
        code, out, err = await said
        assert (code, err) == (0, "")
        assert f"code {waiting[0]['code']}\n" in out
        assert "step 2 of 4: Windows\n" in out
        assert out.endswith("started from its disk as HQ-0001\ndone\n")
        (deployment,) = (await rack.console.get("/deployments"))["items"]
        assert deployment["state"] == "succeeded"

    async def test_a_step_that_fails_ends_it_with_a_sentence(self, rack: Rack) -> None:
        await rack.arm(rack.machine())
        code, out, err = await command(
            rack, "simulate", "--url", rack.live.url, "--seconds", "0", "--fail-at", "2", group="boot"
        )
        assert (code, "code " in out) == (1, False)
        assert err == "deployflow: the deployment failed: the console says why and may go on from there\n"
        (deployment,) = (await rack.console.get("/deployments"))["items"]
        assert (deployment["state"], deployment["error"]["code"]) == ("failed", "simulated_failure")

    async def test_a_server_that_is_not_there_is_said(self, rack: Rack) -> None:
        code, _out, err = await command(rack, "simulate", "--url", "http://127.0.0.1:9", group="boot")
        assert code == 4
        assert err.startswith("deployflow: the server at 127.0.0.1:9 does not answer")
