"""Work of uploads and of the content store that comes round."""

import asyncio
from datetime import timedelta

import structlog

from deployflow.platform.context import system_context
from deployflow.platform.periodic import Periodic
from deployflow.platform.runtime import Runtime
from deployflow.platform.storage import content_store, referenced
from deployflow.uploads import service

log = structlog.get_logger(__name__)

SWEEP_EVERY = timedelta(hours=1)


def periodic_work(runtime: Runtime) -> list[Periodic]:
    async def sweep_uploads() -> None:
        await service.sweep(runtime)

    async def sweep_content() -> None:
        await sweep_store(runtime)

    return [
        Periodic("uploads.sweep", SWEEP_EVERY, sweep_uploads, exclusive=True),
        Periodic("content.sweep", SWEEP_EVERY, sweep_content, exclusive=True),
    ]


async def sweep_store(runtime: Runtime) -> int:
    """Delete content that no row refers to. Gives how many files went."""
    async with runtime.db.read(system_context()) as session:
        known = await referenced(session)
    gone = await asyncio.to_thread(runtime.part(content_store).sweep, known)
    if gone:
        log.info("content_swept", files=gone)
    return gone
