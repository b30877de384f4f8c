"""The first run."""

import asyncio
import stat

import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient

from deployflow.app.main import create_app
from deployflow.identity.service import setup
from deployflow.platform.settings import Settings
from tests.support.clients import SAME_ORIGIN

PASSWORD = "violet tram over the bridge"


def _body(token: str, **other: object) -> dict[str, object]:
    return {
        "token": token,
        "email": "Ada@Example.com",
        "name": "Ada",
        "password": PASSWORD,
        "organisation": "Contoso",
        **other,
    }


@pytest.fixture
async def browser(app: FastAPI) -> AsyncClient:
    return AsyncClient(transport=ASGITransport(app=app), base_url="http://fleet.test", headers=SAME_ORIGIN)


async def test_the_link_makes_the_first_owner_and_signs_them_in(app: FastAPI, browser: AsyncClient) -> None:
    token = await setup.ensure_token(app.state.runtime)
    assert token is not None
    assert (await browser.get("/api/v1/setup")).json() == {"open": True}
    made = await browser.post("/api/v1/setup", json=_body(token, public_url="https://fleet.example.com/"))
    assert made.status_code == 201
    assert made.json()["user"]["email"] == "ada@example.com"
    assert made.json()["tenant"]["slug"] == "contoso"
    me = (await browser.get("/api/v1/session")).json()
    assert me["role"]["name"] == "Owner"
    assert "tenants:write" in me["permissions"]
    assert (await browser.get("/api/v1/settings")).json()["public_url"] == "https://fleet.example.com"


async def test_the_token_lies_in_a_file_only_its_owner_can_read(app: FastAPI, settings: Settings) -> None:
    token = await setup.ensure_token(app.state.runtime)
    file = settings.setup_token_file
    assert file.read_text().strip() == token
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert await setup.ensure_token(app.state.runtime) == token


async def test_a_wrong_token_makes_nobody(app: FastAPI, browser: AsyncClient) -> None:
    await setup.ensure_token(app.state.runtime)
    answer = await browser.post("/api/v1/setup", json=_body("guessed"))
    assert (answer.status_code, answer.json()["code"]) == (403, "setup_token_invalid")
    assert (await browser.get("/api/v1/setup")).status_code == 200


@pytest.mark.parametrize("password", ["too short", "passwordpassword", "Contoso Contoso Ada", "1234567890123456"])
async def test_a_weak_password_is_refused_with_a_reason(app: FastAPI, browser: AsyncClient, password: str) -> None:
    token = await setup.ensure_token(app.state.runtime)
    answer = await browser.post("/api/v1/setup", json=_body(token or "", password=password))
    assert (answer.status_code, answer.json()["code"]) == (422, "password_unfit")


async def test_after_the_set_up_nothing_of_it_is_left(app: FastAPI, browser: AsyncClient, settings: Settings) -> None:
    token = await setup.ensure_token(app.state.runtime)
    await browser.post("/api/v1/setup", json=_body(token or ""))
    assert not settings.setup_token_file.exists()
    assert await setup.ensure_token(app.state.runtime) is None
    again = await browser.post("/api/v1/setup", json=_body(token or ""))
    assert again.status_code == 404


async def test_two_processes_at_once_make_one_administrator(settings: Settings) -> None:
    first, second = create_app(settings), create_app(settings)
    token = await setup.ensure_token(first.state.runtime)
    assert await setup.ensure_token(second.state.runtime) == token

    async def try_it(app: FastAPI, email: str) -> int:
        async with AsyncClient(
            transport=ASGITransport(app=app), base_url="http://fleet.test", headers=SAME_ORIGIN
        ) as client:
            answer = await client.post("/api/v1/setup", json=_body(token or "", email=email))
            return answer.status_code

    results = await asyncio.gather(
        *(
            try_it(app, f"{name}@example.com")
            for app, name in ((first, "a"), (second, "b"), (first, "c"), (second, "d"))
        )
    )
    assert results.count(201) == 1
    assert set(results) <= {201, 403, 404, 409}
    for app in (first, second):
        await app.state.runtime.close()
