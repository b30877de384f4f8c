"""What is answered before all middleware and the router: reading its body and sending its JSON."""

from collections.abc import AsyncIterator

from starlette.types import Receive, Send

_HEADERS = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]


class ClientGone(Exception):
    """The connection closed: nobody waits for the answer any more."""


async def read_body(receive: Receive) -> bytes:
    """The whole body; its limit was set before.

    Raises:
        ClientGone: when the connection closed before its end.
    """
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    body: bytes = message.get("body", b"")
    while message.get("more_body", False):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message.get("body", b"")
    return body


async def pieces(receive: Receive) -> AsyncIterator[bytes]:
    """A body as it comes.

    Raises:
        ClientGone: when the connection closed before its end.
    """
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def send_json(send: Send, payload: bytes) -> None:
    """Answer 200 with a JSON text."""
    headers = [*_HEADERS, (b"content-length", b"%d" % len(payload))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": payload})
