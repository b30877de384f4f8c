"""The database: engines, sessions, the tenant filter, and one transaction per request.

On SQLite there is one writer. A write that starts as a read and upgrades fails at once when another
writer is ahead, whatever the busy timeout says (measured: 735,000 such errors in 5 s with 16 writers), so
all writes go through one connection that begins IMMEDIATE, and reads through a pool of their own.
On PostgreSQL both are the same pool.
"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

import structlog
from fastapi import Depends, Request
from sqlalchemy import event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.pool import AsyncAdaptedQueuePool

from deployflow.platform import trail
from deployflow.platform.context import Context
from deployflow.platform.errors import Problem, Unavailable
from deployflow.platform.settings import Settings
from deployflow.platform.tables import TenantOwned
from deployflow.platform.versions import SQLITE_FUNCTION, key_in_sqlite
from deployflow.platform.wakeups import Wakeups

log = structlog.get_logger(__name__)

SQLITE_READERS = 4
POSTGRES_POOL = 10
# Rows of an index that are looked at: enough to tell one tenant's devices from one device.
ANALYSIS_ROWS = 10_000
# PostgreSQL's words for a statement or a lock that took too long.
TOO_LATE = frozenset({"57014", "55P03"})
# Busy, locked, read-only, interrupted, I/O error, full, cannot open, out of memory, locking protocol.
SQLITE_UNAVAILABLE = frozenset({5, 6, 7, 8, 9, 10, 13, 14, 15})
SAY_AGAIN_S = 10.0
AfterCommit = Callable[[], None]


class TenantMissing(RuntimeError):
    """A statement on a tenant's rows ran in a session that has no tenant: a bug, never a user's fault."""


class NotOnTheTrail(RuntimeError):
    """An admin request wrote without saying so exactly once: a bug, which tests refuse and a server logs."""


class Database:
    """Engines and sessions of one database."""

    def __init__(self, settings: Settings) -> None:
        self.is_sqlite = settings.uses_sqlite
        url = make_url(settings.database_url or f"sqlite:///{settings.sqlite_file}")
        if self.is_sqlite:
            url = url.set(drivername="sqlite+aiosqlite")
            self.writer = _sqlite_engine(url, size=1, begin="BEGIN IMMEDIATE")
            self.reader = _sqlite_engine(url, size=SQLITE_READERS, begin="BEGIN")
        else:
            self.writer = self.reader = _postgres_engine(url)
        self.url = url
        # By the monotonic clock. A database that was away ends all connections: a later one proves that it was back.
        self.connected_at = float("-inf")
        for engine in {self.writer, self.reader}:
            event.listen(engine.sync_engine, "connect", self._note_connection)
        self.trail_sink: trail.Sink | None = None
        self.strict_trail = False
        self.wakeups: Wakeups | None = None
        self._writing = async_sessionmaker(self.writer, expire_on_commit=False)
        self._reading = async_sessionmaker(self.reader, expire_on_commit=False, autoflush=False)

    @asynccontextmanager
    async def write(self, context: Context) -> AsyncIterator[AsyncSession]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Notes on the trail are recorded inside it; what waits for the commit runs after it.
        """
        async with self._writing(info={"context": context, "wakeups": self.wakeups}) as session:
            async with session.begin():
                yield session
                await self._record(session, context)
            for callback in session.info.get("after_commit", ()):
                callback()

    @asynccontextmanager
    async def read(self, context: Context) -> AsyncIterator[AsyncSession]:
        """A snapshot to read from. On SQLite it never waits for the writer."""
        async with self._reading(info={"context": context}) as session:
            yield session

    async def learn_sizes(self) -> None:
        """Tell SQLite's planner how big the tables are now; PostgreSQL finds out by itself.

        Untold, it takes a tenant's devices for fewer than fifty ids, and reads 100,000 rows to find fifty. With its
        limit on rows, this takes milliseconds at any size.
        """
        if not self.is_sqlite:
            return
        async with self.writer.begin() as connection:
            await connection.exec_driver_sql(f"PRAGMA analysis_limit={ANALYSIS_ROWS}")
            await connection.exec_driver_sql("ANALYZE")
            # A connection reads the statistics with the schema: this makes the others read it again.
            await connection.exec_driver_sql("CREATE TABLE sizes_learned (at)")
            await connection.exec_driver_sql("DROP TABLE sizes_learned")
            # What it looked at would stay in memory, and the writer does not need it.
            await connection.exec_driver_sql("PRAGMA shrink_memory")

    async def close(self) -> None:
        await self.writer.dispose()
        if self.reader is not self.writer:
            await self.reader.dispose()

    async def ping(self) -> None:
        """Ask the database for nothing. Raises what the driver raises."""
        async with self.reader.connect() as connection:
            await connection.execute(text("SELECT 1"))

    def _note_connection(self, _connection: object, _record: object) -> None:
        self.connected_at = time.monotonic()

    async def _record(self, session: AsyncSession, context: Context) -> None:
        if self.trail_sink is None:
            return
        for note in trail.notes(session):
            await self.trail_sink(session, context, note)


async def flush_name(session: AsyncSession, taken: Problem) -> None:
    """Write a row whose name is unique.

    Raises:
        Problem: `taken`, where another row has that name.
    """
    try:
        await session.flush()
    except IntegrityError as error:
        raise taken from error


def after_commit(session: AsyncSession, callback: AfterCommit) -> None:
    """Run `callback` once the transaction is durable; never, when it is rolled back."""
    session.info.setdefault("after_commit", []).append(callback)


def is_unavailable(error: BaseException) -> bool:
    """Whether the database is locked, gone, restarting or overrun, so that the same call may work later."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    # SQLite calls a column that is not there operational too: that is a mistake of ours, and waiting mends none.
    code = getattr(error.orig, "sqlite_errorcode", None)
    return isinstance(error, OperationalError) and (code is None or code & 0xFF in SQLITE_UNAVAILABLE)


def is_overrun(error: BaseException) -> bool:
    """Whether the database is there and has more to do than it can take."""
    if isinstance(error, PoolTimeout):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in TOO_LATE


def unavailable(error: DBAPIError) -> Unavailable:
    """What to tell a caller when `is_unavailable`. Whether a commit went through is known of a refusal alone."""
    said = str(error.orig)
    _say(said)
    if "disk is full" in said or "No space left" in said:
        why = "The server's disk is full: free some space on it. Nothing was changed."
    elif "locked" in said:
        why = "The database is locked by another process: stop that one. Nothing was changed; try again."
    else:
        why = "The database does not answer: look whether this was done before you try again."
    return Unavailable(why, retry_after_s=5)


def _say(said: str) -> None:
    """What the database answered, once in a while: in an outage each request would say the same."""
    now = time.monotonic()
    if now - _said_at[0] >= SAY_AGAIN_S:
        _said_at[0] = now
        log.warning("database_unavailable", said=said.strip())


_said_at = [float("-inf")]


def _sqlite_engine(url: URL, *, size: int, begin: str) -> AsyncEngine:
    engine = create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=size,
        max_overflow=0,
        pool_timeout=30,
        connect_args={"timeout": 5, "isolation_level": None},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "busy_timeout=5000",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "cache_size=-8000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        connection.create_function(SQLITE_FUNCTION, 1, key_in_sqlite, deterministic=True)

    # The driver's own transaction control starts them DEFERRED and too late; see the module's docstring.
    @event.listens_for(engine.sync_engine, "begin")
    def _on_begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgres_engine(url: URL) -> AsyncEngine:
    options = "-c statement_timeout=15s -c lock_timeout=3s -c idle_in_transaction_session_timeout=30s"
    return create_async_engine(
        url,
        pool_size=POSTGRES_POOL,
        max_overflow=POSTGRES_POOL,
        pool_timeout=5,
        pool_pre_ping=True,
        connect_args={"options": options, "connect_timeout": 5, "application_name": "deployflow"},
    )


@event.listens_for(Session, "do_orm_execute")
def _confine_to_tenant(state: ORMExecuteState) -> None:
    """Add `tenant_id = the session's tenant` to every statement on a tenant's rows.

    Seen to hold for select, join, `get`, `selectinload`, bulk update and bulk delete. Raw SQL escapes it, which
    is why lint forbids `text()` outside this package.
    """
    if state.is_insert or state.is_update or state.is_delete:
        state.session.info["wrote"] = True
    context: Context | None = state.session.info.get("context")
    if context is None or context.all_tenants or state.is_column_load:
        return
    if not (state.is_select or state.is_update or state.is_delete):
        return
    tenant_id = context.tenant_id
    if tenant_id is None:
        if any(issubclass(mapper.class_, TenantOwned) for mapper in state.all_mappers):
            raise TenantMissing(f"no tenant for {[mapper.class_.__name__ for mapper in state.all_mappers]}")
        return
    state.statement = state.statement.options(
        with_loader_criteria(
            TenantOwned,
            lambda cls: cls.tenant_id == tenant_id,
            include_aliases=True,
            track_closure_variables=True,
        )
    )


@event.listens_for(Session, "before_flush")
def _new_rows_belong_to_the_tenant(session: Session, _flush: Any, _instances: Any) -> None:
    session.info["wrote"] = True
    context: Context | None = session.info.get("context")
    if context is None or context.tenant_id is None:
        return
    for row in session.new:
        if isinstance(row, TenantOwned):
            if row.tenant_id is None:
                row.tenant_id = context.tenant_id
            elif row.tenant_id != context.tenant_id and not context.all_tenants:
                raise TenantMissing(f"{type(row).__name__} of another tenant")


def _check_trail(database: Database, request: Request, session: AsyncSession) -> None:
    """What people and API keys change is on the trail once. A request that changed nothing needs no note."""
    if not request.url.path.startswith("/api/"):
        return
    count = len(trail.notes(session))
    if count == 1 or (count == 0 and not session.info.get("wrote")):
        return
    if database.strict_trail:
        raise NotOnTheTrail(f"{request.method} {request.url.path} noted {count} events")
    log.error("request_not_on_the_trail", method=request.method, path=request.url.path, notes=count)


async def _open_session(request: Request) -> AsyncIterator[AsyncSession]:
    database: Database = request.app.state.db
    context: Context = request.state.context
    # Set by `platform.idempotency` where the answer has to be kept in the same transaction.
    claim = getattr(request.state, "idempotency", None)
    try:
        async with claim.transaction(database, context) if claim else database.write(context) as session:
            yield session
            await session.flush()
            _check_trail(database, request, session)
    except DBAPIError as error:
        if is_unavailable(error):
            raise unavailable(error) from error
        raise


async def _open_read_session(request: Request) -> AsyncIterator[AsyncSession]:
    database: Database = request.app.state.db
    try:
        async with database.read(request.state.context) as session:
            yield session
    except DBAPIError as error:
        if is_unavailable(error):
            raise unavailable(error) from error
        raise


# scope="function": the commit happens before the answer is sent, so nobody is told of what was not kept.
DbSession = Annotated[AsyncSession, Depends(_open_session, scope="function")]
ReadSession = Annotated[AsyncSession, Depends(_open_read_session, scope="function")]
