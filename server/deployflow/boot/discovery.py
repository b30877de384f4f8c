"""Remembers which machines asked what to start. Whoever can send a packet can ask as anybody (S-17).

So new rows are few a minute from one address and in all, a known machine is written down once a minute, and what was
not seen for long goes.
"""

import time
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from deployflow.boot.asking import Asking
from deployflow.boot.models import BootSite, DiscoveredMachine
from deployflow.platform import clock
from deployflow.platform.changes import changed
from deployflow.platform.context import system_context
from deployflow.platform.runtime import Runtime

NEW_PER_ADDRESS = "30 per 1 minute"
NEW_PER_SITE = "120 per 1 minute"
# A machine that asks again within this time is the same start.
AGAIN_AFTER_S = 60.0
MAX_REMEMBERED = 20_000
MAX_PER_SITE = 5_000
FORGET_AFTER = timedelta(days=30)


class Discovery:
    """What this process has seen lately."""

    def __init__(self, runtime: Runtime) -> None:
        # Loaded when the first machine asks: the package costs a start 0.2 s.
        from limits import parse  # noqa: PLC0415
        from limits.storage import MemoryStorage  # noqa: PLC0415
        from limits.strategies import MovingWindowRateLimiter  # noqa: PLC0415

        self._db = runtime.db
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._per_address, self._per_site = parse(NEW_PER_ADDRESS), parse(NEW_PER_SITE)
        self._seen: dict[tuple[UUID, str], tuple[float, str]] = {}

    async def note(self, site: BootSite, asking: Asking, *, ip: str | None, answer: str) -> None:
        """The machine was there and was answered so. Too many from one place are not written down."""
        if asking.mac is None:
            return
        known, now = (site.id, asking.mac), time.monotonic()
        at, said = self._seen.get(known, (-AGAIN_AFTER_S, ""))
        if now - at < AGAIN_AFTER_S and said == answer:
            return
        if len(self._seen) >= MAX_REMEMBERED:
            self._seen.clear()
        if await self._update(site, asking, ip=ip, answer=answer) or await self._insert(
            site, asking, ip=ip, answer=answer
        ):
            self._seen[known] = (now, answer)

    async def _update(self, site: BootSite, asking: Asking, *, ip: str | None, answer: str) -> bool:
        find = select(DiscoveredMachine).where(
            DiscoveredMachine.site_id == site.id, DiscoveredMachine.mac == asking.mac
        )
        # Looked up by reading: of a flood of strangers none is known, and the one writer of SQLite has others waiting.
        async with self._db.read(system_context()) as session:
            if await session.scalar(find) is None:
                return False
        async with self._db.write(system_context()) as session:
            row = await session.scalar(find.with_for_update())
            if row is None:
                return False
            _describe(row, asking, ip=ip, answer=answer)
            row.times_seen += 1
            changed(session, "discovered_machines", tenant_id=site.tenant_id)
        return True

    async def _insert(self, site: BootSite, asking: Asking, *, ip: str | None, answer: str) -> bool:
        if not self._limiter.test(self._per_site, str(site.id)):
            return False
        if not self._limiter.hit(self._per_address, ip or "unknown"):
            return False
        self._limiter.hit(self._per_site, str(site.id))
        try:
            async with self._db.write(system_context()) as session:
                row = DiscoveredMachine(tenant_id=site.tenant_id, site_id=site.id, mac=asking.mac)
                _describe(row, asking, ip=ip, answer=answer)
                session.add(row)
                changed(session, "discovered_machines", tenant_id=site.tenant_id)
        except IntegrityError:
            # Another process was faster, or the site is gone.
            return False
        return True


async def forget_old(runtime: Runtime) -> None:
    """Drop what was not seen for long, and beyond the limit of a site those seen longest ago."""
    async with runtime.db.write(system_context()) as session:
        await session.execute(
            delete(DiscoveredMachine).where(DiscoveredMachine.last_seen_at < clock.now() - FORGET_AFTER)
        )
        full = await session.execute(
            select(DiscoveredMachine.site_id, func.count())
            .group_by(DiscoveredMachine.site_id)
            .having(func.count() > MAX_PER_SITE)
        )
        for site_id, count in full.all():
            oldest = (
                select(DiscoveredMachine.id)
                .where(DiscoveredMachine.site_id == site_id)
                .order_by(DiscoveredMachine.last_seen_at)
                .limit(count - MAX_PER_SITE)
            )
            await session.execute(delete(DiscoveredMachine).where(DiscoveredMachine.id.in_(oldest)))


def _describe(row: DiscoveredMachine, asking: Asking, *, ip: str | None, answer: str) -> None:
    row.machine_uuid = asking.machine_uuid
    row.machine_serial = asking.machine_serial
    row.smbios_uuid = asking.smbios_uuid[:64] if asking.smbios_uuid else None
    row.serial = asking.serial or ""
    row.manufacturer = asking.manufacturer or ""
    row.model = asking.product or ""
    row.asset = asking.asset or ""
    row.platform = asking.platform or ""
    row.ip = ip
    row.last_seen_at = clock.now()
    row.last_answer = answer
