import pytest

from deployflow.checkin import agent_endpoints
from deployflow.checkin.agent_endpoints import LONGEST_RETRY_S, OUTAGE_RETRY_S, CheckInEndpoint


class Clock:
    now = 1000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(agent_endpoints.time, "monotonic", lambda: made.now)
    return made


class TestAnOutageOfTheDatabase:
    def test_the_longer_it_lasts_the_longer_devices_are_sent_away(self, clock: Clock) -> None:
        endpoint, began = CheckInEndpoint(), clock.now
        told = endpoint._outage_retry_s()
        assert told == OUTAGE_RETRY_S
        while clock.now < began + 60:
            clock.now += told
            told = endpoint._outage_retry_s()
            assert told == min(LONGEST_RETRY_S, max(OUTAGE_RETRY_S, int(clock.now - began)))
        assert told == LONGEST_RETRY_S

    def test_when_those_sent_away_came_back_without_a_failure_the_next_outage_is_another_one(
        self, clock: Clock
    ) -> None:
        endpoint = CheckInEndpoint()
        for _ in range(5):
            assert endpoint._outage_retry_s() == OUTAGE_RETRY_S
            clock.now += 8
