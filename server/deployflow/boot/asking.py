"""What a machine says of itself when it asks what to start. Claims of a stranger: cut short, and believed by nobody."""

import re
from dataclasses import dataclass
from uuid import UUID

from deployflow.devices.machines import machine_serial, machine_uuid

_HEX = re.compile(r"^[0-9a-f]{12}$")
MAX_FIELD = 255
PLATFORMS = {"pcbios", "efi"}


@dataclass(frozen=True, slots=True)
class Asking:
    """A machine in front of the boot script.

    Attributes:
        profile_id: Chosen in the menu.
        wait: The menu's other choice: into the environment without a profile.
    """

    mac: str | None = None
    smbios_uuid: str | None = None
    serial: str | None = None
    manufacturer: str | None = None
    product: str | None = None
    asset: str | None = None
    platform: str | None = None
    ip: str | None = None
    profile_id: UUID | None = None
    wait: bool = False

    @property
    def machine_uuid(self) -> str | None:
        return machine_uuid(self.smbios_uuid)

    @property
    def machine_serial(self) -> str | None:
        return machine_serial(self.manufacturer, self.serial)

    @property
    def title(self) -> str:
        """How the menu calls it."""
        known = [self.manufacturer, self.product, self.serial, self.mac]
        return ", ".join(part for part in known if part)


def mac_of(given: str | None) -> str | None:
    """A MAC address in one spelling, lower case with colons; None where it is none."""
    plain = re.sub(r"[^0-9a-f]", "", (given or "").lower())
    if not _HEX.match(plain) or plain in {"000000000000", "ffffffffffff"}:
        return None
    return ":".join(plain[at : at + 2] for at in range(0, 12, 2))


def field_of(given: str | None) -> str | None:
    """A text of the query, as it may be kept: printable, short, or None."""
    plain = "".join(letter for letter in (given or "") if letter.isprintable()).strip()
    return plain.encode("utf-8", "ignore").decode()[:MAX_FIELD] or None


def id_of(given: str | None) -> UUID | None:
    """An id of the query; None where it is none."""
    try:
        return UUID(given or "")
    except ValueError:
        return None
