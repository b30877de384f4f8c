"""People, roles and keys: who may give what to whom."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx2 import AsyncClient
from sqlalchemy import select

from deployflow.identity.models import Membership, User
from deployflow.identity.permissions import ALL, BUILT_IN
from deployflow.platform.context import system_context
from tests.factories import identity as people
from tests.support.clients import Clients

PASSWORD = "violet tram over the bridge"
ANY = {"If-Match": "*"}

# It is pasted into a root shell: nothing but what addresses are made of.
NO_ADDRESSES = [
    "fleet.example.com",
    "ftp://x",
    "https://x/path",
    "https://x?a=b",
    "https://x#a",
    "javascript:alert(1)",
    "https://a;id",
    "https://a|id",
    "https://x$(id).example.com",
    "https://`id`",
    "https://a'b",
    "https://a b",
    "https://u:p@host",
    "https://",
    "https://a\nb",
]


@pytest.fixture
async def owner(clients: Clients) -> AsyncClient:
    return await clients.signed_in(built_in="owner")


async def invite(client: AsyncClient, role_id: UUID | str, email: str = "bob@example.com") -> Any:
    return await client.post("/api/v1/users", json={"email": email, "name": "Bob", "role_id": str(role_id)})


async def role_id(clients: Clients, key: str) -> UUID:
    return (await people.built_in_role(clients.db, clients.tenant_id, key)).id


class TestInvitations:
    async def test_the_link_sets_a_password_once(self, clients: Clients, owner: AsyncClient) -> None:
        made = await invite(owner, await role_id(clients, "technician"))
        assert made.status_code == 201
        base, token = made.json()["invite_url"].split("#")
        assert base == "http://fleet.test/welcome/"
        guest = clients.anonymous()
        accepted = await guest.post("/api/v1/invitations/accept", json={"token": token, "password": PASSWORD})
        assert accepted.status_code == 204
        signed_in = await guest.post("/api/v1/session", json={"email": "bob@example.com", "password": PASSWORD})
        assert signed_in.json()["me"]["role"]["name"] == "Technician"
        again = await guest.post("/api/v1/invitations/accept", json={"token": token, "password": PASSWORD})
        assert (again.status_code, again.json()["code"]) == (404, "invitation_invalid")

    async def test_a_weak_password_leaves_the_link_usable(self, clients: Clients, owner: AsyncClient) -> None:
        token = (await invite(owner, await role_id(clients, "viewer"))).json()["invite_url"].split("#")[1]
        guest = clients.anonymous()
        weak = await guest.post("/api/v1/invitations/accept", json={"token": token, "password": "short"})
        assert weak.json()["code"] == "password_unfit"
        good = await guest.post("/api/v1/invitations/accept", json={"token": token, "password": PASSWORD})
        assert good.status_code == 204

    async def test_a_new_link_replaces_the_one_before(self, clients: Clients, owner: AsyncClient) -> None:
        made = (await invite(owner, await role_id(clients, "viewer"))).json()
        old = made["invite_url"].split("#")[1]
        reset = await owner.post(f"/api/v1/users/{made['id']}/reset-invite")
        assert reset.status_code == 200
        answer = await clients.anonymous().post("/api/v1/invitations/accept", json={"token": old, "password": PASSWORD})
        assert answer.json()["code"] == "invitation_invalid"

    async def test_a_reset_ends_password_sessions_and_authenticator(self, clients: Clients, owner: AsyncClient) -> None:
        bob = await clients.signed_in(built_in="viewer")
        bob_id = clients.user_of(bob).user_id
        async with clients.db.write(system_context()) as session:
            user = await session.get_one(User, bob_id)
            user.password_hash, user.totp_secret = "x", b"y"
        assert (await owner.post(f"/api/v1/users/{bob_id}/reset-invite")).status_code == 200
        assert (await bob.get("/api/v1/session")).status_code == 401
        async with clients.db.read(system_context()) as session:
            user = await session.get_one(User, bob_id)
        assert (user.password_hash, user.totp_secret) == (None, None)

    async def test_nobody_is_invited_twice(self, clients: Clients, owner: AsyncClient) -> None:
        viewer = await role_id(clients, "viewer")
        await invite(owner, viewer)
        again = await invite(owner, viewer, " BOB@example.com ")
        assert (again.status_code, again.json()["code"]) == (409, "email_taken")

    async def test_somebody_of_another_organisation_keeps_name_and_sign_in(
        self, clients: Clients, owner: AsyncClient
    ) -> None:
        other = await people.signed_in_user(clients.db, clients.other_tenant_id, built_in="owner")
        async with clients.db.write(system_context()) as session:
            user = await session.get_one(User, other.user_id)
            user.password_hash = "x"
            email = user.email
        made = await invite(owner, await role_id(clients, "owner"), email)
        assert made.status_code == 201
        assert made.json()["invite_url"] is None
        assert made.json()["name"] == "Ada"
        for attempt in (
            await owner.post(f"/api/v1/users/{other.user_id}/reset-invite"),
            await owner.patch(f"/api/v1/users/{other.user_id}", json={"name": "Eve"}, headers=ANY),
        ):
            assert (attempt.status_code, attempt.json()["code"]) == (409, "user_of_other_tenants")
        removed = await owner.delete(f"/api/v1/users/{other.user_id}", headers=ANY)
        assert removed.status_code == 204
        assert (await clients.with_session(other.token).get("/api/v1/session")).status_code == 200


class TestRights:
    """Nobody gives what they do not have, and nobody reaches above themselves."""

    @pytest.fixture
    async def deputy(self, clients: Clients) -> AsyncClient:
        return await clients.signed_in("users:read", "users:write", "roles:read", "roles:write", "devices:read")

    async def test_an_invitation_into_a_stronger_role_is_refused(self, clients: Clients, deputy: AsyncClient) -> None:
        answer = await invite(deputy, await role_id(clients, "owner"))
        assert (answer.status_code, answer.json()["code"]) == (403, "rights_exceeded")

    async def test_one_cannot_make_oneself_owner(self, clients: Clients, deputy: AsyncClient) -> None:
        answer = await deputy.patch(
            f"/api/v1/users/{clients.user_of(deputy).user_id}",
            json={"role_id": str(await role_id(clients, "owner"))},
            headers=ANY,
        )
        assert answer.json()["code"] == "rights_exceeded"

    async def test_a_stronger_person_cannot_be_reset_changed_or_removed(
        self, clients: Clients, deputy: AsyncClient, owner: AsyncClient
    ) -> None:
        target = f"/api/v1/users/{clients.user_of(owner).user_id}"
        for answer in (
            await deputy.post(f"{target}/reset-invite"),
            await deputy.patch(target, json={"is_active": False}, headers=ANY),
            await deputy.delete(target, headers=ANY),
        ):
            assert answer.json()["code"] == "rights_exceeded"
        assert (await owner.get("/api/v1/session")).status_code == 200

    async def test_a_role_cannot_grant_more_than_its_maker_has(self, deputy: AsyncClient) -> None:
        answer = await deputy.post(
            "/api/v1/roles", json={"name": "Sneaky", "permissions": ["devices:read", "actions:run"]}
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "rights_exceeded")
        assert "actions:run" in answer.json()["detail"]
        made = await deputy.post("/api/v1/roles", json={"name": "Fair", "permissions": ["devices:read"]})
        more = await deputy.patch(
            f"/api/v1/roles/{made.json()['id']}", json={"permissions": ["actions:run"]}, headers=ANY
        )
        assert more.json()["code"] == "rights_exceeded"

    async def test_a_demoted_person_loses_the_right_at_the_next_request(
        self, clients: Clients, owner: AsyncClient
    ) -> None:
        bob = await clients.signed_in(built_in="administrator")
        assert (await bob.get("/api/v1/audit")).status_code == 200
        viewer_without = await people.make_role(clients.db, clients.tenant_id, "devices:read")
        await owner.patch(
            f"/api/v1/users/{clients.user_of(bob).user_id}", json={"role_id": str(viewer_without.id)}, headers=ANY
        )
        assert (await bob.get("/api/v1/audit")).status_code == 403

    async def test_a_switched_off_person_is_out_at_once(self, clients: Clients, owner: AsyncClient) -> None:
        bob = await clients.signed_in(built_in="viewer")
        path = f"/api/v1/users/{clients.user_of(bob).user_id}"
        assert (await owner.patch(path, json={"is_active": False}, headers=ANY)).status_code == 200
        assert (await bob.get("/api/v1/session")).status_code == 401


class TestOwners:
    @pytest.mark.parametrize("how", ["demote", "switch off", "remove"])
    async def test_the_last_owner_stays(self, clients: Clients, owner: AsyncClient, how: str) -> None:
        path = f"/api/v1/users/{clients.user_of(owner).user_id}"
        if how == "demote":
            viewer = str(await role_id(clients, "viewer"))
            answer = await owner.patch(path, json={"role_id": viewer}, headers=ANY)
        elif how == "switch off":
            answer = await owner.patch(path, json={"is_active": False}, headers=ANY)
        else:
            answer = await owner.delete(path, headers=ANY)
        assert (answer.status_code, answer.json()["code"]) == (409, "last_owner")

    async def test_of_two_owners_one_may_go_but_not_both(self, clients: Clients, owner: AsyncClient) -> None:
        second = await clients.signed_in(built_in="owner")
        first_path = f"/api/v1/users/{clients.user_of(owner).user_id}"
        second_path = f"/api/v1/users/{clients.user_of(second).user_id}"
        assert (await owner.delete(second_path, headers=ANY)).status_code == 204
        assert (await owner.delete(first_path, headers=ANY)).json()["code"] == "last_owner"

    async def test_an_owner_who_is_switched_off_does_not_count(self, clients: Clients, owner: AsyncClient) -> None:
        second = await clients.signed_in(built_in="owner")
        await owner.patch(f"/api/v1/users/{clients.user_of(second).user_id}", json={"is_active": False}, headers=ANY)
        answer = await owner.delete(f"/api/v1/users/{clients.user_of(owner).user_id}", headers=ANY)
        assert answer.json()["code"] == "last_owner"


class TestRoles:
    async def test_every_tenant_starts_with_the_built_in_ones(self, owner: AsyncClient) -> None:
        roles = (await owner.get("/api/v1/roles")).json()["items"]
        found = {role["name"]: (role["built_in"], frozenset(role["permissions"])) for role in roles}
        assert found == {role.name: (True, role.permissions) for role in BUILT_IN.values()}
        assert found["Owner"][1] == ALL

    async def test_a_built_in_one_stays_as_it_is(self, clients: Clients, owner: AsyncClient) -> None:
        path = f"/api/v1/roles/{await role_id(clients, 'viewer')}"
        for answer in (
            await owner.patch(path, json={"permissions": ["devices:write"]}, headers=ANY),
            await owner.delete(path, headers=ANY),
        ):
            assert (answer.status_code, answer.json()["code"]) == (409, "role_built_in")

    async def test_one_in_use_is_not_deleted(self, owner: AsyncClient) -> None:
        made = (await owner.post("/api/v1/roles", json={"name": "Helpers", "permissions": ["devices:read"]})).json()
        bob = (await invite(owner, made["id"])).json()
        path = f"/api/v1/roles/{made['id']}"
        assert (await owner.get(path)).json()["user_count"] == 1
        assert (await owner.delete(path, headers=ANY)).json()["code"] == "role_in_use"
        await owner.delete(f"/api/v1/users/{bob['id']}", headers=ANY)
        assert (await owner.delete(path, headers=ANY)).status_code == 204

    async def test_names_are_unique_and_permissions_known(self, owner: AsyncClient) -> None:
        taken = await owner.post("/api/v1/roles", json={"name": "Viewer", "permissions": []})
        assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")
        unknown = await owner.post("/api/v1/roles", json={"name": "New", "permissions": ["devices:fly"]})
        assert (unknown.status_code, unknown.json()["code"]) == (422, "permission_unknown")

    async def test_a_stale_version_is_refused(self, owner: AsyncClient) -> None:
        made = (await owner.post("/api/v1/roles", json={"name": "Helpers", "permissions": []})).json()
        path = f"/api/v1/roles/{made['id']}"
        first = await owner.patch(path, json={"description": "one"}, headers={"If-Match": '"1"'})
        assert (first.status_code, first.headers["etag"]) == (200, '"2"')
        stale = await owner.patch(path, json={"description": "two"}, headers={"If-Match": '"1"'})
        assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
        missing = await owner.patch(path, json={"description": "three"})
        assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")


class TestTenants:
    async def test_switching_shows_the_other_organisation_only_to_its_people(
        self, clients: Clients, owner: AsyncClient
    ) -> None:
        stranger = await owner.put("/api/v1/session/tenant", json={"tenant_id": str(clients.other_tenant_id)})
        assert stranger.status_code == 404
        role = await people.built_in_role(clients.db, clients.other_tenant_id, "viewer")
        user_id = clients.user_of(owner).user_id
        await people.add_member(clients.db, clients.other_tenant_id, user_id, role.id)
        switched = await owner.put("/api/v1/session/tenant", json={"tenant_id": str(clients.other_tenant_id)})
        assert switched.json()["tenant"]["name"] == "Fabrikam"
        assert switched.json()["role"]["name"] == "Viewer"
        assert [tenant["name"] for tenant in switched.json()["tenants"]] == ["Contoso", "Fabrikam"]
        assert (await owner.get("/api/v1/users")).json()["items"][0]["role"]["name"] == "Viewer"

    async def test_another_organisation_needs_postgresql(self, clients: Clients, owner: AsyncClient) -> None:
        answer = await owner.post("/api/v1/tenants", json={"name": "Contoso"})
        if clients.db.is_sqlite:
            assert (answer.status_code, answer.json()["code"]) == (409, "single_tenant_edition")
            return
        assert answer.status_code == 201
        assert answer.json()["slug"] == "contoso-2"
        me = await owner.put("/api/v1/session/tenant", json={"tenant_id": answer.json()["id"]})
        assert me.json()["role"]["name"] == "Owner"

    async def test_an_organisation_of_others_cannot_be_renamed(self, clients: Clients, owner: AsyncClient) -> None:
        answer = await owner.patch(f"/api/v1/tenants/{clients.other_tenant_id}", json={"name": "Mine"}, headers=ANY)
        assert answer.status_code == 404
        own = await owner.patch(f"/api/v1/tenants/{clients.tenant_id}", json={"name": "Mine"}, headers=ANY)
        assert own.json()["name"] == "Mine"


class TestSettings:
    async def test_they_are_changed_under_their_version(self, owner: AsyncClient) -> None:
        before = await owner.get("/api/v1/settings")
        assert before.json()["action_expiry_days"] == 14
        changed = await owner.patch(
            "/api/v1/settings",
            json={"organisation": "Contoso AG", "public_url": "https://fleet.example.com/", "action_expiry_days": 3},
            headers={"If-Match": before.headers["etag"]},
        )
        assert changed.json()["public_url"] == "https://fleet.example.com"
        cleared = await owner.patch("/api/v1/settings", json={"public_url": None}, headers=ANY)
        assert (cleared.json()["public_url"], cleared.json()["organisation"]) == (None, "Contoso AG")

    @pytest.mark.parametrize("url", [*NO_ADDRESSES, "https://x:99999"])
    async def test_a_public_url_is_scheme_host_and_port(self, owner: AsyncClient, url: str) -> None:
        answer = await owner.patch("/api/v1/settings", json={"public_url": url}, headers=ANY)
        assert answer.status_code == 422


class TestOwnAccount:
    async def test_sessions_are_listed_and_ended_one_by_one(self, clients: Clients, owner: AsyncClient) -> None:
        user = clients.user_of(owner)
        _id, token = await people.start_session(clients.db, clients.tenant_id, user.user_id)
        other = clients.with_session(token)
        listed = (await owner.get("/api/v1/session/sessions")).json()["items"]
        assert sorted(item["current"] for item in listed) == [False, True]
        gone = next(item["id"] for item in listed if not item["current"])
        assert (await owner.delete(f"/api/v1/session/sessions/{gone}")).status_code == 204
        assert (await other.get("/api/v1/session")).status_code == 401
        assert (await owner.delete(f"/api/v1/session/sessions/{gone}")).status_code == 404

    async def test_nobody_ends_somebody_elses_session(self, clients: Clients, owner: AsyncClient) -> None:
        bob = await clients.signed_in(built_in="viewer")
        answer = await owner.delete(f"/api/v1/session/sessions/{clients.user_of(bob).session_id}")
        assert answer.status_code == 404
        assert (await bob.get("/api/v1/session")).status_code == 200

    async def test_signing_out_ends_the_session_on_the_server(self, clients: Clients, owner: AsyncClient) -> None:
        token = clients.user_of(owner).token
        assert (await owner.delete("/api/v1/session")).status_code == 204
        assert (await clients.with_session(token).get("/api/v1/session")).status_code == 401

    async def test_a_new_name_shows(self, owner: AsyncClient) -> None:
        assert (await owner.patch("/api/v1/me", json={"name": " Grace "})).json()["user"]["name"] == "Grace"

    async def test_somebody_unknown_is_not_found(self, owner: AsyncClient) -> None:
        assert (await owner.get(f"/api/v1/users/{uuid4()}")).status_code == 404


async def test_a_membership_moves_on_when_only_the_name_changes(clients: Clients, owner: AsyncClient) -> None:
    bob = await clients.signed_in(built_in="viewer")
    path = f"/api/v1/users/{clients.user_of(bob).user_id}"
    changed = await owner.patch(path, json={"name": "Robert"}, headers={"If-Match": '"1"'})
    assert (changed.json()["name"], changed.json()["version"]) == ("Robert", 2)
    async with clients.db.read(system_context()) as session:
        versions = await session.scalars(
            select(Membership.version).where(Membership.user_id == clients.user_of(bob).user_id)
        )
    assert versions.one() == 2
