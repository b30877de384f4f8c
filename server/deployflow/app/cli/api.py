"""How commands reach `/api/v1`: in this process on the installation's own database, or over a network.

One way for both, so that a command has the same rules, audit trail and answers as a click in the console.
"""

import asyncio
import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from deployflow.app.cli.options import Target
from deployflow.app.failures import ExitCode, Failure, Missing, Refused, Unusable, WrongUsage

if TYPE_CHECKING:
    from fastapi import FastAPI

    from deployflow.identity.access import Principal

REQUEST_WITHIN_S = 30
Query = dict[str, Any]


class Api(Protocol):
    """Calls the API; a problem becomes a `Failure`."""

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send and give the answer's body."""

    def send(self, method: str, path: str, content: bytes, headers: dict[str, str]) -> Any:
        """Send bytes that are no JSON, or none with headers that say all."""


def get(api: Api, path: str, **query: Any) -> Any:
    given = {name: value for name, value in query.items() if value is not None}
    return api.call("GET", path + (f"?{urlencode(given)}" if given else ""))


def post(api: Api, path: str, body: Any = None) -> Any:
    return api.call("POST", path, body)


def every(api: Api, path: str, **query: Any) -> Iterator[dict[str, Any]]:
    """All items of a list, page by page."""
    cursor = None
    while True:
        page = get(api, path, cursor=cursor, limit=200, **query)
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


@contextmanager
def connect(target: Target) -> Iterator[Api]:
    """The API that the options name."""
    if target.server is not None:
        yield RemoteApi(target.server, target.api_key)
        return
    with LocalApi(target) as api:
        yield api


class RemoteApi:
    """A server elsewhere, with an API key."""

    def __init__(self, server: str, api_key: str | None) -> None:
        if not server.startswith(("http://", "https://")):
            raise WrongUsage(f"--server {server}: give an address such as https://fleet.example.com")
        if not api_key:
            raise WrongUsage("--server needs an API key: set DEPLOYFLOW_API_KEY")
        self._server = server.rstrip("/")
        self._headers = {"Authorization": f"Bearer {api_key}", "Accept": "application/json"}

    def call(self, method: str, path: str, body: Any = None) -> Any:
        if body is None:
            return self._ask(method, path, None, {})
        return self._ask(method, path, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def send(self, method: str, path: str, content: bytes, headers: dict[str, str]) -> Any:
        return self._ask(method, path, content, headers)

    def _ask(self, method: str, path: str, data: bytes | None, more: dict[str, str]) -> Any:
        headers = {**self._headers, "If-Match": "*", **more}
        request = Request(f"{self._server}/api/v1{path}", data, headers, method=method)  # noqa: S310  checked above
        try:
            with urlopen(request, timeout=REQUEST_WITHIN_S) as answer:  # noqa: S310
                return _read(answer.status, answer.read())
        except HTTPError as error:
            return _read(error.code, error.read())
        except (URLError, OSError) as error:
            reason = getattr(error, "reason", error)
            raise Unusable(f"the server at {self._server} does not answer ({reason})") from error


class LocalApi:
    """The installation of this machine, without a server: the application runs inside the command."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._runner = asyncio.Runner()
        self._app: FastAPI | None = None
        self._operator: Principal | None = None
        self._scheme, self._host = "http", "localhost"

    def __enter__(self) -> Self:
        from deployflow.app.cli.installed import open_installation

        try:
            self._app, self._operator = self._runner.run(open_installation(self._target))
        except BaseException:
            self._runner.close()
            raise
        # Links in answers are made of where the request came to: say where the server is.
        settings = self._app.state.runtime.settings
        address = settings.public_url or f"http://{settings.host}:{settings.port}"
        self._scheme, _, self._host = address.partition("://")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._app is not None
        self._runner.run(self._app.state.runtime.close())
        self._runner.close()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        if body is None:
            return self.send(method, path, b"", {})
        return self.send(method, path, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def send(self, method: str, path: str, content: bytes, headers: dict[str, str]) -> Any:
        return _read(*self._runner.run(self._call_and_tell(method, path, content, headers)))

    async def _call_and_tell(self, method: str, path: str, body: bytes, more: dict[str, str]) -> tuple[int, bytes]:
        answer = await self._call(method, path, body, more)
        assert self._app is not None
        # Not only when the command ends: it may wait for what the server does now.
        await self._app.state.runtime.wakeups.flush()
        return answer

    async def _call(self, method: str, path: str, body: bytes, more: dict[str, str]) -> tuple[int, bytes]:
        from deployflow.platform.web import OPERATOR

        where, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": self._scheme,
            "method": method,
            "path": f"/api/v1{where}",
            "raw_path": f"/api/v1{where}".encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [
                (b"host", self._host.encode()),
                (b"if-match", b"*"),
                *((name.lower().encode(), value.encode()) for name, value in more.items()),
                *([(b"content-length", b"%d" % len(body))] if body else []),
            ],
            "client": None,
            "server": ("localhost", 80),
            "state": {},
            OPERATOR: self._operator,
        }
        waiting = [{"type": "http.request", "body": body, "more_body": False}]
        status, parts = 0, []

        async def receive() -> Any:
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                parts.append(message.get("body", b""))

        assert self._app is not None
        await self._app(scope, receive, send)
        return status, b"".join(parts)


def operator_name() -> str:
    """How the audit trail names who used the command line."""
    try:
        return f"{getpass.getuser()} at the command line"
    except (KeyError, OSError):
        return "the command line"


def _read(status: int, body: bytes) -> Any:
    try:
        value = json.loads(body) if body else None
    except ValueError:
        value = None
    if status < 400:  # noqa: PLR2004
        return value
    if not isinstance(value, dict) or "code" not in value:
        raise Unusable(f"the server answered {status}, not as DeployFlow does: is the address right?")
    raise _failure(status, f"{value['detail']} ({value['code']})")


def _failure(status: int, sentence: str) -> Failure:
    kinds: dict[int, type[Failure]] = {400: WrongUsage, 404: Missing, 422: WrongUsage, 429: Unusable, 503: Unusable}
    kind = kinds.get(status, Refused if status < 500 else Failure)  # noqa: PLR2004
    failure = kind(sentence)
    assert failure.code != ExitCode.OK
    return failure
