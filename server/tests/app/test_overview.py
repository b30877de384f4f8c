from datetime import timedelta

from sqlalchemy import update

from deployflow.devices.states import DeviceState
from deployflow.enrollment.models import EnrollmentToken
from deployflow.platform import clock
from deployflow.platform.context import system_context
from tests.factories import fleet, library
from tests.support.clients import Clients

READ = ("devices:read", "actions:read", "enrollment:read", "audit:read", "scripts:read", "users:read")


class TestOverview:
    async def test_an_empty_organisation_has_an_empty_overview(self, clients: Clients) -> None:
        found = (await (await clients.signed_in(*READ)).get("/api/v1/overview")).json()
        assert (found["devices"]["total"], found["needs_attention"]) == (0, [])

    async def test_what_waits_for_a_person_is_listed_the_newest_first(self, clients: Clients) -> None:
        await fleet.make_device(clients.db, clients.tenant_id, hostname="WELL")
        await fleet.make_device(clients.db, clients.tenant_id, hostname="NEW", state=DeviceState.PENDING)
        odd = await fleet.make_device(clients.db, clients.tenant_id, hostname="ODD", state=DeviceState.QUARANTINED)
        token, _text = await fleet.make_token(clients.db, clients.tenant_id)
        async with clients.db.write(system_context()) as session:
            await session.execute(
                update(EnrollmentToken)
                .where(EnrollmentToken.id == token.id)
                .values(expires_at=clock.now() + timedelta(minutes=30))
            )
        found = (await (await clients.signed_in(*READ)).get("/api/v1/overview")).json()
        assert found["devices"]["total"] == 3
        assert {(one["kind"], one["title"]) for one in found["needs_attention"]} == {
            ("device_pending", "NEW"),
            ("device_quarantined", "ODD"),
            ("token_expiring", token.name),
        }
        assert f"/devices/detail/?id={odd.id}" in {one["href"] for one in found["needs_attention"]}
        times = [one["at"] for one in found["needs_attention"]]
        assert times == sorted(times, reverse=True)

    async def test_another_tenants_devices_are_not_in_it(self, clients: Clients) -> None:
        await fleet.make_device(clients.db, clients.other_tenant_id, state=DeviceState.PENDING)
        found = (await (await clients.signed_in(*READ)).get("/api/v1/overview")).json()
        assert (found["devices"]["total"], found["needs_attention"]) == (0, [])

    async def test_each_part_is_empty_for_who_may_not_see_it(self, clients: Clients) -> None:
        await fleet.make_device(clients.db, clients.tenant_id, state=DeviceState.PENDING)
        found = (await (await clients.signed_in("scripts:read")).get("/api/v1/overview")).json()
        assert found["devices"]["total"] == 0
        assert found["needs_attention"] == found["activity"] == []

    async def test_anonymous_is_refused(self, clients: Clients) -> None:
        assert (await clients.anonymous().get("/api/v1/overview")).status_code == 401
        assert (await clients.anonymous().get("/api/v1/search?q=x")).status_code == 401


class TestSearch:
    async def test_it_finds_devices_of_the_own_tenant_only(self, clients: Clients) -> None:
        await fleet.make_device(clients.db, clients.tenant_id, hostname="RECEPTION-1")
        await fleet.make_device(clients.db, clients.other_tenant_id, hostname="RECEPTION-2")
        found = (await (await clients.signed_in(*READ)).get("/api/v1/search", params={"q": "recep"})).json()
        assert [one["hostname"] for one in found["devices"]] == ["RECEPTION-1"]

    async def test_it_gives_six_of_a_kind_at_most(self, clients: Clients) -> None:
        for number in range(8):
            await fleet.make_device(clients.db, clients.tenant_id, hostname=f"LAB-{number}")
        found = (await (await clients.signed_in(*READ)).get("/api/v1/search", params={"q": "lab"})).json()
        assert len(found["devices"]) == 6

    async def test_no_words_find_nothing_and_a_wildcard_is_a_letter(self, clients: Clients) -> None:
        await fleet.make_device(clients.db, clients.tenant_id, hostname="LAB-1")
        client = await clients.signed_in(*READ)
        for words in ("", "  ", "%", "_"):
            assert (await client.get("/api/v1/search", params={"q": words})).json()["devices"] == [], words

    async def test_it_finds_what_is_in_the_library(self, clients: Clients) -> None:
        for tenant, name in ((clients.tenant_id, "Own"), (clients.other_tenant_id, "Other")):
            await library.make_image(clients.db, tenant, name=f"{name} Windows 11")
            await library.make_driver_pack(clients.db, tenant, name=f"{name} drivers for Windows")
        client = await clients.signed_in("images:read", "drivers:read")
        found = (await client.get("/api/v1/search", params={"q": "windows"})).json()
        assert [one["name"] for one in found["images"]] == ["Own Windows 11"]
        assert [one["name"] for one in found["driver_packs"]] == ["Own drivers for Windows"]

    async def test_a_kind_one_may_not_read_stays_empty(self, clients: Clients) -> None:
        await fleet.make_device(clients.db, clients.tenant_id, hostname="LAB-1")
        found = (await (await clients.signed_in("scripts:read")).get("/api/v1/search", params={"q": "lab"})).json()
        assert found["devices"] == []
