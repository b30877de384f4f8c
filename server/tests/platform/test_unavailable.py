"""Which errors of the database mean that waiting helps."""

import sqlite3

import pytest
import structlog
from sqlalchemy import text  # noqa: TID251  a statement that is a mistake
from sqlalchemy.exc import DBAPIError

from deployflow.platform import db as platform_db
from deployflow.platform.context import system_context
from deployflow.platform.db import Database, is_unavailable, unavailable


@pytest.mark.parametrize("mistake", ["SELECT no_such FROM devices", "SELECT 1 FROM no_such", "SELEC 1"])
async def test_a_mistake_in_a_statement_is_no_outage(db: Database, mistake: str) -> None:
    with pytest.raises(DBAPIError) as caught:
        async with db.read(system_context()) as session:
            await session.execute(text(mistake))
    assert not is_unavailable(caught.value)


async def test_what_the_database_said_is_logged_once(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    if not db.is_sqlite:
        pytest.skip("a lock that is held on SQLite")
    monkeypatch.setattr(platform_db, "_said_at", [float("-inf")])
    holder = sqlite3.connect(str(db.url.database), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(DBAPIError) as caught:
        async with db.write(system_context()) as session:
            await session.execute(text("SELECT 1"))
    holder.close()
    assert is_unavailable(caught.value)
    with structlog.testing.capture_logs() as logged:
        for _ in range(3):
            assert "locked" in str(unavailable(caught.value).detail)
    assert [(line["event"], line["said"]) for line in logged] == [("database_unavailable", "database is locked")]
