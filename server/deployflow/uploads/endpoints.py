"""Routes of `/api/v1/uploads`: tus 1.0 with its extensions creation, termination and checksum.

Any tus client works; `curl` does too. An upload goes on after a broken connection and after a restart of the server.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response

from deployflow.identity.access import Principal, Requires
from deployflow.platform.db import DbSession, ReadSession
from deployflow.platform.runtime import CurrentRuntime
from deployflow.uploads import queries, service
from deployflow.uploads.errors import MediaTypeWrong, VersionUnsupported
from deployflow.uploads.schemas import (
    CHUNK_TYPE,
    PURPOSES,
    TUS_VERSION,
    UploadList,
    UploadOut,
    read_checksum,
    read_metadata,
)

router = APIRouter(prefix="/uploads", tags=["uploads"])

Uploader = Annotated[Principal, Requires(*PURPOSES.values())]
CHUNK_BODY = {
    "requestBody": {"required": True, "content": {CHUNK_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
}
Tus = Annotated[str | None, Header(alias="Tus-Resumable", description="1.0.0")]


@router.get("")
async def list_uploads(admin: Uploader, session: ReadSession, runtime: CurrentRuntime) -> UploadList:
    """Files that are on their way or wait to be used, the newest first."""
    return UploadList(items=await queries.list_uploads(session, runtime, admin))


@router.post("", status_code=201)
async def create_upload(
    admin: Uploader,
    session: DbSession,
    runtime: CurrentRuntime,
    request: Request,
    response: Response,
    upload_length: Annotated[int, Header(ge=1, description="Size of the file in bytes.")],
    upload_metadata: Annotated[
        str, Header(description="`purpose <base64>,filename <base64>`; purpose is image or driver_pack.")
    ],
    tus_resumable: Tus = None,
) -> UploadOut:
    """Announce a file. Its bytes then go to the address in Location, by PATCH, in as many pieces as one likes."""
    _require_version(response, tus_resumable)
    said = read_metadata(upload_metadata)
    row = await service.create(
        session, runtime, admin, purpose=said.purpose, file_name=said.file_name, size_bytes=upload_length
    )
    response.headers["Location"] = f"{request.url.path}/{row.id}"
    return _say(response, await queries.shape(runtime, row))


@router.get("/{upload_id}")
async def get_upload(
    admin: Uploader, session: ReadSession, runtime: CurrentRuntime, response: Response, upload_id: UUID
) -> UploadOut:
    """One upload and how much of it is here."""
    row = await queries.get_upload(session, admin, upload_id)
    return _say(response, await queries.shape(runtime, row))


@router.head("/{upload_id}", include_in_schema=False)
async def ask_upload(
    admin: Uploader, session: ReadSession, runtime: CurrentRuntime, response: Response, upload_id: UUID
) -> Response:
    """Where to go on: `Upload-Offset`."""
    row = await queries.get_upload(session, admin, upload_id)
    _say(response, await queries.shape(runtime, row))
    return Response(headers=dict(response.headers))


@router.patch("/{upload_id}", status_code=204, openapi_extra=CHUNK_BODY)
async def send_upload(
    admin: Uploader,
    runtime: CurrentRuntime,
    request: Request,
    response: Response,
    upload_id: UUID,
    upload_offset: Annotated[int, Header(ge=0, description="How much the server has, as it said.")],
    upload_checksum: Annotated[str | None, Header(description="`sha256 <base64>` or `sha1 <base64>`")] = None,
    content_type: Annotated[str, Header()] = "",
    tus_resumable: Tus = None,
) -> None:
    """Send the next piece, as `application/offset+octet-stream`. Nothing else than its bytes is in the body."""
    _require_version(response, tus_resumable)
    if content_type.partition(";")[0].strip() != CHUNK_TYPE:
        raise MediaTypeWrong
    checksum = read_checksum(upload_checksum) if upload_checksum is not None else None
    context = request.state.context
    async with runtime.db.read(context) as session:
        row = await queries.get_upload(session, admin, upload_id)
    here = await service.receive(
        runtime, context, row, stream=request.stream(), offset=upload_offset, checksum=checksum
    )
    response.headers["Upload-Offset"] = str(here)


@router.delete("/{upload_id}", status_code=204)
async def cancel_upload(admin: Uploader, session: DbSession, runtime: CurrentRuntime, upload_id: UUID) -> None:
    """Drop an upload with what has come of it."""
    await service.cancel(session, runtime, admin, upload_id)


def _require_version(response: Response, said: str | None) -> None:
    response.headers["Tus-Resumable"] = TUS_VERSION
    if said not in {None, TUS_VERSION}:
        raise VersionUnsupported(headers={"Tus-Version": TUS_VERSION})


def _say(response: Response, upload: UploadOut) -> UploadOut:
    response.headers["Tus-Resumable"] = TUS_VERSION
    response.headers["Upload-Offset"] = str(upload.offset)
    response.headers["Upload-Length"] = str(upload.size_bytes)
    response.headers["Cache-Control"] = "no-store"
    return upload
