import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from deployflow.platform.db import Database
from deployflow.platform.wakeups import KEYS_PER_MESSAGE, Wakeups


@pytest.fixture
async def pair(db: Database) -> AsyncIterator[tuple[Wakeups, Wakeups]]:
    """The wake-ups of two processes on one PostgreSQL."""
    if db.is_sqlite:
        pytest.skip("SQLite has one server process; run with DEPLOYFLOW_TEST_DATABASE=postgresql")
    both = (Wakeups(db.url), Wakeups(db.url))
    ready = [asyncio.Event() for _ in both]
    for wakeups, event in zip(both, ready, strict=True):
        wakeups.listen_for_gaps(event.set)
        await wakeups.start()
    await asyncio.wait_for(asyncio.gather(*(event.wait() for event in ready)), 5)
    yield both
    for wakeups in both:
        await wakeups.stop()


class TestOneProcess:
    def test_a_listener_hears_its_channel_only(self) -> None:
        wakeups = Wakeups(None)
        heard: list[frozenset[str]] = []
        wakeups.listen("work", heard.append)
        wakeups.publish("work", ["a", "b"])
        wakeups.publish("changes", ["c"])
        wakeups.publish("work", [])
        assert heard == [frozenset({"a", "b"})]


class TestTwoProcesses:
    async def test_the_other_process_hears_every_key_and_the_sender_hears_it_once(
        self, pair: tuple[Wakeups, Wakeups]
    ) -> None:
        here, there = pair
        at_home: list[frozenset[str]] = []
        away: set[str] = set()
        here.listen("work", at_home.append)
        there.listen("work", away.update)
        wanted = {f"device-{number}" for number in range(3 * KEYS_PER_MESSAGE + 1)}
        here.publish("work", wanted)
        for _ in range(100):
            if away == wanted:
                break
            await asyncio.sleep(0.05)
        assert away == wanted
        assert at_home == [frozenset(wanted)]

    async def test_after_a_lost_connection_listeners_learn_of_the_gap_and_hear_again(
        self, pair: tuple[Wakeups, Wakeups], db: Database
    ) -> None:
        here, there = pair
        gap, news = asyncio.Event(), asyncio.Event()
        there.listen_for_gaps(gap.set)
        there.listen("work", lambda _keys: news.set())
        conninfo = db.url.set(drivername="postgresql").render_as_string(hide_password=False)
        async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await asyncio.wait_for(gap.wait(), 10)
        here.publish("work", ["device-1"])
        await asyncio.wait_for(news.wait(), 10)
