"""The rules of driver packs."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete as delete_rows
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.drivers import importing, queries, sources
from deployflow.drivers.errors import PackNameTaken, PackStateWrong
from deployflow.drivers.models import DriverPack, DriverRule
from deployflow.drivers.schemas import PackChange, PackIn, Rule
from deployflow.drivers.states import PackState, advance
from deployflow.identity.access import Principal
from deployflow.platform import clock, jobs, storage, trail
from deployflow.platform.changes import changed
from deployflow.platform.db import flush_name
from deployflow.platform.ids import new_id
from deployflow.platform.importing import require_in_folder
from deployflow.platform.preconditions import require_version
from deployflow.platform.runtime import Runtime
from deployflow.uploads import service as uploads
from deployflow.uploads.schemas import plain_name

storage.keep_columns(DriverPack.content_sha256, DriverPack.source_sha256)


async def begin_import(session: AsyncSession, runtime: Runtime, admin: Principal, new: PackIn) -> DriverPack:
    """Make the pack that is to be, and have its archive read.

    Raises:
        PackNameTaken, SourceWrong, and what an upload can have wrong.
    """
    pack = DriverPack(
        id=new_id(),
        tenant_id=admin.tenant_id,
        name=new.name,
        pack_version=new.pack_version,
        description=new.description,
        state=PackState.IMPORTING,
        expected_sha256=new.sha256,
        created_by_id=admin.id,
        created_by_name=admin.name,
        rules=_rows(admin.tenant_id, new.rules),
    )
    if new.upload_id is not None:
        upload = await uploads.take(session, runtime, new.upload_id, purpose="driver_pack")
        pack.source, pack.upload_id, pack.file_name = "upload", upload.id, upload.file_name
    else:
        assert new.path is not None
        found = require_in_folder(runtime.settings, new.path, endings=sources.ENDINGS, folders=True)
        pack.source, pack.path, pack.file_name = "server", new.path, plain_name(found.name)
    session.add(pack)
    await _flush_name(session, pack)
    _note(session, "driver_pack.import_queued", pack, {"file": (None, pack.file_name)})
    jobs.queued(session, importing.KIND)
    return pack


async def change(session: AsyncSession, pack_id: UUID, wanted: PackChange, *, expected: int | None) -> None:
    """Rename, describe, or say which machines it is for.

    Raises:
        PackNotFound, PackNameTaken, PreconditionFailed.
    """
    pack = await queries.get_pack(session, pack_id)
    require_version(pack, expected)
    told = trail.take_over(pack, wanted, "name", "pack_version", "description")
    before_rules = [Rule.model_validate(rule) for rule in pack.rules]
    if wanted.rules is not None and wanted.rules != before_rules:
        told["rules"] = (_plain(before_rules), _plain(wanted.rules))
        pack.rules = []
        await session.flush()
        pack.rules = _rows(pack.tenant_id, wanted.rules)
    if told:
        pack.updated_at = clock.now()
        await _flush_name(session, pack)
        _note(session, "driver_pack.changed", pack, told)


async def delete(session: AsyncSession, runtime: Runtime, pack_id: UUID, *, expected: int | None) -> None:
    """Take it out of the library. A deployment that named it keeps its archive; an import that runs ends.

    Raises:
        PackNotFound, PreconditionFailed.
    """
    pack = await queries.get_pack(session, pack_id)
    require_version(pack, expected)
    if pack.upload_id is not None:
        await uploads.forget(session, runtime, pack.upload_id)
    await session.execute(delete_rows(DriverPack).where(DriverPack.id == pack_id))
    _note(session, "driver_pack.deleted", pack, {})


async def retry(session: AsyncSession, pack_id: UUID) -> None:
    """Read it once more.

    Raises:
        PackNotFound, PackStateWrong.
    """
    pack = await queries.get_pack(session, pack_id)
    after = advance(PackState(pack.state), "retry")
    if pack.source == "upload" and pack.upload_id is None and pack.source_sha256 is None:
        raise PackStateWrong("The uploaded file is gone: delete the pack, upload the file again and import that")
    pack.state = after
    pack.attempt += 1
    pack.error_code = pack.error_message = None
    pack.alive_at = pack.updated_at = clock.now()
    _note(session, "driver_pack.import_retried", pack, {"attempt": (pack.attempt - 1, pack.attempt)})
    jobs.queued(session, importing.KIND)


def _plain(rules: list[Rule]) -> list[dict[str, str]]:
    return [rule.model_dump(exclude_none=True) for rule in rules]


def _rows(tenant_id: UUID, rules: list[Rule]) -> list[DriverRule]:
    return [DriverRule(tenant_id=tenant_id, position=at, **rule.model_dump()) for at, rule in enumerate(rules)]


async def _flush_name(session: AsyncSession, pack: DriverPack) -> None:
    named = f"'{pack.name[:80]}' of version '{pack.pack_version[:40]}'"
    await flush_name(session, PackNameTaken(f"There is a driver pack {named} already: choose another"))


def _note(session: AsyncSession, verb: str, pack: DriverPack, changes: dict[str, tuple[Any, Any]]) -> None:
    trail.note(session, verb, target_type="driver_pack", target_id=pack.id, target_name=pack.name, changes=changes)
    changed(session, "driver-packs", f"driver-pack:{pack.id}")
