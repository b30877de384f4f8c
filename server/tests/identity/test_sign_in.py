"""Signing in: password, code, and what slows down who guesses."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pyotp
import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from sqlalchemy import func, select

from deployflow.app.main import create_app
from deployflow.audit.models import AuditEvent
from deployflow.identity import cookies, passwords, throttle
from deployflow.identity.last_used import LastUsed
from deployflow.identity.models import SignInThrottle, User, UserSession
from deployflow.platform import clock
from deployflow.platform.context import system_context
from deployflow.platform.settings import Settings
from tests.factories import identity as people
from tests.support.clients import Clients

PASSWORD = "violet tram over the bridge"


@dataclass
class Person:
    email: str
    user: User
    client: AsyncClient


@pytest.fixture(scope="module")
def hashed() -> str:
    return asyncio.run(passwords.hash_password(PASSWORD))


@pytest.fixture
async def ada(clients: Clients, hashed: str) -> Person:
    user = await people.make_user(clients.db, email="ada@example.com", password_hash=hashed)
    role = await people.built_in_role(clients.db, clients.tenant_id, "owner")
    await people.add_member(clients.db, clients.tenant_id, user.id, role.id)
    return Person("ada@example.com", user, clients.anonymous())


async def sign_in(client: AsyncClient, email: str, password: str = PASSWORD) -> Any:
    return await client.post("/api/v1/session", json={"email": email, "password": password})


async def enable_totp(client: AsyncClient) -> tuple[pyotp.TOTP, list[str]]:
    started = (await client.post("/api/v1/me/totp")).json()
    totp = pyotp.TOTP(started["secret"])
    confirmed = await client.put("/api/v1/me/totp", json={"code": totp.at(clock.now())})
    return totp, confirmed.json()["recovery_codes"]


async def test_the_right_password_opens_a_session(ada: Person) -> None:
    answer = await sign_in(ada.client, " Ada@Example.com ")
    assert answer.status_code == 200
    assert answer.json()["state"] == "signed_in"
    assert answer.json()["me"]["user"]["email"] == ada.email
    assert (await ada.client.get("/api/v1/session")).json()["user"]["email"] == ada.email
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("df_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert answer.headers["cache-control"] == "no-store"


async def test_over_https_the_cookie_is_bound_to_the_host(clients: Clients, ada: Person) -> None:
    secure = clients.anonymous()
    secure.base_url = "https://fleet.test"
    cookie = (await sign_in(secure, ada.email)).headers["set-cookie"]
    assert cookie.startswith("__Host-df_session=")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    token = cookie.partition("=")[2].partition(";")[0]
    planted = clients.anonymous(Cookie=f"df_session={token}")
    planted.base_url = "https://fleet.test"
    assert (await planted.get("/api/v1/session")).status_code == 401


async def test_the_database_holds_no_token_a_cookie_would_need(clients: Clients, ada: Person) -> None:
    await sign_in(ada.client, ada.email)
    token = ada.client.cookies[cookies.PLAIN_NAME]
    async with clients.db.read(system_context()) as session:
        stored = (await session.scalars(select(UserSession.token_hash))).all()
    assert token.encode() not in stored
    replayed = clients.with_session(stored[0].hex())
    assert (await replayed.get("/api/v1/session")).status_code == 401


@pytest.mark.parametrize(("email", "password"), [("ada@example.com", "wrong"), ("nobody@example.com", PASSWORD)])
async def test_wrong_password_and_unknown_account_are_answered_alike(ada: Person, email: str, password: str) -> None:
    answer = await sign_in(ada.client, email, password)
    assert answer.status_code == 401
    assert answer.json()["code"] == "credentials_invalid"
    assert answer.json()["detail"] == "E-mail address or password is wrong"


async def test_a_member_switched_off_cannot_sign_in(clients: Clients, hashed: str) -> None:
    user = await people.make_user(clients.db, email="off@example.com", password_hash=hashed)
    role = await people.built_in_role(clients.db, clients.tenant_id, "viewer")
    member = await people.add_member(clients.db, clients.tenant_id, user.id, role.id)
    async with clients.db.write(system_context()) as session:
        (await session.get_one(type(member), member.id)).is_active = False
    assert (await sign_in(clients.anonymous(), "off@example.com")).json()["code"] == "credentials_invalid"


async def test_signing_in_again_ends_the_session_before(clients: Clients, ada: Person) -> None:
    await sign_in(ada.client, ada.email)
    old = clients.with_session(ada.client.cookies[cookies.PLAIN_NAME])
    await sign_in(ada.client, ada.email)
    assert (await old.get("/api/v1/session")).status_code == 401
    assert (await ada.client.get("/api/v1/session")).status_code == 200


class TestSecondFactor:
    async def test_a_code_is_asked_for_and_accepted(self, ada: Person) -> None:
        await sign_in(ada.client, ada.email)
        totp, _codes = await enable_totp(ada.client)
        asked = (await sign_in(ada.client, ada.email)).json()
        assert asked["state"] == "totp_required"
        assert asked["me"] is None
        done = await self._answer(ada, asked, totp.at(clock.now() + timedelta(seconds=30)))
        assert done.json()["state"] == "signed_in"

    async def test_a_code_is_good_once(self, ada: Person) -> None:
        await sign_in(ada.client, ada.email)
        totp, _codes = await enable_totp(ada.client)
        code = totp.at(clock.now() + timedelta(seconds=30))
        asked = (await sign_in(ada.client, ada.email)).json()
        assert (await self._answer(ada, asked, code)).status_code == 200
        again = (await sign_in(ada.client, ada.email)).json()
        assert (await self._answer(ada, again, code)).json()["code"] == "code_invalid"

    async def test_the_code_that_turned_it_on_does_not_sign_in(self, ada: Person) -> None:
        await sign_in(ada.client, ada.email)
        started = (await ada.client.post("/api/v1/me/totp")).json()
        code = pyotp.TOTP(started["secret"]).at(clock.now())
        await ada.client.put("/api/v1/me/totp", json={"code": code})
        asked = (await sign_in(ada.client, ada.email)).json()
        assert (await self._answer(ada, asked, code)).status_code == 401

    async def test_a_recovery_code_signs_in_once(self, ada: Person) -> None:
        await sign_in(ada.client, ada.email)
        _totp, codes = await enable_totp(ada.client)
        assert len(set(codes)) == 10
        asked = (await sign_in(ada.client, ada.email)).json()
        assert (await self._answer(ada, asked, codes[3].upper().replace("-", " "))).status_code == 200
        again = (await sign_in(ada.client, ada.email)).json()
        assert (await self._answer(ada, again, codes[3])).status_code == 401

    async def test_a_challenge_bears_five_tries(self, ada: Person) -> None:
        await sign_in(ada.client, ada.email)
        totp, _codes = await enable_totp(ada.client)
        asked = (await sign_in(ada.client, ada.email)).json()
        for _ in range(5):
            assert (await self._answer(ada, asked, "000000")).json()["code"] == "code_invalid"
        late = await self._answer(ada, asked, totp.at(clock.now() + timedelta(seconds=30)))
        assert late.json()["code"] == "challenge_over"

    async def test_a_challenge_ends_after_minutes_and_after_its_use(
        self, ada: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await sign_in(ada.client, ada.email)
        totp, _codes = await enable_totp(ada.client)
        used = (await sign_in(ada.client, ada.email)).json()
        later = clock.now() + timedelta(seconds=30)
        assert (await self._answer(ada, used, totp.at(later))).status_code == 200
        assert (await self._answer(ada, used, totp.at(later))).json()["code"] == "challenge_over"
        stale = (await sign_in(ada.client, ada.email)).json()
        monkeypatch.setattr(clock, "now", lambda: later + timedelta(minutes=6))
        assert (await self._answer(ada, stale, totp.at(clock.now()))).json()["code"] == "challenge_over"

    async def test_the_secret_lies_sealed(self, clients: Clients, ada: Person) -> None:
        await sign_in(ada.client, ada.email)
        totp, _codes = await enable_totp(ada.client)
        async with clients.db.read(system_context()) as session:
            stored = await session.scalar(select(User.totp_secret).where(User.id == ada.user.id))
        assert stored is not None
        assert totp.secret.encode() not in stored

    async def test_without_the_password_it_cannot_be_removed(self, ada: Person) -> None:
        await sign_in(ada.client, ada.email)
        await enable_totp(ada.client)
        refused = await ada.client.post("/api/v1/me/totp:disable", json={"password": "wrong"})
        assert (refused.status_code, refused.json()["code"]) == (401, "credentials_invalid")
        assert (await ada.client.get("/api/v1/session")).json()["user"]["totp_enabled"] is True
        done = await ada.client.post("/api/v1/me/totp:disable", json={"password": PASSWORD})
        assert done.status_code == 204
        assert (await sign_in(ada.client, ada.email)).json()["state"] == "signed_in"

    async def _answer(self, ada: Person, asked: dict[str, Any], code: str) -> Any:
        return await ada.client.post("/api/v1/session/totp", json={"challenge": asked["challenge"], "code": code})


class TestGuessing:
    async def test_the_sixth_try_in_a_minute_is_refused_with_how_long_to_wait(self, ada: Person) -> None:
        for _ in range(5):
            assert (await sign_in(ada.client, ada.email, "wrong")).status_code == 401
        answer = await sign_in(ada.client, ada.email)
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_sign_ins")
        assert 0 < int(answer.headers["retry-after"]) <= 60
        assert answer.headers["ratelimit-policy"] == '"sign-in";q=5;w=60'

    async def test_a_forwarded_address_from_a_stranger_moves_no_limit(self, clients: Clients, ada: Person) -> None:
        """S-48."""
        for number in range(5):
            spoofing = clients.anonymous(**{"X-Forwarded-For": f"203.0.113.{number}"})
            assert (await sign_in(spoofing, ada.email, "wrong")).status_code == 401
        spoofing = clients.anonymous(**{"X-Forwarded-For": "203.0.113.99", "X-Real-IP": "203.0.113.99"})
        assert (await sign_in(spoofing, ada.email)).status_code == 429

    async def test_a_trusted_proxy_is_believed_about_the_last_hop_only(
        self, clients: Clients, ada: Person, settings: Settings
    ) -> None:
        """S-48: what the client itself put before the proxy's word does not count."""
        app = create_app(settings.model_copy(update={"trusted_proxies": ["127.0.0.1"]}))
        app.state.prepared = True
        behind = replace_app(clients, app)
        for number in range(5):
            client = behind.anonymous(**{"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.7"})
            assert (await sign_in(client, ada.email, "wrong")).status_code == 401
        same = behind.anonymous(**{"X-Forwarded-For": "198.51.100.77, 203.0.113.7"})
        assert (await sign_in(same, ada.email)).status_code == 429
        other = behind.anonymous(**{"X-Forwarded-For": "203.0.113.8"})
        assert (await sign_in(other, ada.email)).status_code == 200
        await behind.close()
        await app.state.runtime.close()

    async def test_after_ten_failures_from_anywhere_the_account_is_locked_in_every_process(
        self, clients: Clients, ada: Person, settings: Settings
    ) -> None:
        """S-44: the second process has a fresh memory; only the database can tell it."""
        await self._fail(clients, ada.email, throttle.FREE_FAILURES)
        app = create_app(settings)
        app.state.prepared = True
        elsewhere = replace_app(clients, app)
        answer = await sign_in(elsewhere.anonymous(), ada.email)
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_sign_ins")
        assert int(answer.headers["retry-after"]) <= 60
        await elsewhere.close()
        await app.state.runtime.close()

    async def test_an_account_that_does_not_exist_is_locked_alike(self, clients: Clients, ada: Person) -> None:
        known, unknown = [], []
        for number in range(throttle.FREE_FAILURES + 1):
            clients.app.state.runtime.part(throttle.PeerLimits).forget_account(ada.email, "127.0.0.1")
            clients.app.state.runtime.part(throttle.PeerLimits).forget_account("nobody@example.com", "127.0.0.1")
            known.append((await sign_in(clients.anonymous(), ada.email, f"wrong {number}")).status_code)
            unknown.append((await sign_in(clients.anonymous(), "nobody@example.com", f"wrong {number}")).status_code)
        assert known == unknown == [401] * throttle.FREE_FAILURES + [429]

    @pytest.mark.parametrize(("failures", "minutes"), [(10, 1), (11, 2), (12, 4), (13, 8), (14, 15), (30, 15)])
    async def test_each_failure_more_doubles_the_lock_up_to_a_quarter_of_an_hour(
        self, clients: Clients, failures: int, minutes: int
    ) -> None:
        started = clock.now()
        await self._fail(clients, "ada@example.com", failures)
        async with clients.db.read(system_context()) as session:
            until = await session.scalar(select(SignInThrottle.locked_until))
        assert until is not None
        assert abs(until - started - timedelta(minutes=minutes)) < timedelta(seconds=20)

    async def test_the_right_password_after_the_lock_clears_the_count(
        self, clients: Clients, ada: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await self._fail(clients, ada.email, throttle.FREE_FAILURES)
        assert (await sign_in(ada.client, ada.email)).status_code == 429
        clients.app.state.runtime.part(throttle.PeerLimits).forget_account(ada.email, "127.0.0.1")
        later = clock.now() + timedelta(minutes=2)
        monkeypatch.setattr(clock, "now", lambda: later)
        assert (await sign_in(ada.client, ada.email)).status_code == 200
        async with clients.db.read(system_context()) as session:
            assert await session.scalar(select(func.count()).select_from(SignInThrottle)) == 0

    async def _fail(self, clients: Clients, email: str, times: int) -> None:
        for _ in range(times):
            async with clients.db.write(system_context()) as session:
                await throttle.note_failure(session, email)


class TestTrail:
    async def test_failures_are_on_it_and_say_no_password(self, clients: Clients, ada: Person) -> None:
        await sign_in(ada.client, ada.email, "my secret typo")
        await sign_in(ada.client, "nobody@example.com", "my secret typo")
        await sign_in(ada.client, "hunter2 in the wrong field", "x")
        async with clients.db.read(system_context()) as session:
            events = (await session.scalars(select(AuditEvent).order_by(AuditEvent.at))).all()
        assert [(event.verb, event.actor_type, event.target_name) for event in events] == [
            ("session.refused", "anonymous", "ada@example.com"),
            ("session.refused", "anonymous", "nobody@example.com"),
            ("session.refused", "anonymous", "(no e-mail address)"),
        ]
        assert events[0].target_id == ada.user.id
        assert {event.tenant_id for event in events} == {clients.tenant_id}

    async def test_signing_in_is_one_event_of_the_person(self, clients: Clients, ada: Person) -> None:
        await sign_in(ada.client, ada.email)
        async with clients.db.read(system_context()) as session:
            events = (await session.scalars(select(AuditEvent))).all()
        assert [(event.verb, event.actor_id, event.ip) for event in events] == [
            ("session.signed_in", ada.user.id, "127.0.0.1")
        ]


class TestLifetime:
    async def test_an_idle_session_ends(self, clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
        client = await clients.signed_in(built_in="viewer")
        start = clock.now()
        self._at(monkeypatch, start + timedelta(minutes=59))
        assert (await client.get("/api/v1/session")).status_code == 200
        self._at(monkeypatch, start + timedelta(minutes=59 + 61))
        assert (await client.get("/api/v1/session")).status_code == 401

    async def test_a_used_session_ends_after_twelve_hours(
        self, clients: Clients, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = await clients.signed_in(built_in="viewer")
        start = clock.now()
        for hour in range(1, 24):
            self._at(monkeypatch, start + timedelta(minutes=30 * hour))
            assert (await client.get("/api/v1/session")).status_code == 200
        self._at(monkeypatch, start + timedelta(hours=12, minutes=1))
        assert (await client.get("/api/v1/session")).status_code == 401

    async def test_use_is_written_when_it_is_flushed_and_not_before(
        self, clients: Clients, app: FastAPI, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = await clients.signed_in(built_in="viewer")
        used = clock.now() + timedelta(minutes=10)
        self._at(monkeypatch, used)
        await client.get("/api/v1/session")
        assert await self._stored(clients) < used
        await app.state.runtime.part(LastUsed).flush()
        assert await self._stored(clients) == used

    async def _stored(self, clients: Clients) -> datetime:
        async with clients.db.read(system_context()) as session:
            return (await session.scalars(select(UserSession.last_used_at))).one()

    def _at(self, monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: at)


def replace_app(clients: Clients, app: FastAPI) -> Clients:
    """Clients of another process on the same database."""
    return replace(clients, app=app, _open=[])
