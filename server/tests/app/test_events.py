import ast
import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import delete, select, update

from deployflow.app import events
from deployflow.app.events import Streams, TooManyStreams
from deployflow.identity.access import Principal
from deployflow.identity.models import Membership, Role, UserSession
from deployflow.identity.permissions import ALL
from deployflow.platform import clock
from deployflow.platform.changes import CHANGES
from deployflow.platform.context import system_context
from deployflow.platform.ids import new_id
from deployflow.platform.runtime import Runtime
from tests.factories import identity as people
from tests.support.clients import Clients


@pytest.fixture
def runtime(app: FastAPI) -> Runtime:
    found: Runtime = app.state.runtime
    return found


async def viewer(clients: Clients, *permissions: str, tenant_id: UUID | None = None) -> Principal:
    """A principal with a real session behind it."""
    user = await people.signed_in_user(clients.db, tenant_id or clients.tenant_id, *permissions)
    return Principal(
        type="user",
        id=user.user_id,
        user_id=user.user_id,
        name="Ada",
        tenant_id=user.tenant_id,
        permissions=frozenset(permissions),
        session_id=user.session_id,
    )


def listen(runtime: Runtime, who: Principal) -> AsyncIterator[str]:
    return events._events(runtime, runtime.part(Streams), who)


async def next_event(stream: AsyncIterator[str], within_s: float = 5) -> tuple[str, list[str]]:
    async with asyncio.timeout(within_s):
        text = await anext(stream)
    lines = dict(line.split(": ", 1) for line in text.strip().splitlines())
    return lines["event"], json.loads(lines["data"]).get("topics", [])


def topics_in_the_code() -> set[str]:
    """What any `changed(session, …)` names, up to the colon."""
    found = set()
    for file in Path(events.__file__).parents[1].rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or getattr(call.func, "id", None) != "changed":
                continue
            for given in call.args[1:]:
                text = given.values[0] if isinstance(given, ast.JoinedStr) else given
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    found.add(text.value.partition(":")[0])
    return found


class TestWhoHearsWhat:
    def test_every_topic_has_a_permission(self) -> None:
        assert len(topics_in_the_code()) > 20
        assert topics_in_the_code() - events.PERMISSION_OF_TOPIC.keys() == set()

    async def test_a_topic_that_nobody_thought_about_is_nobodys(self, clients: Clients, runtime: Runtime) -> None:
        async with aclosing(listen(runtime, await viewer(clients, *ALL))) as stream:  # type: ignore[type-var]
            await anext(stream)
            heard = asyncio.create_task(next_event(stream))
            await asyncio.sleep(0)
            tenant = clients.tenant_id
            runtime.wakeups.publish(CHANGES, {f"{tenant}/new-thing", f"{tenant}/new-thing:1", f"{tenant}/devices"})
            assert await heard == ("changed", ["devices"])

    async def test_a_change_reaches_the_consoles_of_its_tenant_and_no_other(
        self, clients: Clients, runtime: Runtime
    ) -> None:
        mine, theirs = await viewer(clients, *ALL), await viewer(clients, *ALL, tenant_id=clients.other_tenant_id)
        async with aclosing(listen(runtime, mine)) as here, aclosing(listen(runtime, theirs)) as there:  # type: ignore[type-var]
            assert (await anext(here)).startswith("retry:")
            assert (await anext(there)).startswith("retry:")
            waiting = asyncio.create_task(next_event(there, within_s=60))
            heard = asyncio.create_task(next_event(here))
            await asyncio.sleep(0)
            runtime.wakeups.publish(CHANGES, {f"{clients.tenant_id}/devices", f"{clients.tenant_id}/device:1"})
            assert await heard == ("changed", ["device:1", "devices"])
            runtime.wakeups.publish(CHANGES, {f"{clients.other_tenant_id}/scripts"})
            assert await waiting == ("changed", ["scripts"])

    async def test_nobody_is_told_of_what_they_may_not_read(self, clients: Clients, runtime: Runtime) -> None:
        who = await viewer(clients, "devices:read")
        async with aclosing(listen(runtime, who)) as stream:  # type: ignore[type-var]
            await anext(stream)
            heard = asyncio.create_task(next_event(stream))
            await asyncio.sleep(0)
            tenant = clients.tenant_id
            runtime.wakeups.publish(CHANGES, {f"{tenant}/audit", f"{tenant}/action:7", f"{tenant}/devices"})
            assert await heard == ("changed", ["devices"])

    async def test_a_write_in_the_api_is_heard(self, clients: Clients, runtime: Runtime) -> None:
        who = await viewer(clients, *ALL)
        async with aclosing(listen(runtime, who)) as stream:  # type: ignore[type-var]
            await anext(stream)
            heard = asyncio.create_task(next_event(stream))
            writer = await clients.signed_in("enrollment:write", "enrollment:read")
            answer = await writer.post("/api/v1/enrollment-tokens", json={"name": "first"})
            assert answer.status_code == 201
            kind, topics = await heard
            assert kind == "changed"
            assert "enrollment" in topics

    async def test_a_burst_is_one_event(self, clients: Clients, runtime: Runtime) -> None:
        who = await viewer(clients, *ALL)
        async with aclosing(listen(runtime, who)) as stream:  # type: ignore[type-var]
            await anext(stream)
            heard = asyncio.create_task(next_event(stream))
            await asyncio.sleep(0)
            for number in range(500):
                runtime.wakeups.publish(CHANGES, {f"{clients.tenant_id}/action:{number}"})
            _kind, topics = await heard
            assert len(topics) == 500


class TestWhenItEnds:
    @pytest.fixture(autouse=True)
    def _quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(events, "PING_S", 0.05)

    async def test_silence_is_broken_by_a_ping(self, clients: Clients, runtime: Runtime) -> None:
        async with aclosing(listen(runtime, await viewer(clients, *ALL))) as stream:  # type: ignore[type-var]
            await anext(stream)
            assert (await next_event(stream))[0] == "ping"

    async def test_signing_out_ends_it(self, clients: Clients, runtime: Runtime) -> None:
        who = await viewer(clients, *ALL)
        async with clients.db.write(system_context()) as session:
            await session.execute(delete(UserSession).where(UserSession.id == who.session_id))
        assert [text async for text in listen(runtime, who)] == [f"retry: {events.RETRY_MS}\n\n"]

    async def test_signing_out_ends_it_in_a_fleet_that_is_never_silent(
        self, clients: Clients, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(events, "PING_S", 0.5)
        who = await viewer(clients, *ALL)
        async with clients.db.write(system_context()) as session:
            await session.execute(delete(UserSession).where(UserSession.id == who.session_id))

        async def busy() -> None:
            while True:
                runtime.wakeups.publish(CHANGES, {f"{clients.tenant_id}/devices"})
                await asyncio.sleep(0.02)

        noise = asyncio.create_task(busy())
        async with asyncio.timeout(10):
            heard = [text async for text in listen(runtime, who)]
        noise.cancel()
        assert all("ping" not in text for text in heard)

    async def test_a_right_that_was_taken_away_is_gone_from_it(
        self, clients: Clients, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(events, "PING_S", 0.1)
        who = await viewer(clients, "devices:read", "scripts:read")
        async with clients.db.write(system_context()) as session:
            role = await session.scalar(select(Role).join(Membership).where(Membership.user_id == who.user_id))
            assert role is not None
            role.permissions = ["scripts:read"]
        async with aclosing(listen(runtime, who)) as stream:  # type: ignore[type-var]
            await anext(stream)
            assert (await next_event(stream))[0] == "ping"
            monkeypatch.setattr(events, "PING_S", 5)
            runtime.wakeups.publish(CHANGES, {f"{clients.tenant_id}/devices", f"{clients.tenant_id}/scripts"})
            while (event := await next_event(stream))[0] == "ping":
                pass
            assert event == ("changed", ["scripts"])

    async def test_a_session_that_idles_out_ends_it_though_the_window_is_open(
        self, clients: Clients, runtime: Runtime
    ) -> None:
        who = await viewer(clients, *ALL)
        long_ago = clock.now() - runtime.settings.session_idle - timedelta(seconds=1)
        async with clients.db.write(system_context()) as session:
            await session.execute(
                update(UserSession).where(UserSession.id == who.session_id).values(last_used_at=long_ago)
            )
        assert len([text async for text in listen(runtime, who)]) == 1

    async def test_a_gap_in_the_news_ends_it_so_that_the_console_looks_anew(
        self, clients: Clients, runtime: Runtime
    ) -> None:
        stream = listen(runtime, await viewer(clients, *ALL))
        await anext(stream)
        runtime.part(Streams).end_all()
        assert all("ping" in text for text in [text async for text in stream])

    async def test_a_stopping_server_ends_it(self, clients: Clients, runtime: Runtime) -> None:
        stream = listen(runtime, await viewer(clients, *ALL))
        await anext(stream)
        runtime.drain.start()
        assert len([text async for text in stream]) <= 1


class TestHowMany:
    async def test_one_user_has_so_many_and_gets_the_place_back(self, clients: Clients, runtime: Runtime) -> None:
        who, streams = await viewer(clients, *ALL), runtime.part(Streams)
        opened = [streams.add(who) for _ in range(events.STREAMS_PER_USER)]
        with pytest.raises(TooManyStreams):
            streams.require_room(who)
        streams.remove(opened[0])
        streams.require_room(who)

    async def test_anonymous_and_programs_get_none(self, clients: Clients) -> None:
        assert (await clients.anonymous().get("/api/v1/events")).status_code == 401
        assert (await (await clients.with_api_key("devices:read")).get("/api/v1/events")).status_code == 403

    async def test_an_unknown_tenant_in_a_wake_up_harms_nobody(self, runtime: Runtime) -> None:
        runtime.part(Streams)
        runtime.wakeups.publish(CHANGES, {f"{new_id()}/devices", "None/devices", "devices"})
