"""Who gets in: sessions and API keys, looked up as the database has them now."""

from typing import Annotated

import pytest
from fastapi import FastAPI

from deployflow.identity.access import Principal, Requires, SignedIn
from deployflow.platform.db import ReadSession
from tests.support.clients import Clients


@pytest.fixture
async def guarded(clients: Clients) -> Clients:
    """The application with routes that only ask for rights, before the one for unknown paths."""
    probe = FastAPI()

    @probe.get("/read")
    async def read(admin: Annotated[Principal, Requires("devices:read")], session: ReadSession) -> str:
        return str(session.info["context"].tenant_id)

    @probe.get("/stepped-up")
    async def stepped_up(admin: Annotated[Principal, Requires("devices:read", step_up=True)]) -> str:
        return admin.name

    @probe.get("/own")
    async def own(admin: Annotated[Principal, SignedIn()]) -> str:
        return admin.name

    clients.app.router.routes[:0] = [route for route in probe.routes if getattr(route, "path", "") in PATHS]
    return clients


PATHS = {"/read", "/stepped-up", "/own"}


async def test_nobody_gets_in_without_a_session(guarded: Clients) -> None:
    answer = await guarded.anonymous().get("/read")
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_signed_in"


async def test_a_session_works_in_its_tenant(guarded: Clients) -> None:
    client = await guarded.signed_in("devices:read")
    answer = await client.get("/read")
    assert answer.status_code == 200
    assert answer.json() == str(guarded.tenant_id)


async def test_a_role_without_the_permission_is_refused_by_name(guarded: Clients) -> None:
    client = await guarded.signed_in("scripts:read")
    answer = await client.get("/read")
    assert answer.status_code == 403
    assert answer.json()["code"] == "permission_missing"
    assert "devices:read" in answer.json()["detail"]


async def test_an_api_key_has_the_rights_it_was_given(guarded: Clients) -> None:
    assert (await (await guarded.with_api_key("devices:read")).get("/read")).status_code == 200
    assert (await (await guarded.with_api_key("scripts:read")).get("/read")).status_code == 403


async def test_an_api_key_does_nothing_that_needs_a_person(guarded: Clients) -> None:
    client = await guarded.with_api_key("devices:read")
    for path in ("/stepped-up", "/own"):
        answer = await client.get(path)
        assert answer.status_code == 403
        assert answer.json()["code"] == "session_required"


async def test_stepping_up_is_asked_for_where_the_password_was_given_too_long_ago(guarded: Clients) -> None:
    stale = await guarded.signed_in("devices:read", stepped_up=False)
    answer = await stale.get("/stepped-up")
    assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")
    fresh = await guarded.signed_in("devices:read", stepped_up=True)
    assert (await fresh.get("/stepped-up")).status_code == 200
