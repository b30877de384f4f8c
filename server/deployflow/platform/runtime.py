"""The parts one server process is made of, built once and handed to whoever needs them."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from deployflow.platform.db import Database
from deployflow.platform.drain import Drain
from deployflow.platform.sealing import Sealer, load_or_make_key
from deployflow.platform.settings import Settings
from deployflow.platform.wakeups import Wakeups


@dataclass(slots=True)
class Runtime:
    """What a process has. Background tasks and the CLI get it too, without a web server."""

    settings: Settings
    db: Database
    wakeups: Wakeups
    sealer: Sealer
    drain: Drain = field(default_factory=Drain)

    async def close(self) -> None:
        await self.wakeups.stop()
        await self.db.close()


def build_runtime(settings: Settings) -> Runtime:
    """Open the database and the key of this installation; nothing is connected yet."""
    db = Database(settings)
    return Runtime(
        settings=settings,
        db=db,
        wakeups=Wakeups(None if db.is_sqlite else db.url),
        sealer=Sealer(load_or_make_key(settings.keys_dir)),
    )


def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


CurrentRuntime = Annotated[Runtime, Depends(_runtime)]
