"""Sends a file to the server, and waits for what it makes of it."""

import base64
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deployflow.app.cli.api import Api, get
from deployflow.app.failures import Failure, Unusable

# Each is durable before the next is sent.
PIECE_BYTES = 8 * 1024 * 1024
LOOK_EVERY_S = 1.0
# Nothing works on it: no server runs on this installation.
NOBODY_AFTER_S = 20.0
CHUNK = "application/offset+octet-stream"


def upload(api: Api, file: Path, *, purpose: str) -> str:
    """Send a file; gives the upload's id."""
    size = file.stat().st_size
    said = {"purpose": purpose, "filename": file.name}
    metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items())
    made = api.send("POST", "/uploads", b"", {"Upload-Length": str(size), "Upload-Metadata": metadata})
    sent = 0
    with file.open("rb") as opened:
        while piece := opened.read(PIECE_BYTES):
            headers = {"Content-Type": CHUNK, "Upload-Offset": str(sent)}
            api.send("PATCH", f"/uploads/{made['id']}", piece, headers)
            sent += len(piece)
            _say(f"sent {sent * 100 // size} %")
    _say("")
    return str(made["id"])


def wait(api: Api, path: str, *, state_of: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """Look until it is ready; `state_of` finds `state`, `error_message` and the bytes in the answer.

    Raises:
        Failure: it went wrong, and why.
        Unusable: no server works on it.
    """
    began = time.monotonic()
    while True:
        found: dict[str, Any] = get(api, path)
        now = state_of(found)
        if now["state"] == "ready":
            _say("")
            return found
        if now["state"] in {"failed", "cancelled"}:
            _say("")
            raise Failure(now["error_message"] or "it was called off")
        if now["state"] == "queued" and time.monotonic() - began > NOBODY_AFTER_S:
            raise Unusable("it waits for a server: start one with `deployflow serve`, which then works on it")
        done, total = now["bytes_done"], now["bytes_total"]
        _say(f"{now['state']} {done * 100 // total} %" if total else str(now["state"]))
        time.sleep(LOOK_EVERY_S)


def _say(words: str) -> None:
    """One line that changes, for a person who watches."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)
