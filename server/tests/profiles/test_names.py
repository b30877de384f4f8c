"""Giving out names: nobody twice, also at the same time."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.devices.states import DeviceState
from deployflow.platform.context import system_context
from deployflow.platform.db import Database
from deployflow.profiles import names
from deployflow.profiles.errors import NameUnavailable
from deployflow.profiles.subject import Machine
from tests.factories import fleet
from tests.factories import identity as people

BERLIN = Machine(site="BER", manufacturer="Dell", serial="5CG1234XYZ")


@pytest.fixture
async def tenant_id(db: Database) -> UUID:
    return (await people.make_tenant(db, name="Contoso")).id


async def give_out(db: Database, tenant_id: UUID, pattern: str, machine: Machine = BERLIN) -> str:
    async with db.write(system_context(tenant_id)) as session:
        return await names.give_out(session, pattern, machine)


async def would_be(db: Database, tenant_id: UUID, pattern: str, machine: Machine = BERLIN) -> str:
    async with db.read(system_context(tenant_id)) as session:
        return await names.would_be(session, pattern, machine)


class TestSequences:
    async def test_each_machine_gets_the_next_number_and_looking_takes_none(
        self, db: Database, tenant_id: UUID
    ) -> None:
        assert await would_be(db, tenant_id, "{site}-{seq:3}") == "BER-001"
        assert await give_out(db, tenant_id, "{site}-{seq:3}") == "BER-001"
        assert await would_be(db, tenant_id, "{site}-{seq:3}") == "BER-002"
        assert await give_out(db, tenant_id, "{site}-{seq:3}") == "BER-002"

    async def test_each_shape_counts_for_itself(self, db: Database, tenant_id: UUID) -> None:
        assert await give_out(db, tenant_id, "{site}-{seq:3}") == "BER-001"
        assert await give_out(db, tenant_id, "{site}-{seq:3}", Machine(site="MUC")) == "MUC-001"
        assert await give_out(db, tenant_id, "LAB{seq:2}") == "LAB01"

    async def test_each_tenant_counts_for_itself(self, db: Database, tenant_id: UUID) -> None:
        other = (await people.make_tenant(db, name="Fabrikam")).id
        assert await give_out(db, tenant_id, "PC{seq:3}") == "PC001"
        assert await give_out(db, other, "PC{seq:3}") == "PC001"

    async def test_numbers_that_devices_have_are_passed_over(self, db: Database, tenant_id: UUID) -> None:
        for number in range(1, 61):
            await fleet.make_device(db, tenant_id, hostname=f"ber-{number:03}")
        assert await give_out(db, tenant_id, "{site}-{seq:3}") == "BER-061"

    async def test_a_revoked_device_gives_its_name_back(self, db: Database, tenant_id: UUID) -> None:
        await fleet.make_device(db, tenant_id, hostname="BER-001", state=DeviceState.REVOKED)
        assert await give_out(db, tenant_id, "{site}-{seq:3}") == "BER-001"

    async def test_when_all_numbers_are_gone_it_is_said(self, db: Database, tenant_id: UUID) -> None:
        for _ in range(9):
            await give_out(db, tenant_id, "PC{seq:1}")
        with pytest.raises(NameUnavailable, match=r"All numbers of {seq:1} are given out, up to 9"):
            await give_out(db, tenant_id, "PC{seq:1}")

    async def test_twenty_machines_at_once_get_twenty_names(self, db: Database, tenant_id: UUID) -> None:
        given = await asyncio.gather(*(give_out(db, tenant_id, "{site}-{seq:3}") for _ in range(20)))
        assert sorted(given) == [f"BER-{number:03}" for number in range(1, 21)]


class TestUniqueness:
    async def test_the_name_of_another_device_is_refused(self, db: Database, tenant_id: UUID) -> None:
        await fleet.make_device(db, tenant_id, hostname="pc-4xyz")
        with pytest.raises(NameUnavailable, match="PC-4XYZ belongs to another device"):
            await give_out(db, tenant_id, "PC-{serial:4}")

    async def test_a_machine_that_is_deployed_again_keeps_a_name_of_the_pattern(
        self, db: Database, tenant_id: UUID
    ) -> None:
        device = await fleet.make_device(db, tenant_id, hostname="BER-042")
        again = Machine(device_id=device.id, hostname="ber-042", site="BER")
        assert await would_be(db, tenant_id, "{site}-{seq:3}", again) == "BER-042"
        assert await give_out(db, tenant_id, "{site}-{seq:3}", again) == "BER-042"
        assert await give_out(db, tenant_id, "PC-{seq:2}", again) == "PC-01"

    async def test_a_name_that_a_running_deployment_holds_is_refused(
        self, db: Database, tenant_id: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def held(_session: AsyncSession, asked: Sequence[str], _device_id: UUID | None) -> set[str]:
            return {"BER-001"}.intersection(asked)

        monkeypatch.setattr(names, "_also", [held])
        assert await give_out(db, tenant_id, "{site}-{seq:3}") == "BER-002"

    async def test_two_machines_that_would_be_called_the_same_are_not(
        self, db: Database, tenant_id: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What the deployments domain does: it keeps the name in the transaction in which it was given out."""
        kept: list[str] = []

        async def held(_session: AsyncSession, asked: Sequence[str], _device_id: UUID | None) -> set[str]:
            return set(kept).intersection(asked)

        monkeypatch.setattr(names, "_also", [held])

        async def deploy() -> str:
            async with db.write(system_context(tenant_id)) as session:
                name = await names.give_out(session, "KIOSK", BERLIN)
                await asyncio.sleep(0.05)
                kept.append(name)
            return name

        outcomes = await asyncio.gather(deploy(), deploy(), deploy(), return_exceptions=True)
        assert [outcome for outcome in outcomes if outcome == "KIOSK"] == ["KIOSK"]
        assert sum(isinstance(outcome, NameUnavailable) for outcome in outcomes) == 2
