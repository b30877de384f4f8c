"""Recognising a machine by what its firmware says. A claim, never a credential: it only finds the row."""

import re
from uuid import UUID

# What makers leave in when they forget; seen in the field by every inventory tool.
JUNK = frozenset(
    {
        "",
        "0",
        "00000000",
        "0123456789",
        "123456789",
        "1234567890",
        "chassis serial number",
        "default",
        "default string",
        "empty",
        "filled by o.e.m.",
        "invalid",
        "n/a",
        "na",
        "no asset tag",
        "none",
        "not applicable",
        "not available",
        "not specified",
        "null",
        "o.e.m.",
        "oem",
        "serial",
        "serial number",
        "sn",
        "standard",
        "system serial number",
        "to be filled by o.e.m.",
        "type1productconfigid",
        "undefined",
        "unknown",
        "xxxxxxxxxx",
    }
)
JUNK_UUIDS = frozenset(
    {
        # AMI's sample, shipped by many boards.
        "03000200-0400-0500-0006-000700080009",
        "12345678-1234-5678-90ab-cddeefaabbcc",
        "fefefefe-fefe-fefe-fefe-fefefefefefe",
    }
)
MIN_SERIAL = 4


def machine_uuid(smbios_uuid: str | None) -> str | None:
    """The SMBIOS UUID in one spelling; None when it cannot tell machines apart."""
    if smbios_uuid is None:
        return None
    try:
        known = str(UUID(smbios_uuid.strip()))
    except ValueError:
        return None
    digits = known.replace("-", "")
    if known in JUNK_UUIDS or len(set(digits)) <= 2:  # noqa: PLR2004  all zeros, all Fs, 0-and-1 patterns
        return None
    return known


def machine_serial(manufacturer: str | None, serial: str | None) -> str | None:
    """Maker and serial number in one spelling; None when they cannot tell machines apart."""
    number = _plain(serial)
    if number in JUNK or len(number) < MIN_SERIAL or len(set(number.replace(" ", ""))) == 1:
        return None
    maker = _plain(manufacturer)
    return f"{'' if maker in JUNK else maker}|{number}"


def _plain(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "").strip().lower()
