"""Work of the software library that comes round."""

from datetime import timedelta

from deployflow.platform.periodic import Periodic
from deployflow.platform.runtime import Runtime
from deployflow.software import installers

SWEEP_EVERY = timedelta(hours=6)


def periodic_work(runtime: Runtime) -> list[Periodic]:
    async def sweep() -> None:
        await installers.sweep(runtime)

    return [Periodic("software.sweep", SWEEP_EVERY, sweep, exclusive=True)]
