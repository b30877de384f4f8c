"""Plain HTTP is for networks that an administrator trusts (A.5, mode C); HTTPS is for all."""

import httpx2
import pytest
from fastapi import FastAPI

from deployflow.app.simulation.client import Refused, ServerAddress
from deployflow.boot.models import BootSite
from deployflow.deployments.states import State
from deployflow.platform import clock
from tests.support.booting import MACHINE, ask, change_site, make_deployment, make_profile
from tests.support.clients import Clients
from tests.support.deploying import Rack

REFUSED = "plain HTTP is refused here. Mark the boot site as a trusted network, or boot over HTTPS."


@pytest.fixture
async def untrusted(clients: Clients, site: BootSite) -> BootSite:
    await change_site(clients, site, trusted_network=False)
    return site


async def ask_over_https(app: FastAPI, site: BootSite) -> str:
    transport = httpx2.ASGITransport(app=app, client=("192.0.2.7", 40000))
    async with httpx2.AsyncClient(transport=transport, base_url="https://boot.test") as client:
        return (await client.get("/boot/v1/script", params={"site": site.key, **MACHINE})).text


@pytest.mark.usefixtures("environment")
class TestScript:
    @pytest.mark.parametrize("loader", [{}, {"loader": "grub"}])
    async def test_over_plain_http_the_screen_says_what_to_do(
        self, app: FastAPI, clients: Clients, untrusted: BootSite, loader: dict[str, str]
    ) -> None:
        await make_profile(clients)
        for policy in ("menu", "wait"):
            await change_site(clients, untrusted, unknown_machines=policy)
            text = await ask(app, untrusted, **loader)
            assert REFUSED in text
            assert "vmlinuz" not in text

    async def test_what_is_prepared_does_not_start_either(
        self, app: FastAPI, clients: Clients, untrusted: BootSite
    ) -> None:
        await make_deployment(clients, State.ARMED)
        assert REFUSED in await ask(app, untrusted)

    async def test_over_https_it_starts(self, app: FastAPI, clients: Clients, untrusted: BootSite) -> None:
        await make_profile(clients)
        assert "choose --default" in await ask_over_https(app, untrusted)

    async def test_a_machine_that_was_deployed_starts_from_its_disk_without_a_word(
        self, app: FastAPI, clients: Clients, untrusted: BootSite
    ) -> None:
        await make_deployment(clients, State.SUCCEEDED, consumed_at=clock.now())
        text = await ask(app, untrusted)
        assert "it was deployed" in text
        assert REFUSED not in text

    async def test_a_new_site_is_not_trusted(self, clients: Clients) -> None:
        admin = await clients.signed_in("boot:read", "boot:write")
        made = await admin.post("/api/v1/boot-sites", json={"name": "Berlin", "code": "BER"})
        assert made.json()["trusted_network"] is False


class TestSession:
    async def test_none_begins_over_plain_http(self, rack: Rack) -> None:
        at = f"/boot-sites/{rack.site.id}"
        await rack.console.change(at, {"trusted_network": False})
        machine = rack.machine()
        # Called by another name than its own: a network may be in between, or a proxy.
        machine.address = ServerAddress.of(rack.live.url.replace("127.0.0.1", "127.1"))
        with pytest.raises(Refused, match="network_not_trusted"):
            await machine.begin()
        await rack.console.change(at, {"trusted_network": True})
        assert await machine.begin() == "waiting"

    async def test_from_the_server_itself_one_begins(self, rack: Rack) -> None:
        await rack.console.change(f"/boot-sites/{rack.site.id}", {"trusted_network": False})
        assert await rack.machine().begin() == "waiting"

    async def test_who_lets_it_in_has_just_given_their_password(self, rack: Rack) -> None:
        machine = rack.machine()
        await machine.begin()
        stale = await rack.person(built_in="technician", stepped_up=False)
        at = f"/boot-sessions/{machine.session_id}"
        body = {"code": machine.code, "profile_id": rack.profile["id"]}
        assert await stale.refused("POST", f"{at}/approve", body) == (403, "step_up_required")
        pin = {"site_id": str(rack.site.id), "name": "Kim", "hours": 1}
        assert await stale.refused("POST", "/technician-pins", pin) == (403, "step_up_required")
        # A code that was right is not spent, and refusing needs no password.
        assert (await stale.post(f"{at}/deny", {"reason": "not ours"}))["state"] == "denied"
