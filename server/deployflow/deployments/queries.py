"""Reads of deployments."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from deployflow.deployments.errors import DeploymentNotFound
from deployflow.deployments.models import Deployment, DeploymentLog, DeploymentStep
from deployflow.deployments.schemas import (
    DeploymentLogPage,
    DeploymentLogPiece,
    DeploymentOut,
    DeploymentStepOut,
    DeploymentSummary,
)
from deployflow.deployments.states import ENDED, LIVE, UNDER_WAY, State
from deployflow.platform import clock
from deployflow.platform.paging import ListField, ListParams, ListSpec, Page, fetch_page

MAX_WORDS = 8
# Ended without having touched the machine: what came before still holds for it.
_WITHOUT_EFFECT = or_(
    Deployment.state.in_([State.EXPIRED, State.DENIED]),
    and_(Deployment.state == State.ABORTED, Deployment.started_at.is_(None)),
)


def _search(words: str) -> ColumnElement[bool]:
    return and_(*(Deployment.search_text.contains(word, autoescape=True) for word in words.lower().split()[:MAX_WORDS]))


LIST = ListSpec(
    fields={
        "state": ListField(Deployment.state),
        "device_id": ListField(Deployment.device_id, UUID),
        "profile_id": ListField(Deployment.profile_id, UUID),
        "site_id": ListField(Deployment.site_id, UUID),
        "created_at": ListField(Deployment.created_at, datetime, sortable=True),
        "finished_at": ListField(Deployment.finished_at, datetime),
    },
    key=Deployment.id,
    default_sort="-created_at",
    search=_search,
)


async def page(session: AsyncSession, params: ListParams) -> Page[DeploymentOut]:
    """One page of the tenant's deployments, the newest first."""
    loading = selectinload(Deployment.steps), selectinload(Deployment.device)
    rows, cursor, total = await fetch_page(session, select(Deployment), LIST, params, loading=loading)
    return Page(items=[DeploymentOut.of(row) for row in rows], next_cursor=cursor, total=total)


async def get(session: AsyncSession, deployment_id: UUID) -> Deployment:
    """A deployment with its steps and device.

    Raises:
        DeploymentNotFound: 404.
    """
    row = await session.scalar(
        select(Deployment)
        .where(Deployment.id == deployment_id)
        .options(selectinload(Deployment.steps), selectinload(Deployment.device))
    )
    if row is None:
        raise DeploymentNotFound
    return row


async def steps(session: AsyncSession, deployment_id: UUID) -> list[DeploymentStepOut]:
    """The steps of a deployment in their order; none before it was approved.

    Raises:
        DeploymentNotFound: 404.
    """
    await _require(session, deployment_id)
    rows = await session.scalars(
        select(DeploymentStep).where(DeploymentStep.deployment_id == deployment_id).order_by(DeploymentStep.position)
    )
    return [DeploymentStepOut.model_validate(row) for row in rows]


async def log_page(
    session: AsyncSession, deployment_id: UUID, *, after: int, limit: int, position: int | None
) -> DeploymentLogPage:
    """The next pieces of output, of one step or of all.

    Raises:
        DeploymentNotFound: 404.
    """
    state = await _require(session, deployment_id)
    statement = select(DeploymentLog).where(DeploymentLog.deployment_id == deployment_id, DeploymentLog.number > after)
    if position is not None:
        statement = statement.where(DeploymentLog.position == position)
    rows = list(await session.scalars(statement.order_by(DeploymentLog.number).limit(limit + 1)))
    more = len(rows) > limit
    rows = rows[:limit]
    return DeploymentLogPage(
        pieces=[DeploymentLogPiece.model_validate(row) for row in rows],
        next_after=rows[-1].number if rows else after,
        complete=state in ENDED and not more,
    )


async def newest_of_machine(
    session: AsyncSession,
    tenant_id: UUID,
    *,
    machine_uuid: str | None,
    machine_serial: str | None,
    macs: Sequence[str],
    lock: bool = False,
) -> Deployment | None:
    """What was last done, or is to be done, with the machine that firmware describes so."""
    says = machine_is(machine_uuid=machine_uuid, machine_serial=machine_serial, macs=macs)
    if says is None:
        return None
    statement = (
        select(Deployment)
        .where(Deployment.tenant_id == tenant_id, says, not_(_WITHOUT_EFFECT))
        .order_by(Deployment.created_at.desc(), Deployment.id.desc())
        .limit(1)
    )
    return await session.scalar(statement.with_for_update() if lock else statement)


def machine_is(
    *, machine_uuid: str | None, machine_serial: str | None, macs: Sequence[str]
) -> ColumnElement[bool] | None:
    """Deployments of a machine. What tells more decides: a network card moves from machine to machine."""
    claims: list[ColumnElement[bool]] = []
    unknown: list[ColumnElement[bool]] = []
    for column, said in (
        (Deployment.machine_uuid, [machine_uuid] if machine_uuid else []),
        (Deployment.machine_serial, [machine_serial] if machine_serial else []),
        (Deployment.mac, list(macs)),
    ):
        if said:
            claims.append(and_(column.in_(said), *unknown))
            unknown.append(column.is_(None))
    return or_(*claims) if claims else None


async def names_taken(session: AsyncSession, names: Sequence[str], device_id: UUID | None) -> set[str]:
    """Which of these computer names a deployment that is under way gives to another machine."""
    statement = select(func.upper(Deployment.computer_name)).where(
        Deployment.state.in_(sorted(UNDER_WAY)), func.upper(Deployment.computer_name).in_(names)
    )
    if device_id is not None:
        statement = statement.where(or_(Deployment.device_id.is_(None), Deployment.device_id != device_id))
    return set(await session.scalars(statement))


async def uses_of_profile(session: AsyncSession, profile_id: UUID) -> list[str]:
    """What prepared or running deployments hold it, as sentences."""
    count = await session.scalar(
        select(func.count())
        .select_from(Deployment)
        .where(Deployment.profile_id == profile_id, Deployment.state.in_(sorted(LIVE)))
    )
    if not count:
        return []
    return [f"{count} deployment{'s' if count > 1 else ''} of it {'are' if count > 1 else 'is'} prepared or under way"]


async def summary(session: AsyncSession) -> DeploymentSummary:
    """Numbers for the overview and the wall."""
    live: dict[State, int] = dict(
        (
            await session.execute(
                select(Deployment.state, func.count())
                .where(Deployment.state.not_in(sorted(ENDED)))
                .group_by(Deployment.state)
            )
        ).all()
    )
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    ended: dict[State, int] = dict(
        (
            await session.execute(
                select(Deployment.state, func.count())
                .where(Deployment.finished_at >= today, Deployment.finished_at < today + timedelta(days=1))
                .group_by(Deployment.state)
            )
        ).all()
    )
    return DeploymentSummary(
        armed=live.get(State.ARMED, 0),
        waiting_for_approval=live.get(State.WAITING_FOR_APPROVAL, 0),
        running=live.get(State.RUNNING, 0),
        awaiting_first_boot=live.get(State.AWAITING_FIRST_BOOT, 0),
        finishing=live.get(State.FINISHING, 0),
        succeeded_today=ended.get(State.SUCCEEDED, 0),
        failed_today=ended.get(State.FAILED, 0),
    )


async def _require(session: AsyncSession, deployment_id: UUID) -> State:
    state: Any = await session.scalar(select(Deployment.state).where(Deployment.id == deployment_id))
    if state is None:
        raise DeploymentNotFound
    return State(state)
