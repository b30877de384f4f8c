"""S-40: after the set-up no spelling of its path finds it (ScreenConnect's CVE-2024-1709 was one slash)."""

import re

import pytest
from fastapi import FastAPI

from deployflow.identity.service import setup
from tests.support.clients import Clients

SPELLINGS = [
    "/api/v1/setup",
    "/api/v1/setup/",
    "/api/v1/setup//",
    "/api/v1//setup",
    "/api//v1/setup",
    "//api/v1/setup",
    "/api/v1/./setup",
    "/api/v1/x/../setup",
    "/api/v1/setup/.",
    "/api/v1/setup/..;/setup",
    "/api/v1/setup/x",
    "/api/v1/setup;x=1",
    "/api/v1/setup;",
    "/api/v1/setup?token=x",
    "/api/v1/setup%2f",
    "/api/v1%2fsetup",
    "/api/v1/%73etup",
    "/api/v1/set%75p",
    "/api/v1/setup%00",
    "/api/v1/setup%20",
    "/api/v1/setup%09",
    "/api/v1/setup%0d%0a",
    "/api/v1/%2e/setup",
    "/api/v1/x/%2e%2e/setup",
    "/api/v1/SETUP",
    "/api/v1/Setup",
    "/API/v1/setup",
    "/api/v1/setup.json",
    "/api/v1/setup.aspx/",
    "/api/v1\\setup",
    "/api/v1/setup%5c",
    "/api/v1/setup%252f",
    "/api/v1/setup#",
    "/agent/v1/setup",
    "/setup",
]


@pytest.fixture
async def set_up(app: FastAPI, clients: Clients) -> Clients:
    """A server with a user and a token somebody still has."""
    await clients.signed_in(built_in="owner")
    return clients


async def test_it_answers_like_a_path_that_never_was(set_up: Clients) -> None:
    client = set_up.anonymous()
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
        gone = await client.request(method, "/api/v1/setup")
        never = await client.request(method, "/api/v1/setuq")
        assert gone.status_code == never.status_code
        assert gone.status_code in {404, 405}
        assert gone.headers.keys() == never.headers.keys()
        assert _without_id(gone.text.replace("setup", "setuq")) == _without_id(never.text)


async def test_no_spelling_finds_it(set_up: Clients) -> None:
    client = set_up.anonymous(**{"Content-Type": "application/json"})
    found = []
    for path in SPELLINGS:
        for body in (b"", b"{", b'{"token": "x"}'):
            answer = await client.post(path, content=body)
            if answer.status_code not in {404, 405} or "token" in answer.text:
                found.append((path, body, answer.status_code, answer.text))
    assert len(SPELLINGS) > 30
    assert not found


async def test_the_first_request_after_a_start_is_refused_too(app: FastAPI, clients: Clients) -> None:
    """Nothing has asked the database yet whether somebody exists."""
    await clients.signed_in(built_in="owner")
    app.state.runtime.part(setup.SetupGate).shut = False
    answer = await clients.anonymous().post("/api/v1/setup", content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 404
    assert answer.json()["detail"] == "There is no route 'v1/setup'"


def _without_id(text: str) -> str:
    return re.sub(r'"request_id":"[^"]*"', "", text)
