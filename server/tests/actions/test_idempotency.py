"""Idempotency-Key: a POST that is sent again is answered again and not done again."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select, update

from deployflow.actions.models import Action, ActionBatch
from deployflow.platform import clock, idempotency
from deployflow.platform.context import system_context
from deployflow.platform.idempotency import IdempotencyRecord
from deployflow.platform.runtime import Runtime
from tests.support.clients import Clients
from tests.support.machines import Machine


def order(machine: Machine, kind: str = "refresh_inventory") -> dict[str, Any]:
    return {"device_ids": [str(machine.device_id)], "kind": kind}


async def post(client: httpx2.AsyncClient, body: dict[str, Any], key: str = "k1") -> httpx2.Response:
    return await client.post("/api/v1/actions", json=body, headers={"Idempotency-Key": key})


async def orders(runtime: Runtime) -> int:
    async with runtime.db.read(system_context()) as session:
        return await session.scalar(select(func.count()).select_from(ActionBatch)) or 0


async def test_the_same_request_again_gets_the_same_answer(
    clients: Clients, machine: Machine, runtime: Runtime
) -> None:
    admin = await clients.signed_in("actions:run")
    first = await post(admin, order(machine))
    again = await post(admin, order(machine))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["content-type"] == first.headers["content-type"]
    assert await orders(runtime) == 1


async def test_another_body_under_the_same_key_is_refused(clients: Clients, machine: Machine, runtime: Runtime) -> None:
    admin = await clients.signed_in("actions:run")
    await post(admin, order(machine))
    other = await post(admin, order(machine, "restart_agent"))
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await orders(runtime) == 1


async def test_twenty_at_once_do_it_once(clients: Clients, machine: Machine, runtime: Runtime) -> None:
    admin = await clients.signed_in("actions:run")
    answers = await asyncio.gather(*(post(admin, order(machine)) for _ in range(20)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert all(answer.json()["code"] == "idempotency_in_progress" for answer in answers if answer.status_code == 409)
    assert await orders(runtime) == 1


async def test_a_refused_request_may_be_tried_again_under_its_key(
    clients: Clients, machine: Machine, runtime: Runtime
) -> None:
    admin = await clients.signed_in("actions:run")
    assert (await post(admin, order(machine, "paint_it_black"))).status_code == 422
    assert (await post(admin, order(machine))).status_code == 201
    assert await orders(runtime) == 1


async def test_keys_of_two_people_do_not_meet(clients: Clients, machine: Machine, runtime: Runtime) -> None:
    for _ in range(2):
        admin = await clients.signed_in("actions:run")
        assert "idempotency-replayed" not in (await post(admin, order(machine))).headers
    assert await orders(runtime) == 2


async def test_an_answer_is_not_kept_in_the_clear(clients: Clients, machine: Machine, runtime: Runtime) -> None:
    admin = await clients.signed_in("actions:run")
    batch_id = (await post(admin, order(machine))).json()["batch_id"]
    async with runtime.db.read(system_context()) as session:
        record = (await session.scalars(select(IdempotencyRecord))).one()
    assert batch_id.encode() not in record.sealed_body


async def test_after_a_day_a_key_is_new_again(clients: Clients, machine: Machine, runtime: Runtime) -> None:
    admin = await clients.signed_in("actions:run")
    await post(admin, order(machine))
    async with runtime.db.write(system_context()) as session:
        await session.execute(update(IdempotencyRecord).values(created_at=clock.now() - timedelta(hours=25)))
    assert "idempotency-replayed" not in (await post(admin, order(machine))).headers
    assert await orders(runtime) == 2


async def test_old_keys_are_swept(clients: Clients, machine: Machine, runtime: Runtime) -> None:
    await post(await clients.signed_in("actions:run"), order(machine))
    await idempotency.forget_old(runtime.db, before=clock.now() - timedelta(hours=24))
    async with runtime.db.read(system_context()) as session:
        assert await session.scalar(select(func.count()).select_from(IdempotencyRecord)) == 1
    await idempotency.forget_old(runtime.db, before=clock.now())
    async with runtime.db.read(system_context()) as session:
        assert await session.scalar(select(func.count()).select_from(IdempotencyRecord)) == 0


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_a_key_of_the_wrong_form_is_refused(clients: Clients, machine: Machine, key: str) -> None:
    answer = await post(await clients.signed_in("actions:run"), order(machine), key)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_wrong")


async def test_the_work_and_its_key_are_kept_together_or_not_at_all(
    clients: Clients, machine: Machine, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await clients.signed_in("actions:run")

    def broken(*_args: object, **_kwargs: object) -> bytes:
        raise RuntimeError("the answer cannot be sealed")

    monkeypatch.setattr(runtime.sealer, "seal", broken)
    with pytest.raises(RuntimeError):
        await post(admin, order(machine))
    monkeypatch.undo()
    async with runtime.db.read(system_context()) as session:
        assert await session.scalar(select(func.count()).select_from(Action)) == 0
    assert (await post(admin, order(machine))).status_code == 201
