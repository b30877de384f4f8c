"""Brings the database to this version's schema. Migrations only go forward."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from deployflow.platform.db import Database

# In a checkout beside the package, in a wheel inside it.
_PACKAGE = Path(__file__).resolve().parents[1]
_PLACES = (_PACKAGE / "_migrations", _PACKAGE.parent / "migrations")
# Any number; it only has to be the same in every process.
_LOCK = 5_301_487


def migration_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(next(place for place in _PLACES if place.exists())))
    return config


def newest_revision() -> str | None:
    return ScriptDirectory.from_config(migration_config()).get_current_head()


async def upgrade(db: Database) -> None:
    """Apply what is missing. Several processes may start at once: one migrates, the others wait."""
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


async def present_revision(db: Database) -> str | None:
    """The schema the database has; None for an empty one."""
    async with db.reader.connect() as connection:
        return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())


def _upgrade(connection: Connection) -> None:
    config = migration_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _plain_engine(db: Database) -> AsyncEngine:
    # No pool and the driver's own transactions: batch migrations on SQLite recreate tables.
    return create_async_engine(db.url, poolclass=NullPool)
