"""What surrounds every request: context, limits, headers, errors.

Plain ASGI: a wrapped response costs the held check-ins memory and the hot path time.
"""

import ipaddress
import random
import re
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from prometheus_client import Histogram
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployflow.platform.context import Context
from deployflow.platform.db import is_unavailable, unavailable
from deployflow.platform.errors import (
    BadRequest,
    Invalid,
    Malformed,
    NotFound,
    PreconditionFailed,
    Problem,
    TooLarge,
    Unavailable,
    problem_document,
)

log = structlog.get_logger(__name__)

REQUEST_SECONDS = Histogram(
    "deployflow_http_request_seconds",
    "Time to answer, by route and status; held check-ins are left out",
    ["method", "route", "status"],
    buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
# Whoever is sent away comes back spread over this time.
OVERRUN_RETRY_S = (2, 15)
# All that is read of an unknown sender (S-58). A route that takes more names itself by its prefix, and reads more only
# once it knows who sends; who does not even say so is refused here.
DEFAULT_BODY_LIMIT = 64 * 1024
SAYS_WHO = ("signature-input", "authorization", "cookie")
# Where the command line, which calls the API inside its own process, says who asks. Nothing that comes over a network
# can fill this key of a request's scope.
OPERATOR = "deployflow.operator"
BROWSER_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
# A year. Subdomains are not ours to speak for.
HSTS = (b"strict-transport-security", b"max-age=31536000")
# For whatever brings no policy of its own: nothing in it may run, load or be framed.
SEALED_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_REQUEST_ID = re.compile(r"^[A-Za-z0-9_-]{8,64}$")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Streamed(NamedTuple):
    """What takes files: its endpoint reads the body itself, piece by piece, after asking who sends it."""

    method: str
    prefix: str
    media_type: str
    limit: int


class RequestFrame:
    """Gives each request its context and id, believes proxies only where told to, and limits the body.

    `express` holds applications by method and path that are called right here, past all other middleware and the
    router: what stands between costs a check-in a quarter of its time, and each held one a kilobyte.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        trusted_proxies: Sequence[Network],
        body_limits: Sequence[tuple[str, int]],
        streamed: Sequence[Streamed] = (),
        express: Mapping[tuple[str, str], ASGIApp],
    ) -> None:
        self._app = app
        self._trusted = trusted_proxies
        self._limits = body_limits
        self._streamed = streamed
        self._express = express

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        context = Context(ip=self._peer(scope, headers))
        if given and _REQUEST_ID.match(given):
            context.request_id = given
        scope.setdefault("state", {})["context"] = context
        express = self._express.get((scope["method"], scope["path"]))
        if express is None:
            send = _stamped(send, scope, context)
        limit = self._limit(scope, headers)
        length = headers.get("content-length")
        if length is not None and (not length.isdigit() or int(length) > limit):
            await problem_response(_too_large(limit), context.request_id)(scope, receive, send)
            return
        receive = _limited(receive, limit) if length is None else receive
        if express is None:
            await self._app(scope, receive, send)
        else:
            await _call_express(express, scope, receive, send)

    def _limit(self, scope: Scope, headers: Headers) -> int:
        if not says_who(scope, headers):
            return DEFAULT_BODY_LIMIT
        taker = streamed_by(self._streamed, scope, headers)
        if taker is not None:
            return taker.limit
        return next((limit for prefix, limit in self._limits if scope["path"].startswith(prefix)), DEFAULT_BODY_LIMIT)

    def _peer(self, scope: Scope, headers: Headers) -> str | None:
        client = scope.get("client")
        peer: str | None = client[0] if client else None
        if peer is None or not self._is_trusted(peer):
            return peer
        # The last hop a trusted proxy did not add itself is the client; everything before it is hearsay.
        for hop in reversed(headers.get("x-forwarded-for", "").split(",")):
            address = hop.strip()
            if not address:
                continue
            peer = address
            if not self._is_trusted(address):
                break
        if headers.get("x-forwarded-proto") in {"http", "https"}:
            scope["scheme"] = headers["x-forwarded-proto"]
        return peer

    def _is_trusted(self, peer: str) -> bool:
        if not self._trusted:
            return False
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._trusted)


async def _call_express(express: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Call it, and answer what it raises as the router would."""
    try:
        await express(scope, receive, send)
    except Exception as error:  # noqa: BLE001  the last handler is the one for bugs
        response = await answer_to(scope, error)
        await response(scope, receive, send)


async def answer_to(scope: Scope, error: Exception) -> ASGIApp:
    """What the application's handlers answer to an error that was raised outside its router."""
    handlers = scope["app"].exception_handlers
    handler = next(handlers[kind] for kind in type(error).__mro__ if kind in handlers)
    response: ASGIApp = await handler(Request(scope), error)
    return response


def streamed_by(streamed: Sequence[Streamed], scope: Scope, headers: Headers) -> Streamed | None:
    """Which of these takes the request's body as a stream, if any."""
    for taker in streamed:
        if scope["method"] == taker.method and scope["path"].startswith(taker.prefix):
            kind = headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind == taker.media_type:
                return taker
    return None


def says_who(scope: Scope, headers: Headers) -> bool:
    """Whether a request at least claims to come from somebody."""
    return OPERATOR in scope or any(name in headers for name in SAYS_WHO)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body may have {limit // 1024} KiB at most")


def _limited(receive: Receive, limit: int) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise _too_large(limit)
        return message

    return counted


def _stamped(send: Send, scope: Scope, context: Context) -> Send:
    async def stamped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", ()), (b"x-request-id", context.request_id.encode())]
            # A device shows nothing to anybody, and its held check-ins are the many.
            if not scope["path"].startswith("/agent/"):
                headers += BROWSER_HEADERS
                if scope["path"].startswith("/api/") and not any(name == b"cache-control" for name, _ in headers):
                    # Answers are one person's, at one moment; some are shown once.
                    headers.append((b"cache-control", b"no-store"))
                if scope["scheme"] == "https":
                    headers.append(HSTS)
                if not any(name == b"content-security-policy" for name, _ in headers):
                    headers.append(SEALED_POLICY)
            message["headers"] = headers
        await send(message)

    return stamped


class RequestLog:
    """One line and one measurement for each answered request; health checks and held check-ins stay quiet."""

    def __init__(self, app: ASGIApp, *, quiet: frozenset[str]) -> None:
        self._app = app
        self._quiet = quiet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._quiet:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            self._record(scope, status, time.perf_counter() - started)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        state = scope["state"]
        route = state.get("route") or _route_of(scope)
        # A client may send any word as its method; each new one would be kept as a series of its own.
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        REQUEST_SECONDS.labels(method, route, status).observe(seconds)
        context: Context = state["context"]
        say = log.debug if route in self._quiet and status < HTTPStatus.BAD_REQUEST else log.info
        say(
            "request_answered",
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            request_id=context.request_id,
            **_who(context),
        )


def _who(context: Context) -> dict[str, str]:
    """Who asked, by id: `device_id`, `user_id` or `api_key_id`. Names of people do not belong into logs."""
    who = {}
    if context.actor.id is not None:
        who[f"{context.actor.type}_id"] = str(context.actor.id)
    if context.tenant_id is not None:
        who["tenant_id"] = str(context.tenant_id)
    return who


def _route_of(scope: Scope) -> str:
    """The route's path as it is written, prefix and all, or `other`."""
    included = scope.get("fastapi", {}).get("effective_route_context")
    path: str = getattr(included or scope.get("route"), "path", "other")
    return path


def problem_response(problem: Problem, request_id: str) -> Response:
    """The answer to a problem. Never cached: it may be about a moment."""
    return JSONResponse(
        problem_document(problem, request_id=request_id),
        status_code=problem.status,
        headers={"Cache-Control": "no-store", **problem.headers},
        media_type="application/problem+json",
    )


def request_id_of(request: Request) -> str:
    context: Context | None = getattr(request.state, "context", None)
    return context.request_id if context else "unknown"


def install_problem_handlers(app: FastAPI) -> None:  # noqa: C901  six small handlers, one list
    """Every error leaves as a problem document, and none says more than its reader may know."""

    def answer(request: Request, problem: Problem) -> Response:
        return problem_response(problem, request_id_of(request))

    async def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return answer(request, error)

    async def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        errors = [
            {"loc": [str(part) for part in item["loc"]], "msg": item["msg"], "type": item["type"]}
            for item in error.errors()[:50]
        ]
        if errors and errors[0]["type"] == "json_invalid":
            return answer(request, BadRequest("The body is not valid JSON", errors=errors))
        kind = Malformed if request.url.path.startswith(("/agent/", "/boot/")) else Invalid
        return answer(request, kind(_first_words(errors), errors=errors))

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == NotFound.status:
            return answer(request, NotFound())
        if error.status_code == BadRequest.status:
            # FastAPI's word for a body that its parser gave up on, such as one nested thousands deep.
            return answer(request, BadRequest("The body is not valid JSON"))
        problem = Problem(error.detail, headers=error.headers)
        problem.status, problem.title = error.status_code, error.detail  # type: ignore[misc]
        problem.code = "http_" + str(error.status_code)  # type: ignore[misc]
        return answer(request, problem)

    async def on_stale(request: Request, _error: Exception) -> Response:
        return answer(request, PreconditionFailed())

    async def on_database(request: Request, error: Exception) -> Response:
        if isinstance(error, DBAPIError) and is_unavailable(error):
            return answer(request, unavailable(error))
        return await on_bug(request, error)

    async def on_overrun(request: Request, _error: Exception) -> Response:
        log.warning("database_overrun", request_id=request_id_of(request))
        why = "The server has more to do than its database can take. Nothing was changed; try again."
        return answer(request, Unavailable(why, retry_after_s=random.randint(*OVERRUN_RETRY_S)))  # noqa: S311  spreads load, guards nothing

    async def on_bug(request: Request, error: Exception) -> Response:
        log.error("unhandled_error", request_id=request_id_of(request), exc_info=error)
        return answer(request, Problem("The server made a mistake. Its log has the details under this request id."))

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(StaleDataError, on_stale)
    app.add_exception_handler(DBAPIError, on_database)
    app.add_exception_handler(PoolTimeout, on_overrun)
    app.add_exception_handler(Exception, on_bug)


def _first_words(errors: list[dict[str, Any]]) -> str:
    first = errors[0]
    where = ".".join(part for part in first["loc"] if part != "body")
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{where}: {first['msg']}{more}"
