"""What is written to the log, and what is not."""

import json
import logging
from collections.abc import Iterator

import psycopg
import pytest
import structlog

from deployflow.platform.logs import configure_logs

CANARY = "canary-7Hq2-secret"


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """Logging belongs to the whole process."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    logging.getLogger("uvicorn.access").disabled = False
    structlog.configure(**before)


def fail_with(password: str) -> None:
    conninfo = f"postgresql://df:{password}@127.0.0.1:1/none"
    raise ConnectionError(f"no server for {len(conninfo)} characters")


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_a_traceback_has_the_place_and_no_variables(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(log_format=log_format, level="info")
    try:
        fail_with(CANARY)
    except ConnectionError:
        structlog.get_logger("test").exception("periodic_task_failed")
        logging.getLogger("library").exception("library_failed")
    said = capsys.readouterr().err
    assert said.count("fail_with") >= 2
    assert "ConnectionError" in said
    assert CANARY not in said
    if log_format == "json":
        assert [json.loads(line)["event"] for line in said.splitlines()] == ["periodic_task_failed", "library_failed"]


def test_an_outage_of_the_database_prints_no_password(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(log_format="json", level="info")
    try:
        psycopg.connect(f"postgresql://df:{CANARY}@127.0.0.1:1/none", connect_timeout=2)
    except psycopg.OperationalError:
        structlog.get_logger("test").exception("periodic_task_failed")
    said = capsys.readouterr().err
    assert "OperationalError" in said
    assert CANARY not in said
