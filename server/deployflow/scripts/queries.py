"""Reads of the script library."""

import difflib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload, undefer

from deployflow.platform.paging import ListField, ListParams, ListSpec, WrongListParameter, contains, fetch_page
from deployflow.scripts.errors import ScriptNotFound
from deployflow.scripts.models import Script, ScriptTag, ScriptVersion
from deployflow.scripts.parameters import Parameter
from deployflow.scripts.schemas import Language, ScriptDetail, ScriptOut, VersionDetail, VersionOut, VersionRef

# Comparing takes time that grows with the square of the lines; beyond this a diff helps nobody anyway.
MAX_DIFF_LINES = 5_000


def _search(words: str) -> ColumnElement[bool]:
    return or_(contains(words, Script.name, Script.description), _has_tag([words]))


def _has_tag(tags: list[Any]) -> ColumnElement[bool]:
    return exists().where(
        ScriptTag.script_id == Script.id, ScriptTag.tenant_id == Script.tenant_id, ScriptTag.tag.in_(tags)
    )


def _tag(op: str, values: list[Any]) -> ColumnElement[bool]:
    if op in {"eq", "in"}:
        return _has_tag(values)
    if op == "ne":
        return ~_has_tag(values)
    raise WrongListParameter(f"filter[tag] does not know the operator '{op[:20]}'")


LIST = ListSpec(
    fields={
        "name": ListField(Script.name, sortable=True),
        "language": ListField(Script.language, sortable=True),
        "tag": ListField(ScriptTag.tag, where=_tag),
        "updated_at": ListField(Script.updated_at, datetime, sortable=True),
        "created_at": ListField(Script.created_at, datetime, sortable=True),
    },
    key=Script.id,
    default_sort="name",
    search=_search,
)


async def list_scripts(session: AsyncSession, params: ListParams) -> dict[str, Any]:
    """A page of the library."""
    statement = select(Script).where(Script.deleted_at.is_(None)).options(selectinload(Script.tag_rows))
    rows, cursor, total = await fetch_page(session, statement, LIST, params)
    current = await _current(session, rows)
    return {"items": [shape(row, current[row.id]) for row in rows], "next_cursor": cursor, "total": total}


async def get_script(session: AsyncSession, script_id: UUID) -> Script:
    """A script that was not deleted.

    Raises:
        ScriptNotFound: 404.
    """
    script = await session.scalar(
        select(Script)
        .where(Script.id == script_id, Script.deleted_at.is_(None))
        .options(selectinload(Script.tag_rows))
        .execution_options(populate_existing=True)
    )
    if script is None:
        raise ScriptNotFound
    return script


async def get_version(session: AsyncSession, script_id: UUID, number: int) -> ScriptVersion:
    """A version with its body.

    Raises:
        ScriptNotFound: 404.
    """
    version = await session.scalar(
        select(ScriptVersion)
        .where(ScriptVersion.script_id == script_id, ScriptVersion.number == number)
        .options(undefer(ScriptVersion.body))
    )
    if version is None:
        raise ScriptNotFound(f"This script has no version {number}")
    return version


async def detail(session: AsyncSession, script_id: UUID) -> ScriptDetail:
    script = await get_script(session, script_id)
    version = await get_version(session, script_id, script.current_number)
    return ScriptDetail(
        **shape(script, version).model_dump(),
        body=version.body,
        parameters=[Parameter.model_validate(parameter) for parameter in version.parameters],
    )


async def list_versions(session: AsyncSession, script_id: UUID) -> list[VersionOut]:
    """The history, the newest first."""
    script = await get_script(session, script_id)
    found = await session.scalars(
        select(ScriptVersion).where(ScriptVersion.script_id == script_id).order_by(ScriptVersion.number.desc())
    )
    return [_version_out(script, version) for version in found]


async def version_detail(session: AsyncSession, script_id: UUID, number: int) -> VersionDetail:
    """A version, and its difference to the one before."""
    script = await get_script(session, script_id)
    version = await get_version(session, script_id, number)
    before = await get_version(session, script_id, number - 1) if number > 1 else None
    return VersionDetail(
        **_version_out(script, version).model_dump(),
        body=version.body,
        parameters=[Parameter.model_validate(parameter) for parameter in version.parameters],
        previous_number=before.number if before else None,
        diff=_diff(before, version),
    )


def shape(script: Script, current: ScriptVersion) -> ScriptOut:
    """A script as lists show it."""
    return ScriptOut(
        id=script.id,
        name=script.name,
        description=script.description,
        language=cast("Language", script.language),
        tags=[row.tag for row in script.tag_rows],
        timeout_s=script.timeout_s,
        current=_ref(current),
        updated_at=script.updated_at,
        created_at=script.created_at,
        version=script.version,
    )


async def _current(session: AsyncSession, scripts: Sequence[Script]) -> dict[UUID, ScriptVersion]:
    wanted = [
        and_(ScriptVersion.script_id == script.id, ScriptVersion.number == script.current_number) for script in scripts
    ]
    if not wanted:
        return {}
    found = await session.scalars(select(ScriptVersion).where(or_(*wanted)))
    return {version.script_id: version for version in found}


def _ref(version: ScriptVersion) -> VersionRef:
    return VersionRef(
        version_id=version.id,
        number=version.number,
        sha256=version.sha256,
        created_at=version.created_at,
        created_by=version.created_by_name,
    )


def _version_out(script: Script, version: ScriptVersion) -> VersionOut:
    return VersionOut(
        **_ref(version).model_dump(), note=version.note, is_current=version.number == script.current_number
    )


def _diff(before: ScriptVersion | None, version: ScriptVersion) -> list[str]:
    if before is None:
        return []
    old, new = before.body.splitlines(), version.body.splitlines()
    if len(old) + len(new) > MAX_DIFF_LINES:
        return []
    return list(
        difflib.unified_diff(old, new, f"version {before.number}", f"version {version.number}", lineterm="", n=3)
    )
