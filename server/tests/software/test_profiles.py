"""Software as a task of a profile."""

from typing import Any

import pytest
from httpx2 import AsyncClient

from deployflow.platform.context import Actor, Context
from deployflow.profiles import task_types
from deployflow.profiles.task_types import CannotFreeze
from deployflow.software.task_types import BundleStep
from tests.factories import software
from tests.support.clients import Clients


@pytest.fixture
async def admin(clients: Clients) -> AsyncClient:
    return await clients.signed_in(built_in="owner")


async def frozen(clients: Clients, step: BundleStep) -> dict[str, Any] | None:
    context = Context(actor=Actor("user", None, "Ada"), tenant_id=clients.tenant_id)
    async with clients.db.read(context) as session:
        found = await task_types.get("software_bundle").freeze(session, step, None)  # type: ignore[arg-type]
    return None if found is None else found.configuration


async def test_a_bundle_is_frozen_in_its_order_with_what_may_fail(clients: Clients) -> None:
    one, version = await software.make_software(clients.db, clients.tenant_id, name="one", os_family="windows")
    two, _version = await software.make_software(clients.db, clients.tenant_id, name="two", os_family="windows")
    bundle = await software.make_bundle(clients.db, clients.tenant_id, two.id, one.id)
    plan = await frozen(clients, BundleStep(bundle_id=bundle.id))
    assert plan is not None
    assert [item["name"] for item in plan["items"]] == ["two", "one"]
    assert plan["items"][1].items() >= {"version_id": str(version.id), "continue_on_error": False}.items()


async def test_nothing_chosen_leaves_the_step_out(clients: Clients) -> None:
    assert await frozen(clients, BundleStep()) is None


async def test_what_is_gone_or_anothers_says_so(clients: Clients) -> None:
    foreign, _version = await software.make_software(clients.db, clients.other_tenant_id)
    with pytest.raises(CannotFreeze, match="does not exist any more"):
        await frozen(clients, BundleStep(items=[foreign.id]))


async def test_a_profile_takes_it_and_refuses_both_ways_at_once(admin: AsyncClient, clients: Clients) -> None:
    item, _version = await software.make_software(clients.db, clients.tenant_id)
    bundle = await software.make_bundle(clients.db, clients.tenant_id, item.id)
    types = (await admin.get("/api/v1/profile-task-types")).json()["items"]
    schema = next(one for one in types if one["name"] == "software_bundle")["configuration_schema"]
    assert set(schema["properties"]) == {"bundle_id", "items"}
    with pytest.raises(ValueError, match="not both"):
        BundleStep(bundle_id=bundle.id, items=[item.id])
