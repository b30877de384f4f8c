"""Judges what an admin request brings before FastAPI reads it, so that bad input gets its own answer.

FastAPI reads and parses a body before it asks who sends it. So that nobody unknown makes the server keep or chew on
much, more than 64 KiB is read only of who was authenticated, here; nothing is nested deeper than what we read.
An error that is raised while FastAPI reads would leave as a bare 400: this is why it is done here.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployflow.platform.errors import BadRequest, Invalid, TooLarge
from deployflow.platform.json_depth import refuse_deep_json
from deployflow.platform.web import DEFAULT_BODY_LIMIT, Streamed, answer_to, says_who, streamed_by

PREFIX = "/api/"
WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# U+0000 by its JSON escape; an even number of backslashes before it is text about the escape.
_ZERO = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


Authenticate = Callable[[Request], Awaitable[Any]]


class AdminInput:
    """Buffers the body, judges it and the query, and hands them on. `RequestFrame` has bounded the size already.

    Bodies that are `streamed` are left to their endpoint. `authenticate` finds out who asks, or raises.
    """

    def __init__(self, app: ASGIApp, *, authenticate: Authenticate, streamed: Sequence[Streamed] = ()) -> None:
        self._app = app
        self._authenticate = authenticate
        self._streamed = streamed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        try:
            _judge_query(scope["query_string"])
            if scope["method"] in WITH_BODY and streamed_by(self._streamed, scope, Headers(scope=scope)) is None:
                receive = _again(await self._judged_body(Request(scope, receive)), receive)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001  such as a database that does not answer who asks
            response = await answer_to(scope, error)
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _judged_body(self, request: Request) -> bytes:
        body = await self._read(request)
        refuse_deep_json(body)
        if b"\\u0000" in body and _ZERO.search(body):
            # PostgreSQL keeps no such text.
            raise Invalid("The body holds a zero character, which no text here can")
        return body

    async def _read(self, request: Request) -> bytes:
        known = False
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            if size > DEFAULT_BODY_LIMIT and not known:
                if not says_who(request.scope, request.headers):
                    raise TooLarge("Sign in before sending more than 64 KiB")
                await self._authenticate(request)
                known = True
            parts.append(part)
        return b"".join(parts)


def _judge_query(query: bytes) -> None:
    if b"%00" in query:
        raise BadRequest("The query holds a zero character, which no text here can")


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
