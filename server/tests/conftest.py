"""A real database for every test: SQLite in a file, or PostgreSQL in a throw-away cluster.

`DEPLOYFLOW_TEST_DATABASE=sqlite` (default) or `postgresql`. The schema is migrated once into a template; each
test gets a copy of its own, so commits are real and nothing is shared.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from fastapi import FastAPI

from deployflow.app import migrate
from deployflow.app.main import create_app
from deployflow.audit.service import record
from deployflow.platform.db import Database
from deployflow.platform.settings import Settings
from tests.factories import identity as people
from tests.support.clients import Clients

BACKEND = os.environ.get("DEPLOYFLOW_TEST_DATABASE", "sqlite")


@contextmanager
def postgres_cluster() -> Iterator[str]:
    """A PostgreSQL server of our own on a socket; gives the URL of its `postgres` database."""
    if shutil.which("initdb") is None or shutil.which("pg_ctl") is None:
        pytest.skip("PostgreSQL is not here. Install it with: sudo scripts/install-system-packages")
    folder = Path(tempfile.mkdtemp(prefix="dfpg-"))
    as_user = ["runuser", "-u", "nobody", "--"] if os.geteuid() == 0 else []
    try:
        if as_user:
            shutil.chown(folder, "nobody")
        data = str(folder / "d")
        subprocess.run(
            [
                *as_user,
                "initdb",
                "-D",
                data,
                "-U",
                "df",
                "-A",
                "trust",
                "--no-sync",
                "--no-locale",
                "-E",
                "UTF8",
            ],
            check=True,
            capture_output=True,
        )
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c max_connections=200"
        subprocess.run(
            [*as_user, "pg_ctl", "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start"],
            check=True,
            capture_output=True,
        )
        try:
            yield f"postgresql+psycopg://df@/postgres?host={folder}"
        finally:
            subprocess.run(
                [*as_user, "pg_ctl", "-D", data, "-m", "immediate", "stop"], check=False, capture_output=True
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where each test's database is copied from: a file, or the URL of a PostgreSQL database."""
    folder = tmp_path_factory.mktemp("template")
    if BACKEND == "sqlite":
        asyncio.run(_migrate(Settings(data_dir=folder)))
        yield str(folder / "deployflow.db")
        return
    with postgres_cluster() as url:
        _sql(url, "CREATE DATABASE template_df")
        made = url.replace("/postgres?", "/template_df?")
        asyncio.run(_migrate(Settings(data_dir=folder, database_url=made)))
        yield made


@pytest.fixture
def settings(template: str, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a server with an empty, migrated database of its own."""
    if BACKEND == "sqlite":
        shutil.copyfile(template, tmp_path / "deployflow.db")
        yield Settings(data_dir=tmp_path)
        return
    name = f"t{uuid4().hex}"
    admin = template.replace("/template_df?", "/postgres?")
    _sql(admin, f"CREATE DATABASE {name} TEMPLATE template_df")
    yield Settings(data_dir=tmp_path, database_url=template.replace("/template_df?", f"/{name}?"))
    _sql(admin, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def db(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings)
    database.trail_sink = record
    yield database
    await database.close()


async def _migrate(settings: Settings) -> None:
    database = Database(settings)
    await migrate.upgrade(database)
    await database.close()


def _sql(url: str, statement: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The whole application on this test's database; its periodic work does not run by itself."""
    made = create_app(settings)
    made.state.prepared = True
    made.state.db.strict_trail = True
    yield made
    await made.state.runtime.close()


@pytest.fixture
async def clients(app: FastAPI) -> AsyncIterator[Clients]:
    """Two tenants and clients of them: `await clients.signed_in("devices:read")`."""
    database = app.state.db
    mine = await people.make_tenant(database, name="Contoso")
    other = await people.make_tenant(database, name="Fabrikam")
    made = Clients(app=app, db=database, tenant_id=mine.id, other_tenant_id=other.id)
    yield made
    await made.close()
