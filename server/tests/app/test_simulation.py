import random

import pytest

from deployflow.app.simulation.backoff import Backoff


@pytest.fixture(params=range(20))
def backoff(request: pytest.FixtureRequest) -> Backoff:
    return Backoff(random.Random(request.param))  # noqa: S311  no secret


class TestBackOff:
    def test_each_try_lies_in_its_own_window_and_the_windows_double_up_to_64_s(self, backoff: Backoff) -> None:
        now = begins = 0.0
        for window in (1, 2, 4, 8, 16, 32, 64, 64, 64):
            now += backoff.next(None)
            assert begins <= now <= begins + window
            begins += window

    def test_after_an_outage_of_3_s_everybody_is_back_within_5(self, backoff: Backoff) -> None:
        now = 0.0
        while now < 3:
            now += backoff.next(None)
        assert now <= 3 + 5

    def test_what_the_server_asks_for_wins_and_a_success_begins_anew(self, backoff: Backoff) -> None:
        for _ in range(5):
            backoff.next(None)
        assert backoff.next(7) == 7
        backoff.reset()
        assert backoff.next(None) <= 1
