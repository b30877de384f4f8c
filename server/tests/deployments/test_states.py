"""The table of states, and that nothing in it leads to a second wipe (S-18)."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from deployflow.deployments.errors import DeploymentStateWrong
from deployflow.deployments.states import (
    CONSUMES,
    ENDED,
    NEVER_ONCE_CONSUMED,
    ONLY_ONCE_CONSUMED,
    TRANSITIONS,
    Event,
    State,
    advance,
    allowed,
)
from deployflow.platform import clock

EVERY = [(state, event, consumed) for state in State for event in Event for consumed in (False, True)]
# In these a machine is, or may be, told to work on its disk.
MAY_WIPE = frozenset({State.ARMED, State.RUNNING, State.WAITING_FOR_APPROVAL})


class Row:
    """A deployment, as far as the table knows it."""

    def __init__(self, state: State, *, consumed: bool = False) -> None:
        self.state = state
        self.consumed_at = clock.now() if consumed else None
        self.finished_at = clock.now() if state in ENDED else None
        self.changes = 1


@pytest.mark.parametrize(
    ("state", "event", "consumed"), [one for one in EVERY if not allowed(one[0], one[1], consumed=one[2])]
)
def test_a_forbidden_jump_changes_nothing(state: State, event: Event, consumed: bool) -> None:  # noqa: FBT001  of the table
    row = Row(state, consumed=consumed)
    with pytest.raises(DeploymentStateWrong) as caught:
        advance(row, event)
    assert (row.state, row.changes) == (state, 1)
    assert len(caught.value.detail) > 20


@pytest.mark.parametrize(
    ("state", "event", "consumed"), [one for one in EVERY if allowed(one[0], one[1], consumed=one[2])]
)
def test_an_allowed_jump_is_counted_and_ends_what_it_ends(state: State, event: Event, consumed: bool) -> None:  # noqa: FBT001  of the table
    row = Row(state, consumed=consumed)
    advance(row, event)
    assert row.state == TRANSITIONS[state, event]
    assert (row.finished_at is not None) == (row.state in ENDED)
    assert row.changes == 2
    if event in CONSUMES:
        assert row.consumed_at is not None


def test_no_event_leads_a_consumed_deployment_to_its_disk() -> None:
    """S-18: not one step, and so not in any number of them."""
    for (state, event), after in TRANSITIONS.items():
        if allowed(state, event, consumed=True) and after in MAY_WIPE:
            pytest.fail(f"{state} → {after} by {event}")
    assert not NEVER_ONCE_CONSUMED & ONLY_ONCE_CONSUMED


class Life(RuleBasedStateMachine):
    """Whatever happens, in whatever order."""

    def __init__(self) -> None:
        super().__init__()
        self.row = Row(State.ARMED)
        self.was_consumed = False

    @rule(event=st.sampled_from(sorted(Event)))
    def happens(self, event: Event) -> None:
        before = self.row.state
        try:
            advance(self.row, event)
        except DeploymentStateWrong:
            assert self.row.state == before
        self.was_consumed = self.was_consumed or self.row.consumed_at is not None

    @invariant()
    def a_consumed_one_never_works_on_a_disk_again(self) -> None:
        if self.was_consumed:
            assert self.row.consumed_at is not None
            assert self.row.state not in MAY_WIPE


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=400, stateful_step_count=40, deadline=None)
