"""Who is there. Check-ins are noted in memory and written in batches; an idle check-in touches no database.

Online means: a check-in in the last 85 s, and no goodbye since. The row's `online` says so for lists and filters,
kept by the flush of each process and by one sweep for what went silent.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, DateTime, String, Table, Uuid, bindparam, column, func, or_, select, update
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.dml import Update

from deployflow.devices.access import SignedDevice
from deployflow.devices.models import Device, RequestNonce
from deployflow.devices.replays import Spent
from deployflow.devices.states import DeviceState
from deployflow.platform import clock
from deployflow.platform.changes import CHANGES
from deployflow.platform.context import system_context
from deployflow.platform.runtime import Runtime
from deployflow.platform.settings import OFFLINE_AFTER

FLUSH_EVERY_S = 5.0
# Who came back is shown sooner than who stayed.
FLUSH_ARRIVALS_S = 1.0
# Rows in one transaction: on SQLite other writers wait for it (some 25 µs a row when measured), on PostgreSQL it
# holds their locks.
FLUSH_ROWS = 500
# More than this many at once are told as "the devices changed".
MAX_DEVICE_TOPICS = 200

_DEVICES = cast("Table", Device.__table__)
_NONCES = cast("Table", RequestNonce.__table__)


@dataclass(frozen=True, slots=True)
class Seen:
    """A device's last sign of life."""

    device_id: UUID
    tenant_id: UUID
    at: datetime
    online: bool
    agent_version: str


@dataclass(frozen=True, slots=True)
class SpentNonce:
    thumbprint: str
    nonce: str
    expires: int


class Presence:
    """The signs of life this process has seen and not yet written."""

    def __init__(self, runtime: Runtime) -> None:
        self._db = runtime.db
        self._wakeups = runtime.wakeups
        self._started = time.monotonic()
        self._unwritten: dict[UUID, Seen] = {}
        self._nonces: list[SpentNonce] = []
        self._spent = runtime.part(Spent)
        self._keeps_nonces = not runtime.db.is_sqlite
        self._last_seen: dict[UUID, float] = {}
        self._changed: dict[UUID, set[UUID]] = defaultdict(set)
        self._flushed = 0.0
        runtime.before_close(self.flush)

    def note(self, device: SignedDevice, agent_version: str) -> None:
        """The device is there. A key that only claims to be the device's says nothing about it."""
        if device.is_claim:
            return
        now = time.monotonic()
        if now - self._last_seen.get(device.id, -1e9) > OFFLINE_AFTER.total_seconds():
            self._changed[device.tenant_id].add(device.id)
        self._last_seen[device.id] = now
        self._unwritten[device.id] = Seen(device.id, device.tenant_id, clock.now(), True, agent_version)
        if self._keeps_nonces:
            self._nonces.append(SpentNonce(device.key.thumbprint, device.nonce, device.expires))

    async def say_goodbye(self, device: SignedDevice, agent_version: str) -> None:
        """The agent stops: show it as offline now."""
        if device.is_claim:
            return
        self._last_seen.pop(device.id, None)
        self._unwritten[device.id] = Seen(device.id, device.tenant_id, clock.now(), False, agent_version)
        self._changed[device.tenant_id].add(device.id)
        await self.flush()

    async def flush_when_due(self) -> None:
        """Write what is unwritten, sooner when somebody came back."""
        waited = time.monotonic() - self._flushed
        if waited >= FLUSH_EVERY_S or (self._changed and waited >= FLUSH_ARRIVALS_S):
            await self.flush()

    async def flush(self) -> None:
        """Write what is unwritten. What cannot be written stays for the next time."""
        self._flushed = time.monotonic()
        seen, self._unwritten = self._unwritten, {}
        nonces, self._nonces = self._nonces, []
        changed, self._changed = self._changed, defaultdict(set)
        try:
            # In the order of the ids, so that two processes do not wait for each other's rows crosswise.
            for rows in _chunks(sorted(seen.values(), key=lambda row: row.device_id)):
                await self._write(rows)
            for spent in _chunks(nonces):
                await self._write_nonces(spent)
        except BaseException:
            self._unwritten = seen | self._unwritten
            self._nonces = nonces + self._nonces
            for tenant_id, device_ids in changed.items():
                self._changed[tenant_id] |= device_ids
            raise
        self._tell(changed)

    async def sweep(self) -> None:
        """Show as offline who went silent."""
        if time.monotonic() - self._started < OFFLINE_AFTER.total_seconds():
            # After a pause of the server nobody had the chance to be heard yet.
            return
        await self.flush()
        statement = (
            update(_DEVICES)
            .where(_DEVICES.c.online, _DEVICES.c.last_check_in < clock.now() - OFFLINE_AFTER)
            .values(online=False)
            .returning(_DEVICES.c.tenant_id, _DEVICES.c.id)
        )
        async with self._db.write(system_context()) as session:
            gone = (await session.execute(statement)).all()
        changed: dict[UUID, set[UUID]] = defaultdict(set)
        for tenant_id, device_id in gone:
            changed[tenant_id].add(device_id)
        self._tell(changed)

    def _tell(self, changed: dict[UUID, set[UUID]]) -> None:
        for tenant_id, device_ids in changed.items():
            topics = ["devices"]
            if len(device_ids) <= MAX_DEVICE_TOPICS:
                topics += [f"device:{device_id}" for device_id in device_ids]
            self._wakeups.publish(CHANGES, [f"{tenant_id}/{topic}" for topic in topics])

    async def _write(self, rows: Sequence[Seen]) -> None:
        async with self._db.write(system_context()) as session:
            connection = await session.connection()
            if self._db.is_sqlite:
                await connection.execute(_UPDATE_ONE, [_parameters(row) for row in rows])
            else:
                await connection.execute(_update_all(rows))

    async def _write_nonces(self, seen: Sequence[SpentNonce]) -> None:
        spent = [nonce for nonce in seen if self._spent.claim(nonce.thumbprint, nonce.nonce, nonce.expires)]
        if not spent:
            return
        rows = func.unnest(
            _array([nonce.thumbprint for nonce in spent], String()),
            _array([nonce.nonce for nonce in spent], String()),
            _array([datetime.fromtimestamp(nonce.expires, UTC) for nonce in spent], DateTime(timezone=True)),
        ).table_valued("thumbprint", "nonce", "expires_at")
        statement = (
            postgresql.insert(_NONCES)
            .from_select(["thumbprint", "nonce", "expires_at"], select(rows.render_derived()))
            .on_conflict_do_nothing()
            .returning(_NONCES.c.thumbprint, _NONCES.c.nonce)
        )
        try:
            async with self._db.write(system_context()) as session:
                written = {tuple(row) for row in await (await session.connection()).execute(statement)}
        except BaseException:
            # Kept for the next flush, which has to write them.
            written = set()
            raise
        finally:
            for nonce in spent:
                if (nonce.thumbprint, nonce.nonce) not in written:
                    self._spent.release(nonce.thumbprint, nonce.nonce, nonce.expires)


# What was heard of a device just before it was revoked does not show it as online again.
_SPEAKING = (DeviceState.ACTIVE, DeviceState.PENDING)
# An older sign of life never overwrites a newer one that another process wrote.
_UPDATE_ONE = (
    update(_DEVICES)
    .where(
        _DEVICES.c.id == bindparam("row_id"),
        _DEVICES.c.last_check_in < bindparam("row_at"),
        # No IN: many rows at once cannot be run with a list in the statement.
        or_(*(_DEVICES.c.state == state for state in _SPEAKING)),
    )
    .values(
        last_check_in=bindparam("row_at"),
        online=bindparam("row_online"),
        agent_version=bindparam("row_agent_version"),
    )
)


def _parameters(row: Seen) -> dict[str, Any]:
    return {
        "row_id": row.device_id,
        "row_at": row.at,
        "row_online": row.online,
        "row_agent_version": row.agent_version,
    }


def _update_all(rows: Sequence[Seen]) -> Update:
    """One statement for all rows: PostgreSQL takes them as arrays."""
    seen = (
        func.unnest(
            _array([row.device_id for row in rows], Uuid()),
            _array([row.at for row in rows], DateTime(timezone=True)),
            _array([row.online for row in rows], Boolean()),
            _array([row.agent_version for row in rows], String()),
        )
        .table_valued(
            column("id", Uuid()),
            column("at", DateTime(timezone=True)),
            column("online", Boolean()),
            column("agent_version", String()),
        )
        .render_derived(name="seen")
    )
    return (
        update(_DEVICES)
        .where(
            _DEVICES.c.id == seen.c.id,
            _DEVICES.c.last_check_in < seen.c.at,
            _DEVICES.c.state.in_(_SPEAKING),
        )
        .values(last_check_in=seen.c.at, online=seen.c.online, agent_version=seen.c.agent_version)
    )


def _array(values: list[Any], kind: Any) -> Any:
    return sql_cast(values, ARRAY(kind))


Item = TypeVar("Item")


def _chunks(rows: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(rows), FLUSH_ROWS):
        yield rows[start : start + FLUSH_ROWS]
