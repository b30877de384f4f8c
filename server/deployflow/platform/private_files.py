"""Small files with secrets, made once: whole or not at all, whoever is killed and however full the disk is."""

import contextlib
import os
from pathlib import Path
from uuid import uuid4


def make_once(file: Path, content: bytes) -> bytes:
    """What `file` holds; when it is not there, it is made with `content`, readable by its owner only.

    Of several processes that make it at once, one wins and all get the same.
    """
    with contextlib.suppress(FileNotFoundError):
        return file.read_bytes()
    unfinished = file.with_name(f"{file.name}.{uuid4().hex}.part")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        # Unlike a rename it never replaces what another process made meanwhile.
        with contextlib.suppress(FileExistsError):
            os.link(unfinished, file)
    finally:
        unfinished.unlink(missing_ok=True)
    return file.read_bytes()
