"""Runs the web application: one port, one process, until a signal says stop."""

import asyncio
import errno
import logging
import signal
import socket
from collections.abc import Callable
from functools import partial

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from deployflow.app import loader_headers, sendfile
from deployflow.app.failures import Unusable
from deployflow.app.main import create_app, prepare
from deployflow.platform.downloads import SEND_FILE
from deployflow.platform.drain import Drain
from deployflow.platform.settings import Settings

# Ten thousand agents come back at once after an outage; the kernel takes the smaller of this and somaxconn.
BACKLOG = 4096
# Longer than a held check-in's pause and a browser's, so that neither pays for a new connection.
KEEP_ALIVE_S = 75
# The parser itself takes endless headers. Cookies, a signature and a proxy's own stay far below.
MAX_HEADER_BYTES = 32 * 1024
# A client that opens a connection or begins a request has to finish its headers in this time.
HEADERS_WITHIN_S = 30
_HEADERS_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class _BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1 with a limit on headers and on how long they may take to come."""

    _header_bytes = 0
    _hurry: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._hurry = self.loop.call_later(HEADERS_WITHIN_S, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._in_time()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        if self._hurry is None:
            self._hurry = self.loop.call_later(HEADERS_WITHIN_S, self.transport.close)
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        if url.startswith(loader_headers.PATHS):
            self.transport = loader_headers.readable(self.transport)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_time()
        self._header_bytes = 0
        scope = self.scope
        super().on_headers_complete()
        if sendfile.POSSIBLE and scope["method"] == "GET" and self.scheme == "http":
            # Bound now: with pipelining, `self.cycle` is the next request's by the time this one is answered.
            scope[SEND_FILE] = partial(sendfile.send_file, self.cycle)  # type: ignore[literal-required]

    def send_400_response(self, msg: str) -> None:
        if self._header_bytes <= MAX_HEADER_BYTES:
            super().send_400_response(msg)
            return
        self.transport.write(_HEADERS_TOO_LARGE)
        self.transport.close()

    def _in_time(self) -> None:
        if self._hurry is not None:
            self._hurry.cancel()
            self._hurry = None

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > MAX_HEADER_BYTES:
            # Stops the parser, which then asks for the answer to a request that cannot be read.
            raise ValueError("headers too large")


class _Server(uvicorn.Server):
    """Says when it is ready, and lets go of held requests first when it stops."""

    def __init__(self, config: uvicorn.Config, *, drain: Drain, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._drain = drain
        self._on_ready = on_ready

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        # uvicorn's own way raises the signal again at the end: a stop that was asked for would look like a crash.
        loop = asyncio.get_running_loop()
        for asked in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(asked, self.handle_exit, asked, None)
        await self._serve(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._drain.start()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """A bound socket, or one sentence about why not.

    Raises:
        Unusable: the port is taken or forbidden, or the address is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise Unusable(_why_not_bound(host, port, error)) from error
    return bound


def _why_not_bound(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is in use: stop what listens there, or choose another with --port"
    if error.errno == errno.EACCES:
        return f"port {port} may not be opened by this user: choose one above 1023 with --port"
    return f"cannot listen on {host} port {port} ({error.strerror or error}): check --host"


def address_of(bound: socket.socket) -> str:
    """The address to type into a browser on this machine."""
    host, port = bound.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104  what it is compared with
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(settings: Settings, *, on_ready: Callable[[str, str | None], None]) -> None:
    """Serve until SIGTERM or SIGINT. `on_ready` gets the address and, on a new installation, the first-run link.

    Raises:
        Unusable: when something this server needs is missing.
    """
    bound = listen(settings.host, settings.port)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(settings, bound, on_ready))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415  not there on Windows
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _serve(settings: Settings, bound: socket.socket, on_ready: Callable[[str, str | None], None]) -> None:
    app = create_app(settings)
    runtime = app.state.runtime
    first_run = await prepare(app)
    address = settings.public_url or address_of(bound)

    def ready() -> None:
        on_ready(address, f"{address}/setup/#token={first_run}" if first_run else None)

    config = uvicorn.Config(
        app,
        http=_BoundedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=max(1, int(settings.drain.total_seconds())),
    )
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    await _Server(config, drain=runtime.drain, on_ready=ready).serve(sockets=[bound])
