"""Routes of `/api/v1/scripts`."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Response

from deployflow.identity.access import Principal, Requires
from deployflow.platform.db import DbSession, ReadSession
from deployflow.platform.paging import Listing, Page
from deployflow.platform.preconditions import ExpectedVersion, set_etag
from deployflow.scripts import queries, service
from deployflow.scripts.schemas import (
    BodyIn,
    ScriptChange,
    ScriptDetail,
    ScriptIn,
    ScriptOut,
    VersionDetail,
    VersionList,
)

router = APIRouter(prefix="/scripts", tags=["scripts"])

Reader = Annotated[Principal, Requires("scripts:read")]
Writer = Annotated[Principal, Requires("scripts:write")]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("", response_model=Page[ScriptOut])
async def list_scripts(_reader: Reader, session: ReadSession, params: Listing) -> dict[str, Any]:
    """List scripts by name. `q` looks in name, description and tags."""
    return await queries.list_scripts(session, params)


@router.post("", status_code=201)
async def create_script(writer: Writer, session: DbSession, response: Response, new: ScriptIn) -> ScriptDetail:
    """Keep a new script."""
    script = await service.create(session, writer, new)
    return await _answer(session, response, script.id)


@router.get("/{script_id}")
async def get_script(_reader: Reader, session: ReadSession, response: Response, script_id: UUID) -> ScriptDetail:
    """One script with the body and parameters of its current version."""
    return await _answer(session, response, script_id)


@router.patch("/{script_id}")
async def change_script(
    _writer: Writer,
    session: DbSession,
    response: Response,
    script_id: UUID,
    expected: ExpectedVersion,
    wanted: ScriptChange,
) -> ScriptDetail:
    """Change name, description, tags or time-out."""
    await service.change(session, script_id, wanted, expected=expected)
    return await _answer(session, response, script_id)


@router.delete("/{script_id}", status_code=204)
async def delete_script(_writer: Writer, session: DbSession, script_id: UUID, expected: ExpectedVersion) -> None:
    """Take a script out of the library."""
    await service.delete(session, script_id, expected=expected)


@router.put("/{script_id}/body")
async def write_script_body(
    writer: Writer, session: DbSession, response: Response, script_id: UUID, expected: ExpectedVersion, wanted: BodyIn
) -> ScriptDetail:
    """Make a new version; the old ones stay as they are."""
    await service.write_body(session, writer, script_id, wanted, expected=expected)
    return await _answer(session, response, script_id)


@router.get("/{script_id}/versions")
async def list_script_versions(_reader: Reader, session: ReadSession, script_id: UUID) -> VersionList:
    """The versions of a script, the newest first."""
    return VersionList(items=await queries.list_versions(session, script_id))


@router.get("/{script_id}/versions/{number}")
async def get_script_version(_reader: Reader, session: ReadSession, script_id: UUID, number: Number) -> VersionDetail:
    """One version in full, with its difference to the one before."""
    return await queries.version_detail(session, script_id, number)


async def _answer(session: ReadSession, response: Response, script_id: UUID) -> ScriptDetail:
    detail = await queries.detail(session, script_id)
    set_etag(response, detail.version)
    return detail
