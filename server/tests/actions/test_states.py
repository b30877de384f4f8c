"""Every jump that the table does not know is refused, and changes nothing."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from typing import Any

import pytest

from deployflow.actions.states import (
    CONCLUDES,
    ENDED,
    LIVE,
    NEEDS_PRESUMED,
    TRANSITIONS,
    Event,
    ForbiddenTransition,
    Status,
    advance,
)


@dataclass
class Row:
    status: Status
    presumed: bool = False
    timeline: list[dict[str, Any]] = field(default_factory=list)
    finished_at: datetime | None = None
    changes: int = 1


FORBIDDEN_FROM = [(event, status) for event in Event for status in Status if status not in TRANSITIONS[event][0]]
FORBIDDEN_TO = [(event, status) for event in Event for status in Status if status not in TRANSITIONS[event][1]]
KNOWN = [
    (event, source, target)
    for event, (sources, targets) in TRANSITIONS.items()
    for source, target in product(sorted(sources), sorted(targets))
]


def refused(event: Event, source: Status, target: Status, *, presumed: bool) -> None:
    row = Row(source, presumed)
    with pytest.raises(ForbiddenTransition):
        advance(row, event, target)
    assert row == Row(source, presumed)


@pytest.mark.parametrize(("event", "source"), FORBIDDEN_FROM)
def test_a_forbidden_jump_is_refused_and_changes_nothing(event: Event, source: Status) -> None:
    for target, presumed in product(Status, (False, True)):
        refused(event, source, target, presumed=presumed)


@pytest.mark.parametrize(("event", "target"), FORBIDDEN_TO)
def test_a_jump_to_where_an_event_does_not_lead_is_refused(event: Event, target: Status) -> None:
    for source, presumed in product(Status, (False, True)):
        refused(event, source, target, presumed=presumed)


@pytest.mark.parametrize("event", sorted(NEEDS_PRESUMED))
def test_only_what_the_server_concluded_is_corrected(event: Event) -> None:
    sources, targets = TRANSITIONS[event]
    for source, target in product(sources, targets):
        refused(event, source, target, presumed=False)


@pytest.mark.parametrize(("event", "source", "target"), KNOWN)
def test_a_known_jump_is_made_and_written_down(event: Event, source: Status, target: Status) -> None:
    row = Row(source, presumed=True)
    advance(row, event, target, reason="because")
    assert row.status == target
    assert (row.finished_at is not None) == (target in ENDED)
    assert row.presumed == (event in CONCLUDES)
    assert row.changes == 2
    assert [(step["status"], step["reason"]) for step in row.timeline] == [(target, "because")]


def test_what_the_device_reported_is_never_changed_again() -> None:
    for event, status in product(Event, ENDED):
        for target in Status:
            with pytest.raises(ForbiddenTransition):
                advance(Row(status, presumed=False), event, target)


def test_a_running_action_never_returns_to_pending() -> None:
    assert all(
        Status.PENDING not in targets or Status.RUNNING not in sources for sources, targets in TRANSITIONS.values()
    )


def test_an_event_with_several_ends_has_to_name_one() -> None:
    with pytest.raises(ForbiddenTransition):
        advance(Row(Status.RUNNING), Event.FINISH)


def test_every_status_is_live_or_ended() -> None:
    assert set(Status) == LIVE | ENDED
