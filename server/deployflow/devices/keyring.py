"""The device keys of this process: read once, kept while they are used, dropped when their device changes."""

import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.devices.models import Device, DeviceKey
from deployflow.devices.signatures import PublicKey, load_public_key
from deployflow.devices.states import DeviceState, KeyState
from deployflow.platform.changes import wake_after_commit
from deployflow.platform.context import system_context
from deployflow.platform.db import Database
from deployflow.platform.runtime import Runtime
from deployflow.platform.together import Together

DEVICE_CHANGED = "device_changed"
"""Channel of devices whose keys, state or receipts changed; keys are device ids. It ends held check-ins too."""

# About 2 KB each with its key object: 100,000 devices in 200 MB, if one process ever serves them all.
MAX_KEYS = 120_000
# Wake-ups drop what changed at once. This bounds the harm of a lost one, such as a command that wrote to SQLite
# beside the server: at most this long, for one read per device and 5 minutes.
MAX_AGE_S = 300.0
# Keys in one statement: one breath of the event loop.
READ_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key and what has to be known about its bearer at each request, as last read.

    Attributes:
        is_claim: The machine is known by another key, and nobody has approved this one: what its bearer says is
            not said for the device.
    """

    thumbprint: str
    public_key: PublicKey
    state: KeyState
    key_id: UUID
    device_id: UUID
    tenant_id: UUID
    hostname: str
    is_claim: bool
    inventory_hash: str | None
    run_id: UUID | None
    receipt: str | None
    receipt_shown: bool
    read_at: float


class Keyring:
    """Keys by thumbprint, least recently used last out.

    Who asks while a read is under way shares the next one: a fleet that comes back after an outage is read in some
    fifty statements, not in ten thousand.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._db = runtime.db
        self._keys: OrderedDict[str, KnownKey] = OrderedDict()
        self._of_device: dict[str, set[str]] = {}
        self._reads = Together(self._read, at_most=READ_AT_ONCE)
        # What changed while a read was under way: it must not put the old state back.
        self._dropped: set[str] = set()
        self._dropped_all = False
        runtime.wakeups.listen(DEVICE_CHANGED, self._drop)
        runtime.wakeups.listen_for_gaps(self._drop_all)
        runtime.before_close(self._reads.stop)

    def get(self, thumbprint: str) -> KnownKey | None:
        """The key if it is here and fresh. Costs no read."""
        known = self._keys.get(thumbprint)
        if known is None or time.monotonic() - known.read_at > MAX_AGE_S:
            return None
        return known

    async def read(self, thumbprint: str) -> KnownKey | None:
        """The key as the database has it; None when nobody enrolled with it."""
        return await self._reads.ask(thumbprint)

    async def _read(self, thumbprints: Sequence[str]) -> list[KnownKey | None]:
        self._dropped, self._dropped_all = set(), False
        found = await _read(self._db, thumbprints)
        for known in found.values():
            if not self._dropped_all and str(known.device_id) not in self._dropped:
                self._keep(known)
        return [found.get(thumbprint) for thumbprint in thumbprints]

    def _keep(self, known: KnownKey) -> None:
        self._keys[known.thumbprint] = known
        self._keys.move_to_end(known.thumbprint)
        self._of_device.setdefault(str(known.device_id), set()).add(known.thumbprint)
        if len(self._keys) > MAX_KEYS:
            oldest = next(iter(self._keys.values()))
            self._drop({str(oldest.device_id)})

    def _drop(self, device_ids: frozenset[str] | set[str]) -> None:
        self._dropped |= device_ids
        for device_id in device_ids:
            for thumbprint in self._of_device.pop(device_id, ()):
                self._keys.pop(thumbprint, None)

    def _drop_all(self) -> None:
        self._dropped_all = True
        self._keys.clear()
        self._of_device.clear()


def device_changed(session: AsyncSession, device_id: UUID) -> None:
    """After the commit, make every process forget what it knows of the device, and wake its held check-in."""
    wake_after_commit(session, DEVICE_CHANGED, str(device_id))


# Made once: building it anew cost as much as running it.
_BY_THUMBPRINT = (
    select(
        DeviceKey.thumbprint,
        DeviceKey.public_key,
        DeviceKey.state,
        DeviceKey.id,
        DeviceKey.tenant_id,
        DeviceKey.run_id,
        DeviceKey.receipt,
        DeviceKey.receipt_shown,
        Device.id,
        Device.hostname,
        Device.state,
        Device.inventory_hash,
    )
    .join(Device, Device.id == DeviceKey.device_id)
    .where(DeviceKey.thumbprint.in_(bindparam("thumbprints", expanding=True)))
)


async def _read(db: Database, thumbprints: Sequence[str]) -> dict[str, KnownKey]:
    async with db.read(system_context()) as session:
        rows = (await session.execute(_BY_THUMBPRINT, {"thumbprints": thumbprints})).all()
    return {row[0]: _known(row) for row in rows}


def _known(row: Row[*tuple[Any, ...]]) -> KnownKey:
    thumbprint, spki, state, key_id, tenant_id, run_id, receipt, shown, *device = row
    device_id, hostname, device_state, inventory_hash = device
    return KnownKey(
        thumbprint=thumbprint,
        public_key=load_public_key(spki),
        state=state,
        key_id=key_id,
        device_id=device_id,
        tenant_id=tenant_id,
        hostname=hostname,
        is_claim=state == KeyState.PENDING and device_state != DeviceState.PENDING,
        inventory_hash=inventory_hash,
        run_id=run_id,
        receipt=receipt,
        receipt_shown=shown,
        read_at=time.monotonic(),
    )
