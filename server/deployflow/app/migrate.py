"""Brings the database to this version's schema. Migrations only go forward.

Alembic is loaded only when there is something to migrate: it is a sixth of the time and memory of a start.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Connection, column, event, inspect, select, table, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from deployflow.app.failures import Unusable
from deployflow.platform.db import Database

if TYPE_CHECKING:
    from alembic.config import Config

log = structlog.get_logger(__name__)

# In a checkout beside the package, in a wheel inside it.
_PACKAGE = Path(__file__).resolve().parents[1]
_PLACES = (_PACKAGE / "_migrations", _PACKAGE.parent / "migrations")
# Any number; it only has to be the same in every process.
_LOCK = 5_301_487


def migrations_folder() -> Path:
    return next(place for place in _PLACES if place.exists())


@cache
def revisions() -> tuple[str, ...]:
    """All revisions, oldest first. A file's name begins with its revision; a test holds it to that."""
    return tuple(sorted(file.name.split("_")[0] for file in (migrations_folder() / "versions").glob("[0-9]*.py")))


def newest_revision() -> str:
    return revisions()[-1]


async def present_revision(db: Database) -> str | None:
    """The schema the database has; None for an empty one."""
    async with db.reader.connect() as connection:
        return await connection.run_sync(_present_revision)


async def upgrade(db: Database) -> None:
    """Apply what is missing. Several processes may start at once: one migrates, the others wait.

    Raises:
        Unusable: the database was made by a newer version.
    """
    present = await present_revision(db)
    if present == newest_revision():
        return
    if present is not None and present not in revisions():
        raise Unusable(f"the database has schema {present}, made by a newer DeployFlow: install that version")
    engine = _plain_engine(db)
    try:
        async with engine.connect() as connection:
            if not db.is_sqlite:
                await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
                await connection.commit()
            await connection.run_sync(_upgrade)
            await connection.commit()
    finally:
        await engine.dispose()
    log.info("database_migrated", from_revision=present, to_revision=newest_revision())


def migration_config() -> "Config":
    """Alembic's configuration, for the upgrade and for tests."""
    from alembic.config import Config  # noqa: PLC0415  see the module's docstring

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    return config


def _present_revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(select(column("version_num")).select_from(table("alembic_version")))


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  see the module's docstring

    config = migration_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _plain_engine(db: Database) -> AsyncEngine:
    # No pool, and on SQLite no enforced foreign keys: batch migrations recreate tables.
    if not db.is_sqlite:
        return create_async_engine(db.url, poolclass=NullPool)
    engine = create_async_engine(db.url, poolclass=NullPool, connect_args={"isolation_level": None})

    # The driver's own transactions begin too late to hold table definitions: a start that is killed, or meets a full
    # disk, would leave half a schema that no later start can go on from.
    @event.listens_for(engine.sync_engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
