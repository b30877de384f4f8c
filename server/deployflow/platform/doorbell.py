"""How the command line wakes the server beside it: one datagram socket in the data folder of a SQLite installation.

PostgreSQL has NOTIFY for this. Without it, an action queued by `deployflow script run` would wait for the device's
next look. A ring that nobody hears comes late, but is no loss: what it is about stands in the database, and the server
looks there anew every few minutes.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

NAME = "wake.sock"
# A datagram may be far larger; a message of more keys than fit is sent in several.
MAX_BYTES = 60_000
# The kernel keeps a dozen unread messages; an order on ten thousand devices is eighty.
ROOM_WITHIN_S = 1.0


class Doorbell:
    """The socket of one data folder: rung by any process, heard by the server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._heard_at: socket.socket | None = None

    def ring(self, message: bytes) -> None:
        """Send, if somebody listens; never fail, and wait a moment only for a listener with much to read."""
        if self._heard_at is not None or not (self._folder / NAME).exists():
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, self._short_name() as name:
                sender.settimeout(ROOM_WITHIN_S)
                sender.sendto(message, name)
        except TimeoutError:
            log.warning("wakeup_not_heard")
        except OSError:
            # The server of this folder is gone, and its socket is what it left.
            return

    def listen(self, hear: Callable[[bytes], None]) -> None:
        """Call `hear` with each message, in the running loop. Where sockets cannot be made, nobody listens."""
        if not hasattr(socket, "AF_UNIX"):
            return
        made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        made.setblocking(False)
        try:
            (self._folder / NAME).unlink(missing_ok=True)
            with self._short_name() as name:
                made.bind(name)
            (self._folder / NAME).chmod(0o600)
        except OSError:
            made.close()
            return
        self._heard_at = made
        asyncio.get_running_loop().add_reader(made, self._drain, made, hear)

    def close(self) -> None:
        if self._heard_at is None:
            return
        asyncio.get_running_loop().remove_reader(self._heard_at)
        self._heard_at.close()
        self._heard_at = None
        (self._folder / NAME).unlink(missing_ok=True)

    @staticmethod
    def _drain(made: socket.socket, hear: Callable[[bytes], None]) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                hear(made.recv(MAX_BYTES * 2))

    @contextmanager
    def _short_name(self) -> Iterator[str]:
        """A socket's name may have 107 bytes, a folder's many more: go by the folder's descriptor."""
        if not Path("/proc/self/fd").exists():
            yield str(self._folder / NAME)
            return
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield f"/proc/self/fd/{descriptor}/{NAME}"
        finally:
            os.close(descriptor)
