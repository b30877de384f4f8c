from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from deployflow.platform import clock
from deployflow.platform.context import system_context
from deployflow.platform.db import Database
from deployflow.platform.ids import new_id
from deployflow.platform.paging import Filter, ListField, ListParams, ListSpec, WrongListParameter, fetch_page
from deployflow.platform.tables import Table, UtcDateTime


class Base(DeclarativeBase):
    type_annotation_map = Table.type_annotation_map


class Machine(Base):
    __tablename__ = "paged_machines"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    size: Mapped[int | None]
    seen: Mapped[object | None] = mapped_column(UtcDateTime())


SPEC = ListSpec(
    fields={
        "name": ListField(Machine.name, sortable=True),
        "size": ListField(Machine.size, int, sortable=True),
        "seen": ListField(Machine.seen, type(clock.now()), sortable=True),
    },
    key=Machine.id,
    default_sort="name",
    search=lambda word: func.lower(Machine.name).contains(word.lower(), autoescape=True),
)


@pytest.fixture
async def session(db: Database) -> AsyncIterator[AsyncSession]:
    async with db.writer.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with db.write(system_context()) as session:
        yield session


async def _all_pages(session: AsyncSession, params: ListParams) -> list[UUID]:
    seen: list[UUID] = []
    for _ in range(200):
        rows, cursor, _ = await fetch_page(session, select(Machine), SPEC, params)
        seen += [row.id for row in rows]
        if cursor is None:
            return seen
        params = replace(params, cursor=cursor)
    raise AssertionError("the cursor never ends")


class TestPages:
    @hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        sizes=st.lists(st.one_of(st.none(), st.integers(0, 3)), max_size=14),
        limit=st.integers(1, 5),
        sort=st.sampled_from([("size",), ("-size",), ("-size", "name"), ("seen", "-size"), ()]),
    )
    async def test_pages_give_every_row_once_in_order(
        self, session: AsyncSession, sizes: list[int | None], limit: int, sort: tuple[str, ...]
    ) -> None:
        await session.execute(Machine.__table__.delete())
        now = clock.now()
        rows = [
            Machine(
                name=f"pc-{index % 3}",
                size=size,
                seen=None if size == 1 else now - timedelta(hours=index % 2),
            )
            for index, size in enumerate(sizes)
        ]
        session.add_all(rows)
        await session.flush()
        whole, _, _ = await fetch_page(session, select(Machine), SPEC, ListParams(limit=100, sort=sort))
        assert len(whole) == len(rows)
        assert await _all_pages(session, ListParams(limit=limit, sort=sort)) == [row.id for row in whole]

    async def test_empty_values_come_last_both_ways(self, session: AsyncSession) -> None:
        session.add_all([Machine(name="a", size=None), Machine(name="b", size=1), Machine(name="c", size=2)])
        await session.flush()
        for sort, expected in ((("size",), "bca"), (("-size",), "cba")):
            rows, _, _ = await fetch_page(session, select(Machine), SPEC, ListParams(sort=sort))
            assert "".join(row.name for row in rows) == expected

    async def test_the_total_counts_what_matches_not_the_page(self, session: AsyncSession) -> None:
        session.add_all([Machine(name=f"pc-{index}") for index in range(7)])
        await session.flush()
        params = ListParams(limit=2, total=True, filters=(Filter("name", "ne", "pc-0"),))
        rows, _, total = await fetch_page(session, select(Machine), SPEC, params)
        assert (len(rows), total) == (2, 6)


class TestFilters:
    @pytest.mark.parametrize(
        ("op", "value", "expected"),
        [
            ("eq", "2", "b"),
            ("ne", "2", "acd"),
            ("in", "1,2", "ab"),
            ("gt", "1", "bc"),
            ("lte", "2", "ab"),
            ("is_null", "true", "d"),
            ("is_null", "false", "abc"),
        ],
    )
    async def test_operators(self, session: AsyncSession, op: str, value: str, expected: str) -> None:
        session.add_all([Machine(name="abcd"[n], size=[1, 2, 3, None][n]) for n in range(4)])
        await session.flush()
        rows, _, _ = await fetch_page(session, select(Machine), SPEC, ListParams(filters=(Filter("size", op, value),)))
        assert "".join(row.name for row in rows) == expected

    async def test_wildcards_in_a_search_are_plain_characters(self, session: AsyncSession) -> None:
        session.add_all([Machine(name="100% sure"), Machine(name="100 sure")])
        await session.flush()
        rows, _, _ = await fetch_page(session, select(Machine), SPEC, ListParams(q="0%"))
        assert [row.name for row in rows] == ["100% sure"]

    @pytest.mark.parametrize(
        "params",
        [
            ListParams(sort=("colour",)),
            ListParams(cursor="nonsense"),
            ListParams(cursor="W10"),
            ListParams(filters=(Filter("colour", "eq", "red"),)),
            ListParams(filters=(Filter("size", "eq", "many"),)),
            ListParams(filters=(Filter("size", "like", "1"),)),
            ListParams(filters=(Filter("size", "contains", "1"),)),
        ],
    )
    async def test_what_the_list_does_not_know_is_refused(self, session: AsyncSession, params: ListParams) -> None:
        with pytest.raises(WrongListParameter):
            await fetch_page(session, select(Machine), SPEC, params)

    async def test_a_cursor_of_another_order_is_refused(self, session: AsyncSession) -> None:
        session.add_all([Machine(name=f"pc-{index}", size=index) for index in range(3)])
        await session.flush()
        _, cursor, _ = await fetch_page(session, select(Machine), SPEC, ListParams(limit=1, sort=("size",)))
        with pytest.raises(WrongListParameter, match="another order"):
            await fetch_page(session, select(Machine), SPEC, ListParams(limit=1, sort=("-size",), cursor=cursor))
