"""Answers for GRUB, which compares names of headers letter by letter (2.12, net/http.c).

It knows `Content-Length`, and waits for ever for the end of an answer that says `content-length`, as uvicorn does.
"""

import asyncio
from typing import Any, cast

PATHS = b"/boot/v1/"


class _Capitalised:
    """A connection on which the length of an answer is written as GRUB reads it."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def write(self, data: bytes) -> None:
        # Headers come in one piece, before anything of the body.
        if data.startswith(b"HTTP/1.1 "):
            data = data.replace(b"\r\ncontent-length: ", b"\r\nContent-Length: ", 1)
        self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def readable(transport: asyncio.Transport) -> asyncio.Transport:
    """The same connection, for loaders."""
    return transport if isinstance(transport, _Capitalised) else cast("asyncio.Transport", _Capitalised(transport))
