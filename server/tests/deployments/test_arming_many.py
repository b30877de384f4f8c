"""Arming many machines: a stolen key or an open screen wipes a handful, not the fleet."""

from datetime import timedelta
from typing import Any

import httpx2
from sqlalchemy import update

from deployflow.deployments.models import Deployment
from deployflow.platform import clock
from deployflow.platform.context import system_context
from tests.factories import identity as people
from tests.support.deploying import Console, Rack


def targets(first: int, count: int) -> list[dict[str, Any]]:
    return [{"machine": {"mac": f"52:54:00:cc:00:{number:02x}"}} for number in range(first, first + count)]


async def arm(console: Console, rack: Rack, first: int, count: int) -> int:
    body = {"profile_id": rack.profile["id"], "targets": targets(first, count)}
    answer = await console.post("/deployments:batch", body)
    return sum(one["ok"] for one in answer["results"])


async def is_refused(console: Console, rack: Rack, first: int, count: int) -> tuple[int, str]:
    body = {"profile_id": rack.profile["id"], "targets": targets(first, count)}
    return await console.refused("POST", "/deployments:batch", body)


async def test_more_than_ten_at_once_need_the_password_again(rack: Rack) -> None:
    stale = await rack.person(built_in="technician", stepped_up=False)
    assert await is_refused(stale, rack, 0, 11) == (403, "step_up_required")
    assert await arm(stale, rack, 0, 10) == 10
    fresh = await rack.person(built_in="technician")
    assert await arm(fresh, rack, 50, 12) == 12


async def test_ten_and_one_are_eleven_however_they_are_asked_for(rack: Rack) -> None:
    stale = await rack.person(built_in="technician", stepped_up=False)
    assert await arm(stale, rack, 0, 6) == 6
    assert await is_refused(stale, rack, 20, 5) == (403, "step_up_required")
    assert await arm(stale, rack, 20, 4) == 4
    one = {"profile_id": rack.profile["id"], "machine": {"mac": "52:54:00:dd:00:01"}}
    assert await stale.refused("POST", "/deployments", one) == (403, "step_up_required")
    other = await rack.person(built_in="technician", stepped_up=False)
    assert await arm(other, rack, 60, 1) == 1, "each person is counted alone"

    async with rack.live.app.state.db.write(system_context()) as session:
        await session.execute(update(Deployment).values(created_at=clock.now() - timedelta(hours=2)))
    assert await arm(stale, rack, 80, 1) == 1, "an hour later it is forgotten"


async def test_a_program_arms_a_few_and_never_many(rack: Rack) -> None:
    database = rack.live.app.state.db
    creator = await people.signed_in_user(database, rack.tenant_id, built_in="technician")
    key = await people.make_api_key(database, rack.tenant_id, creator.user_id, "deployments:write")
    bearer = {"Authorization": f"Bearer {key}"}
    program = Console(httpx2.AsyncClient(base_url=rack.live.url, headers=bearer, timeout=60))
    assert await arm(program, rack, 0, 10) == 10
    assert await is_refused(program, rack, 30, 1) == (403, "session_required")
    await program.client.aclose()
