"""Boot sites and the lists around them, for people."""

from typing import Any

import pytest

from tests.support.booting import ask, make_profile
from tests.support.clients import Clients

pytestmark = pytest.mark.usefixtures("environment")
MATCH = {"If-Match": "*"}


async def make(client: Any, **more: Any) -> dict[str, Any]:
    answer = await client.post("/api/v1/boot-sites", json={"name": "Berlin", "code": "ber", **more})
    assert answer.status_code == 201, answer.text
    site: dict[str, Any] = answer.json()
    return site


class TestSites:
    async def test_a_site_says_what_dhcp_gives_out(self, clients: Clients) -> None:
        client = await clients.signed_in("boot:read", "boot:write")
        site = await make(client)
        assert site["code"] == "BER"
        assert site["script_url"] == f"http://fleet.test/boot/v1/script?site={site['key']}"
        listed = (await client.get("/api/v1/boot-sites")).json()["items"]
        assert [one["name"] for one in listed] == ["Berlin", "Main site"]

    @pytest.mark.parametrize(
        "body",
        [
            {"name": "", "code": "B"},
            {"name": "B", "code": "TOO-LONG-CODE"},
            {"name": "B", "code": "Ü"},
            {"name": "B", "code": "B", "unknown_machines": "wipe"},
            {"name": "B", "code": "B", "menu_timeout_s": -1},
            {"name": "B", "code": "B", "networks": ["10.0.0.0/99"]},
            {"name": "B", "code": "B", "colour": "red"},
        ],
        ids=str,
    )
    async def test_what_cannot_work_is_refused(self, clients: Clients, body: dict[str, Any]) -> None:
        client = await clients.signed_in("boot:write")
        answer = await client.post("/api/v1/boot-sites", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")

    async def test_names_and_codes_are_one_of_a_kind(self, clients: Clients) -> None:
        client = await clients.signed_in("boot:write")
        await make(client)
        for body in ({"name": "Berlin", "code": "B2"}, {"name": "Berlin 2", "code": "BER"}):
            answer = await client.post("/api/v1/boot-sites", json=body)
            assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")

    async def test_a_change_holds_at_the_next_question(self, clients: Clients, app: Any) -> None:
        client = await clients.signed_in("boot:read", "boot:write")
        profile = await make_profile(clients)
        made = await make(client, trusted_network=True)

        class Site:
            key = made["key"]

        assert "menu DeployFlow" in await ask(app, Site)  # type: ignore[arg-type]
        change = {"unknown_machines": "local_disk", "default_profile_id": str(profile.id)}
        changed = await client.patch(f"/api/v1/boot-sites/{made['id']}", json=change, headers=MATCH)
        assert changed.json()["default_profile_id"] == str(profile.id)
        assert "sanboot" in await ask(app, Site)  # type: ignore[arg-type]
        cleared = await client.patch(
            f"/api/v1/boot-sites/{made['id']}", json={"default_profile_id": None, "new_key": True}, headers=MATCH
        )
        assert cleared.json()["default_profile_id"] is None
        assert cleared.json()["key"] != made["key"]
        assert "names no boot site" in await ask(app, Site)  # type: ignore[arg-type]

    async def test_a_profile_that_is_not_there_is_refused(self, clients: Clients) -> None:
        client = await clients.signed_in("boot:read", "boot:write")
        site = await make(client)
        change = {"profile_ids": ["00000000-0000-7000-8000-000000000000"]}
        answer = await client.patch(f"/api/v1/boot-sites/{site['id']}", json=change, headers=MATCH)
        assert (answer.status_code, answer.json()["code"]) == (404, "profile_not_found")

    async def test_the_last_one_stays(self, clients: Clients) -> None:
        client = await clients.signed_in("boot:read", "boot:write")
        (first,) = (await client.get("/api/v1/boot-sites")).json()["items"]
        answer = await client.delete(f"/api/v1/boot-sites/{first['id']}", headers=MATCH)
        assert (answer.status_code, answer.json()["code"]) == (409, "last_boot_site")
        await make(client)
        assert (await client.delete(f"/api/v1/boot-sites/{first['id']}", headers=MATCH)).status_code == 204


class TestMachines:
    async def test_the_list_says_what_was_seen_and_answered(self, clients: Clients, app: Any, site: Any) -> None:
        await ask(app, site)
        client = await clients.signed_in("boot:read", "boot:write")
        (machine,) = (await client.get("/api/v1/discovered-machines?q=pf2abcde")).json()["items"]
        assert (machine["mac"], machine["model"], machine["last_answer"]) == ("52:54:00:12:34:56", "20XW", "menu")
        assert (machine["site"]["code"], machine["device"], machine["deployment_id"]) == ("HQ", None, None)
        gone = await client.delete(f"/api/v1/discovered-machines/{machine['id']}")
        assert gone.status_code == 204
        assert (await client.get("/api/v1/discovered-machines")).json()["items"] == []
