"""How the file of an import comes to the server: over the network, or out of a folder of the server."""

import json
import os
import time
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from threading import Event
from uuid import UUID

from deployflow.platform.errors import TooLarge
from deployflow.platform.importing import FileProblem, SourceWrong, require_in_folder
from deployflow.platform.outgoing import AddressRefused, Outgoing
from deployflow.platform.progress import CalledOff
from deployflow.platform.runtime import Runtime
from deployflow.platform.storage import CHUNK_BYTES, content_store, explained_disk, in_words

Counter = Callable[[int, int | None], None]

TRIES = 5
PAUSE_S = 2.0
ENDINGS = (".iso", ".wim", ".esd")


def file_of(runtime: Runtime, import_id: UUID) -> Path:
    """Where a fetched file lies until it is content."""
    return runtime.part(content_store).folder / "imports" / str(import_id)


def forget(runtime: Runtime, import_id: UUID) -> None:
    """Delete what was fetched and did not become content."""
    for file in (file_of(runtime, import_id), _note_of(file_of(runtime, import_id))):
        file.unlink(missing_ok=True)


def copy_in(runtime: Runtime, import_id: UUID, path: str, count: Counter, stop: Event) -> None:
    """Copy a file of the import folder to where it cannot be changed any more.

    Raises:
        FileProblem, DiskFull, CalledOff.
    """
    try:
        source = require_in_folder(runtime.settings, path, endings=ENDINGS)
    except SourceWrong as error:
        raise FileProblem(error.code, error.detail) from error
    target = _prepare(runtime, import_id)
    size, done = source.stat().st_size, 0
    runtime.part(content_store).require_space(size)
    with source.open("rb", buffering=0) as reading, target.open("wb", buffering=0) as writing, explained_disk():
        while part := reading.read(CHUNK_BYTES):
            _go_on(stop)
            writing.write(part)
            done += len(part)
            count(done, size)


def download(runtime: Runtime, import_id: UUID, url: str, count: Counter, stop: Event) -> None:
    """Fetch a file; one that broke off goes on where it was, also after a restart of the server.

    Raises:
        FileProblem, DiskFull, TooLarge, CalledOff.
    """
    target = _prepare(runtime, import_id)
    outgoing = Outgoing(runtime.settings.fetch_allowed)
    tried = 0
    while True:
        before = _length(target)
        try:
            _fetch(runtime, outgoing, url, target, count, stop)
        except AddressRefused as error:
            raise FileProblem("url_refused", str(error)) from error
        except (OSError, HTTPException) as error:
            # What brings the file further is no failure, however often it breaks off.
            tried = 1 if _length(target) > before else tried + 1
            if tried == TRIES:
                why = f"The download broke off {TRIES} times ({error}): retry, and it goes on where it was"
                raise FileProblem("download_failed", why) from error
            if stop.wait(PAUSE_S * tried):
                raise CalledOff from None
        else:
            return


def _length(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _fetch(runtime: Runtime, outgoing: Outgoing, url: str, target: Path, count: Counter, stop: Event) -> None:
    here = _length(target)
    validator = _read_note(target)
    headers = {"Range": f"bytes={here}-", "If-Range": validator} if here and validator else {}
    with outgoing.get(url, headers=headers) as answer:
        if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and here:
            # All of it was here already, or it is another file now.
            total = (answer.getheader("Content-Range") or "").rpartition("/")[2]
            if total == str(here):
                return
            target.unlink()
            raise HTTPException("it is another file now")
        if 300 <= answer.status < 400:  # noqa: PLR2004  redirects
            where = answer.getheader("Location") or "elsewhere"
            raise FileProblem("url_redirected", f"{url} leads on to {where[:500]}: give that address instead")
        if answer.status not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
            raise FileProblem("download_failed", f"{url} answers {answer.status} {answer.reason}: check the address")
        if answer.status == HTTPStatus.OK:
            here = 0
        _write_note(target, answer)
        _receive(runtime, answer, target, here, count, stop)


def _receive(runtime: Runtime, answer: HTTPResponse, target: Path, here: int, count: Counter, stop: Event) -> None:
    length = answer.getheader("Content-Length")
    total = here + int(length) if length is not None and length.isdigit() else None
    limit = int(runtime.settings.upload_limit)
    if (total or 0) > limit:
        raise TooLarge(f"The file has {in_words(total or 0)}; the server takes {in_words(limit)} (upload_limit)")
    store, checked = runtime.part(content_store), time.monotonic()
    store.require_space((total or here) - here)
    with target.open("r+b" if here else "wb", buffering=0) as writing, explained_disk():
        writing.seek(here)
        while part := answer.read(CHUNK_BYTES):
            _go_on(stop)
            writing.write(part)
            here += len(part)
            if here > limit:
                raise TooLarge(f"The file has more than {in_words(limit)}, which the server takes (upload_limit)")
            if total is None and time.monotonic() - checked > 1:
                store.require_space(0)
                checked = time.monotonic()
            count(here, total)
        os.fsync(writing.fileno())
    if total is not None and here != total:
        raise HTTPException(f"{here} of {total} bytes came")


def _prepare(runtime: Runtime, import_id: UUID) -> Path:
    target = file_of(runtime, import_id)
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def _go_on(stop: Event) -> None:
    if stop.is_set():
        raise CalledOff


def _note_of(target: Path) -> Path:
    return target.with_name(target.name + ".json")


def _write_note(target: Path, answer: HTTPResponse) -> None:
    """Keep what tells this file from a later one of the same address. A weak ETag does not."""
    etag = answer.getheader("ETag")
    validator = etag if etag and not etag.startswith("W/") else answer.getheader("Last-Modified")
    _note_of(target).write_text(json.dumps({"validator": validator}))


def _read_note(target: Path) -> str | None:
    try:
        kept = json.loads(_note_of(target).read_text())["validator"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return kept if isinstance(kept, str) else None
