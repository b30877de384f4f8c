"""A fleet in the database, made in seconds: 100,000 devices with what lists show, tags and keys.

The first ones have keys that `BenchDevice` can sign with; all others share one public key under thumbprints of
their own, because nobody will ever sign for them. Inventories are left out: lists do not read them.
"""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from deployflow.app import migrate, registry
from deployflow.devices.inventory import search_text
from deployflow.devices.machines import machine_serial, machine_uuid
from deployflow.devices.models import Device, DeviceKey, DeviceTag
from deployflow.devices.states import DeviceState, KeyState
from deployflow.identity.models import UserSession
from deployflow.identity.service.tenants import create_tenant
from deployflow.platform import clock
from deployflow.platform.context import system_context
from deployflow.platform.db import Database
from deployflow.platform.settings import Settings
from sqlalchemy import Table, insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from bench.signing import BenchDevice
from tests.factories import identity as people

CHUNK = 5_000
PLACES = ("BER", "HAM", "MUC", "VIE", "ZRH", "LON", "PAR", "NYC", "BOS", "SFO", "TYO", "SYD")
SYSTEMS = (
    ("windows", "Windows 11 Pro", "10.0.26100"),
    ("windows", "Windows 11 Enterprise", "10.0.26100"),
    ("windows", "Windows 10 Pro", "10.0.19045"),
    ("windows", "Windows Server 2022 Standard", "10.0.20348"),
    ("windows", "Windows Server 2025 Datacenter", "10.0.26100"),
    ("linux", "Debian GNU/Linux 12 (bookworm)", "12"),
    ("linux", "Ubuntu 24.04.3 LTS", "24.04"),
)
MODELS = {
    "Dell Inc.": [f"Latitude {number}" for number in range(5400, 5560, 10)],
    "HP": [f"EliteBook {number} G{generation}" for number in (830, 840, 850) for generation in range(6, 12)],
    "LENOVO": [f"ThinkPad T{number}" for number in range(14, 17)] + [f"ThinkCentre M{n}q" for n in range(70, 100, 10)],
    "Microsoft Corporation": [f"Surface Pro {number}" for number in range(7, 12)],
}
NAMES = ("anna", "ben", "carla", "david", "emma", "felix", "greta", "hugo", "ida", "jonas", "klara", "leon")
TAGS = ("laptop", "office", "kiosk", "lab", "finance", "sales", "pilot", "vip", "warehouse", "retired-soon")
API_PERMISSIONS = (
    "devices:read",
    "devices:write",
    "actions:read",
    "actions:run",
    "scripts:read",
    "scripts:write",
    "enrollment:write",
    "profiles:write",
    "boot:read",
    "boot:write",
    "deployments:read",
    "deployments:write",
)


@dataclass(frozen=True, slots=True)
class Fleet:
    """What was made."""

    tenant_id: UUID
    api_key: str
    session: str
    """The cookie of a person who has just given their password, and counts as such for as long as a run lasts."""
    devices: int
    can_sign: int


async def seed(settings: Settings, *, devices: int, can_sign: int, tagged: bool = True) -> Fleet:
    """Migrate the database and fill it."""
    registry.load_tables()
    db = Database(settings)
    try:
        await migrate.upgrade(db)
        async with db.write(system_context()) as session:
            tenant = await create_tenant(session, name="Bench")
        user = await people.signed_in_user(db, tenant.id, *API_PERMISSIONS)
        async with db.write(system_context()) as session:
            lasting = {"step_up_until": clock.now() + timedelta(hours=12)}
            await session.execute(update(UserSession).where(UserSession.id == user.session_id).values(**lasting))
        api_key = await people.make_api_key(db, tenant.id, user.user_id, *API_PERMISSIONS)
        rng = random.Random(20261123)  # noqa: S311  the same fleet each time
        now = clock.now()
        for start in range(0, devices, CHUNK):
            numbers = range(start, min(start + CHUNK, devices))
            async with db.write(system_context()) as session:
                await _insert(session, Device, [_device(tenant.id, number, rng, now) for number in numbers])
                await _insert(session, DeviceKey, [_key(tenant.id, number, can_sign) for number in numbers])
                if tagged:
                    await _insert(session, DeviceTag, list(_tags(tenant.id, numbers, rng)))
        await _refresh_statistics(db)
    finally:
        await db.close()
    return Fleet(tenant_id=tenant.id, api_key=api_key, session=user.token, devices=devices, can_sign=can_sign)


async def _insert(session: AsyncSession, model: Any, rows: list[dict[str, Any]]) -> None:
    table: Table = model.__table__
    if rows:
        await (await session.connection()).execute(insert(table), rows)


async def _refresh_statistics(db: Database) -> None:
    """What autovacuum has long done on a server that did not get its fleet a second ago."""
    async with db.writer.connect() as connection:
        raw = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await raw.exec_driver_sql("ANALYZE")
        if not db.is_sqlite:
            await raw.exec_driver_sql("VACUUM ANALYZE devices")


def device_id(number: int) -> UUID:
    return UUID(int=(0x01900000_0000_7000_8000_000000000000 | number))


def hostname(number: int) -> str:
    return f"{PLACES[number * 7919 % len(PLACES)]}-PC-{number * 7919 % 1_000_003:06d}"


def _device(tenant_id: UUID, number: int, rng: random.Random, now: datetime) -> dict[str, Any]:
    family, os_name, os_version = rng.choice(SYSTEMS)
    maker = rng.choice(list(MODELS))
    model = rng.choice(MODELS[maker])
    serial = f"{rng.getrandbits(40):010X}"
    smbios_uuid = str(UUID(int=rng.getrandbits(128), version=4))
    online = rng.random() < 0.7
    user = f"{rng.choice(NAMES)}.{rng.choice(NAMES)}{rng.randrange(100)}"
    name = hostname(number)
    return {
        "id": device_id(number),
        "tenant_id": tenant_id,
        "hostname": name,
        "state": DeviceState.PENDING if rng.random() < 0.01 and number > 20_000 else DeviceState.ACTIVE,
        "enrolled_at": now - timedelta(minutes=rng.randrange(500_000)),
        "key_protection": "tpm" if family == "windows" else "file",
        "online": online,
        "last_check_in": now
        - (timedelta(seconds=rng.randrange(50)) if online else timedelta(minutes=rng.randrange(5, 100_000))),
        "agent_version": f"0.1.{rng.randrange(3)}",
        "os_family": family,
        "os_name": os_name,
        "os_version": os_version,
        "architecture": "x64",
        "manufacturer": maker,
        "model": model,
        "sku": f"{rng.randrange(4096):04X}",
        "serial": serial,
        "smbios_uuid": smbios_uuid,
        "cpu_name": f"Intel(R) Core(TM) i{rng.choice((5, 7))}-1{rng.randrange(1, 4)}{rng.randrange(10)}5U",
        "cpu_cores": rng.choice((4, 8, 12)),
        "memory_bytes": rng.choice((8, 16, 32)) << 30,
        "disk_bytes": rng.choice((256, 512, 1024)) * 10**9,
        "logged_on_user": user,
        "boot_time": now - timedelta(hours=rng.randrange(1000)),
        "machine_uuid": machine_uuid(smbios_uuid),
        "machine_serial": machine_serial(maker, serial),
        "inventory_hash": hashlib.sha256(str(number).encode()).hexdigest(),
        "search_text": search_text(name, serial, user, model, os_name),
    }


_SHARED_SPKI = BenchDevice(0).spki


def _key(tenant_id: UUID, number: int, can_sign: int) -> dict[str, Any]:
    if number < can_sign:
        device = BenchDevice(number)
        thumbprint, spki, receipt, run_id = device.keyid.decode(), device.spki, device.receipt, device.run_id
    else:
        thumbprint, spki, receipt, run_id = f"{number:043d}", _SHARED_SPKI, None, None
    return {
        "tenant_id": tenant_id,
        "device_id": device_id(number),
        "thumbprint": thumbprint,
        "public_key": spki,
        "protection": "tpm",
        "state": KeyState.ACTIVE,
        "claims": {},
        "run_id": run_id,
        "receipt": receipt,
        "receipt_shown": receipt is not None,
    }


def _tags(tenant_id: UUID, numbers: range, rng: random.Random) -> Iterator[dict[str, Any]]:
    for number in numbers:
        for tag in rng.sample(TAGS, rng.choice((0, 1, 1, 2))):
            yield {"tenant_id": tenant_id, "device_id": device_id(number), "tag": tag}
