"""The content store in a backup: images, drivers, boot environments, each file called by its hash.

A file is read by its name in the tar and goes through the store's own door, which hashes it: no path of the backup
touches the disk, and what is damaged is not restored.
"""

import asyncio
import hashlib
import re
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from deployflow.app.failures import Failure
from deployflow.platform.context import system_context
from deployflow.platform.db import Database
from deployflow.platform.settings import Settings
from deployflow.platform.storage import Content, ContentStore, WrongHash, in_words, referenced

FOLDER = "content/"
COPY_BYTES = 1024 * 1024
_MEMBER = re.compile(re.escape(FOLDER) + r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Contents:
    """What of the content store a backup has."""

    files: int
    bytes: int


def wanted(settings: Settings) -> list[Content]:
    """The content that rows refer to and that is here. Blocks."""
    store = ContentStore(settings)
    found = (store.find(sha256) for sha256 in sorted(asyncio.run(_referenced(settings))))
    return [content for content in found if content is not None]


def add(tar: tarfile.TarFile, settings: Settings, contents: Iterable[Content]) -> None:
    """Write the files behind what is in the tar already."""
    store = ContentStore(settings)
    for content in contents:
        member = tarfile.TarInfo(FOLDER + content.sha256)
        member.size = content.size_bytes
        # Opened first: what was swept meanwhile ends the backup before half a member is written.
        with store.path(content.sha256).open("rb") as opened:
            tar.addfile(member, opened)


def check(tar: tarfile.TarFile, said: Contents) -> None:
    """Read every file and see that it is what its name says.

    Raises:
        ValueError: it is not, or one is missing.
    """
    files = 0
    for name, opened in _members(tar):
        digest = hashlib.sha256()
        while part := opened.read(COPY_BYTES):
            digest.update(part)
        if digest.hexdigest() != name:
            raise ValueError(f"the content {name[:12]}… is damaged")
        files += 1
    if files != said.files:
        raise ValueError(f"{files} of {said.files} content files are in it")


def restore(settings: Settings, file: Path) -> None:
    """Put into the store what it does not have yet.

    Raises:
        Failure: the disk has no room, or the backup is damaged.
    """
    store = ContentStore(settings)
    free = store.free_bytes()
    with tarfile.open(file, "r:") as tar:
        missing = [member for member in tar if _MEMBER.fullmatch(member.name) and _lacks(store, member.name)]
        needed = sum(member.size for member in missing)
        if needed > free:
            raise Failure(
                f"the content of this backup needs {in_words(needed)} and {store.folder} has {in_words(free)} free:"
                " free some space, set DEPLOYFLOW_CONTENT_DIR to a larger disk, or leave it out with --without-content"
            )
        for member in missing:
            opened = tar.extractfile(member)
            if opened is None:
                raise Failure(f"{file}: {member.name} is no file; take another backup")
            with closing(opened), store.new_file() as made:
                while part := opened.read(COPY_BYTES):
                    made.write(part)
                try:
                    made.keep(expected_sha256=member.name.removeprefix(FOLDER))
                except WrongHash as error:
                    raise Failure(f"{file} is damaged: {member.name} {error}; take another backup") from error


def _lacks(store: ContentStore, name: str) -> bool:
    return store.find(name.removeprefix(FOLDER)) is None


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
    for member in tar:
        opened = tar.extractfile(member) if _MEMBER.fullmatch(member.name) else None
        if opened is not None:
            with closing(opened):
                yield member.name.removeprefix(FOLDER), opened


async def _referenced(settings: Settings) -> set[str]:
    # Who refers to content is registered when the domains are loaded.
    from deployflow.app import registry  # noqa: F401, PLC0415

    database = Database(settings)
    try:
        async with database.read(system_context()) as session:
            return await referenced(session)
    finally:
        await database.close()
