"""The server under measurement: the real `deployflow serve` on its own core, on a copy of the seeded fleet."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deployflow.platform.settings import Settings

from bench import machine
from bench.postgres import Cluster
from bench.seeding import Fleet, seed
from tests.support.server import ServerProcess

TEMPLATE = "seeded"
DESIGNED_FLEET = 100_000
# A smaller fleet is for work on the benchmarks themselves; its figures are shown and not kept.
FLEET = int(os.environ.get("BENCH_DEVICES", DESIGNED_FLEET))
CAN_SIGN = 10_000


class Stock:
    """Seeded databases, each kind made once in a run, and servers on copies of them."""

    def __init__(self, folder: Path, postgres: Cluster | None) -> None:
        self._folder = folder
        self._postgres = postgres
        self._fleets: dict[str, Fleet] = {}
        self._copies = 0

    @property
    def has_postgres(self) -> bool:
        return self._postgres is not None

    async def fleet(self, database: str) -> Fleet:
        """Seed it if that was not done yet. `database`: sqlite or postgresql."""
        devices, can_sign = FLEET, min(FLEET, CAN_SIGN)
        if database not in self._fleets:
            print(f"  seeding {devices:,} devices on {database} …", flush=True)
            folder = self._folder / TEMPLATE
            folder.mkdir(exist_ok=True)
            url = None if self._postgres is None or database == "sqlite" else self._postgres.create(TEMPLATE)
            settings = Settings(data_dir=folder, database_url=url)
            self._fleets[database] = await seed(settings, devices=devices, can_sign=can_sign)
        return self._fleets[database]

    @contextmanager
    def server(self, database: str, **settings: str) -> Iterator[ServerProcess]:
        """A server on a fresh copy of the fleet, alone on its core."""
        self._copies += 1
        folder = Path(tempfile.mkdtemp(dir=self._folder, prefix="server-"))
        url = None
        if database == "sqlite":
            shutil.copyfile(self._folder / TEMPLATE / "deployflow.db", folder / "deployflow.db")
        else:
            assert self._postgres is not None
            url = self._postgres.create(f"copy{self._copies}", template=TEMPLATE)
        server = ServerProcess(data_dir=folder, database_url=url, **settings)
        try:
            server.start()
            machine.pin(server.pid, machine.SERVER_CORES)
            yield server
        finally:
            server.stop()
            shutil.rmtree(folder)
            if url is not None and self._postgres is not None:
                self._postgres.drop(f"copy{self._copies}")


@contextmanager
def stock(*, postgres: Cluster | None) -> Iterator[Stock]:
    folder = Path(tempfile.mkdtemp(prefix="dfbench-"))
    try:
        yield Stock(folder, postgres)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
