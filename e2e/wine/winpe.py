"""A server, and a machine in WinPE, as far as Wine is Windows."""

import json
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from deployflow.boot.keys import load_or_make, public_pem

from netboot import windows_image
from support import smbios
from support.console import Console
from support.waiting import until
from tests.support.server import ServerProcess
from wine.standins import StandIns, build
from wine.windows import Windows, windows

AGENT = Path(__file__).resolve().parents[2] / "agent"
PROGRAM = "C:\\deployflow\\deployflow-agent.exe"
OWN_MAC = "52:54:00:aa:bb:cc"
IN_OS = "echo %DF_VAR_SITE% %DF_NAME%>> C:\\in-os.txt\n"
DISK = {
    "preset": "custom",
    "disk": {"select": "first", "min_gb": 1},
    "partitions": [
        {"role": "esp", "size_mb": 100},
        {"role": "msr", "size_mb": 16},
        {"role": "windows", "size_mb": 2000, "label": "Windows"},
        {"role": "recovery", "size_mb": 300, "label": "Recovery"},
    ],
}
INF = '[Version]\nSignature="$WINDOWS NT$"\nClass=Net\n[Manufacturer]\n%m%=M,NTamd64\n[M.NTamd64]\n%d%=I,PCI\\VEN_1\n'


@dataclass
class Lab:
    """A server, and a machine in WinPE."""

    machine: Windows
    standins: StandIns
    server: ServerProcess
    console: Console
    site: dict[str, Any]
    profile: dict[str, Any]
    tree: Path

    def profile_of(self, tasks: list[dict[str, Any]]) -> dict[str, Any]:
        """With the same image, and without an agent to wait for."""
        same = {"os_image_id": self.profile["os_image"]["id"], "edition_index": 1, "agent_auto_install": False}
        made: dict[str, Any] = self.console.call("POST", "/profiles", {"name": "Another", "tasks": tasks, **same})
        return made

    def arm(self) -> str:
        """For this machine as its own firmware has it."""
        body = {"machine": {"mac": OWN_MAC}, "profile_id": self.profile["id"], "hours": 1}
        armed: str = self.console.call("POST", "/deployments", body)["id"]
        return armed

    def deployment(self, deployment_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.console.call("GET", f"/deployments/{deployment_id}")
        return found

    def state(self, deployment_id: str, *wanted: str, within_s: float = 120) -> dict[str, Any]:
        def there() -> dict[str, Any] | None:
            found = self.deployment(deployment_id)
            return found if found["state"] in wanted else None

        return until(f"the deployment is {' or '.join(wanted)}", there, within_s=within_s)

    @contextmanager
    def agent(self, uuid: UUID | None = None) -> Iterator[subprocess.Popen[bytes]]:
        """What start.cmd starts in WinPE; with an id, on a machine of that id."""
        firmware = ["--dmi-table", "C:\\deployflow\\dmi"] if uuid else []
        if uuid is not None:
            facts = smbios.table(manufacturer="LENOVO", product="20XW004KGE", serial=f"PF{uuid.hex[:6]}", uuid=uuid)
            (self.machine.drive / "deployflow" / "dmi").write_bytes(facts)
        mac = "52:54:00:12:34:56" if uuid else OWN_MAC
        told = {"server": self.server.url, "site": self.site["key"], "mac": mac, "profile_id": None}
        (self.machine.drive / "windows" / "system32" / "deployflow-boot.json").write_text(json.dumps(told))
        (self.machine.drive / "agent.log").unlink(missing_ok=True)
        process = self.machine.start(
            *(PROGRAM, "deploy", "--boot-file", "C:\\windows\\system32\\deployflow-boot.json"),
            *("--boot-key", "C:\\deployflow\\server.pem", "--log", "C:\\agent.log", "--plain"),
            *(*firmware, "--only-disk", "C:\\stand-ins\\disk.img", "--firmware", "uefi"),
            *("--work-dir", "C:\\deployflow\\work"),
            # Wine has a dism of its own, which does nothing and succeeds.
            WINEDLLOVERRIDES="dism.exe=n",
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait(30)
            if process.stdin is not None:
                process.stdin.close()

    def said(self) -> str:
        return (self.machine.drive / "agent.log").read_text(errors="replace")


@contextmanager
def winpe(folder: Path) -> Iterator[Lab]:
    """Everything in it ends with the block."""
    subprocess.run([str(AGENT / "build.sh"), "win-x64"], check=True)
    manager = folder / "manager.efi"
    manager.write_bytes(b"MZ the boot manager")
    wim = windows_image.make(folder, manager, megabytes=4)
    with zipfile.ZipFile(folder / "net.zip", "w") as archive:
        archive.writestr("net/e1d.inf", INF)
        archive.writestr("net/e1d.sys", "a driver")
    with (
        windows() as machine,
        ServerProcess(data_dir=folder / "server", agents_dir=str(AGENT / "dist"), import_dir=str(folder)) as server,
        Console.of_new_installation(server) as console,
    ):
        standins = StandIns(machine, build(folder / "built"))
        standins.image(1, folder / "tree")
        machine.put(AGENT / "dist" / "win-x64", "deployflow")
        key = public_pem(load_or_make(server.data_dir / "keys"))
        (machine.drive / "deployflow" / "server.pem").write_bytes(key)
        site = {"name": "Berlin", "code": "BER", "trusted_network": True, "environment": "winpe"}
        yield Lab(
            machine,
            standins,
            server,
            console,
            console.call("POST", "/boot-sites", site),
            _profile(console, wim.name),
            standins.folder / "images" / "1",
        )


def _profile(console: Console, wim: str) -> dict[str, Any]:
    image = console.call("POST", "/image-imports", {"name": "Windows 11", "path": wim})
    pack = console.call("POST", "/driver-packs", {"name": "Net", "path": "net.zip"})
    for path in (f"/images/{image['id']}", f"/driver-packs/{pack['id']}"):
        until(f"{path} is ready", lambda path=path: console.call("GET", path)["state"] == "ready", within_s=60)
    here = {"where": "boot", "language": "cmd", "body": "echo %DF_VAR_ENVIRONMENT% at %DF_VAR_SITE%\n"}
    there = {"where": "os", "language": "cmd", "body": IN_OS}
    configuration = {"unattend": {"workgroup": "LAB"}, "first_boot": ["echo first> C:\\first-boot.txt"]}
    tasks = [
        {"type": "disk_prep", "name": "Partition", "configuration": DISK},
        {"type": "apply_image", "name": "Apply Windows"},
        {
            "type": "inject_drivers",
            "name": "Drivers",
            "configuration": {"select": "named", "pack_ids": [pack["id"]], "required": True},
        },
        {"type": "inject_configuration", "name": "Answer", "configuration": configuration},
        {"type": "install_agent", "name": "Agent"},
        {"type": "script", "name": "Here", "configuration": here},
        {"type": "reboot", "name": "Start Windows", "configuration": {"to": "os"}},
        {"type": "script", "name": "Before", "configuration": {**there, "parameters": {"Name": "before"}}},
        {"type": "reboot", "name": "Once more", "configuration": {"to": "os"}},
        {"type": "script", "name": "After", "configuration": {**there, "parameters": {"Name": "after"}}},
    ]
    fields = {"os_image_id": image["id"], "edition_index": 1, "computer_naming_pattern": "{site}-{seq:4}"}
    made: dict[str, Any] = console.call("POST", "/profiles", {"name": "Office PC", "tasks": tasks, **fields})
    return made
