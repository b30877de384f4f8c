"""What the tests here need: root, QEMU, and a network of its own for each."""

import itertools
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from netboot.lab import Environment, Lab, build_environment, lab
from netboot.namespaces import Network
from netboot.needs import lacking

_numbers = itertools.count()
# No test takes half of it, with both processors at work. What stands still longer fails, and the others go on.
TEST_LIMIT_S = 400


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if reason := lacking():
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(autouse=True)
def own_end() -> Iterator[None]:
    """Ends a test that hangs, whatever it hangs in."""

    def over(_number: int, _frame: object) -> NoReturn:
        raise TimeoutError(f"this test has not ended within {TEST_LIMIT_S} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(TEST_LIMIT_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture
def network() -> Iterator[Network]:
    """This test runs inside it."""
    made = Network(f"dfnet{os.getpid()}x{next(_numbers)}")
    made.make()
    try:
        with made.inside():
            yield made
    finally:
        made.remove()


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Built once, outside of any test's network: it needs the distribution's mirror where nothing is cached."""
    return build_environment(tmp_path_factory.mktemp("environment"))


@pytest.fixture
def installation(environment: Environment, network: Network, tmp_path: Path) -> Iterator[Lab]:
    """A server with the built environment, in a network where machines can boot."""
    with lab(network, environment, tmp_path / "lab") as made:
        yield made
