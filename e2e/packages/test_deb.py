"""The agent's .deb on a system of its own: a copy of this one under an overlay, which is thrown away."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.installation import Installation
from support.waiting import until

DIST = Path(__file__).resolve().parents[2] / "agent" / "dist"
PACKAGE = DIST / "deployflow-agent-linux-x64.deb"
DATA = "var/lib/deployflow-agent"


class System:
    """A root folder to which packages are installed. Without an init: the test itself starts what the unit names."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        wrapped = [f"{name}={value}" for name, value in variables.items()]
        return subprocess.run(
            ["chroot", str(self.root), "env", *wrapped, *command],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )

    def installs(self, package: Path, **variables: str) -> str:
        shutil.copyfile(package, self.root / "tmp" / package.name)
        done = self.run("dpkg", "-i", f"/tmp/{package.name}", **variables)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    if os.geteuid() != 0 or shutil.which("dpkg") is None:
        pytest.skip("needs root and dpkg. Run it with: sudo make test")
    if not PACKAGE.exists():
        pytest.skip(f"{PACKAGE} is not built. Build it with: make agent")
    layers, root = tmp_path / "layers", tmp_path / "root"
    layers.mkdir()
    root.mkdir()
    with ExitStack() as stack:
        # An overlay's upper layer may not itself lie on an overlay, as a container's disk does.
        _mount(stack, layers, "-t", "tmpfs", "layers")
        for name in ("upper", "work"):
            (layers / name).mkdir()
        lower = f"lowerdir=/,upperdir={layers}/upper,workdir={layers}/work"
        _mount(stack, root, "-t", "overlay", "-o", lower, "overlay")
        _mount(stack, root / "proc", "-t", "proc", "proc")
        _mount(stack, root / "dev", "--bind", "/dev")
        yield System(root)


def _mount(stack: ExitStack, target: Path, *options: str) -> None:
    done = subprocess.run(["mount", *options, str(target)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no mount here: {done.stderr.strip()}. Run it as root of a whole machine")
    stack.callback(subprocess.run, ["umount", "-l", str(target)], check=True)


def test_it_enrolls_by_what_the_installation_was_told_and_keeps_its_identity(
    installation: Installation, system: System
) -> None:
    console = installation.console
    token = console.token()
    system.installs(
        PACKAGE, DEPLOYFLOW_SERVER=installation.server.url, DEPLOYFLOW_TOKEN=token, DEPLOYFLOW_TAGS="berlin, sales"
    )
    settings = system.root / "etc/deployflow-agent/enroll"
    assert settings.stat().st_mode & 0o777 == 0o600
    unit = (system.root / "lib/systemd/system/deployflow-agent.service").read_text()
    (start,) = (line.removeprefix("ExecStart=") for line in unit.splitlines() if line.startswith("ExecStart="))
    service = [part.strip('"') for part in start.split(" ")]
    with subprocess.Popen(["chroot", str(system.root), *service], stderr=subprocess.DEVNULL) as agent:
        try:
            configuration = system.root / DATA / "agent.json"
            until("the agent is enrolled", configuration.exists, within_s=60)
            device_id = json.loads(configuration.read_text())["device_id"]
            until("the device is online", lambda: console.device(device_id)["status"] == "online", within_s=60)
        finally:
            agent.terminate()
    assert set(console.device(device_id)["tags"]) >= {"berlin", "sales"}
    assert not settings.exists()
    assert token not in "".join(
        file.read_text(errors="replace") for file in (system.root / DATA).iterdir() if file.is_file()
    )

    system.installs(PACKAGE)
    assert system.run("dpkg", "--remove", "deployflow-agent").returncode == 0
    assert not (system.root / "usr/bin/deployflow-agent").exists()
    assert json.loads(configuration.read_text())["device_id"] == device_id, "a removal forgot the device"
    system.installs(PACKAGE)
    assert system.run("deployflow-agent", "status").returncode == 0
    assert system.run("dpkg", "--purge", "deployflow-agent").returncode == 0
    assert not configuration.parent.exists()


def test_an_installation_that_was_told_nothing_says_how_to_enroll(system: System) -> None:
    said = system.installs(PACKAGE)
    assert "deployflow-agent enroll --server" in said
    assert not (system.root / "etc/deployflow-agent/enroll").exists()
