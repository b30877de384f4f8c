"""The migrations make what the models say, on both databases."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from deployflow.app.registry import load_tables
from deployflow.devices.models import ONE_DATABASE_INDEXES
from deployflow.platform.db import Database


async def test_a_migrated_database_differs_in_nothing_from_the_models(db: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        def known(_object: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:  # noqa: FBT001  alembic calls it so
            return not (kind == "index" and name in ONE_DATABASE_INDEXES) and name != "alembic_version"

        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "include_object": known}
        )
        found: list[Any] = compare_metadata(context, load_tables())
        return found

    async with db.writer.connect() as connection:
        assert await connection.run_sync(differences) == []
