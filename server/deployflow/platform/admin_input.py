"""Judges what an admin request brings before FastAPI reads it, so that bad input gets its own answer.

FastAPI reads and parses a body before it asks who sends it. So that nobody unknown makes the server chew on much,
a request that does not even claim to come from somebody may have 64 KiB; nothing is nested deeper than what we read.
An error that is raised while FastAPI reads would leave as a bare 400: this is why it is done here.
"""

import re
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployflow.platform.errors import BadRequest, Invalid, Problem, TooLarge
from deployflow.platform.json_depth import refuse_deep_json
from deployflow.platform.web import DEFAULT_BODY_LIMIT, problem_response, says_who

PREFIX = "/api/"
WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# U+0000 by its JSON escape; an even number of backslashes before it is text about the escape.
_ZERO = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class AdminInput:
    """Buffers the body, judges it and the query, and hands them on. `RequestFrame` has bounded the size already.

    `streamed` names, by method, prefix and media type, what takes files: the endpoint reads those bodies itself, after
    asking who sends them.
    """

    def __init__(self, app: ASGIApp, *, streamed: Sequence[tuple[str, str, str]] = ()) -> None:
        self._app = app
        self._streamed = streamed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        try:
            if b"%00" in scope["query_string"]:
                raise BadRequest("The query holds a zero character, which no text here can")
            if scope["method"] in WITH_BODY and not self._is_streamed(scope):
                receive = await _judged_body(scope, receive)
        except Problem as problem:
            await problem_response(problem, scope["state"]["context"].request_id)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_streamed(self, scope: Scope) -> bool:
        kind = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
        return any(
            scope["method"] == method and scope["path"].startswith(prefix) and kind == media_type
            for method, prefix, media_type in self._streamed
        )


async def _judged_body(scope: Scope, receive: Receive) -> Receive:
    body = await _read(Request(scope, receive))
    refuse_deep_json(body)
    if b"\\u0000" in body and _ZERO.search(body):
        # PostgreSQL keeps no such text.
        raise Invalid("The body holds a zero character, which no text here can")
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _read(request: Request) -> bytes:
    claims = says_who(request.scope, request.headers)
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > DEFAULT_BODY_LIMIT and not claims:
            raise TooLarge("Sign in before sending more than 64 KiB")
        parts.append(part)
    return b"".join(parts)
