"""API keys: what a key may, and when it ends."""

import pytest
from httpx2 import AsyncClient
from sqlalchemy import select

from deployflow.identity.models import ApiKey
from deployflow.platform.context import system_context
from tests.factories import identity as people
from tests.support.clients import Clients

ANY = {"If-Match": "*"}


@pytest.fixture
async def owner(clients: Clients) -> AsyncClient:
    return await clients.signed_in(built_in="owner")


class TestApiKeys:
    async def test_a_key_works_until_it_is_revoked_and_is_shown_once(
        self, clients: Clients, owner: AsyncClient
    ) -> None:
        made = (await owner.post("/api/v1/api-keys", json={"name": "CI", "permissions": ["audit:read"]})).json()
        assert made["key"].startswith(made["prefix"] + "_")
        program = clients.anonymous(Authorization=f"Bearer {made['key']}")
        assert (await program.get("/api/v1/audit")).status_code == 200
        assert made["key"] not in (await owner.get("/api/v1/api-keys")).text
        revoked = await owner.delete(f"/api/v1/api-keys/{made['id']}", headers=ANY)
        assert revoked.status_code == 204
        assert (await program.get("/api/v1/audit")).json()["code"] == "api_key_invalid"

    async def test_the_database_holds_no_key(self, clients: Clients, owner: AsyncClient) -> None:
        made = (await owner.post("/api/v1/api-keys", json={"name": "CI", "permissions": ["audit:read"]})).json()
        async with clients.db.read(system_context()) as session:
            row = (await session.scalars(select(ApiKey))).one()
        assert row.secret_hash not in made["key"].encode()
        assert made["key"] not in str(vars(row))

    async def test_a_changed_character_is_noticed(self, clients: Clients, owner: AsyncClient) -> None:
        made = (await owner.post("/api/v1/api-keys", json={"name": "CI", "permissions": ["audit:read"]})).json()
        key = made["key"]
        other = key[:20] + ("a" if key[20] != "a" else "b") + key[21:]
        program = clients.anonymous()
        for wrong in (key[:-1], key + "0", other, "dfk_x_y", "dfk_", "", "é"):
            header = b"Bearer " + wrong.encode()
            answer = await program.get("/api/v1/audit", headers={b"Authorization": header})
            assert answer.json()["code"] == "api_key_invalid"

    async def test_a_demoted_creators_key_loses_the_right_at_once(self, clients: Clients, owner: AsyncClient) -> None:
        """S-43, as SimpleHelp's CVE-2024-57726 was the other way round."""
        bob = await clients.signed_in("api_keys:write", "audit:read", "secrets:read")
        made = (
            await bob.post("/api/v1/api-keys", json={"name": "CI", "permissions": ["audit:read", "secrets:read"]})
        ).json()
        program = clients.anonymous(Authorization=f"Bearer {made['key']}")
        assert (await program.get("/api/v1/secrets")).status_code == 200
        weaker = await people.make_role(clients.db, clients.tenant_id, "audit:read")
        path = f"/api/v1/users/{clients.user_of(bob).user_id}"
        await owner.patch(path, json={"role_id": str(weaker.id)}, headers=ANY)
        assert (await program.get("/api/v1/secrets")).status_code == 403
        assert (await program.get("/api/v1/audit")).status_code == 200
        await owner.patch(path, json={"is_active": False}, headers=ANY)
        assert (await program.get("/api/v1/audit")).status_code == 401

    async def test_a_removed_creators_key_is_dead(self, clients: Clients, owner: AsyncClient) -> None:
        bob = await clients.signed_in("api_keys:write", "audit:read")
        made = (await bob.post("/api/v1/api-keys", json={"name": "CI", "permissions": ["audit:read"]})).json()
        await owner.delete(f"/api/v1/users/{clients.user_of(bob).user_id}", headers=ANY)
        program = clients.anonymous(Authorization=f"Bearer {made['key']}")
        assert (await program.get("/api/v1/audit")).status_code == 401
        listed = (await owner.get("/api/v1/api-keys")).json()["items"]
        assert listed[0]["revoked_at"] is not None

    @pytest.mark.parametrize("right", ["api_keys:write", "users:write", "roles:write", "tenants:write"])
    async def test_no_key_can_make_people_roles_or_keys(self, clients: Clients, owner: AsyncClient, right: str) -> None:
        refused = await owner.post("/api/v1/api-keys", json={"name": "CI", "permissions": [right]})
        assert (refused.status_code, refused.json()["code"]) == (403, "rights_exceeded")
        key = await people.make_api_key(clients.db, clients.tenant_id, clients.user_of(owner).user_id, right)
        program = clients.anonymous(Authorization=f"Bearer {key}")
        answer = await program.post("/api/v1/api-keys", json={"name": "Child", "permissions": []})
        assert answer.status_code == 403

    async def test_a_key_cannot_have_what_its_maker_lacks(self, clients: Clients) -> None:
        bob = await clients.signed_in("api_keys:write", "audit:read")
        answer = await bob.post("/api/v1/api-keys", json={"name": "CI", "permissions": ["secrets:read"]})
        assert answer.json()["code"] == "rights_exceeded"

    @pytest.mark.parametrize("at", ["2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"])
    async def test_a_key_ends_within_a_year(self, owner: AsyncClient, at: str) -> None:
        answer = await owner.post("/api/v1/api-keys", json={"name": "CI", "permissions": [], "expires_at": at})
        assert (answer.status_code, answer.json()["code"]) == (422, "expiry_wrong")
