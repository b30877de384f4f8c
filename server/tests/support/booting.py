"""A netbooting machine's firmware, as far as the open routes see it."""

from typing import Any
from uuid import uuid4

import httpx2
from fastapi import FastAPI
from sqlalchemy import update

from deployflow.boot.models import BootSite
from deployflow.deployments.models import Deployment
from deployflow.deployments.states import State
from deployflow.platform.context import system_context
from deployflow.profiles.models import Profile
from tests.support.clients import Clients

MACHINE = {
    "mac": "52:54:00:12:34:56",
    "uuid": "4c4c4544-0042-3010-8051-b4c04f313233",
    "serial": "PF2ABCDE",
    "manufacturer": "LENOVO",
    "product": "20XW",
    "platform": "efi",
}


def open_client(app: FastAPI, ip: str = "192.0.2.7") -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app, client=(ip, 40000)), base_url="http://boot.test:8480"
    )


async def ask(app: FastAPI, site: BootSite, ip: str = "192.0.2.7", **changes: Any) -> str:
    async with open_client(app, ip) as client:
        answer = await client.get("/boot/v1/script", params={"site": site.key, **MACHINE, **changes})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.startswith("#!ipxe\n") or "loader" in changes
    return answer.text


async def change_site(clients: Clients, site: BootSite, **values: Any) -> None:
    async with clients.db.write(system_context()) as session:
        await session.execute(update(BootSite).where(BootSite.id == site.id).values(**values))


async def make_profile(clients: Clients, name: str = "Office PC", **values: Any) -> Profile:
    async with clients.db.write(system_context(clients.tenant_id)) as session:
        profile = Profile(name=name, computer_naming_pattern="PC-{serial:8}", **values)
        session.add(profile)
    return profile


async def make_deployment(clients: Clients, state: State, **values: Any) -> Deployment:
    row: dict[str, Any] = {
        "state": state,
        "profile_id": uuid4(),
        "profile_name": "Office PC",
        "machine": {},
        "machine_uuid": MACHINE["uuid"],
        "created_by_type": "system",
        "created_by_name": "tests",
        **values,
    }
    async with clients.db.write(system_context(clients.tenant_id)) as session:
        deployment = Deployment(**row)
        session.add(deployment)
    return deployment
