"""Routes of `/api/v1/software`, `/api/v1/software-installers` and `/api/v1/software-bundles`."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response

from deployflow.devices import queries as devices
from deployflow.identity.access import Principal, Requires
from deployflow.platform.db import DbSession, ReadSession
from deployflow.platform.paging import Listing, Page
from deployflow.platform.preconditions import ExpectedVersion, set_etag
from deployflow.platform.runtime import CurrentRuntime
from deployflow.software import bundles, installers, on_devices, queries, service
from deployflow.software.bundle_schemas import BundleChange, BundleIn, BundleOut
from deployflow.software.installer_schemas import InstallerIn, InstallerList, InstallerOut
from deployflow.software.schemas import (
    DevicesOfSoftware,
    SoftwareChange,
    SoftwareDefinition,
    SoftwareIn,
    SoftwareOfDeviceList,
    SoftwareOut,
    SoftwareVersionList,
)

router = APIRouter(tags=["software"])

Reader = Annotated[Principal, Requires("software:read")]
Writer = Annotated[Principal, Requires("software:write")]
DeviceReader = Annotated[Principal, Requires("software:read", "devices:read")]


@router.get("/software", response_model=Page[SoftwareOut])
async def list_software(_reader: Reader, session: ReadSession, params: Listing) -> dict[str, Any]:
    """List software by name. `q` looks in name, description, publisher and tags."""
    return await queries.list_software(session, params)


@router.post("/software", status_code=201)
async def create_software(writer: Writer, session: DbSession, response: Response, new: SoftwareIn) -> SoftwareOut:
    """Keep new software."""
    item = await service.create(session, writer, new)
    return await _answer(session, response, item.id)


@router.get("/software/{software_id}")
async def get_software(_reader: Reader, session: ReadSession, response: Response, software_id: UUID) -> SoftwareOut:
    """One item with its current version and how many devices have it."""
    return await _answer(session, response, software_id)


@router.patch("/software/{software_id}")
async def change_software(
    _writer: Writer,
    session: DbSession,
    response: Response,
    software_id: UUID,
    expected: ExpectedVersion,
    wanted: SoftwareChange,
) -> SoftwareOut:
    """Change name, description, publisher, icon or tags."""
    await service.change(session, software_id, wanted, expected=expected)
    return await _answer(session, response, software_id)


@router.delete("/software/{software_id}", status_code=204)
async def delete_software(_writer: Writer, session: DbSession, software_id: UUID, expected: ExpectedVersion) -> None:
    """Take an item out of the library; devices keep what is installed."""
    await service.delete(session, software_id, expected=expected)


@router.put("/software/{software_id}/definition")
async def define_software(
    writer: Writer,
    session: DbSession,
    response: Response,
    software_id: UUID,
    expected: ExpectedVersion,
    wanted: SoftwareDefinition,
) -> SoftwareOut:
    """Make a new version of how it is installed, found and removed; the old ones stay as they are."""
    await service.define(session, writer, software_id, wanted, expected=expected)
    return await _answer(session, response, software_id)


@router.get("/software/{software_id}/versions")
async def list_software_versions(_reader: Reader, session: ReadSession, software_id: UUID) -> SoftwareVersionList:
    """The versions of an item, the newest first."""
    return SoftwareVersionList(items=await queries.list_versions(session, software_id))


@router.get("/software/{software_id}/devices", response_model=DevicesOfSoftware)
async def list_devices_of_software(
    _reader: DeviceReader, session: ReadSession, software_id: UUID, params: Listing
) -> dict[str, Any]:
    """Where an item is installed, missing, failed or about to be."""
    await queries.get_software(session, software_id)
    return await on_devices.devices_of(session, software_id, params)


@router.get("/devices/{device_id}/software")
async def list_software_of_device(_reader: DeviceReader, session: ReadSession, device_id: UUID) -> SoftwareOfDeviceList:
    """The library's items for this device, and how each stands there."""
    device = await devices.get(session, device_id)
    return SoftwareOfDeviceList(items=await on_devices.software_of(session, device))


@router.get("/software-installers")
async def list_software_installers(_reader: Reader, session: ReadSession) -> InstallerList:
    """Files that were brought here to become part of an item, the newest first; each is kept for a week."""
    return InstallerList(items=list(await installers.list_installers(session)))


@router.post("/software-installers", status_code=201)
async def import_software_installer(
    writer: Writer, session: DbSession, runtime: CurrentRuntime, new: InstallerIn
) -> InstallerOut:
    """Take an uploaded file or one from an address; the answer comes before it is read."""
    return installers.shape(await installers.begin(session, runtime, writer, new))


@router.get("/software-installers/{installer_id}")
async def get_software_installer(_reader: Reader, session: ReadSession, installer_id: UUID) -> InstallerOut:
    """One installer: how far it is, and what it says of itself."""
    return installers.shape(await installers.get(session, installer_id))


@router.delete("/software-installers/{installer_id}", status_code=204)
async def delete_software_installer(
    _writer: Writer, session: DbSession, runtime: CurrentRuntime, installer_id: UUID
) -> None:
    """Drop an installer; items that were made of it keep the file."""
    await installers.delete(session, runtime, installer_id)


@router.post("/software-installers/{installer_id}:retry")
async def retry_software_installer(_writer: Writer, session: DbSession, installer_id: UUID) -> InstallerOut:
    """Fetch and read a file once more that failed."""
    await installers.retry(session, installer_id)
    return installers.shape(await installers.get(session, installer_id))


@router.get("/software-bundles", response_model=Page[BundleOut])
async def list_software_bundles(_reader: Reader, session: ReadSession, params: Listing) -> dict[str, Any]:
    """List bundles by name. `q` looks in name and description."""
    return await bundles.list_bundles(session, params)


@router.post("/software-bundles", status_code=201)
async def create_software_bundle(writer: Writer, session: DbSession, response: Response, new: BundleIn) -> BundleOut:
    """Keep a new bundle."""
    bundle = await bundles.create(session, writer, new)
    return await _answer_bundle(session, response, bundle.id)


@router.get("/software-bundles/{bundle_id}")
async def get_software_bundle(_reader: Reader, session: ReadSession, response: Response, bundle_id: UUID) -> BundleOut:
    """One bundle with its items in their order."""
    return await _answer_bundle(session, response, bundle_id)


@router.patch("/software-bundles/{bundle_id}")
async def change_software_bundle(
    _writer: Writer,
    session: DbSession,
    response: Response,
    bundle_id: UUID,
    expected: ExpectedVersion,
    wanted: BundleChange,
) -> BundleOut:
    """Change name, description, or the items and their order."""
    await bundles.change(session, bundle_id, wanted, expected=expected)
    return await _answer_bundle(session, response, bundle_id)


@router.delete("/software-bundles/{bundle_id}", status_code=204)
async def delete_software_bundle(
    _writer: Writer, session: DbSession, bundle_id: UUID, expected: ExpectedVersion
) -> None:
    """Take a bundle out of the library."""
    await bundles.delete(session, bundle_id, expected=expected)


async def _answer(session: ReadSession, response: Response, software_id: UUID) -> SoftwareOut:
    item = await queries.detail(session, software_id)
    set_etag(response, item.version)
    return item


async def _answer_bundle(session: ReadSession, response: Response, bundle_id: UUID) -> BundleOut:
    bundle = await bundles.detail(session, bundle_id)
    set_etag(response, bundle.version)
    return bundle
