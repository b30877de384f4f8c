import pytest

from deployflow.checkin import agent_endpoints
from deployflow.checkin.agent_endpoints import LONGEST_RETRY_S, OUTAGE_RETRY_S, CheckInEndpoint


class TestAnOutageOfTheDatabase:
    def test_a_short_one_sends_devices_away_for_moments_and_a_long_one_for_longer(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = 1000.0
        monkeypatch.setattr(agent_endpoints.time, "monotonic", lambda: now)
        endpoint = CheckInEndpoint()
        assert endpoint._outage_retry_s() == OUTAGE_RETRY_S
        now += 20
        assert endpoint._outage_retry_s() == 20
        now += 25
        assert endpoint._outage_retry_s() == LONGEST_RETRY_S
        now += LONGEST_RETRY_S + 1
        assert endpoint._outage_retry_s() == OUTAGE_RETRY_S, "the next outage is another one"
