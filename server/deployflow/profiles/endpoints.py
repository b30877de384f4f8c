"""Routes of `/api/v1/profiles`, `/api/v1/profile-templates` and `/api/v1/profile-task-types`."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from deployflow.identity.access import Principal, Requires
from deployflow.platform.db import DbSession, ReadSession
from deployflow.platform.paging import Listing, Page
from deployflow.platform.preconditions import ExpectedVersion, set_etag
from deployflow.platform.runtime import CurrentRuntime
from deployflow.profiles import examples, files, preflight, queries, service
from deployflow.profiles.schemas import (
    DEFAULT_PATTERN,
    NameExample,
    Preflight,
    PreflightIn,
    ProfileChange,
    ProfileCloneIn,
    ProfileDetail,
    ProfileFile,
    ProfileImportIn,
    ProfileIn,
    ProfileOut,
    ProfileReorderIn,
    ProfileTaskTypeList,
    ProfileTemplateList,
    ProfileUseIn,
    ProfileVersionDetail,
    ProfileVersionList,
)

router = APIRouter(tags=["profiles"])

Reader = Annotated[Principal, Requires("profiles:read")]
Writer = Annotated[Principal, Requires("profiles:write")]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Other = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Compare with this one, not the one before")]
TriedPattern = Annotated[str, Query(max_length=100)]
TriedSite = Annotated[str | None, Query(max_length=15, description="The code of a boot site")]


@router.get("/profile-task-types")
async def list_profile_task_types(_reader: Reader) -> ProfileTaskTypeList:
    """The types of tasks with the JSON Schema of their configuration, for forms."""
    return examples.task_type_list()


@router.get("/profile-templates")
async def list_profile_templates(_reader: Reader, session: ReadSession, params: Listing) -> ProfileTemplateList:
    """Templates: those that come with the product, and a page of one's own."""
    return await queries.list_templates(session, params)


@router.post("/profile-templates/{template_id}:use", status_code=201)
async def make_profile_of_template(
    writer: Writer, session: DbSession, response: Response, template_id: UUID, wanted: ProfileUseIn
) -> ProfileDetail:
    """Make a profile of a template."""
    profile = await service.use_template(session, writer, template_id, wanted.name)
    return await _answer(session, response, profile.id)


@router.get("/profiles", response_model=Page[ProfileOut])
async def list_profiles(_reader: Reader, session: ReadSession, params: Listing) -> dict[str, Any]:
    """List profiles by name. `q` looks in name, description and tags."""
    return await queries.list_profiles(session, params)


@router.post("/profiles", status_code=201)
async def create_profile(writer: Writer, session: DbSession, response: Response, new: ProfileIn) -> ProfileDetail:
    """Keep a new profile or template."""
    profile = await service.create(session, writer, new)
    return await _answer(session, response, profile.id)


@router.post("/profiles:import")
async def import_profile(
    writer: Writer, session: DbSession, response: Response, wanted: ProfileImportIn
) -> ProfileDetail:
    """Make a profile of a file, or give an existing one a new version of it."""
    profile, is_new = await files.take(session, writer, wanted)
    response.status_code = 201 if is_new else 200
    return await _answer(session, response, profile.id)


@router.get("/profiles:name-example")
async def try_naming_pattern(
    _reader: Reader,
    session: ReadSession,
    pattern: TriedPattern = DEFAULT_PATTERN,
    device_id: UUID | None = None,
    site: TriedSite = None,
) -> NameExample:
    """What a naming pattern makes, on a device or an example machine. Gives no name out."""
    return await examples.name_example(session, pattern, device_id=device_id, site=site)


@router.get("/profiles/{profile_id}")
async def get_profile(_reader: Reader, session: ReadSession, response: Response, profile_id: UUID) -> ProfileDetail:
    """One profile or template with its tasks, and what is wrong with their order."""
    return await _answer(session, response, profile_id)


@router.patch("/profiles/{profile_id}")
async def change_profile(
    writer: Writer,
    session: DbSession,
    response: Response,
    profile_id: UUID,
    expected: ExpectedVersion,
    wanted: ProfileChange,
) -> ProfileDetail:
    """Make a new version. What is left out stays; `tasks` is the whole list."""
    await service.change(session, writer, profile_id, wanted, expected=expected)
    return await _answer(session, response, profile_id)


@router.delete("/profiles/{profile_id}", status_code=204)
async def delete_profile(_writer: Writer, session: DbSession, profile_id: UUID, expected: ExpectedVersion) -> None:
    """Remove a profile that nothing uses."""
    await service.delete(session, profile_id, expected=expected)


@router.post("/profiles/{profile_id}:clone", status_code=201)
async def clone_profile(
    writer: Writer, session: DbSession, response: Response, profile_id: UUID, wanted: ProfileCloneIn
) -> ProfileDetail:
    """Copy a profile or template, as either."""
    profile = await service.clone(session, writer, profile_id, wanted.name, is_template=wanted.is_template)
    return await _answer(session, response, profile.id)


@router.post("/profiles/{profile_id}:reorder")
async def reorder_profile_tasks(
    writer: Writer,
    session: DbSession,
    response: Response,
    profile_id: UUID,
    expected: ExpectedVersion,
    wanted: ProfileReorderIn,
) -> ProfileDetail:
    """Put the tasks into another order."""
    await service.reorder(session, writer, profile_id, wanted.task_ids, expected=expected)
    return await _answer(session, response, profile_id)


@router.post("/profiles/{profile_id}:preflight")
async def preflight_profile(
    _reader: Reader, session: ReadSession, runtime: CurrentRuntime, profile_id: UUID, wanted: PreflightIn
) -> Preflight:
    """Hold a profile against a device, a described machine, or neither: what would stop it?"""
    return await preflight.run(session, runtime.settings, profile_id, wanted)


@router.get("/profiles/{profile_id}/file")
async def export_profile(_reader: Reader, session: ReadSession, profile_id: UUID) -> ProfileFile:
    """The newest version as a YAML file."""
    profile = await queries.get_profile(session, profile_id)
    version = await queries.get_version(session, profile_id, profile.current_number)
    return files.exported(version.document)


@router.get("/profiles/{profile_id}/versions")
async def list_profile_versions(_reader: Reader, session: ReadSession, profile_id: UUID) -> ProfileVersionList:
    """The versions of a profile, the newest first."""
    return ProfileVersionList(items=await queries.list_versions(session, profile_id))


@router.get("/profiles/{profile_id}/versions/{number}")
async def get_profile_version(
    _reader: Reader, session: ReadSession, profile_id: UUID, number: Number, against: Other = None
) -> ProfileVersionDetail:
    """One version as its file says it, with its difference to another."""
    return await queries.version_detail(session, profile_id, number, against=against)


async def _answer(session: ReadSession, response: Response, profile_id: UUID) -> ProfileDetail:
    detail = await queries.detail(session, profile_id)
    set_etag(response, detail.version)
    return detail
