"""The agent on Windows against the real server: tests of its parts, then the story of a service's life."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.console import ENDED, Console
from support.waiting import until
from tests.support.server import ServerProcess
from wine.windows import Windows, windows

ROOT = Path(__file__).resolve().parents[2]
AGENT = ROOT / "agent"
DATA = "C:\\ProgramData\\DeployFlow\\Agent"
SERVICE = "DeployFlowAgent"


@pytest.fixture(scope="module")
def machine() -> Iterator[Windows]:
    with windows() as running:
        yield running


@pytest.fixture(scope="module")
def program(machine: Windows) -> str:
    """The published agent in C:."""
    subprocess.run([str(AGENT / "build.sh"), "win-x64"], check=True)
    return machine.put(AGENT / "dist" / "win-x64", "Agent") + "\\deployflow-agent.exe"


def test_the_agents_own_tests_pass(machine: Windows, tmp_path: Path) -> None:
    subprocess.run([str(AGENT / "publish-tests.sh"), str(tmp_path / "suite")], check=True)
    suite = machine.put(tmp_path / "suite", "suite")
    # Once in three runs a comparison of text was wrong here that the same seed never shows on Linux. The guess: Wine
    # does not keep all of a thread's vector registers when the runtime interrupts it. So without them.
    code, output = machine.run(
        f"{suite}\\DeployFlow.Agent.Tests.exe", "-noLogo", within_s=900, DOTNET_EnableHWIntrinsic="0"
    )
    print(output[-6000:])
    assert code == 0, "\n".join(line for line in output.splitlines() if "[FAIL]" in line or line.startswith("failed"))
    assert re.search(r"(succeeded|Total): [1-9]", output), output[-2000:]


def test_a_windows_service_from_enrollment_to_stop(machine: Windows, program: str, tmp_path: Path) -> None:
    with ServerProcess(data_dir=tmp_path / "server") as server, Console.of_new_installation(server) as console:
        token = console.token()
        code, output = machine.run(
            program, "enroll", "--server", server.url, "--data-dir", DATA, DEPLOYFLOW_TOKEN=token
        )
        assert code == 0, output
        device_id = json.loads((machine.drive / "ProgramData/DeployFlow/Agent/agent.json").read_text())["device_id"]

        def device_is(status: str) -> bool:
            return console.device(device_id)["status"] == status

        def ended(action_id: str) -> dict[str, object] | None:
            action = console.action(action_id)
            return action if action["status"] in ENDED else None

        def output_of(action_id: str) -> str:
            return "".join(chunk["text"] for chunk in console.log_of(action_id))

        code, output = machine.run(program, "service", "install", "--data-dir", DATA)
        assert code == 0, output
        until("the device is online", lambda: device_is("online"), within_s=60)
        assert machine.run(program, "service", "status")[1].strip() == "running"

        (hello,) = console.run_script([device_id], "echo Grüße from %OS%\necho oops 1>&2\nexit /b 3\n", language="cmd")
        until("the script has ended", lambda: ended(hello), within_s=60)
        action = console.action(hello)
        assert (action["status"], action["exit_code"], action["error"]["code"]) == ("failed", 3, "non_zero_exit")
        assert "Grüße from Windows_NT" in output_of(hello)

        # PowerShell is a stub here that prints nothing and ends with success: so it is in the field where a policy
        # blocks it.
        (blocked,) = console.run_script([device_id], "Write-Output 1", language="powershell")
        until("PowerShell has ended", lambda: ended(blocked), within_s=60)
        assert console.action(blocked)["error"]["code"] == "powershell_unavailable"

        (long,) = console.run_script(
            [device_id], "echo begun\nping -n 120 127.0.0.1 >nul\necho ended\n", language="cmd"
        )
        until("its first output is on the server while it runs", lambda: "begun" in output_of(long), within_s=30)
        assert console.action(long)["status"] == "running"
        machine.run("taskkill", "/f", "/im", "deployflow-agent.exe")
        until("the service has ended", lambda: "RUNNING" not in machine.run("sc", "query", SERVICE)[1], within_s=30)
        code, output = machine.run("net", "start", SERVICE)
        assert code == 0, output
        until("the script's end is known", lambda: ended(long), within_s=60)
        assert (console.action(long)["status"], console.action(long)["error"]["code"]) == ("interrupted", "agent_died")
        assert "ended" not in output_of(long)

        code, output = machine.run("net", "stop", SERVICE)
        assert code == 0, output
        until("the device is offline", lambda: device_is("offline"), within_s=10)
        device = console.device(device_id)
        assert (device["os"]["family"], device["key_protection"]) == ("windows", "dpapi"), device
        assert device["hardware"]["memory_bytes"], device

        code, output = machine.run(program, "service", "uninstall")
        assert code == 0, output
        assert machine.run(program, "service", "status")[1].strip() == "not_installed"
