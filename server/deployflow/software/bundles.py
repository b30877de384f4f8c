"""Bundles: items that are installed together, and reads of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from deployflow.identity.access import Principal
from deployflow.platform import clock, trail
from deployflow.platform.changes import changed
from deployflow.platform.ids import new_id
from deployflow.platform.paging import ListField, ListParams, ListSpec, fetch_page
from deployflow.platform.preconditions import require_version
from deployflow.software.bundle_schemas import BundleChange, BundleIn, BundleItem, BundleItemOut, BundleOut
from deployflow.software.errors import BundleNameTaken, BundleNotFound, SoftwareNotFound, SoftwareWrong
from deployflow.software.models import Software, SoftwareBundle, SoftwareBundleItem
from deployflow.software.queries import current_versions


def _search(words: str) -> ColumnElement[bool]:
    columns = (SoftwareBundle.name, SoftwareBundle.description)
    return or_(*(func.lower(column).contains(words.lower(), autoescape=True) for column in columns))


LIST = ListSpec(
    fields={
        "name": ListField(SoftwareBundle.name, sortable=True),
        "updated_at": ListField(SoftwareBundle.updated_at, datetime, sortable=True),
    },
    key=SoftwareBundle.id,
    default_sort="name",
    search=_search,
)
_WITH_ITEMS = selectinload(SoftwareBundle.item_rows).joinedload(SoftwareBundleItem.software)


async def create(session: AsyncSession, admin: Principal, new: BundleIn) -> SoftwareBundle:
    """Keep a new bundle.

    Raises:
        BundleNameTaken, SoftwareNotFound, SoftwareWrong.
    """
    await _require_items(session, new.items)
    bundle = SoftwareBundle(
        id=new_id(),
        tenant_id=admin.tenant_id,
        name=new.name,
        description=new.description,
        item_rows=_rows(admin.tenant_id, new.items),
    )
    session.add(bundle)
    await _flush_name(session, new.name)
    _note(session, "software_bundle.created", bundle, {"items": (0, len(new.items))})
    return bundle


async def change(session: AsyncSession, bundle_id: UUID, wanted: BundleChange, *, expected: int | None) -> None:
    """Rename, describe, or say what is in it.

    Raises:
        BundleNotFound, BundleNameTaken, SoftwareNotFound, SoftwareWrong, PreconditionFailed.
    """
    bundle = await get(session, bundle_id)
    require_version(bundle, expected)
    told: dict[str, tuple[Any, Any]] = {}
    for name in ("name", "description"):
        before, after = getattr(bundle, name), getattr(wanted, name)
        if after is not None and after != before:
            told[name] = (before, after)
            setattr(bundle, name, after)
    present = [
        BundleItem(software_id=row.software_id, continue_on_error=row.continue_on_error) for row in bundle.item_rows
    ]
    if wanted.items is not None and wanted.items != present:
        await _require_items(session, wanted.items)
        told["items"] = (_plain(present), _plain(wanted.items))
        bundle.item_rows = []
        await session.flush()
        bundle.item_rows = _rows(bundle.tenant_id, wanted.items)
    if told:
        bundle.updated_at = clock.now()
        await _flush_name(session, bundle.name)
        _note(session, "software_bundle.changed", bundle, told)


async def delete(session: AsyncSession, bundle_id: UUID, *, expected: int | None) -> None:
    """Take it out of the library. Actions that were queued by it keep what it was.

    Raises:
        BundleNotFound, PreconditionFailed.
    """
    bundle = await get(session, bundle_id)
    require_version(bundle, expected)
    await session.delete(bundle)
    await session.flush()
    _note(session, "software_bundle.deleted", bundle, {})


async def get(session: AsyncSession, bundle_id: UUID) -> SoftwareBundle:
    """A bundle with its items.

    Raises:
        BundleNotFound: 404.
    """
    bundle = await session.scalar(
        select(SoftwareBundle)
        .where(SoftwareBundle.id == bundle_id)
        .options(_WITH_ITEMS)
        .execution_options(populate_existing=True)
    )
    if bundle is None:
        raise BundleNotFound
    return bundle


async def list_bundles(session: AsyncSession, params: ListParams) -> dict[str, Any]:
    """A page of bundles."""
    rows, cursor, total = await fetch_page(session, select(SoftwareBundle), LIST, params, loading=(_WITH_ITEMS,))
    return {"items": await _shapes(session, rows), "next_cursor": cursor, "total": total}


async def detail(session: AsyncSession, bundle_id: UUID) -> BundleOut:
    return (await _shapes(session, [await get(session, bundle_id)]))[0]


async def _shapes(session: AsyncSession, bundles: Sequence[SoftwareBundle]) -> list[BundleOut]:
    items = {row.software_id: row.software for bundle in bundles for row in bundle.item_rows}
    current = await current_versions(session, list(items.values()))
    return [
        BundleOut(
            id=bundle.id,
            name=bundle.name,
            description=bundle.description,
            items=[
                BundleItemOut(
                    software_id=row.software_id,
                    name=row.software.name,
                    os_family=cast("Any", current[row.software_id].os_family),
                    software_version=current[row.software_id].software_version,
                    continue_on_error=row.continue_on_error,
                )
                for row in bundle.item_rows
            ],
            updated_at=bundle.updated_at,
            created_at=bundle.created_at,
            version=bundle.version,
        )
        for bundle in bundles
    ]


async def _require_items(session: AsyncSession, items: Sequence[BundleItem]) -> None:
    ids = [item.software_id for item in items]
    if len(set(ids)) != len(ids):
        raise SoftwareWrong("A bundle names each item once: take the second one out")
    found = set(await session.scalars(select(Software.id).where(Software.id.in_(ids), Software.deleted_at.is_(None))))
    missing = [str(software_id) for software_id in ids if software_id not in found]
    if missing:
        raise SoftwareNotFound(f"There is no software {missing[0]}: choose one that exists")


def _rows(tenant_id: UUID, items: Sequence[BundleItem]) -> list[SoftwareBundleItem]:
    return [
        SoftwareBundleItem(
            tenant_id=tenant_id,
            position=at,
            software_id=item.software_id,
            continue_on_error=item.continue_on_error,
        )
        for at, item in enumerate(items)
    ]


def _plain(items: Sequence[BundleItem]) -> list[str]:
    return [f"{item.software_id}{' (may fail)' if item.continue_on_error else ''}" for item in items]


async def _flush_name(session: AsyncSession, name: str) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        raise BundleNameTaken(f"There is a bundle '{name[:80]}' already: choose another name") from error


def _note(session: AsyncSession, verb: str, bundle: SoftwareBundle, changes: dict[str, tuple[Any, Any]]) -> None:
    trail.note(
        session, verb, target_type="software_bundle", target_id=bundle.id, target_name=bundle.name, changes=changes
    )
    changed(session, "software-bundles", f"software-bundle:{bundle.id}")
