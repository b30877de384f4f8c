"""What the operator does without signing in."""

import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy import select

from deployflow.audit.models import AuditEvent
from deployflow.identity.access import system_principal
from deployflow.identity.errors import EmailTaken, NoSuchRole, NoSuchUser, PasswordUnfit, TenantUnclear
from deployflow.identity.service import members, operator, setup
from deployflow.platform.context import system_context
from deployflow.platform.runtime import Runtime
from deployflow.platform.settings import Settings
from tests.support.clients import SAME_ORIGIN, Clients

PASSWORD = "violet tram over the bridge"


@pytest.fixture
def runtime(app: FastAPI) -> Runtime:
    found: Runtime = app.state.runtime
    return found


async def sign_in(app: FastAPI, email: str) -> int:
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://t", headers=SAME_ORIGIN) as client:
        answer = await client.post("/api/v1/session", json={"email": email, "password": PASSWORD})
        return answer.status_code


async def test_the_first_person_made_is_the_owner_and_shuts_the_set_up(
    app: FastAPI, runtime: Runtime, settings: Settings
) -> None:
    await setup.ensure_token(runtime)
    made = await operator.create_user(
        runtime, email="Ada@Example.com", name="Ada", password=PASSWORD, organisation="Contoso"
    )
    assert (made.email, made.role, made.tenant, made.invite_token) == ("ada@example.com", "Owner", "contoso", None)
    assert await sign_in(app, made.email) == 200
    assert not settings.setup_token_file.exists()
    assert await setup.ensure_token(runtime) is None


async def test_without_a_password_there_is_a_link(app: FastAPI, runtime: Runtime) -> None:
    made = await operator.create_user(runtime, email="ada@example.com", name="Ada")
    assert made.invite_token is not None
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://t", headers=SAME_ORIGIN) as client:
        accepted = await client.post(
            "/api/v1/invitations/accept", json={"token": made.invite_token, "password": PASSWORD}
        )
    assert accepted.status_code == 204
    assert await sign_in(app, "ada@example.com") == 200


async def test_more_people_get_the_role_that_is_named(app: FastAPI, runtime: Runtime) -> None:
    await operator.create_user(runtime, email="ada@example.com", name="Ada", password=PASSWORD)
    bob = await operator.create_user(runtime, email="bob@example.com", name="Bob", role="Technician", password=PASSWORD)
    assert bob.role == "Technician"
    assert await sign_in(app, "bob@example.com") == 200
    with pytest.raises(NoSuchRole, match="Owner, Administrator, Technician, Viewer"):
        await operator.create_user(runtime, email="eve@example.com", name="Eve", role="King")
    with pytest.raises(EmailTaken):
        await operator.create_user(runtime, email="bob@example.com", name="Bob")
    with pytest.raises(PasswordUnfit):
        await operator.create_user(runtime, email="eve@example.com", name="Eve", password="short")
    listed = await operator.list_users(runtime)
    assert [(row["email"], row["role"]) for row in listed] == [
        ("ada@example.com", "Owner"),
        ("bob@example.com", "Technician"),
    ]


async def test_with_several_organisations_one_has_to_be_named(runtime: Runtime, clients: Clients) -> None:
    await clients.signed_in(built_in="owner")
    with pytest.raises(TenantUnclear, match="contoso, fabrikam"):
        await operator.create_user(runtime, email="bob@example.com", name="Bob")
    made = await operator.create_user(runtime, email="bob@example.com", name="Bob", tenant="fabrikam")
    assert made.tenant == "fabrikam"


async def test_a_reset_lets_a_locked_out_person_in_again(app: FastAPI, runtime: Runtime) -> None:
    await operator.create_user(runtime, email="ada@example.com", name="Ada", password=PASSWORD)
    made = await operator.reset_user(runtime, email="ADA@example.com")
    assert made.invite_token is not None
    assert await sign_in(app, "ada@example.com") == 401
    with pytest.raises(NoSuchUser):
        await operator.reset_user(runtime, email="nobody@example.com")


async def test_somebody_of_several_organisations_is_let_in_again_by_the_operator_alone(
    app: FastAPI, runtime: Runtime, clients: Clients
) -> None:
    await clients.signed_in(built_in="owner")
    for tenant in ("contoso", "fabrikam"):
        made = await operator.create_user(
            runtime,
            email="ada@example.com",
            name="Ada",
            tenant=tenant,
            password=PASSWORD if tenant == "contoso" else None,
        )
    async with runtime.db.write(system_context(clients.tenant_id)) as session:
        member, token = await members.reset(session, system_principal(clients.tenant_id), made.user_id)
    assert (member.user.email, bool(token)) == ("ada@example.com", True)
    assert await sign_in(app, "ada@example.com") == 401


async def test_a_key_made_for_a_person_has_what_a_key_may_have_of_theirs(app: FastAPI, runtime: Runtime) -> None:
    await operator.create_user(runtime, email="ada@example.com", name="Ada", password=PASSWORD)
    made = await operator.create_api_key(runtime, email="ada@example.com", name="CI")
    assert "devices:write" in made.permissions
    assert "users:write" not in made.permissions
    headers = {"Authorization": f"Bearer {made.key}"}
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://t", headers=headers) as client:
        assert (await client.get("/api/v1/devices")).status_code == 200


async def test_each_act_is_on_the_trail_as_the_systems(runtime: Runtime) -> None:
    await operator.create_user(runtime, email="ada@example.com", name="Ada", password=PASSWORD)
    await operator.create_user(runtime, email="bob@example.com", name="Bob")
    await operator.reset_user(runtime, email="bob@example.com")
    await operator.create_api_key(runtime, email="ada@example.com", name="CI")
    async with runtime.db.read(system_context()) as session:
        events = (await session.scalars(select(AuditEvent).order_by(AuditEvent.at))).all()
    assert [event.verb for event in events] == [
        "tenant.set_up",
        "user.invited",
        "user.sign_in_reset",
        "api_key.created",
    ]
    assert {event.actor_type for event in events} == {"system"}
