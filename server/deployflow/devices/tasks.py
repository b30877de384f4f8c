"""Work of the devices domain that comes round."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from deployflow.devices import replays
from deployflow.devices.models import Device, DeviceSample
from deployflow.devices.presence import Presence
from deployflow.devices.queries import SPARKLINE
from deployflow.devices.states import DeviceState
from deployflow.platform import clock
from deployflow.platform.context import system_context
from deployflow.platform.db import Database
from deployflow.platform.periodic import Periodic
from deployflow.platform.runtime import Runtime


def periodic_work(runtime: Runtime) -> list[Periodic]:
    presence = runtime.part(Presence)

    async def sample() -> None:
        await take_sample(runtime.db, clock.now())

    async def forget_nonces() -> None:
        async with runtime.db.write(system_context()) as session:
            await replays.forget_expired(session)

    return [
        Periodic("devices.flush_presence", timedelta(seconds=1), presence.flush_when_due),
        Periodic("devices.sweep_presence", timedelta(seconds=5), presence.sweep, exclusive=True),
        Periodic("devices.sample", timedelta(minutes=1), sample, exclusive=True),
        Periodic("devices.forget_nonces", timedelta(minutes=1), forget_nonces, exclusive=True),
    ]


async def take_sample(db: Database, now: datetime) -> None:
    """Keep how many devices of each tenant are online, once an hour; forget what no sparkline shows."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    async with db.read(system_context()) as session:
        if await session.scalar(select(DeviceSample.at).where(DeviceSample.at == hour).limit(1)) is not None:
            return
    counts = (
        select(
            Device.tenant_id,
            func.count().filter(Device.online, Device.state == DeviceState.ACTIVE),
            func.count(),
        )
        .group_by(Device.tenant_id)
        .order_by(Device.tenant_id)
    )
    async with db.write(system_context()) as session:
        for tenant_id, online, total in (await session.execute(counts)).all():
            session.add(DeviceSample(tenant_id=tenant_id, at=hour, online=online, total=total))
        await session.execute(delete(DeviceSample).where(DeviceSample.at < hour - SPARKLINE))
