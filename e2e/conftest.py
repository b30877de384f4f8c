"""A server and its first administrator, for the tests that need no more than that."""

from collections.abc import Iterator

import pytest

from support.console import Console
from support.installation import Installation
from tests.support.server import ServerProcess


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation on SQLite, shared by the tests of a file: they leave it whole."""
    with (
        ServerProcess(data_dir=tmp_path_factory.mktemp("server")) as server,
        Console.of_new_installation(server) as console,
    ):
        yield Installation(server, console)
