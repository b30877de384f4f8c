"""A fleet of any size in a database, for measurements: plausible names, makers and times, the same each run."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from deployflow.devices.inventory import search_text
from deployflow.devices.models import Device, DeviceTag
from deployflow.platform import clock
from deployflow.platform.context import system_context
from deployflow.platform.db import Database
from deployflow.platform.ids import new_id

SITES = ("BER", "HAM", "MUC", "CGN", "VIE", "ZRH", "AMS", "PRG")
SYSTEMS = (
    ("windows", "Windows 11 Pro", "10.0.26100"),
    ("windows", "Windows 11 Enterprise", "10.0.26100"),
    ("windows", "Windows 10 Pro", "10.0.19045"),
    ("windows", "Windows Server 2025 Standard", "10.0.26100"),
    ("linux", "Ubuntu 24.04.3 LTS", "6.8"),
    ("linux", "Debian GNU/Linux 12 (bookworm)", "6.1"),
)
MODELS = (
    ("LENOVO", "ThinkPad T14 Gen 4"),
    ("LENOVO", "ThinkCentre M70q"),
    ("Dell Inc.", "OptiPlex 7010"),
    ("Dell Inc.", "Latitude 5440"),
    ("HP", "EliteBook 840 G10"),
    ("HP", "ProDesk 400 G9"),
    ("Microsoft Corporation", "Virtual Machine"),
    ("QEMU", "Standard PC (Q35 + ICH9, 2009)"),
)
TAGS = ("finance", "lab", "kiosk", "vip", "floor 1", "floor 2")
CHUNK = 5_000


def devices(count: int, tenant_id: UUID) -> Iterator[dict[str, Any]]:
    """Rows of the devices table."""
    chance = random.Random(5)  # noqa: S311  plausible, not secret
    now = clock.now()
    for number in range(count):
        family, name, version = chance.choice(SYSTEMS)
        maker, model = chance.choice(MODELS)
        hostname = f"{chance.choice(SITES)}-{chance.choice(('PC', 'NB', 'SRV'))}-{number:06}"
        serial = f"{chance.getrandbits(40):010X}"
        user = f"CONTOSO\\user{chance.randrange(count // 2 or 1):05}"
        yield {
            "id": new_id(),
            "tenant_id": tenant_id,
            "created_at": now,
            "version": 1,
            "hostname": hostname,
            "state": chance.choices(
                ("active", "pending", "quarantined", "revoked"), (970, 15, 5, 10)
            )[0],
            "pending_key": False,
            "enrolled_at": now,
            "key_protection": "tpm",
            "online": chance.random() < 0.8,  # noqa: PLR2004
            "last_check_in": now - timedelta(seconds=chance.expovariate(1 / 86_400)),
            "agent_version": chance.choice(("0.1.0", "0.1.1")),
            "os_family": family,
            "os_name": name,
            "os_version": version,
            "architecture": "x64",
            "manufacturer": maker,
            "model": model,
            "serial": serial,
            "smbios_uuid": str(UUID(int=chance.getrandbits(128))),
            "machine_uuid": str(UUID(int=chance.getrandbits(128))),
            "machine_serial": f"{maker.lower()}|{serial.lower()}",
            "cpu_name": "13th Gen Intel(R) Core(TM) i5-1345U",
            "cpu_cores": 10,
            "memory_bytes": 16 << 30,
            "disk_bytes": 512 << 30,
            "logged_on_user": user,
            "boot_time": now,
            "search_text": search_text(hostname, serial, user, model, name),
        }


async def fill(db: Database, tenant_id: UUID, count: int) -> list[UUID]:
    """Put `count` devices into the tenant; gives their ids."""
    chance = random.Random(6)  # noqa: S311  plausible, not secret
    rows = list(devices(count, tenant_id))
    for start in range(0, count, CHUNK):
        chunk = rows[start : start + CHUNK]
        tags = [
            {"tenant_id": tenant_id, "device_id": row["id"], "tag": tag}
            for row in chunk
            for tag in chance.sample(TAGS, chance.randrange(3))
        ]
        async with db.write(system_context()) as session:
            await session.execute(insert(Device), chunk)
            await session.execute(insert(DeviceTag), tags)
    return [row["id"] for row in rows]
