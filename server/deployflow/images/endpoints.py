"""Routes of `/api/v1/images`, `/api/v1/image-imports` and `/api/v1/boot-environments`."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response

from deployflow.identity.access import Principal, Requires
from deployflow.images import environments, queries, service, winpe
from deployflow.images.schemas import (
    EnvironmentIn,
    EnvironmentList,
    EnvironmentOut,
    ImageChange,
    ImageOut,
    ImportIn,
    ImportOut,
    ServerFiles,
)
from deployflow.platform.db import DbSession, ReadSession
from deployflow.platform.downloads import ContentResponse
from deployflow.platform.paging import Listing, Page
from deployflow.platform.preconditions import ExpectedVersion, set_etag
from deployflow.platform.runtime import CurrentRuntime

router = APIRouter(tags=["images"])

Reader = Annotated[Principal, Requires("images:read")]
Writer = Annotated[Principal, Requires("images:write")]
Publisher = Annotated[Principal, Requires("boot:publish")]


@router.get("/images", response_model=Page[ImageOut])
async def list_images(_reader: Reader, session: ReadSession, params: Listing) -> dict[str, Any]:
    """List OS images by name. `q` looks in name, version and description."""
    return await queries.list_images(session, params)


@router.get("/images/{image_id}")
async def get_image(_reader: Reader, session: ReadSession, response: Response, image_id: UUID) -> ImageOut:
    """One image with its editions and how its import went."""
    return await _answer(session, response, image_id)


@router.patch("/images/{image_id}")
async def change_image(
    _writer: Writer,
    session: DbSession,
    response: Response,
    image_id: UUID,
    expected: ExpectedVersion,
    wanted: ImageChange,
) -> ImageOut:
    """Change name, version or description."""
    await service.change(session, image_id, wanted, expected=expected)
    return await _answer(session, response, image_id)


@router.delete("/images/{image_id}", status_code=204)
async def delete_image(
    _writer: Writer, session: DbSession, runtime: CurrentRuntime, image_id: UUID, expected: ExpectedVersion
) -> None:
    """Delete an image that no profile uses."""
    await service.delete(session, runtime, image_id, expected=expected)


@router.head("/images/{image_id}/content", include_in_schema=False)
@router.get("/images/{image_id}/content", response_class=Response)
async def download_image(_reader: Reader, session: ReadSession, runtime: CurrentRuntime, image_id: UUID) -> Response:
    """The WIM that machines apply. A download that broke off is resumed with Range and If-Range."""
    content = await queries.ready_content(session, image_id)
    return ContentResponse(runtime, content)


@router.get("/image-imports", response_model=Page[ImportOut])
async def list_image_imports(_reader: Reader, session: ReadSession, params: Listing) -> dict[str, Any]:
    """List imports, the newest first. `q` looks in the file's name."""
    return await queries.list_imports(session, params)


@router.post("/image-imports", status_code=201)
async def import_image(
    writer: Writer, session: DbSession, runtime: CurrentRuntime, response: Response, new: ImportIn
) -> ImageOut:
    """Make an image of an uploaded file, an address, or a file on the server; the answer comes before it is done."""
    image = await service.begin_import(session, runtime, writer, new)
    return await _answer(session, response, image.id)


@router.get("/image-imports/server-files")
async def list_server_images(_writer: Writer, runtime: CurrentRuntime) -> ServerFiles:
    """Files in the server's import folder."""
    return await asyncio.to_thread(queries.server_files, runtime.settings)


@router.get("/image-imports/{import_id}")
async def get_image_import(_reader: Reader, session: ReadSession, import_id: UUID) -> ImportOut:
    """One import, how far it is, and what went wrong."""
    return await queries.import_detail(session, import_id)


@router.post("/image-imports/{import_id}:cancel")
async def cancel_image_import(_writer: Writer, session: DbSession, import_id: UUID) -> ImportOut:
    """Call an import off."""
    await service.cancel_import(session, import_id)
    return await queries.import_detail(session, import_id)


@router.post("/image-imports/{import_id}:retry")
async def retry_image_import(_writer: Writer, session: DbSession, import_id: UUID) -> ImportOut:
    """Begin an import once more that failed or was called off."""
    await service.retry_import(session, import_id)
    return await queries.import_detail(session, import_id)


@router.get("/boot-environments")
async def list_boot_environments(_reader: Reader, session: ReadSession, runtime: CurrentRuntime) -> EnvironmentList:
    """What netbooting machines run, the newest first; the newest ready one of a kind is started."""
    return await winpe.list_all(session, runtime)


@router.post("/boot-environments", status_code=201)
async def make_boot_environment(
    publisher: Publisher, session: DbSession, runtime: CurrentRuntime, response: Response, new: EnvironmentIn
) -> EnvironmentOut:
    """Make WinPE of an imported ISO. `wimboot` comes from https://ipxe.org/wimboot and is uploaded once."""
    row = await winpe.begin(session, runtime, publisher, new)
    set_etag(response, row)
    return environments.shape(row)


@router.get("/boot-environments/{environment_id}")
async def get_boot_environment(
    _reader: Reader, session: ReadSession, response: Response, environment_id: UUID
) -> EnvironmentOut:
    """One boot environment with its files."""
    row = await environments.get_environment(session, environment_id)
    set_etag(response, row)
    return environments.shape(row)


@router.delete("/boot-environments/{environment_id}", status_code=204)
async def delete_boot_environment(
    _publisher: Publisher, session: DbSession, runtime: CurrentRuntime, environment_id: UUID, expected: ExpectedVersion
) -> None:
    """Delete a boot environment; machines that start from now on do without it."""
    await winpe.delete(session, runtime, environment_id, expected=expected)


async def _answer(session: ReadSession, response: Response, image_id: UUID) -> ImageOut:
    image = queries.shape(await queries.get_image(session, image_id))
    set_etag(response, image.version)
    return image
