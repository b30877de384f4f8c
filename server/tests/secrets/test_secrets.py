"""Stored credentials: written, used, never read back."""

import json
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from sqlalchemy import select, update

from deployflow.audit.models import AuditEvent
from deployflow.platform.context import system_context
from deployflow.platform.sealing import SealBroken
from deployflow.secrets import service
from deployflow.secrets.errors import SecretMissing
from deployflow.secrets.models import Secret
from tests.support.clients import Clients

CANARY = "canary-7f3a-do-not-show"
ANY = {"If-Match": "*"}


@pytest.fixture
async def admin(clients: Clients) -> AsyncClient:
    return await clients.signed_in("secrets:read", "secrets:write", "audit:read")


async def make(client: AsyncClient, name: str = "Join account", value: str = CANARY) -> dict[str, object]:
    answer = await client.post(
        "/api/v1/secrets", json={"name": name, "kind": "password", "value": value, "description": "for joins"}
    )
    assert answer.status_code == 201
    made: dict[str, object] = answer.json()
    return made


async def test_no_answer_ever_holds_the_value(admin: AsyncClient) -> None:
    made = await make(admin)
    path = f"/api/v1/secrets/{made['id']}"
    answers = [
        json.dumps(made),
        (await admin.get("/api/v1/secrets?q=join")).text,
        (await admin.get(path)).text,
        (await admin.patch(path, json={"description": "new", "value": CANARY + "2"}, headers=ANY)).text,
        (await admin.get("/api/v1/audit")).text,
        (await admin.post("/api/v1/secrets", json={"name": "x" * 200, "kind": "text", "value": CANARY})).text,
        (await admin.post("/api/v1/secrets", json={"name": "y", "kind": "nonsense", "value": CANARY})).text,
        (await admin.post("/api/v1/secrets", json={"name": "y", "kind": "text", "value": [CANARY]})).text,
    ]
    assert not [answer for answer in answers if CANARY in answer]


async def test_the_database_holds_it_sealed(clients: Clients, admin: AsyncClient) -> None:
    await make(admin)
    async with clients.db.read(system_context()) as session:
        row = (await session.scalars(select(Secret))).one()
        events = (await session.scalars(select(AuditEvent))).all()
    assert CANARY.encode() not in row.sealed
    assert CANARY not in str([vars(event) for event in events])


async def test_an_upper_domain_opens_values_in_its_tenant_only(
    app: FastAPI, clients: Clients, admin: AsyncClient
) -> None:
    first, second = await make(admin, "a", "one"), await make(admin, "b", "two")
    ids = [UUID(str(made["id"])) for made in (first, second)]
    sealer = app.state.runtime.sealer
    async with clients.db.read(system_context(clients.tenant_id)) as session:
        assert await service.open_values(session, sealer, ids) == {ids[0]: "one", ids[1]: "two"}
        assert await service.open_values(session, sealer, []) == {}
        await service.require(session, ids)
        with pytest.raises(SecretMissing):
            await service.open_values(session, sealer, [*ids, uuid4()])
    async with clients.db.read(system_context(clients.other_tenant_id)) as session:
        with pytest.raises(SecretMissing):
            await service.open_values(session, sealer, ids)
        with pytest.raises(SecretMissing):
            await service.require(session, ids)


async def test_a_value_copied_to_another_row_does_not_open(app: FastAPI, clients: Clients, admin: AsyncClient) -> None:
    ids = [UUID(str((await make(admin, name, name))["id"])) for name in ("mine", "theirs")]
    async with clients.db.write(system_context(clients.tenant_id)) as session:
        stolen = (await session.get_one(Secret, ids[1])).sealed
        await session.execute(update(Secret).where(Secret.id == ids[0]).values(sealed=stolen))
    async with clients.db.read(system_context(clients.tenant_id)) as session:
        with pytest.raises(SealBroken):
            await service.open_values(session, app.state.runtime.sealer, ids[:1])


async def test_a_new_value_is_known_by_who_set_it_and_when(clients: Clients, admin: AsyncClient) -> None:
    made = await make(admin)
    path = f"/api/v1/secrets/{made['id']}"
    renamed = (await admin.patch(path, json={"name": "Renamed"}, headers={"If-Match": '"1"'})).json()
    assert (renamed["name"], renamed["set_at"]) == ("Renamed", made["set_at"])
    other = await clients.signed_in("secrets:write")
    changed = (await other.patch(path, json={"value": "three"}, headers={"If-Match": '"2"'})).json()
    assert changed["set_at"] > str(made["set_at"])
    assert changed["set_by"]["id"] == str(clients.user_of(other).user_id)
    assert changed["version"] == 3


async def test_a_name_is_taken_once_in_a_tenant(clients: Clients, admin: AsyncClient) -> None:
    await make(admin, "Same")
    again = await admin.post("/api/v1/secrets", json={"name": "Same", "kind": "text", "value": "x"})
    assert (again.status_code, again.json()["code"]) == (409, "name_taken")
    elsewhere = await clients.signed_in("secrets:write", tenant_id=clients.other_tenant_id)
    await make(elsewhere, "Same")


async def test_a_deleted_one_is_gone(admin: AsyncClient) -> None:
    path = f"/api/v1/secrets/{(await make(admin))['id']}"
    assert (await admin.delete(path)).status_code == 428
    assert (await admin.delete(path, headers={"If-Match": '"1"'})).status_code == 204
    assert (await admin.get(path)).status_code == 404
