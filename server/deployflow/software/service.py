"""The rules of software items."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.identity.access import Principal
from deployflow.platform import clock, trail
from deployflow.platform.changes import changed
from deployflow.platform.ids import new_id
from deployflow.platform.preconditions import require_version
from deployflow.software import installers, queries
from deployflow.software.errors import SoftwareInUse, SoftwareNameTaken, SoftwareWrong
from deployflow.software.models import Software, SoftwareBundle, SoftwareBundleItem, SoftwareTag, SoftwareVersion
from deployflow.software.schemas import LINUX_CODES, WINDOWS_CODES, SoftwareChange, SoftwareDefinition, SoftwareIn

# What makes one version differ from the next; its note does not.
_DEFINED = (
    "software_version",
    "os_family",
    "architecture",
    "min_os_version",
    "install_command",
    "uninstall_command",
    "detection",
    "inventory_name",
    "exit_codes",
    "timeout_s",
    "installer_sha256",
    "installer_name",
)


async def create(session: AsyncSession, admin: Principal, new: SoftwareIn) -> Software:
    """Keep an item and its first version.

    Raises:
        SoftwareNameTaken, SoftwareWrong, InstallerNotFound, InstallerNotReady.
    """
    item = Software(
        id=new_id(),
        tenant_id=admin.tenant_id,
        name=new.name,
        description=new.description,
        publisher=new.publisher,
        icon=new.icon,
        tag_rows=[SoftwareTag(tag=tag, tenant_id=admin.tenant_id) for tag in new.tags],
    )
    session.add(item)
    await _flush_name(session, new.name)
    session.add(await _version(session, item, admin, 1, new.definition, before=None))
    await session.flush()
    _note(session, "software.created", item, {"software_version": (None, new.definition.software_version)})
    return item


async def change(session: AsyncSession, software_id: UUID, wanted: SoftwareChange, *, expected: int | None) -> None:
    """Rename, describe or tag; how it is installed stays the same.

    Raises:
        SoftwareNotFound, SoftwareNameTaken, PreconditionFailed.
    """
    item = await queries.get_software(session, software_id)
    require_version(item, expected)
    told: dict[str, tuple[Any, Any]] = {}
    for name in ("name", "description", "publisher"):
        before, after = getattr(item, name), getattr(wanted, name)
        if after is not None and after != before:
            told[name] = (before, after)
            setattr(item, name, after)
    if wanted.icon is not None and (wanted.icon or None) != item.icon:
        # The trail says that there is another picture, and does not keep it.
        told["icon"] = (item.icon is not None, bool(wanted.icon))
        item.icon = wanted.icon or None
    tags = [row.tag for row in item.tag_rows]
    if wanted.tags is not None and wanted.tags != tags:
        told["tags"] = (tags, wanted.tags)
        kept = {row.tag: row for row in item.tag_rows}
        item.tag_rows = [kept.get(tag) or SoftwareTag(tag=tag, tenant_id=item.tenant_id) for tag in wanted.tags]
    if told:
        item.updated_at = clock.now()
        await _flush_name(session, item.name)
        _note(session, "software.changed", item, told)


async def define(
    session: AsyncSession, admin: Principal, software_id: UUID, wanted: SoftwareDefinition, *, expected: int | None
) -> None:
    """Make a new version. The same definition again makes none.

    Raises:
        SoftwareNotFound, SoftwareWrong, InstallerNotFound, InstallerNotReady, PreconditionFailed.
    """
    item = await queries.get_software(session, software_id)
    require_version(item, expected)
    before = await queries.get_version(session, software_id, item.current_number)
    version = await _version(session, item, admin, item.current_number + 1, wanted, before=before)
    told = {
        name: (getattr(before, name), getattr(version, name))
        for name in _DEFINED
        if getattr(before, name) != getattr(version, name)
    }
    if not told:
        return
    item.current_number += 1
    item.updated_at = clock.now()
    session.add(version)
    await session.flush()
    _note(session, "software.defined", item, {"number": (before.number, version.number), **told})


async def delete(session: AsyncSession, software_id: UUID, *, expected: int | None) -> None:
    """Take it out of the library. Actions that name one of its versions keep it, also those still waiting.

    Raises:
        SoftwareNotFound, SoftwareInUse, PreconditionFailed.
    """
    item = await queries.get_software(session, software_id)
    require_version(item, expected)
    bundle = await session.scalar(
        select(SoftwareBundle.name)
        .join(SoftwareBundleItem, SoftwareBundleItem.bundle_id == SoftwareBundle.id)
        .where(SoftwareBundleItem.software_id == software_id)
        .limit(1)
    )
    if bundle is not None:
        raise SoftwareInUse(f"The bundle '{bundle[:80]}' still names '{item.name[:80]}': take it out there first")
    item.deleted_at = clock.now()
    await session.flush()
    _note(session, "software.deleted", item, {})


async def _version(
    session: AsyncSession,
    item: Software,
    admin: Principal,
    number: int,
    wanted: SoftwareDefinition,
    *,
    before: SoftwareVersion | None,
) -> SoftwareVersion:
    version = SoftwareVersion(
        id=new_id(),
        tenant_id=item.tenant_id,
        software_id=item.id,
        number=number,
        software_version=wanted.software_version,
        os_family=wanted.os_family,
        architecture=wanted.architecture,
        min_os_version=wanted.min_os_version,
        install_command=wanted.install_command,
        uninstall_command=wanted.uninstall_command,
        detection=None if wanted.detection is None else wanted.detection.model_dump(mode="json", exclude_none=True),
        inventory_name=wanted.inventory_name or None,
        exit_codes=[one.model_dump(mode="json") for one in _codes(wanted)],
        timeout_s=wanted.timeout_s,
        chunks=[],
        note=wanted.note,
        created_by_id=admin.id,
        created_by_name=admin.name,
    )
    if wanted.installer_id is not None:
        file = await installers.require_ready(session, wanted.installer_id)
        version.installer_name, version.installer_sha256 = file.file_name, file.sha256
        version.installer_bytes, version.chunks = file.size_bytes, file.chunks
    elif wanted.keep_installer and before is not None:
        version.installer_name, version.installer_sha256 = before.installer_name, before.installer_sha256
        version.installer_bytes, version.chunks = before.installer_bytes, before.chunks
    named = "{installer}" in wanted.install_command or "{folder}" in wanted.install_command
    if named and version.installer_sha256 is None:
        raise SoftwareWrong(
            "The install command names {installer}, and there is no installer: upload one, or name a program that is"
            " on the machine already"
        )
    return version


def _codes(wanted: SoftwareDefinition) -> list[Any]:
    if wanted.exit_codes is not None:
        return sorted(wanted.exit_codes, key=lambda one: one.code)
    return sorted(WINDOWS_CODES if wanted.os_family == "windows" else LINUX_CODES, key=lambda one: one.code)


async def _flush_name(session: AsyncSession, name: str) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        raise SoftwareNameTaken(f"There is software called '{name[:80]}' already: choose another name") from error


def _note(session: AsyncSession, verb: str, item: Software, changes: dict[str, tuple[Any, Any]]) -> None:
    trail.note(session, verb, target_type="software", target_id=item.id, target_name=item.name, changes=changes)
    changed(session, "software", f"software:{item.id}")
