"""What cases are made of."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from httpx2 import AsyncClient

from tests.support.clients import Clients

ANY_VERSION = {"If-Match": "*"}


@dataclass(frozen=True, slots=True)
class Call:
    """How to call a route.

    Attributes:
        path: Values of the path's parameters.
        json: The body.
        content: A body that is no JSON, with `headers` that say what it is.
        client: Who calls, where it is not simply an Owner.
        foreign: What another tenant's Owner is answered who sends just this; None where it names nothing of anybody.
    """

    path: dict[str, Any] = field(default_factory=dict)
    json: Any = None
    client: AsyncClient | None = None
    foreign: int | None = None
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def foreign_status(self) -> int | None:
        """404 for whatever stands in a path."""
        return 404 if self.foreign is None and self.path else self.foreign


@dataclass(slots=True)
class World:
    """A tenant and its Owner."""

    clients: Clients
    tenant_id: UUID
    owner: AsyncClient

    @property
    def owner_id(self) -> UUID:
        return self.clients.user_of(self.owner).user_id

    async def post(self, path: str, json: Any = None) -> dict[str, Any]:
        """Make something by the API, as the Owner."""
        answer = await self.owner.post(f"/api/v1{path}", json=json)
        assert answer.is_success, answer.text
        made: dict[str, Any] = answer.json()
        return made


Case = Callable[[World], Awaitable[Call]]
CASES: dict[str, Case] = {}


def case(function: Case) -> Case:
    """Register the case of the route that is named like `function`."""
    CASES[function.__name__] = function
    return function


async def make_world(clients: Clients, tenant_id: UUID) -> World:
    return World(clients, tenant_id, await clients.signed_in(built_in="owner", tenant_id=tenant_id))
