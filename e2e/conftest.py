"""A server and its first administrator, for the tests that need no more than that."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.console import Console
from support.installation import Installation
from tests.support.server import ServerProcess


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """A new installation on SQLite."""
    with (
        ServerProcess(data_dir=tmp_path / "server") as server,
        Console.of_new_installation(server) as console,
    ):
        yield Installation(server, console)
