"""What a machine in the boot environment says of itself. Claims, never credentials: its session's key is one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.devices.admission import Expected
from deployflow.devices.machines import machine_serial, machine_uuid
from deployflow.devices.models import Device
from deployflow.devices.schemas import Bytes, Strict, Text
from deployflow.profiles.subject import Disk, Machine

Short = Annotated[Text, Field(max_length=255)]
MacAddress = Annotated[str, Field(pattern=r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")]
Environment = Literal["linux", "winpe"]
MAX_CARDS = 64
MAX_DISKS = 64


class DiskFacts(Strict):
    """A disk that the machine found."""

    name: Annotated[Text, Field(min_length=1, max_length=255)]
    model: Short | None = None
    serial: Short | None = None
    size_bytes: Bytes
    media: Literal["ssd", "hdd"] | None = None
    removable: bool = False


class MachineFacts(Strict):
    """A machine, as docs/boot-protocol.md has it. The first address is that of the card it started from."""

    hostname: Short | None = None
    manufacturer: Short | None = None
    model: Short | None = None
    sku: Short | None = None
    serial: Short | None = None
    smbios_uuid: Annotated[Text, Field(max_length=64)] | None = None
    mac_addresses: Annotated[list[MacAddress], Field(max_length=MAX_CARDS)] = Field(default_factory=list)
    firmware: Literal["uefi", "bios"]
    secure_boot: bool | None = None
    memory_bytes: Bytes
    cpu: Short | None = None
    disks: Annotated[list[DiskFacts], Field(max_length=MAX_DISKS)] = Field(default_factory=list)

    @property
    def uuid(self) -> str | None:
        """The SMBIOS UUID, where it tells machines apart."""
        return machine_uuid(self.smbios_uuid)

    @property
    def known_serial(self) -> str | None:
        """Maker and serial number, where they tell machines apart."""
        return machine_serial(self.manufacturer, self.serial)

    @property
    def title(self) -> str:
        """How sentences and the trail call it."""
        known = [self.manufacturer, self.model, self.serial, self.mac_addresses[0] if self.mac_addresses else None]
        return " ".join(part for part in known if part) or "a machine"

    def fits(self, match: dict[str, str]) -> bool:
        """Whether all that was asked for is what this machine says."""
        said: dict[str, Any] = {"uuid": self.uuid, "serial": self.known_serial}
        return bool(match) and all(
            wanted in self.mac_addresses if name == "mac" else said.get(name) == wanted
            for name, wanted in match.items()
        )

    def telling(self) -> dict[str, str]:
        """By what this machine is known again: what tells most, and its card only where nothing else does."""
        found = {name: said for name, said in (("uuid", self.uuid), ("serial", self.known_serial)) if said}
        if not found and self.mac_addresses:
            found["mac"] = self.mac_addresses[0]
        return found

    def for_profile(self, device: Device | None, *, site: str | None, environment: Environment) -> Machine:
        """As profiles look at it."""
        return Machine(
            device_id=device.id if device is not None else None,
            hostname=(device.hostname or None) if device is not None else None,
            manufacturer=self.manufacturer,
            model=self.model,
            sku=self.sku,
            serial=self.serial,
            smbios_uuid=self.smbios_uuid,
            mac_addresses=tuple(self.mac_addresses),
            firmware=self.firmware,
            memory_bytes=self.memory_bytes,
            disks=tuple(Disk(disk.name, disk.size_bytes, disk.removable) for disk in self.disks),
            site=site,
            environment=environment,
        )

    def expected(self, hostname: str) -> Expected:
        """As the devices' list has it before its agent speaks."""
        return Expected(
            hostname=hostname,
            manufacturer=self.manufacturer,
            model=self.model,
            sku=self.sku,
            serial=self.serial,
            smbios_uuid=self.smbios_uuid,
            cpu_name=self.cpu,
            memory_bytes=self.memory_bytes,
            disk_bytes=sum(disk.size_bytes for disk in self.disks if not disk.removable) or None,
        )


@dataclass(frozen=True, slots=True)
class Place:
    """The boot site a machine is at."""

    id: UUID
    name: str
    code: str


FindPlace = Callable[[AsyncSession, UUID], Awaitable[Place]]
_find_place: list[FindPlace] = []


def places_are_found_by(find: FindPlace) -> None:
    """The domain above, which has the boot sites, says how one is found."""
    _find_place[:] = [find]


async def place_of(session: AsyncSession, site_id: UUID | None) -> Place | None:
    """A boot site by its id. Raises its domain's 404."""
    return None if site_id is None else await _find_place[0](session, site_id)
