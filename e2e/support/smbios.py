"""What a machine's firmware says of it, as a table that the agent reads in the firmware's place."""

import struct
from uuid import UUID


def table(*, manufacturer: str, product: str, serial: str, uuid: UUID, sku: str = "SKU-1") -> bytes:
    """SMBIOS structures: the system (type 1), and the end."""
    # Of the UUID the first three parts have the bytes the other way round, as in every version since 2.6.
    system = struct.pack("<BBHBBBB16sBBB", 1, 27, 0x0100, 1, 2, 0, 3, uuid.bytes_le, 6, 4, 0)
    texts = b"".join(text.encode() + b"\0" for text in (manufacturer, product, serial, sku))
    return system + texts + b"\0" + struct.pack("<BBH", 127, 4, 0xFEFF) + b"\0\0"
