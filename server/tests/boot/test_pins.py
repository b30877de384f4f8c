"""A technician's PIN: good for one site and some hours, sealed on the way, and not to be guessed."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select, update

from deployflow.app.simulation.client import Refused
from deployflow.audit.models import AuditEvent
from deployflow.boot import pins
from deployflow.boot.models import TechnicianPin, WrongPin
from deployflow.platform import clock
from deployflow.platform.context import system_context
from tests.support.deploying import Rack


async def make_pin(rack: Rack, site_id: object = None, **more: object) -> str:
    made = await rack.console.post("/technician-pins", {"site_id": str(site_id or rack.site.id), "name": "Kim", **more})
    pin: str = made["pin"]
    assert pin.isdigit()
    assert len(pin) == 8
    return pin


def other_than(pin: str, step: int = 1) -> str:
    return f"{(int(pin) + step) % 10**8:08d}"


class TestGood:
    async def test_it_lets_the_machine_in_and_is_on_the_trail_with_its_name(self, rack: Rack) -> None:
        pin = await make_pin(rack)
        machine = rack.machine()
        await machine.begin()
        assert await machine.enter_pin(pin, profile_id=rack.profile["id"]) == "approved"
        assert machine.plan is not None
        shown = await rack.deployment(machine.deployment_id)
        assert (shown["approved_how"], shown["approved_by"]) == ("pin", "Kim (PIN)")
        (listed,) = (await rack.console.get("/technician-pins"))["items"]
        assert (listed["uses"], listed["state"]) == (1, "usable")
        assert "pin" not in listed
        async with rack.live.runtime.db.read(system_context(rack.tenant_id)) as session:
            events = (await session.scalars(select(AuditEvent).where(AuditEvent.verb == "boot_session.approved"))).all()
            sealed = await session.scalar(select(TechnicianPin.sealed))
        assert [event.actor_name for event in events] == ["Kim with a PIN"]
        assert sealed is not None
        assert pin.encode() not in sealed

    async def test_it_works_with_the_profile_that_was_chosen_in_the_menu(self, rack: Rack) -> None:
        pin = await make_pin(rack)
        machine = rack.machine()
        await machine.begin(profile_id=rack.profile["id"])
        assert await machine.enter_pin(pin) == "approved"

    async def test_a_profile_that_is_missing_is_no_wrong_pin(self, rack: Rack) -> None:
        pin = await make_pin(rack)
        machine = rack.machine()
        await machine.begin()
        for _ in range(6):
            with pytest.raises(Refused, match="profile_needed"):
                await machine.enter_pin(pin)
        assert await machine.enter_pin(pin, profile_id=rack.profile["id"]) == "approved"


class TestWrong:
    async def test_five_wrong_ones_end_the_session(self, rack: Rack) -> None:
        pin = await make_pin(rack)
        machine = rack.machine()
        await machine.begin()
        for left in (4, 3, 2, 1):
            with pytest.raises(Refused, match=f"pin_wrong: {left} tr"):
                await machine.enter_pin(other_than(pin))
        with pytest.raises(Refused, match="410 session_over: Five wrong PINs"):
            await machine.enter_pin(other_than(pin))
        with pytest.raises(Refused, match="session_over"):
            await machine.enter_pin(pin)
        assert await machine.wait() == "ended"

    async def test_ten_at_one_site_stop_pins_there_for_an_hour(self, rack: Rack) -> None:
        pin = await make_pin(rack)
        for number in (1, 2):
            machine = rack.machine(number)
            await machine.begin()
            for _ in range(5):
                with pytest.raises(Refused):
                    await machine.enter_pin(other_than(pin))
        machine = rack.machine(3)
        await machine.begin()
        with pytest.raises(Refused, match="429 too_many_pins"):
            await machine.enter_pin(pin, profile_id=rack.profile["id"])
        # The console still lets machines in.
        await rack.approve(machine)
        other = await rack.console.post("/boot-sites", {"name": "Hamburg", "code": "HAM", "trusted_network": True})
        elsewhere = rack.machine(4)
        elsewhere.site_key = other["key"]
        there = await make_pin(rack, other["id"])
        await elsewhere.begin()
        assert await elsewhere.enter_pin(there, profile_id=rack.profile["id"]) == "approved"
        async with rack.live.runtime.db.write(system_context()) as session:
            await session.execute(update(WrongPin).values(created_at=clock.now() - pins.WITHIN))
        await pins.forget_old(rack.live.runtime)
        machine = rack.machine(5)
        await machine.begin()
        assert await machine.enter_pin(pin, profile_id=rack.profile["id"]) == "approved"

    @pytest.mark.parametrize("how", ["expired", "revoked", "of_another_site"])
    async def test_one_that_is_over_or_for_elsewhere_is_wrong(self, rack: Rack, how: str) -> None:
        site_id = None
        if how == "of_another_site":
            site_id = (
                await rack.console.post("/boot-sites", {"name": "Hamburg", "code": "HAM", "trusted_network": True})
            )["id"]
        pin = await make_pin(rack, site_id)
        if how == "revoked":
            (listed,) = (await rack.console.get("/technician-pins"))["items"]
            assert (await rack.console.client.delete(f"/api/v1/technician-pins/{listed['id']}")).status_code == 204
        if how == "expired":
            async with rack.live.runtime.db.write(system_context()) as session:
                await session.execute(update(TechnicianPin).values(expires_at=clock.now() - timedelta(seconds=1)))
        machine = rack.machine()
        await machine.begin()
        with pytest.raises(Refused, match="pin_wrong"):
            await machine.enter_pin(pin, profile_id=rack.profile["id"])

    async def test_one_that_was_sealed_to_another_server_is_said_to_be(self, rack: Rack) -> None:
        pin = await make_pin(rack)
        machine = rack.machine()
        await machine.begin()
        machine.server_key = ec.generate_private_key(ec.SECP256R1()).public_key()
        with pytest.raises(Refused, match=r"pin_unreadable: .*build the boot environment anew"):
            await machine.enter_pin(pin)

    @pytest.mark.parametrize("hours", [0, 13])
    async def test_it_is_good_for_twelve_hours_at_most(self, rack: Rack, hours: int) -> None:
        body = {"site_id": str(rack.site.id), "name": "Kim", "hours": hours}
        assert await rack.console.refused("POST", "/technician-pins", body) == (422, "invalid")
