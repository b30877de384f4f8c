"""The application on a real port, in the test's own event loop: for held calls, timing and broken connections."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn
from fastapi import FastAPI

from deployflow.app.main import create_app
from deployflow.app.serving import _BoundedProtocol
from deployflow.app.simulation.client import AgentClient, ServerAddress
from deployflow.platform.runtime import Runtime
from deployflow.platform.settings import Settings


@dataclass(slots=True)
class Live:
    """A listening server of this process."""

    app: FastAPI
    url: str
    server: uvicorn.Server

    @property
    def runtime(self) -> Runtime:
        runtime: Runtime = self.app.state.runtime
        return runtime

    def agent(self) -> AgentClient:
        return AgentClient(ServerAddress.of(self.url))


@asynccontextmanager
async def serve(settings: Settings) -> AsyncIterator[Live]:
    """Start, and stop as `deployflow serve` does: the held calls are let go first."""
    app = create_app(settings)
    app.state.db.strict_trail = True
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        config = uvicorn.Config(
            app,
            http=_BoundedProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=5,
        )
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[method-assign]
        task = asyncio.create_task(server._serve([bound]))
        while not server.started:
            await asyncio.sleep(0.01)
            if task.done():
                await task
        try:
            yield Live(app, f"http://127.0.0.1:{port}", server)
        finally:
            app.state.runtime.drain.start()
            server.should_exit = True
            await task
