"""The table of states: every jump it does not name is refused."""

from itertools import product
from typing import get_args

import pytest

from deployflow.uploads.errors import UploadStateWrong
from deployflow.uploads.states import TRANSITIONS, UploadEvent, UploadState, advance

JUMPS = list(product(UploadState, get_args(UploadEvent)))


@pytest.mark.parametrize(("state", "event"), [jump for jump in JUMPS if jump not in TRANSITIONS])
def test_an_upload_does_not_jump(state: UploadState, event: UploadEvent) -> None:
    with pytest.raises(UploadStateWrong):
        advance(state, event)
