"""What a machine starts, decided anew each time it asks."""

import re
from uuid import UUID

import pytest
from fastapi import FastAPI

from deployflow.boot.models import BootSite
from deployflow.deployments.states import State
from deployflow.platform import clock
from deployflow.platform.context import system_context
from deployflow.platform.settings import Settings
from tests.boot.conftest import ENVIRONMENT_ID, make_environment, site_of
from tests.support.booting import MACHINE, ask, change_site, make_deployment, make_profile, open_client
from tests.support.clients import Clients


@pytest.mark.usefixtures("environment")
class TestWay:
    async def test_an_address_without_a_machine_asks_for_it(self, app: FastAPI, site: BootSite) -> None:
        async with open_client(app) as client:
            text = (await client.get("/boot/v1/script", params={"site": site.key})).text
        assert f"chain --replace --autofree script?site={site.key}&mac=${{netX/mac:hexhyp}}&uuid=${{uuid}}" in text

    async def test_an_unknown_machine_is_shown_the_menu_with_default_and_countdown(
        self, app: FastAPI, clients: Clients, site: BootSite
    ) -> None:
        first, second = await make_profile(clients), await make_profile(clients, "Büro & Lager")
        await make_profile(clients, "A template", is_template=True)
        await change_site(clients, site, default_profile_id=second.id, menu_timeout_s=7)
        text = await ask(app, site)
        assert f"item {first.id} Office PC\n" in text
        assert f"item {second.id} Buro ? Lager\n" in text
        assert "A template" not in text
        assert f"choose --default {second.id} --timeout 7000 chosen" in text
        assert "LENOVO, 20XW, PF2ABCDE, 52:54:00:12:34:56" in text

    async def test_only_the_profiles_of_the_site_are_in_its_menu(
        self, app: FastAPI, clients: Clients, site: BootSite
    ) -> None:
        first, second = await make_profile(clients), await make_profile(clients, "Kiosk")
        await change_site(clients, site, profile_ids=[str(second.id)], default_profile_id=first.id, menu_timeout_s=0)
        text = await ask(app, site)
        assert str(first.id) not in text
        assert "choose --default local  chosen" in text
        assert "df.profile" not in await ask(app, site, profile=str(first.id))

    async def test_a_choice_leads_into_the_environment_with_its_profile(
        self, app: FastAPI, clients: Clients, site: BootSite
    ) -> None:
        profile = await make_profile(clients)
        text = await ask(app, site, profile=str(profile.id))
        assert (
            f"kernel environments/{ENVIRONMENT_ID}/vmlinuz initrd=initrd.img df.server=http://boot.test:8480"
            f" df.site={site.key} df.mac=52:54:00:12:34:56 df.profile={profile.id}"
            " console=ttyS0,115200 console=tty0 quiet"
        ) in text

    async def test_the_policies_of_a_site(self, app: FastAPI, clients: Clients, site: BootSite) -> None:
        await change_site(clients, site, unknown_machines="wait")
        assert "df.mac=52:54:00:12:34:56 console=ttyS0,115200 console=tty0 quiet" in await ask(app, site)
        await change_site(clients, site, unknown_machines="local_disk")
        text = await ask(app, site)
        assert "sanboot --no-describe --drive 0x80" in text
        assert "vmlinuz" not in text

    @pytest.mark.parametrize("state", [State.ARMED, State.RUNNING, State.WAITING_FOR_APPROVAL])
    async def test_a_machine_with_work_to_do_goes_straight_into_the_environment(
        self, app: FastAPI, clients: Clients, site: BootSite, state: State
    ) -> None:
        await change_site(clients, site, unknown_machines="local_disk")
        await make_deployment(clients, state)
        assert "vmlinuz" in await ask(app, site)

    @pytest.mark.parametrize("state", [State.AWAITING_FIRST_BOOT, State.FINISHING, State.SUCCEEDED, State.FAILED])
    async def test_a_machine_whose_disk_is_done_starts_from_it(
        self, app: FastAPI, clients: Clients, site: BootSite, state: State
    ) -> None:
        await make_deployment(clients, state, consumed_at=clock.now())
        text = await ask(app, site)
        assert "sanboot" in text
        assert "vmlinuz" not in text
        # Not recognised by its card alone: another machine may have it now.
        assert "menu" in await ask(app, site, uuid="4c4c4544-0042-3010-8051-b4c04f999999", serial="PF2ZZZZZ")

    @pytest.mark.parametrize("state", [State.ABORTED, State.FAILED])
    async def test_a_machine_whose_disk_was_left_half_done_is_treated_as_unknown(
        self, app: FastAPI, clients: Clients, site: BootSite, state: State
    ) -> None:
        await make_deployment(clients, state, started_at=clock.now())
        assert "menu DeployFlow" in await ask(app, site)

    @pytest.mark.parametrize("state", [State.EXPIRED, State.DENIED, State.ABORTED])
    async def test_a_deployment_that_never_began_hides_none_before_it(
        self, app: FastAPI, clients: Clients, site: BootSite, state: State
    ) -> None:
        await make_deployment(clients, State.SUCCEEDED, consumed_at=clock.now())
        await make_deployment(clients, state)
        assert "sanboot" in await ask(app, site)
        await make_deployment(clients, State.ARMED)
        assert "vmlinuz" in await ask(app, site)

    @pytest.mark.usefixtures("site")
    async def test_without_a_key_the_only_site_is_meant_and_of_two_none(self, app: FastAPI, clients: Clients) -> None:
        async with open_client(app) as client:
            assert "names no boot site" in (await client.get("/boot/v1/script", params=MACHINE)).text
            other = await site_of(clients.db, clients.other_tenant_id)
            async with clients.db.write(system_context()) as session:
                await session.delete(other)
            assert "menu DeployFlow at Main site" in (await client.get("/boot/v1/script", params=MACHINE)).text


@pytest.mark.usefixtures("environment")
class TestGrub:
    """Where Secure Boot is on."""

    async def test_it_has_the_same_menu_and_leads_into_the_same_environment(
        self, app: FastAPI, clients: Clients, site: BootSite
    ) -> None:
        profile = await make_profile(clients)
        await change_site(clients, site, default_profile_id=profile.id)
        menu = await ask(app, site, loader="grub")
        assert f'menuentry "Office PC" --id {profile.id} {{' in menu
        assert (f"set default={profile.id}\n" in menu, "set timeout=30\n" in menu) == (True, True)
        target = re.search(r'configfile "\(http,\$host\)(\S+)"', menu)
        assert target is not None
        async with open_client(app) as client:
            started = (await client.get(target[1])).text
        assert f"linux (http,$host)/boot/v1/environments/{ENVIRONMENT_ID}/vmlinuz" in started
        assert (
            f"df.server=http://$host df.site={site.key} df.mac=52:54:00:12:34:56 df.profile={profile.id}"
            " console=ttyS0,115200 console=tty0 quiet"
        ) in started

    async def test_a_machine_whose_disk_is_done_goes_on_to_it(
        self, app: FastAPI, clients: Clients, site: BootSite
    ) -> None:
        await make_deployment(clients, State.SUCCEEDED, consumed_at=clock.now())
        assert (await ask(app, site, loader="grub")).endswith("exit\n")

    async def test_what_it_cannot_do_is_said(
        self, app: FastAPI, clients: Clients, site: BootSite, settings: Settings
    ) -> None:
        make_environment(settings, kind="winpe", id="fedcba9876543210")
        await change_site(clients, site, environment="winpe", unknown_machines="wait")
        assert "WinPE is started by iPXE" in await ask(app, site, loader="grub")
        assert "did not say which machine" in await ask(app, site, loader="grub", mac="")


class TestWithoutOurEnvironment:
    async def test_what_stands_in_the_way_is_said_on_the_screen(
        self, app: FastAPI, clients: Clients, site: BootSite
    ) -> None:
        assert "the server has no boot environment yet: run deployflow boot build." in await ask(app, site)
        await change_site(clients, site, environment="winpe")
        assert "import a Windows ISO" in await ask(app, site)
        await change_site(clients, site, networks=["198.51.100.0/24"])
        assert "is not for machines of this network" in await ask(app, site)
        async with open_client(app) as client:
            answer = await client.get("/boot/v1/script", params={"site": "nonsense", **MACHINE})
        assert "this address names no boot site" in answer.text

    async def test_winpe_is_fetched_by_wimboot_with_its_settings(
        self, app: FastAPI, clients: Clients, site: BootSite, settings: Settings
    ) -> None:
        make_environment(settings, kind="winpe")
        await change_site(clients, site, environment="winpe", unknown_machines="wait")
        text = await ask(app, site)
        fetched = re.findall(r"^initrd --name (\S+) (\S+)", text, re.MULTILINE)
        assert [name for name, _url in fetched] == [
            "deployflow-boot.json",
            "winpeshl.ini",
            "BCD",
            "boot.sdi",
            "boot.wim",
        ]
        async with open_client(app) as client:
            said = (await client.get(f"/boot/v1/{fetched[0][1]}")).json()
            assert said == {
                "server": "http://boot.test:8480",
                "site": site.key,
                "mac": "52:54:00:12:34:56",
                "profile_id": None,
            }
            for name, url in fetched[1:]:
                answer = await client.get(f"/boot/v1/{url}")
                assert answer.content == f"this is {name}".encode()


async def test_every_organisation_begins_with_a_site(clients: Clients) -> None:
    mine: UUID = clients.tenant_id
    first, second = await site_of(clients.db, mine), await site_of(clients.db, clients.other_tenant_id)
    assert first.code == second.code == "HQ"
    assert first.key != second.key
