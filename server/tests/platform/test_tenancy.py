"""The tenant filter, tried on rows of the lowest domains that have some."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import aliased, selectinload

from deployflow.devices.models import Device, DeviceTag
from deployflow.devices.states import DeviceState
from deployflow.identity.models import Role
from deployflow.platform.context import Context, system_context
from deployflow.platform.db import Database, TenantMissing
from tests.factories.identity import make_role, make_tenant


@dataclass
class Two:
    ours: UUID
    theirs: UUID
    our_role: UUID
    their_role: UUID


@pytest.fixture
async def two(db: Database) -> Two:
    ours, theirs = await make_tenant(db, name="Contoso"), await make_tenant(db, name="Fabrikam")
    our_role = await make_role(db, ours.id, "devices:read", name="Ours")
    their_role = await make_role(db, theirs.id, "devices:read", name="Theirs")
    return Two(ours=ours.id, theirs=theirs.id, our_role=our_role.id, their_role=their_role.id)


class TestReads:
    async def test_a_select_sees_its_own_tenant_only(self, db: Database, two: Two) -> None:
        async with db.read(system_context(two.ours)) as session:
            owners = set(await session.scalars(select(Role.tenant_id)))
        assert owners == {two.ours}

    async def test_get_by_the_id_of_another_tenants_row_finds_nothing(self, db: Database, two: Two) -> None:
        async with db.read(system_context(two.ours)) as session:
            assert await session.get(Role, two.their_role) is None
            assert await session.get(Role, two.our_role) is not None

    async def test_joins_aliases_and_counts_stay_inside(self, db: Database, two: Two) -> None:
        other = aliased(Role)
        async with db.read(system_context(two.ours)) as session:
            joined = await session.scalars(select(other.tenant_id).join(Role, Role.name == other.name))
            assert set(joined) == {two.ours}
            inside = await session.scalar(select(func.count()).select_from(select(Role.id).subquery()))
            everything = await session.scalar(select(func.count()).select_from(Role))
        async with db.read(system_context()) as session:
            of_both = await session.scalar(select(func.count()).select_from(Role))
        assert inside == everything
        assert everything is not None
        assert of_both == 2 * everything

    async def test_one_statement_used_by_two_tenants_does_not_keep_the_first_ones_rows(
        self, db: Database, two: Two
    ) -> None:
        for _ in range(2):
            for tenant in (two.ours, two.theirs):
                async with db.read(system_context(tenant)) as session:
                    assert set(await session.scalars(select(Role.tenant_id))) == {tenant}

    async def test_loaded_relationships_stay_inside(self, db: Database, two: Two) -> None:
        async with db.write(system_context()) as session:
            device = Device(tenant_id=two.ours, hostname="PC-1", state=DeviceState.ACTIVE, key_protection="file")
            device.tag_rows = [DeviceTag(tenant_id=two.ours, tag="ours"), DeviceTag(tenant_id=two.theirs, tag="theirs")]
            session.add(device)
        async with db.read(system_context(two.ours)) as session:
            found = (await session.scalars(select(Device).options(selectinload(Device.tag_rows)))).one()
            assert [row.tag for row in found.tag_rows] == ["ours"]


class TestWrites:
    async def test_a_bulk_update_does_not_reach_the_other_tenant(self, db: Database, two: Two) -> None:
        async with db.write(system_context(two.ours)) as session:
            await session.execute(update(Role).values(description="changed"))
        async with db.read(system_context(two.theirs)) as session:
            assert "changed" not in set(await session.scalars(select(Role.description)))

    async def test_a_bulk_delete_does_not_reach_the_other_tenant(self, db: Database, two: Two) -> None:
        async with db.write(system_context(two.ours)) as session:
            await session.execute(delete(Role))
        async with db.read(system_context(two.theirs)) as session:
            assert await session.get(Role, two.their_role) is not None

    async def test_a_new_row_gets_the_sessions_tenant(self, db: Database, two: Two) -> None:
        async with db.write(system_context(two.ours)) as session:
            role = Role(name="New", permissions=[])
            session.add(role)
            await session.flush()
            assert role.tenant_id == two.ours

    async def test_a_row_for_another_tenant_is_refused(self, db: Database, two: Two) -> None:
        with pytest.raises(TenantMissing):
            async with db.write(system_context(two.ours)) as session:
                session.add(Role(tenant_id=two.theirs, name="New", permissions=[]))


class TestNoTenant:
    async def test_a_session_without_a_tenant_cannot_read_tenant_rows(self, db: Database, two: Two) -> None:
        assert two
        async with db.read(Context()) as session:
            with pytest.raises(TenantMissing):
                await session.execute(select(Role))

    async def test_nor_write_them(self, db: Database, two: Two) -> None:
        with pytest.raises(TenantMissing):
            async with db.write(Context()) as session:
                await session.execute(update(Role).values(description="x"))
        assert two
