"""Runs durable jobs in a test, as the server's periodic work does."""

import asyncio
import time

from fastapi import FastAPI

from deployflow.platform.context import system_context
from deployflow.platform.jobs import KINDS, Jobs
from deployflow.platform.runtime import Runtime

WITHIN_S = 120


async def finish_jobs(app: FastAPI) -> None:
    """Have everything that is queued done."""
    runtime: Runtime = app.state.runtime
    ends = time.monotonic() + WITHIN_S
    while await unfinished(runtime):
        assert time.monotonic() < ends, "the jobs never ended"
        await runtime.part(Jobs).look()
        await asyncio.sleep(0.05)


async def unfinished(runtime: Runtime) -> int:
    async with runtime.db.read(system_context()) as session:
        return sum([len(await kind.unfinished(session)) for kind in KINDS.values()])
