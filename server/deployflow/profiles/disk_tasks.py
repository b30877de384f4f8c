"""The task that lays out a disk."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.profiles.fields import Line, Strict
from deployflow.profiles.findings import Findings
from deployflow.profiles.subject import Disk, Machine, Subject
from deployflow.profiles.task_types import Frozen, TaskType

Role = Literal["esp", "msr", "windows", "recovery", "data"]
Preset = Literal["uefi_standard", "uefi_recovery", "keep_data", "custom"]
MAX_PARTITIONS = 16
MAX_SIZE_MB = 64 * 1024 * 1024
# FAT32 on disks with 4 KiB sectors begins at 260 MB, which is what Microsoft says for every disk.
ESP_MB = 260
MSR_MB = 16
RECOVERY_MB = 1024
# Windows, a few programs and its updates, where the rest is for data.
WINDOWS_GB = 120
MB, GB = 1024**2, 1024**3


class DiskChoice(Strict):
    """Which disk of the machine."""

    select: Literal["first", "smallest", "largest", "by_name"] = "first"
    name: Annotated[Line, Field(min_length=1, max_length=100, description="As in /dev/nvme0n1")] | None = None
    min_gb: Annotated[int, Field(ge=1, le=1_000_000, description="A smaller disk is left alone")] = 20
    allow_removable: bool = False

    @model_validator(mode="after")
    def _named(self) -> "DiskChoice":
        if (self.select == "by_name") != (self.name is not None):
            raise ValueError("give a name together with select by_name, and only then")
        return self


class Partition(Strict):
    """A partition, in the order they lie on the disk."""

    role: Role
    size_mb: Annotated[int, Field(ge=1, le=MAX_SIZE_MB)] | None = None
    label: Annotated[Line, Field(min_length=1, max_length=32)] | None = None


class DiskPrep(Strict):
    """Lays out a disk as GPT. `keep_data` leaves the data partition of a disk that it has laid out before."""

    preset: Preset = "uefi_standard"
    disk: DiskChoice = DiskChoice()
    windows_gb: Annotated[int, Field(ge=20, le=1_000_000, description="For keep_data: the rest is for data")] | None = (
        None
    )
    partitions: Annotated[list[Partition], Field(max_length=MAX_PARTITIONS, description="For custom only")] | None = (
        None
    )

    @model_validator(mode="after")
    def _fits(self) -> "DiskPrep":
        if (self.preset == "custom") != (self.partitions is not None):
            raise ValueError("give partitions together with the preset custom, and only then")
        if self.windows_gb is not None and self.preset != "keep_data":
            raise ValueError("windows_gb belongs to the preset keep_data")
        if self.partitions:
            _check(self.partitions)
        return self


def _check(partitions: list[Partition]) -> None:
    roles = [one.role for one in partitions]
    for role in ("esp", "msr", "windows", "recovery"):
        if roles.count(role) > 1:
            raise ValueError(f"there is one {role} partition at most")
    if sum(1 for one in partitions if one.size_mb is None) > 1:
        raise ValueError("one partition at most takes the rest: give the others a size_mb")
    if "windows" in roles and "esp" not in roles:
        raise ValueError("Windows needs an esp partition to start from")
    for one in partitions:
        if one.role in {"esp", "msr"} and one.size_mb is None:
            raise ValueError(f"the {one.role} partition needs a size_mb")


def layout(configuration: DiskPrep) -> list[Partition]:
    """The partitions of a preset, or those of its own."""
    if configuration.partitions is not None:
        return configuration.partitions
    esp, msr = Partition(role="esp", size_mb=ESP_MB), Partition(role="msr", size_mb=MSR_MB)
    if configuration.preset == "keep_data":
        windows = Partition(role="windows", size_mb=(configuration.windows_gb or WINDOWS_GB) * 1024, label="Windows")
        return [esp, msr, windows, Partition(role="data", label="Data")]
    windows = Partition(role="windows", label="Windows")
    if configuration.preset == "uefi_recovery":
        return [esp, msr, windows, Partition(role="recovery", size_mb=RECOVERY_MB, label="Recovery")]
    return [esp, msr, windows]


def room_for_windows(configuration: DiskPrep, disk_bytes: int) -> int | None:
    """How many bytes the Windows partition gets on a disk; None where the layout has none."""
    partitions = layout(configuration)
    windows = next((one for one in partitions if one.role == "windows"), None)
    if windows is None:
        return None
    if windows.size_mb is not None:
        return windows.size_mb * MB
    return disk_bytes - sum(one.size_mb or 0 for one in partitions) * MB


def chosen(choice: DiskChoice, machine: Machine) -> Disk | None:
    """The disk that the machine would take, as far as its disks are known."""
    allowed = [disk for disk in machine.disks if choice.allow_removable or not disk.removable]
    if choice.select == "by_name":
        return next((disk for disk in allowed if disk.name == choice.name), None)
    big_enough = [disk for disk in allowed if disk.size_bytes >= choice.min_gb * GB]
    if not big_enough:
        return None
    if choice.select == "first":
        return big_enough[0]
    pick = min if choice.select == "smallest" else max
    return pick(big_enough, key=lambda disk: disk.size_bytes)


class DiskPrepTask(TaskType):
    """Lays out the disk, and so wipes it."""

    name = "disk_prep"
    title = "Prepare the disk"
    summary = "Partitions and formats a disk. What is on it is lost."
    configuration_model = DiskPrep
    rank = 10
    timeout = timedelta(minutes=10)

    async def preflight(self, session: AsyncSession, configuration: Any, subject: Subject, findings: Findings) -> None:  # noqa: ARG002
        assert isinstance(configuration, DiskPrep)
        subject.disk_layout = configuration
        machine = subject.machine
        if machine is None:
            return
        if machine.firmware == "bios" and any(one.role == "windows" for one in layout(configuration)):
            findings.error(
                "firmware_bios",
                f"{machine.title} starts by BIOS, and Windows on a GPT disk needs UEFI: switch its firmware to UEFI",
            )
        if not machine.disks:
            findings.warning("disks_unknown", f"The disks of {machine.title} are not known yet")
            return
        disk = chosen(configuration.disk, machine)
        if disk is None:
            findings.error("no_disk", _no_disk(configuration.disk, machine))
            return
        needed = sum(one.size_mb or 0 for one in layout(configuration)) * MB
        if needed >= disk.size_bytes:
            findings.error(
                "disk_too_small",
                f"{disk.name} has {_gb(disk.size_bytes)}, and the layout needs {_gb(needed)}: use smaller partitions",
            )
        else:
            findings.ok("disk", f"{disk.name} with {_gb(disk.size_bytes)} will be laid out")

    async def freeze(self, session: AsyncSession, configuration: Any, subject: Subject) -> Frozen:  # noqa: ARG002
        assert isinstance(configuration, DiskPrep)
        return Frozen(
            {
                "preset": configuration.preset,
                "disk": configuration.disk.model_dump(mode="json"),
                "partitions": [one.model_dump(mode="json") for one in layout(configuration)],
            }
        )


def _no_disk(choice: DiskChoice, machine: Machine) -> str:
    known = ", ".join(f"{disk.name} ({_gb(disk.size_bytes)})" for disk in machine.disks)
    if choice.select == "by_name":
        return f"{machine.title} has no disk {choice.name}; it has {known}"
    return f"{machine.title} has no disk of {choice.min_gb} GB or more; it has {known}"


def _gb(size_bytes: int) -> str:
    return f"{size_bytes / GB:.0f} GB" if size_bytes >= 10 * GB else f"{size_bytes / GB:.1f} GB"
