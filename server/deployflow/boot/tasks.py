"""What time does at boot sites."""

from datetime import timedelta

from deployflow.boot import discovery, pins, sessions
from deployflow.platform.periodic import Periodic
from deployflow.platform.runtime import Runtime

EXPIRE_EVERY = timedelta(seconds=15)
FORGET_EVERY = timedelta(minutes=10)


def periodic(runtime: Runtime) -> list[Periodic]:
    """The periodic work of boot sites."""

    async def expire() -> None:
        await sessions.expire_past(runtime)

    async def forget() -> None:
        await discovery.forget_old(runtime)
        await pins.forget_old(runtime)
        await sessions.forget_old(runtime)

    return [
        Periodic("expire_boot_sessions", EXPIRE_EVERY, expire, exclusive=True),
        Periodic("forget_boot_machines", FORGET_EVERY, forget, exclusive=True),
    ]
