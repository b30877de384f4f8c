"""The trail as people read it."""

import pytest
from httpx2 import AsyncClient

from deployflow.audit import chain
from tests.support.clients import Clients

ANY = {"If-Match": "*"}


@pytest.fixture
async def reader(clients: Clients) -> AsyncClient:
    """Somebody who may read, in a tenant where an owner made and changed a secret and a role."""
    owner = await clients.signed_in(built_in="owner")
    secret = (await owner.post("/api/v1/secrets", json={"name": "Key", "kind": "text", "value": "v"})).json()
    await owner.patch(f"/api/v1/secrets/{secret['id']}", json={"name": "New key"}, headers=ANY)
    await owner.post("/api/v1/roles", json={"name": "Helpers", "permissions": []})
    return await clients.signed_in("audit:read")


async def test_the_newest_comes_first_with_all_there_is_to_know(clients: Clients, reader: AsyncClient) -> None:
    items = (await reader.get("/api/v1/audit")).json()["items"]
    assert [item["verb"] for item in items] == ["role.created", "secret.changed", "secret.created"]
    changed = items[1]
    assert changed["actor"]["type"] == "user"
    assert changed["target"]["type"] == "secret"
    assert changed["target"]["name"] == "New key"
    assert changed["changes"] == {"name": ["Key", "New key"]}
    assert changed["ip"] == "127.0.0.1"
    assert changed["seq"] is None
    await chain.seal(clients.app.state.runtime)
    assert [item["seq"] for item in (await reader.get("/api/v1/audit")).json()["items"]] == [3, 2, 1]


async def test_it_is_filtered_by_verb_target_actor_and_time(reader: AsyncClient) -> None:
    items = (await reader.get("/api/v1/audit")).json()["items"]

    async def verbs(query: str) -> list[str]:
        answer = await reader.get(f"/api/v1/audit?{query}")
        assert answer.status_code == 200, answer.text
        return [item["verb"] for item in answer.json()["items"]]

    assert await verbs("filter[verb]=role.created") == ["role.created"]
    assert await verbs("filter[verb][contains]=secret") == ["secret.changed", "secret.created"]
    assert await verbs("filter[target_type]=role") == ["role.created"]
    assert await verbs(f"filter[target_id]={items[2]['target']['id']}") == ["secret.changed", "secret.created"]
    assert await verbs(f"filter[actor_id]={items[0]['actor']['id']}&limit=2") == ["role.created", "secret.changed"]
    stamp = items[1]["at"].replace("+", "%2B")
    assert await verbs(f"filter[at][gt]={stamp}") == ["role.created"]
    assert await verbs("q=new+key") == ["secret.changed"]
    assert await verbs("sort=at") == ["secret.created", "secret.changed", "role.created"]


async def test_another_tenant_sees_nothing_of_it(clients: Clients, reader: AsyncClient) -> None:
    other = await clients.signed_in("audit:read", tenant_id=clients.other_tenant_id)
    assert (await other.get("/api/v1/audit?total=true")).json() == {"items": [], "next_cursor": None, "total": 0}
