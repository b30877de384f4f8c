"""What a deployed disk must hold."""

import json
import subprocess

from netboot.deploying import Prepared
from netboot.disk import WINDOWS, Disk, hashes_of

INJECTED = (
    "/Windows/Panther/unattend.xml",
    "/Windows/DeployFlow/",
    "/Windows/Setup/Scripts/SetupComplete.cmd",
    "/Program Files/DeployFlow/",
    "/ProgramData/DeployFlow/",
)
# Rewritten by the deployment: the agent's service is registered in it.
CHANGED = frozenset({"/Windows/System32/config/SYSTEM"})
NAME = "BER-PF3X7K2M"


def check_all(disk: Disk, prepared: Prepared, deployment_id: str) -> None:
    check_partitions(disk)
    check_windows(disk, prepared)
    check_agent(disk, prepared, deployment_id)
    check_boot_files(disk)


def check_partitions(disk: Disk) -> None:
    assert disk.faults() == ""
    kinds = [(one.kind[:8], one.size // 2**20) for one in disk.partitions()]
    assert [kind for kind, _ in kinds] == ["C12A7328", "E3C9E316", "EBD0A0A2", "DE94BBA4"]
    assert kinds[0][1] == 100
    assert kinds[1][1] == 16
    assert kinds[3][1] == 300
    assert 3500 < kinds[2][1] < 3700


def check_windows(disk: Disk, prepared: Prepared) -> None:
    assert disk.ntfs_is_clean()
    source, found = hashes_of(prepared.wim), disk.hashes()
    differ = {path for path in source if found.get(path) != source[path]}
    assert differ == CHANGED
    assert [path for path in sorted(found.keys() - source.keys()) if not is_injected(path)] == []
    unattend = disk.read("/Windows/Panther/unattend.xml").decode()
    assert f"<ComputerName>{NAME}</ComputerName>" in unattend
    assert "<JoinWorkgroup>LAB</JoinWorkgroup>" in unattend


def is_injected(path: str) -> bool:
    """One of the files, or a folder on the way to them."""
    return path.startswith(INJECTED) or any(one.startswith(f"{path}/") for one in INJECTED)


def check_agent(disk: Disk, prepared: Prepared, deployment_id: str) -> None:
    assert disk.read("/Program Files/DeployFlow/Agent/deployflow-agent.exe")[:2] == b"MZ"
    token = disk.read("/ProgramData/DeployFlow/Agent/enrollment.token").decode().strip()
    assert token.startswith("dfe_")
    first = json.loads(disk.read("/ProgramData/DeployFlow/Agent/first-boot.json"))
    assert prepared.lab.url in json.dumps(first)
    assert deployment_id in json.dumps(first)
    hive = disk._scratch / "SYSTEM"
    hive.write_bytes(disk.read("/Windows/System32/config/SYSTEM"))
    said = subprocess.run(
        ["hivexget", str(hive), "\\ControlSet001\\Services\\DeployFlowAgent", "ImagePath"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "deployflow-agent.exe" in said


def check_boot_files(disk: Disk) -> None:
    files = disk.esp()
    manager = disk.read("/Windows/Boot/EFI/bootmgfw.efi")
    assert files["EFI/Boot/bootx64.efi"] == manager
    assert files["EFI/Microsoft/Boot/bootmgfw.efi"] == manager
    store = files["EFI/Microsoft/Boot/BCD"]
    assert store[:4] == b"regf"
    windows = next(one for one in disk.partitions() if one.kind == WINDOWS)
    for identity in (disk.identity(), windows.identity, disk.partitions()[0].identity):
        assert bytes_of(identity) in store, f"{identity} is not in the boot store"


def bytes_of(guid: str) -> bytes:
    """As Windows writes one."""
    parts = guid.split("-")
    return b"".join(bytes.fromhex(part)[::-1] for part in parts[:3]) + bytes.fromhex("".join(parts[3:]))
