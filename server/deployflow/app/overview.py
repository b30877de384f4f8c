"""What the console shows first, and what its palette finds: `GET /api/v1/overview` and `/api/v1/search`.

Here, above all domains, because it draws from most of them. Each part is left empty for who may not see it.
"""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from deployflow.actions import queries as actions
from deployflow.actions.models import Action
from deployflow.actions.schemas import ActionOut
from deployflow.audit import queries as audit
from deployflow.audit.schemas import AuditEvent
from deployflow.boot.codes import approval_code
from deployflow.boot.models import BootSession
from deployflow.boot.states import SessionState
from deployflow.deployments import queries as deployments
from deployflow.deployments.facts import MachineFacts
from deployflow.deployments.models import Deployment
from deployflow.deployments.schemas import DeploymentOut
from deployflow.deployments.states import State as DeploymentState
from deployflow.devices import queries as devices
from deployflow.devices.models import Device
from deployflow.devices.schemas import DeviceOut
from deployflow.devices.states import DeviceState
from deployflow.drivers import queries as drivers
from deployflow.drivers.schemas import PackOut
from deployflow.enrollment.models import EnrollmentToken
from deployflow.identity import queries as identity
from deployflow.identity.access import Principal, Requirement
from deployflow.identity.schemas import User
from deployflow.images import queries as images
from deployflow.images.schemas import ImageOut
from deployflow.platform import clock
from deployflow.platform.db import ReadSession
from deployflow.platform.paging import ListParams
from deployflow.profiles import queries as profiles
from deployflow.profiles.schemas import ProfileOut
from deployflow.scripts import queries as scripts
from deployflow.scripts.schemas import ScriptOut

router = APIRouter(tags=["live"])

# Whoever is signed in, person or program; what they see depends on their permissions.
Anybody = Annotated[Principal, Depends(Requirement(None))]

PER_KIND = 6
ATTENTION_PER_KIND = 10
ACTIVITY = 12
# A failure of the day before is history; the actions list has it.
FAILED_SINCE = timedelta(hours=24)
# Most tokens live a day: a longer notice would be about all of them.
TOKEN_EXPIRES_WITHIN = timedelta(hours=2)


class SparkPoint(BaseModel):
    at: datetime
    value: int


class OverviewDevices(BaseModel):
    online: int = 0
    total: int = 0
    pending: int = 0
    quarantined: int = 0
    spark: list[SparkPoint] = []


class OverviewActions(BaseModel):
    running: int = 0
    pending: int = 0
    failed_today: int = 0
    succeeded_today: int = 0
    spark: list[SparkPoint] = []


class Attention(BaseModel):
    """Something a person should look at; `href` is the console's page for it."""

    kind: Literal[
        "device_pending",
        "device_quarantined",
        "action_failed",
        "token_expiring",
        "machine_waiting",
        "deployment_failed",
    ]
    title: str
    detail: str
    href: str
    at: datetime


class Overview(BaseModel):
    """The console's first page."""

    devices: OverviewDevices
    actions: OverviewActions
    needs_attention: list[Attention]
    activity: list[AuditEvent]


class SearchResult(BaseModel):
    """What the words occur in, a few of each kind."""

    devices: list[DeviceOut]
    deployments: list[DeploymentOut]
    profiles: list[ProfileOut]
    images: list[ImageOut]
    driver_packs: list[PackOut]
    scripts: list[ScriptOut]
    actions: list[ActionOut]
    users: list[User]


@router.get("/overview")
async def get_overview(reader: Anybody, session: ReadSession) -> Overview:
    """Figures, what needs attention, and what happened last."""
    attention: list[Attention] = []
    device_figures, action_figures = OverviewDevices(), OverviewActions()
    if reader.may("devices:read"):
        device_figures = await _devices(session)
        attention += await _waiting_devices(session)
    if reader.may("actions:read"):
        action_figures = await _actions(session)
        attention += await _failed_actions(session)
    if reader.may("enrollment:read"):
        attention += await _expiring_tokens(session)
    if reader.may("deployments:read"):
        attention += await _failed_deployments(session)
    if reader.may("boot:read"):
        attention += await _waiting_machines(session)
    activity = await audit.newest_events(session, ACTIVITY) if reader.may("audit:read") else []
    return Overview(
        devices=device_figures,
        actions=action_figures,
        needs_attention=sorted(attention, key=lambda one: one.at, reverse=True),
        activity=[AuditEvent.model_validate(event) for event in activity],
    )


@router.get("/search")
async def search(
    reader: Anybody, session: ReadSession, q: Annotated[str, Query(max_length=200, description="Words")] = ""
) -> SearchResult:
    """Find devices, deployments, profiles, images, driver packs, scripts, actions and people, up to six of each."""
    found = SearchResult(
        devices=[], deployments=[], profiles=[], images=[], driver_packs=[], scripts=[], actions=[], users=[]
    )
    words = q.strip()
    if not words:
        return found
    params = ListParams(limit=PER_KIND, q=words)
    if reader.may("devices:read"):
        found.devices = (await devices.page(session, params)).items
    if reader.may("deployments:read"):
        found.deployments = (await deployments.page(session, params)).items
    if reader.may("profiles:read"):
        found.profiles = (await profiles.list_profiles(session, params))["items"]
    if reader.may("images:read"):
        found.images = (await images.list_images(session, params))["items"]
    if reader.may("drivers:read"):
        found.driver_packs = (await drivers.list_packs(session, params))["items"]
    if reader.may("scripts:read"):
        found.scripts = (await scripts.list_scripts(session, params))["items"]
    if reader.may("actions:read"):
        rows, _cursor, _total = await actions.list_actions(session, params)
        found.actions = [ActionOut.model_validate(row) for row in rows]
    if reader.may("users:read"):
        members = (await identity.list_members(session, params))["items"]
        found.users = [User.model_validate(member) for member in members]
    return found


async def _devices(session: AsyncSession) -> OverviewDevices:
    summary = await devices.summary(session)
    return OverviewDevices(
        online=summary.online,
        total=summary.total,
        pending=summary.pending,
        quarantined=summary.quarantined,
        spark=[SparkPoint(at=sample.at, value=sample.online) for sample in summary.online_7d],
    )


async def _actions(session: AsyncSession) -> OverviewActions:
    summary = await actions.summary(session)
    return OverviewActions(
        running=summary.running + summary.leased,
        pending=summary.pending,
        failed_today=summary.failed_today,
        succeeded_today=summary.succeeded_today,
        spark=[SparkPoint(at=day.at, value=day.count) for day in summary.failed_7d],
    )


async def _waiting_devices(session: AsyncSession) -> list[Attention]:
    # A device that a deployment made waits for its agent, and not for a person.
    waits = or_(Device.state == DeviceState.QUARANTINED, Device.pending_key.is_(True))
    rows = await session.scalars(
        select(Device).where(waits).order_by(Device.enrolled_at.desc()).limit(ATTENTION_PER_KIND)
    )
    return [
        Attention(
            kind="device_quarantined" if row.state == DeviceState.QUARANTINED else "device_pending",
            title=row.hostname,
            detail=row.state_reason or _why(row),
            href=f"/devices/detail/?id={row.id}",
            at=row.enrolled_at,
        )
        for row in rows
    ]


def _why(device: Device) -> str:
    if device.state == DeviceState.QUARANTINED:
        return "Quarantined: it works again once somebody has looked and approved it"
    if device.state == DeviceState.PENDING:
        return "Waits for approval"
    return "Came with a new key, which waits for approval"


async def _failed_actions(session: AsyncSession) -> list[Attention]:
    rows = await session.scalars(
        select(Action)
        .options(joinedload(Action.batch, innerjoin=True), joinedload(Action.device, innerjoin=True))
        .where(Action.status.in_(actions.FAILED), Action.finished_at > clock.now() - FAILED_SINCE)
        .order_by(Action.finished_at.desc())
        .limit(ATTENTION_PER_KIND)
    )
    return [
        Attention(
            kind="action_failed",
            title=f"{row.title} on {row.device.hostname}",
            detail=row.error_message or f"Ended as {row.status.replace('_', ' ')}",
            href=f"/actions/detail/?id={row.id}",
            at=row.finished_at or row.created_at,
        )
        for row in rows
    ]


async def _expiring_tokens(session: AsyncSession) -> list[Attention]:
    now = clock.now()
    rows = await session.scalars(
        select(EnrollmentToken)
        .where(
            EnrollmentToken.revoked_at.is_(None),
            EnrollmentToken.uses < EnrollmentToken.max_uses,
            EnrollmentToken.expires_at > now,
            EnrollmentToken.expires_at < now + TOKEN_EXPIRES_WITHIN,
        )
        .order_by(EnrollmentToken.expires_at)
        .limit(ATTENTION_PER_KIND)
    )
    return [
        Attention(
            kind="token_expiring",
            title=row.name,
            detail=f"Enrollment token with {row.max_uses - row.uses} uses left",
            href="/enrollment/",
            at=row.expires_at,
        )
        for row in rows
    ]


async def _failed_deployments(session: AsyncSession) -> list[Attention]:
    rows = await session.scalars(
        select(Deployment)
        .where(Deployment.state == DeploymentState.FAILED, Deployment.finished_at > clock.now() - FAILED_SINCE)
        .order_by(Deployment.finished_at.desc())
        .limit(ATTENTION_PER_KIND)
    )
    return [
        Attention(
            kind="deployment_failed",
            title=f"{row.profile_name} on {row.title}",
            detail=row.error_message or "It failed",
            href=f"/deployments/detail/?id={row.id}",
            at=row.finished_at or row.created_at,
        )
        for row in rows
    ]


async def _waiting_machines(session: AsyncSession) -> list[Attention]:
    rows = await session.scalars(
        select(BootSession)
        .where(BootSession.state == SessionState.WAITING)
        .order_by(BootSession.created_at.desc())
        .limit(ATTENTION_PER_KIND)
    )
    return [
        Attention(
            kind="machine_waiting",
            title=MachineFacts.model_validate(row.facts).title,
            detail=f"Waits in the boot environment, with the code {approval_code(row.public_key, row.nonce)}",
            href="/deployments/",
            at=row.created_at,
        )
        for row in rows
    ]
