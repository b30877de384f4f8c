"""What a machine gets of an item: the part of a version that it needs to do one thing with it."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from deployflow.platform.storage import Content
from deployflow.software.importing import PIECE_BYTES
from deployflow.software.models import Software, SoftwareVersion

Pair = tuple[Software, SoftwareVersion]


async def versions(session: AsyncSession, version_ids: Sequence[UUID]) -> list[Pair]:
    """Items and versions by the versions' ids, in their order; those that are gone are left out."""
    rows = await session.execute(
        select(Software, SoftwareVersion)
        .join(Software, Software.id == SoftwareVersion.software_id)
        .where(SoftwareVersion.id.in_(version_ids))
        .options(undefer(SoftwareVersion.chunks))
    )
    found = {version.id: (item, version) for item, version in rows}
    return [found[version_id] for version_id in version_ids if version_id in found]


def order(item: Software, version: SoftwareVersion, *, command: str | None, may_fail: bool = False) -> dict[str, Any]:
    """As docs/agent-protocol.md has it. The installer goes along where the command names it."""
    fetched = command is not None and ("{installer}" in command or "{folder}" in command)
    return {
        "software_id": str(item.id),
        "version_id": str(version.id),
        "name": item.name,
        "version": version.software_version,
        "os_family": version.os_family,
        "architecture": version.architecture,
        "min_os_version": version.min_os_version,
        "command": command,
        "timeout_s": version.timeout_s,
        "detection": version.detection,
        "exit_codes": version.exit_codes,
        "installer": _file(version) if fetched else None,
        "continue_on_error": may_fail,
    }


def file_of(pairs: Iterable[Pair], sha256: str) -> Content | None:
    """An installer of these by its hash."""
    for _item, version in pairs:
        if version.installer_sha256 == sha256:
            return Content(sha256, version.installer_bytes or 0)
    return None


def _file(version: SoftwareVersion) -> dict[str, Any] | None:
    if version.installer_sha256 is None:
        return None
    return {
        "file_name": version.installer_name,
        "sha256": version.installer_sha256,
        "size_bytes": version.installer_bytes,
        "chunk_bytes": PIECE_BYTES,
        "chunks": version.chunks,
    }
