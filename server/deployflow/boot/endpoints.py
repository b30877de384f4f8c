"""Starting from the network, for people: sites, machines seen, sessions to approve, technicians' PINs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from deployflow.boot import admission, pins, queries, sites
from deployflow.boot.errors import MachineNotFound
from deployflow.boot.models import BootSite, DiscoveredMachine
from deployflow.boot.schemas import (
    BootSiteChange,
    BootSiteIn,
    BootSiteOut,
    DiscoveredMachineOut,
    TechnicianPinIn,
    TechnicianPinMade,
    TechnicianPinOut,
)
from deployflow.boot.session_schemas import BootApproval, BootDenial, BootSessionOut
from deployflow.enrollment import install
from deployflow.identity.access import Principal, Requires
from deployflow.platform import trail
from deployflow.platform.changes import changed
from deployflow.platform.db import DbSession, ReadSession
from deployflow.platform.paging import Listing, Page
from deployflow.platform.preconditions import ExpectedVersion, set_etag
from deployflow.platform.runtime import CurrentRuntime
from deployflow.platform.web import problem_response

router = APIRouter(tags=["boot"])

Reader = Annotated[Principal, Requires("boot:read")]
Writer = Annotated[Principal, Requires("boot:write")]
# A program that may approve would make the person before the screen a formality.
# Letting in wipes a disk, so whoever does it has just shown that it is them; refusing needs no such thing.
Approver = Annotated[Principal, Requires("deployments:approve", person=True, step_up=True)]
Refuser = Annotated[Principal, Requires("deployments:approve", person=True)]
SiteId = Annotated[UUID, Path(description="The boot site")]
SessionId = Annotated[UUID, Path(description="The boot session")]
MachineId = Annotated[UUID, Path(description="The machine")]


@router.get("/boot-sites")
async def list_boot_sites(
    _reader: Reader, session: ReadSession, runtime: CurrentRuntime, request: Request, params: Listing
) -> Page[BootSiteOut]:
    """The networks that machines start from, by name, with the address for DHCP."""
    url = await install.public_url(session, runtime.settings, request)
    return await queries.site_page(session, params, server_url=url)


@router.post("/boot-sites", status_code=201)
async def make_boot_site(
    _writer: Writer,
    session: DbSession,
    runtime: CurrentRuntime,
    request: Request,
    response: Response,
    wanted: BootSiteIn,
) -> BootSiteOut:
    """Make a boot site with a key of its own."""
    site = await sites.make(session, wanted)
    set_etag(response, site)
    return BootSiteOut.of(site, server_url=await install.public_url(session, runtime.settings, request))


@router.get("/boot-sites/{site_id}")
async def read_boot_site(
    site_id: SiteId,
    _reader: Reader,
    session: ReadSession,
    runtime: CurrentRuntime,
    request: Request,
    response: Response,
) -> BootSiteOut:
    """One boot site."""
    site: BootSite = await sites.get(session, site_id)
    set_etag(response, site)
    return BootSiteOut.of(site, server_url=await install.public_url(session, runtime.settings, request))


@router.patch("/boot-sites/{site_id}")
async def change_boot_site(
    site_id: SiteId,
    _writer: Writer,
    session: DbSession,
    runtime: CurrentRuntime,
    request: Request,
    response: Response,
    expected: ExpectedVersion,
    change: BootSiteChange,
) -> BootSiteOut:
    """Change a boot site, or give it another key."""
    site = await sites.change(session, site_id, change, expected=expected)
    set_etag(response, site)
    return BootSiteOut.of(site, server_url=await install.public_url(session, runtime.settings, request))


@router.delete("/boot-sites/{site_id}", status_code=204)
async def delete_boot_site(site_id: SiteId, _writer: Writer, session: DbSession, expected: ExpectedVersion) -> None:
    """Remove a boot site; machines that still name it start from their disk."""
    await sites.delete(session, site_id, expected=expected)


@router.get("/discovered-machines")
async def list_discovered_machines(
    _reader: Reader, session: ReadSession, params: Listing
) -> Page[DiscoveredMachineOut]:
    """Machines that asked what to start, those seen last first. `q` looks in MAC, serial, maker, model, asset tag."""
    return await queries.machine_page(session, params)


@router.get("/discovered-machines/{machine_id}")
async def read_discovered_machine(machine_id: MachineId, _reader: Reader, session: ReadSession) -> DiscoveredMachineOut:
    """One of them."""
    return await queries.machine(session, machine_id)


@router.delete("/discovered-machines/{machine_id}", status_code=204)
async def forget_discovered_machine(machine_id: MachineId, _writer: Writer, session: DbSession) -> None:
    """Take a machine out of the list; it is back when it asks again."""
    row = await session.get(DiscoveredMachine, machine_id)
    if row is None:
        raise MachineNotFound
    trail.note(
        session, "discovered_machine.removed", target_type="discovered_machine", target_id=row.id, target_name=row.mac
    )
    changed(session, "discovered_machines")
    await session.delete(row)


@router.get("/boot-sessions")
async def list_boot_sessions(_reader: Reader, session: ReadSession, params: Listing) -> Page[BootSessionOut]:
    """Machines in the boot environment, the newest first; `filter[state]=waiting` for those to approve."""
    return await queries.session_page(session, params)


@router.get("/boot-sessions/{session_id}")
async def read_boot_session(session_id: SessionId, _reader: Reader, session: ReadSession) -> BootSessionOut:
    """One of them, with the code that its screen has to show."""
    return await queries.boot_session(session, session_id)


@router.post("/boot-sessions/{session_id}/approve", response_model=BootSessionOut)
async def approve_boot_session(
    session_id: SessionId,
    _approver: Approver,
    session: DbSession,
    runtime: CurrentRuntime,
    request: Request,
    given: BootApproval,
) -> BootSessionOut | Response:
    """Let a machine deploy: the code in the body is the one that a person read on the machine's screen."""
    problem = await admission.approve(runtime, session, session_id, code=given.code, profile_id=given.profile_id)
    if problem is not None:
        # Answered and not raised: that it was tried is kept.
        return problem_response(problem, request.state.context.request_id)
    await session.flush()
    return await queries.boot_session(session, session_id)


@router.post("/boot-sessions/{session_id}/deny")
async def deny_boot_session(
    session_id: SessionId, _refuser: Refuser, session: DbSession, given: BootDenial
) -> BootSessionOut:
    """Refuse a machine that waits; the reason stands on its screen."""
    await admission.deny(session, session_id, reason=given.reason)
    await session.flush()
    return await queries.boot_session(session, session_id)


@router.get("/technician-pins")
async def list_technician_pins(_reader: Reader, session: ReadSession, params: Listing) -> Page[TechnicianPinOut]:
    """PINs for technicians, the newest first."""
    return await queries.pin_page(session, params)


@router.post("/technician-pins", status_code=201)
async def make_technician_pin(
    _approver: Approver, session: DbSession, runtime: CurrentRuntime, response: Response, wanted: TechnicianPinIn
) -> TechnicianPinMade:
    """Make a PIN for one site and some hours. Its digits are in this answer only."""
    pin, digits = await pins.make(session, runtime.sealer, wanted)
    response.headers["Cache-Control"] = "no-store"
    shown = TechnicianPinOut.of(pin, await queries.site_ref(session, pin.site_id))
    return TechnicianPinMade(**shown.model_dump(), pin=digits)


@router.delete("/technician-pins/{pin_id}", status_code=204)
async def revoke_technician_pin(
    pin_id: Annotated[UUID, Path(description="The PIN")], _refuser: Refuser, session: DbSession
) -> None:
    """End a PIN now."""
    await pins.revoke(session, pin_id)
