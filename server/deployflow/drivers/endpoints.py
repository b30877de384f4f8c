"""Routes of `/api/v1/driver-packs`."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from deployflow.drivers import queries, service
from deployflow.drivers.schemas import (
    InfList,
    MachineIn,
    MachineModelList,
    MatchList,
    PackChange,
    PackIn,
    PackOut,
    ServerArchives,
)
from deployflow.identity.access import Principal, Requires
from deployflow.platform.db import DbSession, ReadSession
from deployflow.platform.downloads import ContentResponse
from deployflow.platform.paging import Listing, Page
from deployflow.platform.preconditions import ExpectedVersion, set_etag
from deployflow.platform.runtime import CurrentRuntime

router = APIRouter(tags=["drivers"])

Reader = Annotated[Principal, Requires("drivers:read")]
Writer = Annotated[Principal, Requires("drivers:write")]
DeviceReader = Annotated[Principal, Requires("devices:read")]
Broken = Annotated[bool | None, Query(description="Only those that cannot be read, or only the others")]
Words = Annotated[str | None, Query(max_length=200, description="In path, provider, class or hardware id")]


@router.get("/driver-packs", response_model=Page[PackOut])
async def list_driver_packs(_reader: Reader, session: ReadSession, params: Listing) -> dict[str, Any]:
    """List driver packs by name. `q` looks in name, version, description, file name and rules."""
    return await queries.list_packs(session, params)


@router.post("/driver-packs", status_code=201)
async def import_driver_pack(
    writer: Writer, session: DbSession, runtime: CurrentRuntime, response: Response, new: PackIn
) -> PackOut:
    """Make a driver pack of an uploaded zip or cab, or of one on the server; the answer comes before it is read."""
    pack = await service.begin_import(session, runtime, writer, new)
    return await _answer(session, response, pack.id)


@router.get("/driver-packs/server-files")
async def list_server_drivers(_writer: Writer, runtime: CurrentRuntime) -> ServerArchives:
    """Archives and folders in the server's import folder."""
    return await asyncio.to_thread(queries.server_archives, runtime.settings)


@router.get("/driver-packs/machines")
async def list_machine_models(_reader: Reader, _devices: DeviceReader, session: ReadSession) -> MachineModelList:
    """The models that devices are of, those with most devices first, and the packs that each gets."""
    return MachineModelList(items=await queries.machine_models(session))


@router.get("/driver-packs:match")
async def match_driver_packs(
    _reader: Reader, session: ReadSession, machine: Annotated[MachineIn, Query()]
) -> MatchList:
    """The packs that such a machine gets."""
    return MatchList(items=[queries.shape(pack) for pack in await queries.packs_for(session, machine)])


@router.get("/driver-packs/{pack_id}")
async def get_driver_pack(_reader: Reader, session: ReadSession, response: Response, pack_id: UUID) -> PackOut:
    """One driver pack."""
    return await _answer(session, response, pack_id)


@router.patch("/driver-packs/{pack_id}")
async def change_driver_pack(
    _writer: Writer,
    session: DbSession,
    response: Response,
    pack_id: UUID,
    expected: ExpectedVersion,
    wanted: PackChange,
) -> PackOut:
    """Change name, version, description, or the machines it is for."""
    await service.change(session, pack_id, wanted, expected=expected)
    return await _answer(session, response, pack_id)


@router.delete("/driver-packs/{pack_id}", status_code=204)
async def delete_driver_pack(
    _writer: Writer, session: DbSession, runtime: CurrentRuntime, pack_id: UUID, expected: ExpectedVersion
) -> None:
    """Delete a driver pack; deployments that have begun keep its archive."""
    await service.delete(session, runtime, pack_id, expected=expected)


@router.post("/driver-packs/{pack_id}:retry")
async def retry_driver_pack(_writer: Writer, session: DbSession, response: Response, pack_id: UUID) -> PackOut:
    """Read a pack once more whose import failed."""
    await service.retry(session, pack_id)
    return await _answer(session, response, pack_id)


@router.get("/driver-packs/{pack_id}/infs")
async def list_driver_infs(
    _reader: Reader, session: ReadSession, pack_id: UUID, q: Words = None, broken: Broken = None
) -> InfList:
    """The INF files of a pack, with what is wrong with those that cannot be read."""
    return InfList(items=await queries.list_infs(session, pack_id, words=q, broken=broken))


@router.head("/driver-packs/{pack_id}/content", include_in_schema=False)
@router.get("/driver-packs/{pack_id}/content", response_class=Response)
async def download_driver_pack(
    _reader: Reader, session: ReadSession, runtime: CurrentRuntime, pack_id: UUID
) -> Response:
    """The archive that machines get."""
    content = await queries.ready_content(session, pack_id)
    return ContentResponse(runtime, content, media_type="application/zip")


async def _answer(session: ReadSession, response: Response, pack_id: UUID) -> PackOut:
    pack = queries.shape(await queries.get_pack(session, pack_id))
    set_etag(response, pack.version)
    return pack
