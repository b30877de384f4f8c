"""Clients of the application in this process: anonymous, signed in with given permissions, or with an API key."""

from dataclasses import dataclass, field
from uuid import UUID

import httpx2
from fastapi import FastAPI

from deployflow.identity import cookies
from deployflow.platform.db import Database
from tests.factories import identity as people

# What a browser sends with a request that the console's own page makes.
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@dataclass(slots=True)
class Clients:
    """Makes clients for a test and closes them after it.

    Attributes:
        tenant_id: The tenant of the test.
        other_tenant_id: A second tenant, whose things must never be seen.
    """

    app: FastAPI
    db: Database
    tenant_id: UUID
    other_tenant_id: UUID
    users: dict[int, people.SignedInUser] = field(default_factory=dict)
    _open: list[httpx2.AsyncClient] = field(default_factory=list)

    def anonymous(self, **headers: str) -> httpx2.AsyncClient:
        return self._client(headers={**SAME_ORIGIN, **headers})

    async def signed_in(
        self, *permissions: str, built_in: str | None = None, tenant_id: UUID | None = None, stepped_up: bool = True
    ) -> httpx2.AsyncClient:
        """A browser of a new user whose role allows exactly `permissions`, or is the `built_in` one."""
        user = await people.signed_in_user(
            self.db, tenant_id or self.tenant_id, *permissions, built_in=built_in, stepped_up=stepped_up
        )
        client = self.with_session(user.token)
        self.users[id(client)] = user
        return client

    def with_session(self, token: str) -> httpx2.AsyncClient:
        return self._client(headers=SAME_ORIGIN, cookies={cookies.PLAIN_NAME: token})

    async def with_api_key(self, *permissions: str, tenant_id: UUID | None = None) -> httpx2.AsyncClient:
        """A program whose key and whose creator both have exactly `permissions`."""
        tenant = tenant_id or self.tenant_id
        creator = await people.signed_in_user(self.db, tenant, *permissions)
        key = await people.make_api_key(self.db, tenant, creator.user_id, *permissions)
        client = self._client(headers={"Authorization": f"Bearer {key}"})
        self.users[id(client)] = creator
        return client

    def user_of(self, client: httpx2.AsyncClient) -> people.SignedInUser:
        """The user behind a client made by `signed_in` or `with_api_key`."""
        return self.users[id(client)]

    async def close(self) -> None:
        for client in self._open:
            await client.aclose()

    def _client(self, *, headers: dict[str, str], cookies: dict[str, str] | None = None) -> httpx2.AsyncClient:
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app),
            base_url="http://fleet.test",
            headers=headers,
            cookies=cookies,
        )
        self._open.append(client)
        return client
