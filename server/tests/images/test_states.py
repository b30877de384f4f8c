"""The table of states: every jump it does not name is refused."""

from itertools import product
from typing import get_args

import pytest

from deployflow.images.errors import ImportStateWrong
from deployflow.images.states import TRANSITIONS, UNFINISHED, ImportEvent, ImportState, advance

JUMPS = list(product(ImportState, get_args(ImportEvent)))


@pytest.mark.parametrize(("state", "event"), [jump for jump in JUMPS if jump not in TRANSITIONS])
def test_an_import_does_not_jump(state: ImportState, event: ImportEvent) -> None:
    with pytest.raises(ImportStateWrong):
        advance(state, event)


def test_only_a_retry_leads_out_of_an_end() -> None:
    ends = set(ImportState) - set(UNFINISHED)
    assert {event for state, event in TRANSITIONS if state in ends} == {"retry"}
