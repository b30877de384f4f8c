"""The rules of ordering: queue, cancel, run again. What devices do with it stands in `leasing` and `reporting`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from deployflow.actions import kinds
from deployflow.actions.errors import (
    ActionEnded,
    ActionNotFound,
    DeviceRefusesActions,
    DevicesNotFound,
    KindUnknown,
    NotForThisDevice,
    PayloadInvalid,
)
from deployflow.actions.kinds import Prepared, Target
from deployflow.actions.models import Action, ActionBatch
from deployflow.actions.states import ENDED, Event, Status, Step, advance
from deployflow.devices.models import Device
from deployflow.platform import clock, trail
from deployflow.platform.changes import changed, wake_after_commit
from deployflow.platform.context import Context
from deployflow.platform.errors import PreconditionFailed
from deployflow.platform.ids import new_id

WORK = "work"
"""The channel that wakes devices; its keys are device ids."""
ENDS = "ends"
"""The channel that says that actions of an order ended; its keys are batch ids."""

LOG_LIMIT_BYTES = 1024 * 1024
# Screens that show one of many actions follow the list; naming each of ten thousand would help nobody.
MAX_TOPICS = 50
# An order whose answer names ten thousand actions weighs megabytes; the rest is listed by its batch.
MAX_ITEMS = 200


@dataclass(frozen=True, slots=True)
class Order:
    """What was queued: the first actions of it, and how many there are."""

    batch_id: UUID
    count: int
    items: list[Action]


async def queue(
    session: AsyncSession,
    *,
    device_ids: Sequence[UUID],
    kind: str,
    payload: dict[str, Any],
    may: Callable[[str], bool],
    expires_in: timedelta,
    time_limit: timedelta | None = None,
    noted: bool = True,
) -> Order:
    """Order one thing on one or many devices, one row each, all or none.

    `noted` is False where a domain above says on the trail what it does by this.

    Raises:
        KindUnknown, PayloadInvalid, DevicesNotFound, DeviceRefusesActions, NotForThisDevice: and nothing is queued.
    """
    targets = await _targets(session, device_ids)
    prepared = await prepare(session, kind, payload, may=may)
    _check_targets(prepared, targets)
    order = await insert_order(session, kind, prepared, targets, expires_in=expires_in, time_limit=time_limit)
    if noted:
        trail.note(
            session,
            "action.queued",
            target_type="action_batch",
            target_id=order.batch_id,
            target_name=prepared.title,
            changes={"devices": (None, len(targets)), "kind": (None, kind)},
        )
    return order


async def prepare(session: AsyncSession, kind: str, payload: dict[str, Any], *, may: Callable[[str], bool]) -> Prepared:
    """Check what is to be done, once for all devices.

    Raises:
        KindUnknown, PayloadInvalid, and what the kind itself raises.
    """
    doer = kinds.get(kind)
    if doer is None:
        raise KindUnknown(f"There is no kind '{kind[:60]}'; known: {', '.join(kinds.names())}")
    return await doer.prepare(session, _parsed(doer, payload), may=may)


async def run_again(session: AsyncSession, action_id: UUID, *, may: Callable[[str], bool]) -> Action:
    """Order the same thing on the same device once more: the same script version, the same parameters.

    Raises:
        ActionNotFound, DeviceRefusesActions, NotForThisDevice: and nothing is queued.
    """
    old = await session.scalar(
        select(Action).where(Action.id == action_id).options(joinedload(Action.batch).undefer(ActionBatch.payload))
    )
    if old is None:
        raise ActionNotFound
    targets = await _targets(session, [old.device_id])
    prepared = await prepare(session, old.kind, old.batch.payload, may=may)
    _check_targets(prepared, targets)
    order = await insert_order(
        session,
        old.kind,
        prepared,
        targets,
        expires_in=old.expires_at - old.created_at,
        time_limit=timedelta(seconds=old.timeout_s),
    )
    (action,) = order.items
    trail.note(
        session,
        "action.queued",
        target_type="action",
        target_id=action.id,
        target_name=prepared.title,
        changes={"again": (str(old.id), str(action.id)), "device": (None, targets[0].hostname)},
    )
    return action


async def cancel(session: AsyncSession, action_id: UUID, *, expected: int | None = None) -> Action:
    """Call an action off: at once while it waits, through its device's check-in once it was handed out.

    Asked twice, the second time changes nothing.

    Raises:
        ActionNotFound, ActionEnded.
    """
    action = await call_off(session, action_id, expected=expected)
    trail.note(
        session,
        "action.cancelled",
        target_type="action",
        target_id=action.id,
        target_name=f"{action.batch.title} on {action.device.hostname}",
    )
    return action


async def call_off(session: AsyncSession, action_id: UUID, *, expected: int | None = None) -> Action:
    """The same for a domain above, which notes on the trail what it called off.

    Raises:
        ActionNotFound, ActionEnded.
    """
    action = await _locked(session, action_id)
    if expected is not None and action.changes != expected:
        raise PreconditionFailed
    if action.status in ENDED:
        raise ActionEnded(f"It is already {action.status.replace('_', ' ')}: there is nothing left to cancel")
    context: Context = session.info["context"]
    by = context.actor.name
    if action.cancel_requested_at is None:
        action.cancel_requested_at = clock.now()
        action.cancel_requested_by = by[:200]
        if action.status == Status.PENDING:
            advance(action, Event.CANCEL, reason=f"Cancelled by {by} before the device had it")
            await finished(session, action)
        else:
            action.changes += 1
            wake_after_commit(session, WORK, str(action.device_id))
    announce(session, [action])
    return action


async def finished(session: AsyncSession, action: Action) -> None:
    """Tell the kind that an action ended, or that its end was corrected."""
    action.lease_until = None
    wake_after_commit(session, ENDS, str(action.batch_id))
    doer = kinds.get(action.kind)
    if doer is not None:
        await doer.on_finished(session, action)


def announce(session: AsyncSession, actions: Sequence[Action]) -> None:
    """Tell the screens, after the commit, that these changed."""
    by_tenant: dict[UUID, set[str]] = {}
    for action in actions:
        topics = by_tenant.setdefault(action.tenant_id, {"actions"})
        if len(topics) < MAX_TOPICS:
            topics |= {f"action:{action.id}", f"device:{action.device_id}", f"run:{action.batch_id}"}
    for tenant_id, topics in by_tenant.items():
        changed(session, *topics, tenant_id=tenant_id)


async def _locked(session: AsyncSession, action_id: UUID) -> Action:
    action = await session.scalar(
        select(Action)
        .where(Action.id == action_id)
        .options(joinedload(Action.batch, innerjoin=True), joinedload(Action.device, innerjoin=True))
        .with_for_update(of=Action)
    )
    if action is None:
        raise ActionNotFound
    return action


async def _targets(session: AsyncSession, device_ids: Sequence[UUID]) -> list[Target]:
    wanted = list(dict.fromkeys(device_ids))
    rows = (
        await session.execute(
            select(
                Device.id, Device.hostname, Device.os_family, Device.architecture, Device.os_version, Device.state
            ).where(Device.id.in_(wanted))
        )
    ).all()
    found = {row.id: row for row in rows}
    missing = [str(device_id) for device_id in wanted if device_id not in found]
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""  # noqa: PLR2004  enough to find them
        raise DevicesNotFound(f"There is no device {', '.join(missing[:3])}{more}: nothing was queued")
    revoked = [row.hostname for row in rows if row.state == "revoked"]
    if revoked:
        raise DeviceRefusesActions(
            f"{revoked[0]} is revoked and takes no actions: leave it out, or approve it again"
            + (f" ({len(revoked)} such devices)" if len(revoked) > 1 else "")
        )
    return [
        Target(
            id=row.id,
            hostname=row.hostname,
            os_family=row.os_family,
            architecture=row.architecture,
            os_version=row.os_version,
        )
        for row in map(found.get, wanted)
        if row
    ]


def _parsed(doer: kinds.ActionKind, payload: dict[str, Any]) -> Any:
    try:
        return doer.payload_model.model_validate(payload)
    except ValidationError as error:
        errors = [
            {"loc": ["payload", *map(str, item["loc"])], "msg": item["msg"], "type": item["type"]}
            for item in error.errors(include_url=False, include_context=False)[:50]
        ]
        first = errors[0]
        raise PayloadInvalid(f"{'.'.join(first['loc'])}: {first['msg']}", errors=errors) from error


def _check_targets(prepared: Prepared, targets: Sequence[Target]) -> None:
    refused = [(target, why) for target in targets if (why := prepared.refuses(target))]
    if refused:
        target, why = refused[0]
        more = f" The same holds for {len(refused) - 1} more." if len(refused) > 1 else ""
        raise NotForThisDevice(
            f"{target.hostname}: {why}.{more} Nothing was queued.",
            devices=[str(other.id) for other, _why in refused[:100]],
        )


async def insert_order(
    session: AsyncSession,
    kind: str,
    prepared: Prepared,
    targets: Sequence[Target],
    *,
    expires_in: timedelta,
    time_limit: timedelta | None,
    held: bool = False,
) -> Order:
    """Queue what was checked, one action each; their ids sort as `targets` stand.

    `held` ones are handed to nobody until whoever queued them lets them go.
    """
    context: Context = session.info["context"]
    now = clock.now()
    source = prepared.source
    timeout_s = int((time_limit or prepared.timeout).total_seconds())
    batch = ActionBatch(
        id=new_id(),
        tenant_id=context.tenant_id,
        created_at=now,
        kind=kind,
        title=prepared.title[:200],
        payload=prepared.payload,
        parameters=prepared.parameters,
        language=prepared.language,
        source_id=source.id if source else None,
        source_name=source.name if source else None,
        source_version_id=source.version_id if source else None,
        source_version_number=source.version_number if source else None,
        timeout_s=timeout_s,
        log_limit_bytes=LOG_LIMIT_BYTES,
        expires_at=now + expires_in,
        created_by_type=context.actor.type,
        created_by_id=context.actor.id,
        created_by_name=context.actor.name[:200],
    )
    session.add(batch)
    await session.flush()
    # Made at one moment, they would be in no order.
    ids = sorted(new_id() for _ in targets)
    rows = [_row(action_id, batch, target, now, held=held) for action_id, target in zip(ids, targets, strict=True)]
    await session.execute(insert(Action), rows)
    items = list(
        await session.scalars(
            select(Action)
            .where(Action.id.in_([row["id"] for row in rows[:MAX_ITEMS]]))
            .options(joinedload(Action.batch, innerjoin=True), joinedload(Action.device, innerjoin=True))
            .order_by(Action.id)
        )
    )
    if not held:
        wake_after_commit(session, WORK, *(str(target.id) for target in targets))
    announce(session, items)
    return Order(batch_id=batch.id, count=len(rows), items=items)


def _row(action_id: UUID, batch: ActionBatch, target: Target, now: datetime, *, held: bool) -> dict[str, Any]:
    return {
        "id": action_id,
        "tenant_id": batch.tenant_id,
        "created_at": now,
        "batch_id": batch.id,
        "device_id": target.id,
        "kind": batch.kind,
        "source_id": batch.source_id,
        "created_by_id": batch.created_by_id,
        "status": Status.PENDING,
        "held": held,
        "timeline": [Step(Status.PENDING, now).as_json()],
        "expires_at": batch.expires_at,
        "timeout_s": batch.timeout_s,
        "log_limit_bytes": batch.log_limit_bytes,
    }
