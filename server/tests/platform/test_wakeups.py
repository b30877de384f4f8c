import asyncio
import json
from collections.abc import AsyncIterator

import psycopg
import pytest
from sqlalchemy.engine import make_url

from deployflow.platform.db import Database
from deployflow.platform.wakeups import KEY_BYTES_PER_MESSAGE, POSTGRES_CHANNEL, Wakeups


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
        # As long as the topic of a device, in more than one message.
        wanted = {f"{number:036}/device:{number:036}" for number in range(3 * KEY_BYTES_PER_MESSAGE // 80)}
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

    async def test_a_listener_that_fails_ends_nothing(self, pair: tuple[Wakeups, Wakeups], db: Database) -> None:
        here, there = pair
        gap, news = asyncio.Event(), asyncio.Event()

        def stumble(keys: frozenset[str]) -> None:
            if "bad" in keys:
                raise ValueError("a mistake in a listener")
            news.set()

        there.listen("work", stumble)
        there.listen_for_gaps(gap.set)
        here.publish("work", ["bad"])
        await asyncio.wait_for(gap.wait(), 10)
        conninfo = db.url.set(drivername="postgresql").render_as_string(hide_password=False)
        async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
            for nonsense in ("no JSON", "[]", "{}"):
                await connection.execute("SELECT pg_notify(%s, %s)", (POSTGRES_CHANNEL, nonsense))
        for _ in range(100):
            here.publish("work", ["good"])
            if news.is_set():
                break
            await asyncio.sleep(0.1)
        assert news.is_set()

    async def test_a_key_that_is_news_again_while_it_is_being_sent_is_sent_again(self) -> None:
        wakeups = Wakeups(make_url("postgresql+psycopg://nobody@/none"))
        wakeups.publish("work", ["device-1"])
        sent: list[list[str]] = []

        class Connection:
            async def execute(self, _statement: str, parameters: tuple[str, str]) -> None:
                assert parameters[0] == POSTGRES_CHANNEL
                sent.append(json.loads(parameters[1])["keys"])
                if len(sent) == 1:
                    wakeups.publish("work", ["device-1"])

        await wakeups._send_pending(Connection())  # type: ignore[arg-type]
        assert wakeups._news.is_set()
        await wakeups._send_pending(Connection())  # type: ignore[arg-type]
        assert sent == [["device-1"]] * 2

    async def test_what_could_not_be_sent_is_kept_for_the_next_connection(self) -> None:
        wakeups = Wakeups(make_url("postgresql+psycopg://nobody@/none"))
        wakeups.publish("work", ["device-1"])
        sent: list[str] = []

        class Broken:
            async def execute(self, _statement: str, _parameters: tuple[str, str]) -> None:
                raise psycopg.OperationalError("server closed the connection unexpectedly")

        class Connection:
            async def execute(self, _statement: str, parameters: tuple[str, str]) -> None:
                sent.extend(json.loads(parameters[1])["keys"])

        with pytest.raises(psycopg.OperationalError):
            await wakeups._send_pending(Broken())  # type: ignore[arg-type]
        await wakeups._send_pending(Connection())  # type: ignore[arg-type]
        assert sent == ["device-1"]
