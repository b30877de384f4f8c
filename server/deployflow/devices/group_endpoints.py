"""Groups, and work on many devices: `/api/v1/device-groups` and what goes with it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from deployflow.devices import bulk, group_queries, groups
from deployflow.devices.group_schemas import (
    BulkEdit,
    BulkEdited,
    FieldList,
    GroupChange,
    GroupIn,
    GroupOut,
    MembersChange,
    TargetCount,
)
from deployflow.devices.targets import Targets
from deployflow.identity.access import Principal, Requires
from deployflow.platform.db import DbSession, ReadSession
from deployflow.platform.paging import Listing, Page
from deployflow.platform.preconditions import ExpectedVersion, set_etag

router = APIRouter(tags=["devices"])

Reader = Annotated[Principal, Requires("devices:read")]
Writer = Annotated[Principal, Requires("devices:write")]


@router.get("/device-groups")
async def list_device_groups(_reader: Reader, session: ReadSession, params: Listing) -> Page[GroupOut]:
    """List groups by name, each with the number of its devices now."""
    return await group_queries.page(session, params)


@router.post("/device-groups", status_code=201)
async def create_device_group(_writer: Writer, session: DbSession, response: Response, new: GroupIn) -> GroupOut:
    """Make a group: static with chosen devices, or dynamic with a filter."""
    return await _answer(session, response, (await groups.create(session, new)).id)


@router.get("/device-groups/fields")
async def list_filter_fields(_reader: Reader) -> FieldList:
    """The fields that filters can be about, with their operators."""
    return group_queries.fields()


@router.get("/device-groups/{group_id}")
async def get_device_group(_reader: Reader, session: ReadSession, response: Response, group_id: UUID) -> GroupOut:
    """One group."""
    return await _answer(session, response, group_id)


@router.patch("/device-groups/{group_id}")
async def change_device_group(
    _writer: Writer,
    session: DbSession,
    response: Response,
    group_id: UUID,
    change: GroupChange,
    expected: ExpectedVersion,
) -> GroupOut:
    """Rename or describe a group, or give a dynamic one other rules."""
    await groups.change(session, group_id, change, expected=expected)
    return await _answer(session, response, group_id)


@router.delete("/device-groups/{group_id}", status_code=204)
async def delete_device_group(_writer: Writer, session: DbSession, group_id: UUID, expected: ExpectedVersion) -> None:
    """Delete a group; its devices stay."""
    await groups.remove(session, group_id, expected=expected)


@router.post("/device-groups/{group_id}/members")
async def change_group_members(
    _writer: Writer, session: DbSession, response: Response, group_id: UUID, change: MembersChange
) -> GroupOut:
    """Put devices into a static group, and take others out."""
    await groups.change_members(session, group_id, change)
    return await _answer(session, response, group_id)


@router.post("/devices:count")
async def count_devices(_reader: Reader, session: ReadSession, meant: Targets) -> TargetCount:
    """How many devices chosen ones, groups and a filter mean now. Changes nothing."""
    return await group_queries.count(session, meant)


@router.post("/devices:edit")
async def edit_devices(_writer: Writer, session: DbSession, wanted: BulkEdit) -> BulkEdited:
    """Change tags and groups of many devices: all or nothing."""
    return await bulk.edit(session, wanted)


async def _answer(session: ReadSession, response: Response, group_id: UUID) -> GroupOut:
    group = await group_queries.get(session, group_id)
    set_etag(response, group.version)
    return group
