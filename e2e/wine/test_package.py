"""The agent's MSI: installed without a word, upgraded, repaired and removed, as a software distribution would do it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.console import Console
from support.waiting import until
from tests.support.server import ServerProcess
from wine.windows import Windows, windows

AGENT = Path(__file__).resolve().parents[2] / "agent"
SERVICE = "DeployFlowAgent"
KEY = r"HKLM\SOFTWARE\DeployFlow\Agent"
UNINSTALL = r"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall"


@pytest.fixture(scope="module")
def machine() -> Iterator[Windows]:
    with windows() as running:
        yield running


@pytest.fixture(scope="module")
def packages(machine: Windows, tmp_path_factory: pytest.TempPathFactory) -> str:
    """C:\\Packages with first.msi and second.msi, the same agent under two versions."""
    subprocess.run([str(AGENT / "build.sh"), "win-x64"], check=True)
    folder = tmp_path_factory.mktemp("packages")
    build = [sys.executable, str(AGENT / "packaging" / "build.py"), "win-x64"]
    subprocess.run([*build, "--version", "0.1.0", "--to", str(folder / "first.msi")], check=True)
    subprocess.run([*build, "--version", "0.1.1", "--to", str(folder / "second.msi")], check=True)
    return machine.put(folder, "Packages")


def product_code(package: Path) -> str:
    """By which an installed product is named."""
    properties = subprocess.run(
        ["msiinfo", "export", str(package), "Property"], check=True, capture_output=True, text=True
    ).stdout
    (code,) = re.findall(r"^ProductCode\t(\S+)", properties, re.MULTILINE)
    return str(code)


def test_a_package_from_its_installation_to_its_removal(machine: Windows, packages: str, tmp_path: Path) -> None:
    data = machine.drive / "ProgramData/DeployFlow/Agent"
    program = machine.drive / "Program Files/DeployFlow/Agent/deployflow-agent.exe"

    def msiexec(*arguments: str) -> tuple[int, str]:
        return machine.run("msiexec", *arguments, within_s=180)

    def registry(key: str, *arguments: str) -> str:
        return machine.run("reg", "query", key, *arguments)[1]

    def is_running() -> bool:
        return "RUNNING" in machine.run("sc", "query", SERVICE)[1]

    with ServerProcess(data_dir=tmp_path / "server") as server, Console.of_new_installation(server) as console:
        code, _output = msiexec("/i", f"{packages}\\first.msi", "/qn", f"SERVER={server.url}")
        assert code != 0, "without a token there is nothing to enroll by"
        assert not program.exists()

        token = console.token()
        code, output = msiexec(
            "/i", f"{packages}\\first.msi", "/qn", f"SERVER={server.url}", f"TOKEN={token}", "TAGS=berlin,sales"
        )
        assert code == 0, output
        until("the agent is enrolled", (data / "agent.json").exists, within_s=60)
        device_id = json.loads((data / "agent.json").read_text())["device_id"]
        until("the device is online", lambda: console.device(device_id)["status"] == "online", within_s=60)
        assert set(console.device(device_id)["tags"]) >= {"berlin", "sales"}
        assert token not in registry(KEY), "the token lies where every user may read it"
        assert not (data / "enrollment.token").exists()
        assert "DeployFlow Fleet agent" in registry(UNINSTALL, "/s")

        code, output = msiexec("/i", f"{packages}\\second.msi", "/qn")
        assert code == 0, output
        assert "0.1.1" in registry(KEY)
        until("the upgraded agent runs", is_running, within_s=60)
        assert json.loads((data / "agent.json").read_text())["device_id"] == device_id
        until("the device is online again", lambda: console.device(device_id)["status"] == "online", within_s=90)
        (hello,) = console.run_script([device_id], "echo still here\n", language="cmd")
        until("a script has run", lambda: console.action(hello)["status"] == "succeeded", within_s=60)

        machine.run("net", "stop", SERVICE)
        program.write_bytes(b"damaged")
        product = product_code(machine.drive / "Packages" / "second.msi")
        # What `/fa` means; Wine's has no such option.
        code, output = msiexec("/i", product, "/qn", "REINSTALL=ALL", "REINSTALLMODE=amus")
        assert code == 0, output
        assert program.stat().st_size > 1_000_000
        machine.run("net", "start", SERVICE)
        until("the repaired agent runs", is_running, within_s=60)
        assert json.loads((data / "agent.json").read_text())["device_id"] == device_id

        # Under Wine a program that ends this moment is in use still, and stays.
        machine.run("net", "stop", SERVICE)
        code, output = msiexec("/x", product, "/qn")
        assert code == 0, output
        assert machine.run("sc", "query", SERVICE)[0] != 0, "the service is still there"
        assert not program.exists()
        assert "DeployFlow Fleet agent" not in registry(UNINSTALL, "/s")
        until("the device is offline", lambda: console.device(device_id)["status"] == "offline", within_s=90)
