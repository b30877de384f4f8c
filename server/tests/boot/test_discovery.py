"""Which machines were seen, and how few of those that somebody made up."""

import time

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update

from deployflow.boot.discovery import FORGET_AFTER, forget_old
from deployflow.boot.models import BootSite, DiscoveredMachine
from deployflow.platform import clock
from deployflow.platform.context import system_context
from tests.support.booting import MACHINE, ask, open_client
from tests.support.clients import Clients


@pytest.mark.usefixtures("environment")
class TestDiscovery:
    async def test_a_machine_that_asked_is_in_the_list_once(
        self, app: FastAPI, clients: Clients, site: BootSite
    ) -> None:
        for _ in range(3):
            await ask(app, site)
        async with clients.db.read(system_context(clients.tenant_id)) as session:
            (row,) = (await session.scalars(select(DiscoveredMachine))).all()
        assert (row.mac, row.manufacturer, row.model, row.ip) == ("52:54:00:12:34:56", "LENOVO", "20XW", "192.0.2.7")
        assert (row.last_answer, row.times_seen) == ("menu", 1)

    async def test_ten_thousand_made_up_machines_make_few_rows(
        self, app: FastAPI, clients: Clients, site: BootSite
    ) -> None:
        """S-17: and whoever else asks meanwhile is served and seen."""
        began = time.monotonic()
        async with open_client(app) as client:
            statuses = set()
            for number in range(10_000):
                mac = ":".join(f"{number:012x}"[at : at + 2] for at in range(0, 12, 2))
                answer = await client.get("/boot/v1/script", params={"site": site.key, "mac": mac})
                statuses.add(answer.status_code)
        assert statuses == {200, 429}
        assert "menu" in await ask(app, site, ip="192.0.2.99")
        async with clients.db.read(system_context()) as session:
            rows = await session.scalar(select(func.count()).select_from(DiscoveredMachine)) or 0
            # Thirty a minute and this one; a slow machine needs more minutes for ten thousand.
            assert rows <= 31 + 30 * int((time.monotonic() - began) / 60)
            assert await session.scalar(select(DiscoveredMachine.id).where(DiscoveredMachine.mac == MACHINE["mac"])), (
                "a machine elsewhere is still seen"
            )

    async def test_what_was_not_seen_for_long_goes(self, app: FastAPI, clients: Clients, site: BootSite) -> None:
        await ask(app, site)
        await ask(app, site, mac="52:54:00:12:34:57")
        async with clients.db.write(system_context()) as session:
            await session.execute(
                update(DiscoveredMachine)
                .where(DiscoveredMachine.mac == MACHINE["mac"])
                .values(last_seen_at=clock.now() - FORGET_AFTER * 2)
            )
        await forget_old(app.state.runtime)
        async with clients.db.read(system_context()) as session:
            assert list(await session.scalars(select(DiscoveredMachine.mac))) == ["52:54:00:12:34:57"]
