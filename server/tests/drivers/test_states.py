"""The table of states: every jump it does not name is refused."""

from itertools import product
from typing import get_args

import pytest

from deployflow.drivers.errors import PackStateWrong
from deployflow.drivers.states import TRANSITIONS, PackEvent, PackState, advance

JUMPS = list(product(PackState, get_args(PackEvent)))


@pytest.mark.parametrize(("state", "event"), [jump for jump in JUMPS if jump not in TRANSITIONS])
def test_a_pack_does_not_jump(state: PackState, event: PackEvent) -> None:
    with pytest.raises(PackStateWrong):
        advance(state, event)
