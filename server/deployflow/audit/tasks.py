"""Periodic work of the audit trail."""

from datetime import timedelta

from deployflow.audit import chain
from deployflow.platform.periodic import Periodic
from deployflow.platform.runtime import Runtime

SEAL_EVERY = timedelta(seconds=1)
CHECKPOINT_EVERY = timedelta(hours=1)


def periodic_work(runtime: Runtime) -> list[Periodic]:
    """Seal each second, say the heads each hour; one process of many does it."""

    async def seal() -> None:
        while await chain.seal(runtime) == chain.BATCH:
            pass

    async def checkpoint() -> None:
        await chain.log_heads(runtime)

    return [
        Periodic("audit_seal", SEAL_EVERY, seal, exclusive=True),
        Periodic("audit_checkpoint", CHECKPOINT_EVERY, checkpoint, exclusive=True),
    ]
