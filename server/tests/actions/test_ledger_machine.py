"""R-01: whatever the world does to a server and a device, nothing runs twice and nothing acknowledged is lost.

What must hold stands in `ledger/promises.py`. `DEPLOYFLOW_LEDGER_EXAMPLES` sets how many lives are tried (100 unless
told; a night takes 2000).

That the machine notices a broken ledger is shown by breaking it, in the ways of `ledger/breakages.py`. How many lives
it took, in three runs with other seeds (three to four lives a second on a busy machine). After these runs it learned
to send a call twice, because of the last line:

    a_lease_checks_no_fence                                 12, 7, 4
    a_dead_runs_report_counts_over_a_newer_run              21, 10, 33
    two_leases_run_at_once                                  12, 7, 4
    what_a_device_holds_is_handed_out_again                 12, 10, 4
    more_is_handed_out_than_there_is_room_for               8, 5, 4
    what_was_cancelled_is_handed_out                        4, 35, 4
    a_lost_answer_takes_back_what_came_with_a_later_one     12, 7, 4
    a_result_is_acknowledged_and_not_kept                   14, 21, 4
    a_late_result_does_not_count                            3, 3, 3
    a_settled_end_is_written_again                          12, 7, 37
    what_had_started_waits_again_when_its_lease_ends        3, 3, 3
    what_began_unseen_before_it_expired_is_stopped          106, 21, 22
    acknowledged_output_is_dropped                          22, 21, 4
    output_that_comes_again_is_counted_again                14, over 160, 4
"""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import run_state_machine_as_test

from deployflow.platform.settings import Settings
from tests.actions.ledger.breakages import BREAKAGES, Breakage
from tests.actions.ledger.machine import LedgerMachine
from tests.actions.ledger.world import World
from tests.conftest import BACKEND

EXAMPLES = int(os.environ.get("DEPLOYFLOW_LEDGER_EXAMPLES", "100"))
STEPS = 40


# Lives in which each breakage shows itself early; others find it too, as the table says.
SEED = 6


def live(settings: Settings, *, chance: int | None = None, **how: Any) -> None:
    """Many lives of devices, on one database. `chance`: the same ones every time."""
    world = World(settings)

    def begin() -> LedgerMachine:
        return LedgerMachine(world)

    try:
        run_state_machine_as_test(
            begin if chance is None else seed(chance)(begin),
            settings=hypothesis_settings(
                stateful_step_count=STEPS,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                report_multiple_bugs=False,
                database=None,
                **how,
            ),
        )
    finally:
        world.close()


def test_whatever_happens_nothing_runs_twice_and_nothing_acknowledged_is_lost(settings: Settings) -> None:
    live(settings, max_examples=EXAMPLES, print_blob=True)


@pytest.mark.skipif(BACKEND != "sqlite", reason="what is broken is no matter of the database")
@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda breakage: breakage.__name__)
def test_a_broken_ledger_is_noticed(settings: Settings, monkeypatch: pytest.MonkeyPatch, breakage: Breakage) -> None:
    breakage(monkeypatch)
    with pytest.raises(AssertionError):
        # The first life that goes wrong is enough.
        live(settings, chance=SEED, max_examples=300, phases=[Phase.generate])
