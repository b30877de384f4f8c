"""Reads of boot sites, sessions, machines seen and PINs."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.actions.schemas import DeviceRef
from deployflow.boot.errors import MachineNotFound, SessionNotFound
from deployflow.boot.models import BootSession, BootSite, DiscoveredMachine, TechnicianPin
from deployflow.boot.schemas import BootSiteOut, BootSiteRef, DiscoveredMachineOut, TechnicianPinOut
from deployflow.boot.session_schemas import BootProfileRef, BootSessionOut
from deployflow.deployments import queries as deployments
from deployflow.devices.models import Device
from deployflow.platform.paging import ListField, ListParams, ListSpec, Page, fetch_page
from deployflow.profiles.models import Profile


def _contains(words: str, *columns: Any) -> ColumnElement[bool]:
    return and_(
        *(
            or_(*(func.lower(column).contains(word, autoescape=True) for column in columns))
            for word in words.lower().split()[:8]
        )
    )


SITES = ListSpec(
    fields={
        "name": ListField(BootSite.name, sortable=True),
        "code": ListField(BootSite.code, sortable=True),
        "created_at": ListField(BootSite.created_at, datetime, sortable=True),
    },
    key=BootSite.id,
    default_sort="name",
    search=lambda words: _contains(words, BootSite.name, BootSite.code),
)
MACHINES = ListSpec(
    fields={
        "site_id": ListField(DiscoveredMachine.site_id, UUID),
        "device_id": ListField(DiscoveredMachine.device_id, UUID),
        "last_answer": ListField(DiscoveredMachine.last_answer),
        "last_seen_at": ListField(DiscoveredMachine.last_seen_at, datetime, sortable=True),
        "mac": ListField(DiscoveredMachine.mac, sortable=True),
    },
    key=DiscoveredMachine.id,
    default_sort="-last_seen_at",
    search=lambda words: _contains(
        words,
        DiscoveredMachine.mac,
        DiscoveredMachine.serial,
        DiscoveredMachine.manufacturer,
        DiscoveredMachine.model,
        DiscoveredMachine.asset,
    ),
)
SESSIONS = ListSpec(
    fields={
        "state": ListField(BootSession.state),
        "site_id": ListField(BootSession.site_id, UUID),
        "deployment_id": ListField(BootSession.deployment_id, UUID),
        "device_id": ListField(BootSession.device_id, UUID),
        "created_at": ListField(BootSession.created_at, datetime, sortable=True),
    },
    key=BootSession.id,
    default_sort="-created_at",
)
PINS = ListSpec(
    fields={
        "site_id": ListField(TechnicianPin.site_id, UUID),
        "created_at": ListField(TechnicianPin.created_at, datetime, sortable=True),
        "expires_at": ListField(TechnicianPin.expires_at, datetime, sortable=True),
    },
    key=TechnicianPin.id,
    default_sort="-created_at",
    search=lambda words: _contains(words, TechnicianPin.name),
)


async def site_page(session: AsyncSession, params: ListParams, *, server_url: str) -> Page[BootSiteOut]:
    """One page of the tenant's boot sites."""
    rows, cursor, total = await fetch_page(session, select(BootSite), SITES, params)
    return Page(items=[BootSiteOut.of(row, server_url=server_url) for row in rows], next_cursor=cursor, total=total)


async def machine_page(session: AsyncSession, params: ListParams) -> Page[DiscoveredMachineOut]:
    """One page of the machines that asked what to start, those seen last first."""
    rows, cursor, total = await fetch_page(session, select(DiscoveredMachine), MACHINES, params)
    return Page(items=await _machines(session, rows), next_cursor=cursor, total=total)


async def machine(session: AsyncSession, machine_id: UUID) -> DiscoveredMachineOut:
    """One of them.

    Raises:
        MachineNotFound: 404.
    """
    row = await session.get(DiscoveredMachine, machine_id)
    if row is None:
        raise MachineNotFound
    return (await _machines(session, [row]))[0]


async def session_page(session: AsyncSession, params: ListParams) -> Page[BootSessionOut]:
    """One page of boot sessions, the newest first."""
    rows, cursor, total = await fetch_page(session, select(BootSession), SESSIONS, params)
    return Page(items=await _sessions(session, rows), next_cursor=cursor, total=total)


async def boot_session(session: AsyncSession, session_id: UUID) -> BootSessionOut:
    """One of them.

    Raises:
        SessionNotFound: 404.
    """
    row = await session.get(BootSession, session_id)
    if row is None:
        raise SessionNotFound
    return (await _sessions(session, [row]))[0]


async def pin_page(session: AsyncSession, params: ListParams) -> Page[TechnicianPinOut]:
    """One page of PINs, the newest first; their digits are never shown."""
    rows, cursor, total = await fetch_page(session, select(TechnicianPin), PINS, params)
    places = await _sites(session, {row.site_id for row in rows})
    return Page(items=[TechnicianPinOut.of(row, places[row.site_id]) for row in rows], next_cursor=cursor, total=total)


async def site_ref(session: AsyncSession, site_id: UUID) -> BootSiteRef:
    return (await _sites(session, {site_id}))[site_id]


async def _machines(session: AsyncSession, rows: Iterable[DiscoveredMachine]) -> list[DiscoveredMachineOut]:
    rows = list(rows)
    places = await _sites(session, {row.site_id for row in rows})
    devices = await _devices(session, {row.device_id for row in rows if row.device_id is not None})
    items = []
    for row in rows:
        newest = await deployments.newest_of_machine(
            session,
            row.tenant_id,
            machine_uuid=row.machine_uuid,
            machine_serial=row.machine_serial,
            macs=[row.mac],
        )
        items.append(
            DiscoveredMachineOut.of(
                row,
                places[row.site_id],
                devices.get(row.device_id) if row.device_id else None,
                (newest.id, newest.state) if newest is not None else None,
            )
        )
    return items


async def _sessions(session: AsyncSession, rows: Iterable[BootSession]) -> list[BootSessionOut]:
    rows = list(rows)
    places = await _sites(session, {row.site_id for row in rows})
    devices = await _devices(session, {row.device_id for row in rows if row.device_id is not None})
    profiles = await _profiles(session, {row.profile_id for row in rows if row.profile_id is not None})
    return [
        BootSessionOut.of(
            row,
            places[row.site_id],
            profiles.get(row.profile_id) if row.profile_id else None,
            devices.get(row.device_id) if row.device_id else None,
        )
        for row in rows
    ]


async def _sites(session: AsyncSession, ids: set[UUID]) -> dict[UUID, BootSiteRef]:
    rows = await session.execute(select(BootSite.id, BootSite.name, BootSite.code).where(BootSite.id.in_(ids)))
    return {site_id: BootSiteRef(id=site_id, name=name, code=code) for site_id, name, code in rows}


async def _devices(session: AsyncSession, ids: set[UUID]) -> dict[UUID, DeviceRef]:
    rows = await session.execute(select(Device.id, Device.hostname).where(Device.id.in_(ids)))
    return {device_id: DeviceRef(id=device_id, hostname=name) for device_id, name in rows}


async def _profiles(session: AsyncSession, ids: set[UUID]) -> dict[UUID, BootProfileRef]:
    rows = await session.execute(select(Profile.id, Profile.name).where(Profile.id.in_(ids)))
    return {profile_id: BootProfileRef(id=profile_id, name=name) for profile_id, name in rows}
