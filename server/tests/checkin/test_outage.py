import pytest

from deployflow.checkin import agent_endpoints
from deployflow.checkin.agent_endpoints import LONGEST_RETRY_S, OUTAGE_RETRY_S, CheckInEndpoint
from deployflow.platform.db import Database


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
        told = endpoint._outage_retry_s(began - 1)
        assert told == OUTAGE_RETRY_S
        while clock.now < began + 60:
            clock.now += told
            told = endpoint._outage_retry_s(began - 1)
            assert told == min(LONGEST_RETRY_S, max(OUTAGE_RETRY_S, int(clock.now - began)))
        assert told == LONGEST_RETRY_S

    def test_when_those_sent_away_came_back_without_a_failure_the_next_outage_is_another_one(
        self, clock: Clock
    ) -> None:
        endpoint = CheckInEndpoint()
        for _ in range(5):
            assert endpoint._outage_retry_s(0) == OUTAGE_RETRY_S
            clock.now += 8

    def test_where_it_was_back_in_between_the_next_outage_is_another_one_however_soon(self, clock: Clock) -> None:
        endpoint = CheckInEndpoint()
        for _ in range(10):
            began = clock.now
            while clock.now < began + 3:
                assert endpoint._outage_retry_s(began - 0.5) == OUTAGE_RETRY_S
                clock.now += 0.5
            clock.now += 1

    async def test_a_connection_is_what_tells_that_it_is_back(self, db: Database) -> None:
        await db.ping()
        before = db.connected_at
        await db.ping()
        assert db.connected_at == before
        await db.writer.dispose()
        await db.reader.dispose()
        await db.ping()
        assert db.connected_at > before
