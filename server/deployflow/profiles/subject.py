"""What a profile is looked at for: a machine, as far as it is known, and what the profile itself says."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from deployflow.platform.settings import Settings

if TYPE_CHECKING:
    from deployflow.profiles.disk_tasks import DiskPrep


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk of a machine."""

    name: str
    size_bytes: int
    removable: bool = False


@dataclass(frozen=True, slots=True)
class Machine:
    """What a machine says of itself, or what an administrator knows of it. Everything may be missing.

    Attributes:
        device_id: The device that it was before, and will be again.
        hostname: What it is called now.
        site: The code of the boot site it boots at.
        environment: The boot environment that it is in, if it is in one.
    """

    device_id: UUID | None = None
    hostname: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    sku: str | None = None
    serial: str | None = None
    smbios_uuid: str | None = None
    asset: str | None = None
    mac_addresses: Sequence[str] = ()
    firmware: Literal["uefi", "bios"] | None = None
    memory_bytes: int | None = None
    disks: Sequence[Disk] = ()
    site: str | None = None
    environment: Literal["linux", "winpe"] | None = None

    @property
    def title(self) -> str:
        """How sentences call it."""
        known = " ".join(part for part in (self.manufacturer, self.model) if part)
        return self.hostname or known or self.serial or "this machine"


@dataclass(slots=True)
class Subject:
    """A profile in front of a machine.

    Attributes:
        machine: None where only the profile itself is looked at.
        disk_layout: What the last task that lays out a disk said, for those after it.
    """

    settings: Settings
    os_image_id: UUID | None
    edition_index: int | None
    admin_credentials_ref: UUID | None
    machine: Machine | None = None
    computer_name: str | None = None
    disk_layout: "DiskPrep | None" = None
    variables: dict[str, str] = field(default_factory=dict)
