"""Fixtures of the profiles' tests."""

from typing import Any

import httpx2
import pytest

from deployflow.profiles import registry
from deployflow.scripts import task_types as scripts
from tests.support.clients import Clients

EDITOR = (
    "profiles:read",
    "profiles:write",
    "secrets:read",
    "secrets:write",
    "scripts:read",
    "scripts:write",
    "devices:read",
    "audit:read",
)


@pytest.fixture(autouse=True)
def _known_types() -> None:
    """The types of tasks, as the app registers them."""
    registry.register()
    scripts.register()


class Profiles:
    """The API of profiles, as somebody calls it."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    async def make(self, name: str = "Office PC", **more: Any) -> dict[str, Any]:
        return await self.ok("POST", "/profiles", {"name": name, **more})

    async def change(self, profile_id: str, **wanted: Any) -> dict[str, Any]:
        return await self.ok("PATCH", f"/profiles/{profile_id}", wanted)

    async def preflight(self, profile_id: str, **asked: Any) -> dict[str, Any]:
        return await self.ok("POST", f"/profiles/{profile_id}:preflight", asked)

    async def ok(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = await self.send(method, path, body)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str, str]:
        """Status, code and sentence."""
        answer = await self.send(method, path, body)
        problem = answer.json()
        assert not answer.is_success, answer.text
        return answer.status_code, problem["code"], problem["detail"]

    async def send(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        return await self.client.request(method, f"/api/v1{path}", json=body, headers={"If-Match": "*"})


@pytest.fixture
async def profiles(clients: Clients) -> Profiles:
    return Profiles(await clients.signed_in(*EDITOR))
