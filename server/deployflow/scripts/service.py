"""The rules of the script library."""

import hashlib
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.identity.access import Principal
from deployflow.platform import clock, trail
from deployflow.platform.changes import changed
from deployflow.platform.db import flush_name
from deployflow.platform.ids import new_id
from deployflow.platform.preconditions import require_version
from deployflow.scripts import queries
from deployflow.scripts.errors import ScriptNameTaken
from deployflow.scripts.models import Script, ScriptTag, ScriptVersion
from deployflow.scripts.parameters import Parameter
from deployflow.scripts.schemas import BodyIn, ScriptChange, ScriptIn


async def create(session: AsyncSession, admin: Principal, new: ScriptIn) -> Script:
    """Keep a script and its first version.

    Raises:
        ScriptNameTaken: 409.
    """
    script = Script(
        id=new_id(),
        tenant_id=admin.tenant_id,
        name=new.name,
        description=new.description,
        language=new.language,
        timeout_s=new.timeout_s,
        tag_rows=[ScriptTag(tag=tag, tenant_id=admin.tenant_id) for tag in new.tags],
    )
    session.add(script)
    await _flush_name(session, new.name)
    session.add(_version(script, admin, 1, body=new.body, parameters=new.parameters, note=new.note))
    await session.flush()
    _note(session, "script.created", script, {"language": (None, new.language)})
    return script


async def change(session: AsyncSession, script_id: UUID, wanted: ScriptChange, *, expected: int | None) -> Script:
    """Rename, describe, tag, or set the time-out; what runs stays the same.

    Raises:
        ScriptNotFound, ScriptNameTaken, PreconditionFailed.
    """
    script = await queries.get_script(session, script_id)
    require_version(script, expected)
    told = trail.take_over(script, wanted, "name", "description", "timeout_s")
    tags = [row.tag for row in script.tag_rows]
    if wanted.tags is not None and wanted.tags != tags:
        told["tags"] = (tags, wanted.tags)
        kept = {row.tag: row for row in script.tag_rows}
        script.tag_rows = [kept.get(tag) or ScriptTag(tag=tag, tenant_id=script.tenant_id) for tag in wanted.tags]
    if told:
        script.updated_at = clock.now()
        await _flush_name(session, script.name)
        _note(session, "script.changed", script, told)
    return script


async def write_body(
    session: AsyncSession, admin: Principal, script_id: UUID, wanted: BodyIn, *, expected: int | None
) -> Script:
    """Make a new version. The same body and parameters again make none.

    Raises:
        ScriptNotFound, PreconditionFailed.
    """
    script = await queries.get_script(session, script_id)
    require_version(script, expected)
    current = await queries.get_version(session, script_id, script.current_number)
    parameters = [parameter.model_dump(mode="json") for parameter in wanted.parameters]
    if current.sha256 == digest(wanted.body) and current.parameters == parameters:
        return script
    script.current_number += 1
    script.updated_at = clock.now()
    version = _version(
        script, admin, script.current_number, body=wanted.body, parameters=wanted.parameters, note=wanted.note
    )
    session.add(version)
    await session.flush()
    told = {"version": (current.number, version.number), "sha256": (current.sha256, version.sha256)}
    _note(session, "script.body_changed", script, told)
    return script


async def delete(session: AsyncSession, script_id: UUID, *, expected: int | None) -> None:
    """Take it out of the library. Actions that name one of its versions keep it, also those still waiting.

    Raises:
        ScriptNotFound, PreconditionFailed.
    """
    script = await queries.get_script(session, script_id)
    require_version(script, expected)
    script.deleted_at = clock.now()
    await session.flush()
    _note(session, "script.deleted", script, {})


def digest(body: str) -> str:
    """SHA-256 over the body in UTF-8, as the agent checks it."""
    return hashlib.sha256(body.encode()).hexdigest()


def _version(
    script: Script, admin: Principal, number: int, *, body: str, parameters: list[Parameter], note: str
) -> ScriptVersion:
    return ScriptVersion(
        id=new_id(),
        tenant_id=script.tenant_id,
        script_id=script.id,
        number=number,
        body=body,
        sha256=digest(body),
        parameters=[parameter.model_dump(mode="json") for parameter in parameters],
        note=note,
        created_by_id=admin.id,
        created_by_name=admin.name,
    )


async def _flush_name(session: AsyncSession, name: str) -> None:
    await flush_name(session, ScriptNameTaken(f"There is a script '{name[:80]}' already: choose another name"))


def _note(session: AsyncSession, verb: str, script: Script, changes: dict[str, tuple[Any, Any]]) -> None:
    trail.note(session, verb, target_type="script", target_id=script.id, target_name=script.name, changes=changes)
    changed(session, "scripts", f"script:{script.id}")
