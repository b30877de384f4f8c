"""The parts one server process is made of, built once and handed to whoever needs them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request

from deployflow.platform.db import Database
from deployflow.platform.doorbell import Doorbell
from deployflow.platform.drain import Drain
from deployflow.platform.sealing import Sealer, load_or_make_key
from deployflow.platform.settings import Settings
from deployflow.platform.wakeups import Wakeups

Part = TypeVar("Part")


@dataclass(slots=True)
class Runtime:
    """What a process has. Background tasks and the CLI get it too, without a web server."""

    settings: Settings
    db: Database
    wakeups: Wakeups
    sealer: Sealer
    drain: Drain = field(default_factory=Drain)
    _parts: dict[Any, Any] = field(default_factory=dict)
    _closers: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    def part(self, make: Callable[["Runtime"], Part]) -> Part:
        """What a domain keeps in memory, one of each kind a process: made by `make` when first asked for."""
        if make not in self._parts:
            self._parts[make] = make(self)
        part: Part = self._parts[make]
        return part

    def before_close(self, closer: Callable[[], Awaitable[None]]) -> None:
        """Run `closer` when the process stops, while the database is still there."""
        self._closers.append(closer)

    async def close(self) -> None:
        for closer in self._closers:
            await closer()
        await self.wakeups.stop()
        await self.db.close()


def build_runtime(settings: Settings) -> Runtime:
    """Open the database and the key of this installation; nothing is connected yet."""
    db = Database(settings)
    db.wakeups = Wakeups(None, Doorbell(settings.data_dir)) if db.is_sqlite else Wakeups(db.url)
    return Runtime(
        settings=settings,
        db=db,
        wakeups=db.wakeups,
        sealer=Sealer(load_or_make_key(settings.keys_dir)),
    )


# async: FastAPI sends a plain function through its thread pool, which costs more than the function.
async def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


CurrentRuntime = Annotated[Runtime, Depends(_runtime)]
