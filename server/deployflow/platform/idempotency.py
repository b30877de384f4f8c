"""Idempotency-Key: a POST that is sent again, because its answer was lost, is answered again and not done again.

The key is kept in the same transaction as the work, so there is neither work without a key nor a key without work.
To that end the request's session stays open until its answer is known; the middleware then stores the answer and
commits. A refused request (4xx, 5xx) rolls back and keeps nothing: it may be tried again under the same key.

Answers may hold what is shown once, such as a new API key. They are sealed.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import LargeBinary, String, UniqueConstraint, delete, func, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployflow.platform import clock
from deployflow.platform.context import Context, system_context
from deployflow.platform.db import Database, is_unavailable, unavailable
from deployflow.platform.errors import BadRequest, Conflict, Invalid, Problem
from deployflow.platform.periodic import Periodic
from deployflow.platform.runtime import Runtime
from deployflow.platform.sealing import Sealer
from deployflow.platform.tables import Identified, Table, TenantOwned
from deployflow.platform.web import problem_response

KEPT = timedelta(hours=24)
SWEEP_EVERY = timedelta(hours=1)
MAX_KEY = 255
FIRST_ERROR = 400
KEPT_HEADERS = frozenset({b"content-type", b"etag", b"location"})


class KeyWrong(BadRequest):
    code = "idempotency_key_wrong"
    title = f"Idempotency-Key must be 1 to {MAX_KEY} printable ASCII characters"


class KeyReused(Invalid):
    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for another request: take a new one"


class StillInProgress(Conflict):
    code = "idempotency_in_progress"
    title = "The first request with this Idempotency-Key is still being answered: ask again in a moment"


class IdempotencyRecord(Identified, TenantOwned, Table):
    """An answer under the key of its request, kept a day."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("tenant_id", "actor", "key"),)

    actor: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(MAX_KEY))
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int]
    headers: Mapped[dict[str, Any]]
    sealed_body: Mapped[bytes] = mapped_column(LargeBinary)


class _Replay(Exception):
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        super().__init__()
        self.status = status
        self.headers = headers
        self.body = body


class Claim:
    """One request under its key. The session dependency runs the request's transaction through it."""

    def __init__(self, key: str, fingerprint: bytes, sealer: Sealer, busy: set[str]) -> None:
        self._key = key
        self._fingerprint = fingerprint
        self._sealer = sealer
        self._busy = busy
        self._place = ""
        self._stack = AsyncExitStack()
        self._session: AsyncSession | None = None

    @asynccontextmanager
    async def transaction(self, database: Database, context: Context) -> AsyncIterator[AsyncSession]:
        """Like `database.write`, but a good end leaves it open for `settle`.

        Raises:
            StillInProgress: 409.
            KeyReused: 422.
        """
        if context.tenant_id is None:
            async with database.write(context) as session:
                yield session
            return
        self._enter(context)
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(database.write(context))
            await self._look_up(session, context, is_sqlite=database.is_sqlite)
            yield session
            self._session = session
            self._stack = stack.pop_all()

    async def settle(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        """Keep the answer and commit. What is no success stays open, for `leave` to roll back."""
        session = self._session
        if session is None or status >= FIRST_ERROR:
            return
        self._session = None
        async with self._stack:
            context: Context = session.info["context"]
            await session.execute(
                insert(IdempotencyRecord).values(
                    tenant_id=context.tenant_id,
                    actor=_actor(context),
                    key=self._key,
                    fingerprint=self._fingerprint,
                    status=status,
                    headers={n.decode(): v.decode("latin-1") for n, v in headers if n.lower() in KEPT_HEADERS},
                    sealed_body=self._sealer.seal(body, place=self._place),
                )
            )

    async def leave(self, error: BaseException | None = None) -> None:
        """Whatever happened, end the transaction and let the key go."""
        self._busy.discard(self._place)
        if self._session is not None:
            self._session = None
            problem = error or RuntimeError("refused, so nothing is kept")
            try:
                await self._stack.__aexit__(type(problem), problem, problem.__traceback__)
            except BaseException as raised:
                if raised is not problem:
                    raise

    def _enter(self, context: Context) -> None:
        place = f"{context.tenant_id}/idempotency_keys/{_actor(context)}/{self._key}"
        if place in self._busy:
            raise StillInProgress
        self._place = place
        self._busy.add(place)

    async def _look_up(self, session: AsyncSession, context: Context, *, is_sqlite: bool) -> None:
        if not is_sqlite:
            number = int.from_bytes(hashlib.sha256(self._place.encode()).digest()[:8], "big", signed=True)
            if not await session.scalar(select(func.pg_try_advisory_xact_lock(number))):
                raise StillInProgress
        found = await session.scalar(
            select(IdempotencyRecord).where(
                IdempotencyRecord.actor == _actor(context), IdempotencyRecord.key == self._key
            )
        )
        if found is None:
            return
        if found.created_at <= clock.now() - KEPT:
            await session.execute(delete(IdempotencyRecord).where(IdempotencyRecord.id == found.id))
            return
        if found.fingerprint != self._fingerprint:
            raise KeyReused
        raise _Replay(found.status, found.headers, self._sealer.open(found.sealed_body, place=self._place))


class Idempotency:
    """Middleware for `POST /api/v1/…` with an Idempotency-Key."""

    def __init__(self, app: ASGIApp, *, sealer: Sealer) -> None:
        self._app = app
        self._sealer = sealer
        self._busy: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith("/api/v1/"):
            await self._app(scope, receive, send)
            return
        key = Headers(scope=scope).get("idempotency-key")
        if key is None:
            await self._app(scope, receive, send)
            return
        context: Context = scope["state"]["context"]
        try:
            await self._once(key, scope, receive, send)
        except Problem as problem:
            await problem_response(problem, context.request_id)(scope, receive, send)
        except DBAPIError as error:
            if not is_unavailable(error):
                raise
            await problem_response(unavailable(error), context.request_id)(scope, receive, send)

    async def _once(self, key: str, scope: Scope, receive: Receive, send: Send) -> None:
        if not 0 < len(key) <= MAX_KEY or not key.isascii() or not key.isprintable():
            raise KeyWrong
        body = await _whole_body(receive)
        asked = b"%b\n%b\n" % (scope["path"].encode(), scope["query_string"])
        claim = Claim(key, hashlib.sha256(asked + body).digest(), self._sealer, self._busy)
        scope["state"]["idempotency"] = claim
        answer = _Answer()
        error: BaseException | None = None
        try:
            await self._app(scope, _from_memory(body, receive), answer.take)
            await claim.settle(answer.status, answer.headers, bytes(answer.body))
        except _Replay as replay:
            answer = _Answer.of(replay)
        except BaseException as raised:
            error = raised
            raise
        finally:
            await claim.leave(error)
        await answer.send(send)


class _Answer:
    """A response kept back until its transaction is durable."""

    def __init__(self) -> None:
        self.status = 500
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = bytearray()

    @classmethod
    def of(cls, replay: _Replay) -> "_Answer":
        answer = cls()
        answer.status = replay.status
        answer.headers = [(name.encode(), value.encode("latin-1")) for name, value in replay.headers.items()]
        answer.headers += [(b"idempotency-replayed", b"true"), (b"content-length", b"%d" % len(replay.body))]
        answer.body += replay.body
        return answer

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = list(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    async def send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": bytes(self.body)})


def _actor(context: Context) -> str:
    return f"{context.actor.type}:{context.actor.id}"


async def _whole_body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def _from_memory(body: bytes, receive: Receive) -> Receive:
    given = False

    async def read() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return read


async def forget_old(database: Database, *, before: datetime) -> None:
    async with database.write(system_context()) as session:
        await session.execute(delete(IdempotencyRecord).where(IdempotencyRecord.created_at <= before))


def periodic(runtime: Runtime) -> list[Periodic]:
    """Forgets keys after a day."""

    async def sweep() -> None:
        await forget_old(runtime.db, before=clock.now() - KEPT)

    return [Periodic("forget_idempotency_keys", SWEEP_EVERY, sweep, exclusive=True)]
