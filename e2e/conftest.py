"""A server and its first administrator, for the tests that need no more than that."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.console import Console
from support.installation import Installation
from tests.support.server import ServerProcess

Saw = Callable[[str], None]


@pytest.fixture
def saw(record_property: Callable[[str, object], None]) -> Saw:
    """Keeps a sentence on what a test saw; the summary shows it."""
    return lambda text: record_property("saw", text)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures: a verdict alone would not tell how near to the limit it was."""
    lines = [
        f"{report.location[2]}: {text}"
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", None) == "call"
        for name, text in report.user_properties
        if name == "saw"
    ]
    if lines:
        terminalreporter.section("what was seen")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation on SQLite, shared by the tests of a file: they leave it whole."""
    with (
        ServerProcess(data_dir=tmp_path_factory.mktemp("server")) as server,
        Console.of_new_installation(server) as console,
    ):
        yield Installation(server, console)


@pytest.fixture(scope="session")
def shifted_clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `LD_PRELOAD` makes of a program's clock."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not here. Install it with: sudo scripts/install-system-packages")
    made = tmp_path_factory.mktemp("clock") / "shifted_clock.so"
    source = Path(__file__).parent / "support" / "shifted_clock.c"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", str(made), str(source), "-ldl"], check=True)
    return made
