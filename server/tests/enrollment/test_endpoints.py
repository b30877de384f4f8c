"""Enrollment tokens for people."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from deployflow.identity.models import Tenant
from deployflow.platform import clock
from deployflow.platform.context import system_context
from tests.factories.fleet import make_token
from tests.support.clients import Clients
from tests.support.machines import Machine

MATCH = {"If-Match": "*"}
PATH = "/api/v1/enrollment-tokens"
ROUTES = [
    ("GET", PATH + "/{id}", "enrollment:read", None),
    ("GET", PATH + "/{id}/uses", "enrollment:read", None),
    ("PATCH", PATH + "/{id}", "enrollment:write", {"name": "x"}),
    ("DELETE", PATH + "/{id}", "enrollment:write", None),
]


@pytest.mark.parametrize(("method", "path", "permission", "body"), ROUTES, ids=str)
async def test_who_may(clients: Clients, method: str, path: str, permission: str, body: Any) -> None:
    mine, _ = await make_token(clients.db, clients.tenant_id)
    foreign, _ = await make_token(clients.db, clients.other_tenant_id)
    anonymous = clients.anonymous()
    assert (await anonymous.request(method, path.format(id=mine.id), json=body, headers=MATCH)).status_code == 401
    wrong = await clients.signed_in("devices:read")
    assert (await wrong.request(method, path.format(id=mine.id), json=body, headers=MATCH)).status_code == 403
    right = await clients.signed_in(permission)
    answer = await right.request(method, path.format(id=foreign.id), json=body, headers=MATCH)
    assert (answer.status_code, answer.json()["code"]) == (404, "enrollment_token_not_found")
    assert (await right.request(method, path.format(id=mine.id), json=body, headers=MATCH)).is_success


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_who_may_list_and_make(clients: Clients, method: str) -> None:
    body = {"name": "x"} if method == "POST" else None
    assert (await clients.anonymous().request(method, PATH, json=body)).status_code == 401
    client = await clients.signed_in("enrollment:write" if method == "GET" else "enrollment:read")
    assert (await client.request(method, PATH, json=body)).status_code == 403


class TestMaking:
    async def test_the_token_is_shown_once_with_lines_to_paste(self, clients: Clients) -> None:
        client = await clients.signed_in("enrollment:read", "enrollment:write")
        answer = await client.post(PATH, json={"name": "Floor 2"})
        assert answer.status_code == 201, answer.text
        body = answer.json()
        token = body["token"]
        assert token.startswith(body["prefix"] + "_")
        assert answer.headers["cache-control"] == "no-store"
        assert body["install"]["linux"] == (
            "curl -fsSL http://fleet.test/install.sh | sudo DEPLOYFLOW_SERVER=http://fleet.test "
            f"DEPLOYFLOW_TOKEN={token} sh"
        )
        assert token in body["install"]["windows"]
        assert body["install"]["msi"] == (
            f"msiexec /i http://fleet.test/download/agent/win-x64.msi /qn SERVER=http://fleet.test TOKEN={token}"
        )
        again = await client.get(f"{PATH}/{body['id']}")
        # The secret may have underscores of its own.
        assert token.removeprefix(body["prefix"] + "_") not in again.text
        assert again.json()["created_by"]["type"] == "user"

    async def test_left_out_it_is_good_for_one_machine_and_a_day_and_approves(self, clients: Clients) -> None:
        client = await clients.signed_in("enrollment:write")
        body = (await client.post(PATH, json={"name": "x"})).json()
        assert (body["max_uses"], body["uses"], body["auto_approve"], body["state"]) == (1, 0, True, "usable")
        ends = datetime.fromisoformat(body["expires_at"])
        assert timedelta(hours=23) < ends - clock.now() <= timedelta(hours=24)

    async def test_one_for_several_machines_does_not_approve_unless_told(self, clients: Clients) -> None:
        client = await clients.signed_in("enrollment:write")
        body = (await client.post(PATH, json={"name": "x", "max_uses": 2})).json()
        assert body["auto_approve"] is False
        body = (await client.post(PATH, json={"name": "x", "max_uses": 2, "auto_approve": True})).json()
        assert body["auto_approve"] is True

    async def test_it_enrolls_and_puts_its_tags_on(self, clients: Clients, app: FastAPI) -> None:
        client = await clients.signed_in("enrollment:write", "enrollment:read", "devices:read")
        made = (await client.post(PATH, json={"name": "x", "tags": ["floor 2"]})).json()
        machine = Machine(app)
        assert (await machine.enroll(made["token"])).json()["state"] == "active"
        device = (await client.get(f"/api/v1/devices/{machine.device_id}")).json()
        assert device["tags"] == ["floor 2"]
        uses = (await client.get(f"{PATH}/{made['id']}/uses")).json()["items"]
        assert [(use["device"]["hostname"], use["device"]["state"], use["ip"]) for use in uses] == [
            ("PC-1", "active", "192.0.2.7")
        ]
        assert (await client.get(f"{PATH}/{made['id']}")).json()["state"] == "used_up"

    async def test_the_organisations_address_is_in_the_lines(self, clients: Clients) -> None:
        async with clients.db.write(system_context()) as session:
            tenant = await session.get(Tenant, clients.tenant_id)
            assert tenant is not None
            tenant.public_url = "https://fleet.contoso.example"
        client = await clients.signed_in("enrollment:write")
        lines = (await client.post(PATH, json={"name": "x"})).json()["install"]
        assert lines["linux"].startswith("curl -fsSL https://fleet.contoso.example/install.sh | sudo ")
        assert "irm https://fleet.contoso.example/install.ps1 | iex" in lines["windows"]

    async def test_every_page_names_the_same_address(self, clients: Clients) -> None:
        """The organisation's own comes before the server's."""
        settings = clients.app.state.runtime.settings
        client = await clients.signed_in("enrollment:write", "settings:write", "settings:read", "boot:read")
        for server, organisation, named in (
            (None, None, "http://fleet.test"),
            ("https://server.example", None, "https://server.example"),
            (None, "https://fleet.contoso.example", "https://fleet.contoso.example"),
            ("https://server.example", "https://fleet.contoso.example", "https://fleet.contoso.example"),
        ):
            object.__setattr__(settings, "public_url", server)
            given = await client.patch("/api/v1/settings", json={"public_url": organisation}, headers={"If-Match": "*"})
            assert given.json()["public_url"] == (organisation or server)
            lines = (await client.post(PATH, json={"name": "x"})).json()["install"]
            assert lines["linux"].startswith(f"curl -fsSL {named}/install.sh | ")

    @pytest.mark.parametrize(
        "wrong",
        [
            {},
            {"name": ""},
            {"name": "x", "colour": "red"},
            {"name": "x" * 121},
            {"name": "x", "max_uses": 0},
            {"name": "x", "max_uses": 10_001},
            {"name": "x", "expires_at": "2020-01-01T00:00:00Z"},
            {"name": "x", "expires_at": (clock.now() + timedelta(days=31)).isoformat()},
            {"name": "x", "expires_at": "2026-11-24T12:00:00"},
            {"name": "x", "allowed_networks": ["10.0.0.0/33"]},
            {"name": "x", "allowed_networks": ["example.com"]},
            {"name": "x", "tags": ["a,b"]},
        ],
    )
    async def test_what_makes_no_sense_is_refused(self, clients: Clients, wrong: Any) -> None:
        client = await clients.signed_in("enrollment:write")
        assert (await client.post(PATH, json=wrong)).status_code == 422


class TestChanging:
    async def test_fields_that_are_given_change(self, clients: Clients) -> None:
        token, _ = await make_token(clients.db, clients.tenant_id)
        client = await clients.signed_in("enrollment:write")
        answer = await client.patch(
            f"{PATH}/{token.id}",
            json={"max_uses": 5, "allowed_networks": ["10.1.2.3/8"]},
            headers={"If-Match": '"1"'},
        )
        body = answer.json()
        assert (body["max_uses"], body["allowed_networks"], body["name"]) == (5, ["10.0.0.0/8"], "Floor 2")
        assert answer.headers["etag"] == '"2"'
        answer = await client.patch(f"{PATH}/{token.id}", json={"max_uses": 6}, headers={"If-Match": '"1"'})
        assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
        assert (await client.patch(f"{PATH}/{token.id}", json={})).status_code == 428

    async def test_a_revoked_one_stays_listed_and_enrolls_nobody(self, clients: Clients, app: FastAPI) -> None:
        token, text = await make_token(clients.db, clients.tenant_id)
        client = await clients.signed_in("enrollment:write", "enrollment:read")
        assert (await client.delete(f"{PATH}/{token.id}", headers=MATCH)).status_code == 204
        again = await client.delete(f"{PATH}/{token.id}", headers=MATCH)
        assert (again.status_code, again.json()["code"]) == (409, "enrollment_token_revoked")
        assert (await Machine(app).enroll(text)).json()["code"] == "token_revoked"
        listed = (await client.get(f"{PATH}?filter[state]=revoked")).json()["items"]
        assert [item["id"] for item in listed] == [str(token.id)]


class TestList:
    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("sort=name", ["a", "b", "c", "d"]),
            ("filter[state]=usable", ["a"]),
            ("filter[state]=expired", ["b"]),
            ("filter[state]=used_up", ["c"]),
            ("filter[state][in]=revoked,expired&sort=name", ["b", "d"]),
            ("q=A", ["a"]),
        ],
    )
    async def test_states_can_be_filtered(self, clients: Clients, query: str, names: list[str]) -> None:
        fields: list[dict[str, Any]] = [
            {"name": "a"},
            {"name": "b", "expires_at": clock.now() - timedelta(hours=1)},
            {"name": "c", "uses": 1},
            {"name": "d", "revoked_at": clock.now(), "uses": 1},
        ]
        for number, one in enumerate(fields):
            await make_token(clients.db, clients.tenant_id, prefix=f"dfe_{number:010}", **one)
        await make_token(clients.db, clients.other_tenant_id, name="a")
        client = await clients.signed_in("enrollment:read")
        items = (await client.get(f"{PATH}?{query}")).json()["items"]
        assert [item["name"] for item in items] == names

    async def test_an_unknown_state_is_named(self, clients: Clients) -> None:
        client = await clients.signed_in("enrollment:read")
        assert (await client.get(f"{PATH}?filter[state]=lost")).status_code == 400
