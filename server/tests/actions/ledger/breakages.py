"""Ways to break the ledger on purpose: a machine that does not notice them shows nothing."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.actions import leasing, reporting, states, tasks
from deployflow.actions.leasing import Delivery, Sight, Visit
from deployflow.actions.models import Action
from deployflow.actions.reporting import Outcome
from deployflow.actions.schemas import Finished
from deployflow.actions.states import ENDED, Event, Status, advance
from deployflow.platform.runtime import Runtime

Breakage = Callable[[pytest.MonkeyPatch], None]
Visits = Mapping[UUID, tuple[Visit, Sight]]


def a_lease_checks_no_fence(patch: pytest.MonkeyPatch) -> None:
    """Whoever looked first leases too, though another has leased meanwhile."""
    whole = leasing.hand_out

    async def hand_out(runtime: Runtime, session: AsyncSession, visits: Visits) -> dict[UUID, list[Delivery]]:
        for _visit, sight in visits.values():
            now = await session.execute(select(Action.id, Action.fence).where(Action.id.in_(sight.hand_out)))
            sight.hand_out.update({row.id: row.fence for row in now})
        return await whole(runtime, session, visits)

    patch.setattr(leasing, "hand_out", hand_out)


def a_dead_runs_report_counts_over_a_newer_run(patch: pytest.MonkeyPatch) -> None:
    whole = leasing._lease

    def lease(action: Action, visit: Visit, now: datetime, duration: timedelta) -> None:
        whole(action, visit, now, duration)
        action.fence_floor = 1

    patch.setattr(leasing, "_lease", lease)


def two_leases_run_at_once(patch: pytest.MonkeyPatch) -> None:
    """Another hand-out under the same fence."""
    whole = leasing._lease

    def lease(action: Action, visit: Visit, now: datetime, duration: timedelta) -> None:
        again = action.status == Status.LEASED
        whole(action, visit, now, duration)
        action.fence -= again
        action.fence_floor = min(action.fence_floor, action.fence)

    patch.setattr(leasing, "_lease", lease)


def what_a_device_holds_is_handed_out_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(leasing, "_holds", lambda _visit, _row: False)


def more_is_handed_out_than_there_is_room_for(patch: pytest.MonkeyPatch) -> None:
    whole = leasing._see
    patch.setattr(leasing, "_see", lambda visit, *rest: whole(replace(visit, free_slots=visit.free_slots + 1), *rest))


def what_was_cancelled_is_handed_out(patch: pytest.MonkeyPatch) -> None:
    whole = leasing.hand_out

    async def hand_out(runtime: Runtime, session: AsyncSession, visits: Visits) -> dict[UUID, list[Delivery]]:
        for _visit, sight in visits.values():
            await session.execute(update(Action).where(Action.id.in_(sight.hand_out)).values(cancel_requested_at=None))
        return await whole(runtime, session, visits)

    patch.setattr(leasing, "hand_out", hand_out)


def a_lost_answer_takes_back_what_came_with_a_later_one(patch: pytest.MonkeyPatch) -> None:
    whole = leasing.hand_back

    async def hand_back(session: AsyncSession, deliveries: Mapping[UUID, int]) -> None:
        now = await session.execute(select(Action.id, Action.fence).where(Action.id.in_(deliveries)))
        await whole(session, {row.id: row.fence for row in now})

    patch.setattr(leasing, "hand_back", hand_back)


def _finish_unless(patch: pytest.MonkeyPatch, wrong: Callable[[Action], bool], outcome: Outcome = "accepted") -> None:
    whole = reporting._finish

    async def finish(session: AsyncSession, ledger: Any, action: Action, report: Finished) -> Outcome:
        return outcome if wrong(action) else await whole(session, ledger, action, report)

    patch.setattr(reporting, "_finish", finish)


def a_result_is_acknowledged_and_not_kept(patch: pytest.MonkeyPatch) -> None:
    """Of an action that had printed something."""
    _finish_unless(patch, lambda action: action.log_bytes > 0)


def a_late_result_does_not_count(patch: pytest.MonkeyPatch) -> None:
    _finish_unless(patch, lambda action: action.status in ENDED, "duplicate")


def a_settled_end_is_written_again(patch: pytest.MonkeyPatch) -> None:
    def unsettle(action: Action) -> bool:
        action.presumed = action.presumed or action.status in states.PRESUMED_ENDS
        return False

    _finish_unless(patch, unsettle)


def what_had_started_waits_again_when_its_lease_ends(patch: pytest.MonkeyPatch) -> None:
    whole = tasks._settle
    patch.setitem(
        states.TRANSITIONS,  # type: ignore[arg-type]
        Event.RETURN_TO_PENDING,
        (frozenset({Status.LEASED, Status.RUNNING}), frozenset({Status.PENDING})),
    )

    async def settle(session: AsyncSession, action: Action) -> None:
        if action.status != Status.RUNNING:
            await whole(session, action)
            return
        advance(action, Event.RETURN_TO_PENDING)
        action.lease_until = None

    patch.setattr(tasks, "_settle", settle)


def what_began_unseen_before_it_expired_is_stopped(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reporting, "REGAINABLE", frozenset({Status.INTERRUPTED}))


def acknowledged_output_is_dropped(patch: pytest.MonkeyPatch) -> None:
    """The last of several pieces in one call."""
    whole = reporting._keep_chunks

    async def keep(session: AsyncSession, ledger: Any) -> None:
        if len(ledger.chunks) > 1:
            ledger.chunks.popitem()
        await whole(session, ledger)

    patch.setattr(reporting, "_keep_chunks", keep)


def output_that_comes_again_is_counted_again(patch: pytest.MonkeyPatch) -> None:
    async def forget(_session: AsyncSession, _ledger: Any) -> None:
        pass

    patch.setattr(reporting, "_forget_known", forget)


BREAKAGES: tuple[Breakage, ...] = (
    a_lease_checks_no_fence,
    a_dead_runs_report_counts_over_a_newer_run,
    two_leases_run_at_once,
    what_a_device_holds_is_handed_out_again,
    more_is_handed_out_than_there_is_room_for,
    what_was_cancelled_is_handed_out,
    a_lost_answer_takes_back_what_came_with_a_later_one,
    a_result_is_acknowledged_and_not_kept,
    a_late_result_does_not_count,
    a_settled_end_is_written_again,
    what_had_started_waits_again_when_its_lease_ends,
    what_began_unseen_before_it_expired_is_stopped,
    acknowledged_output_is_dropped,
    output_that_comes_again_is_counted_again,
)
