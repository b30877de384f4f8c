"""Fixtures of the library's tests."""

import pytest

from tests.factories import fleet
from tests.support.clients import Clients
from tests.support.machines import Machine


@pytest.fixture
async def machine(clients: Clients) -> Machine:
    made = Machine(app=clients.app)
    await fleet.make_device(clients.db, clients.tenant_id, machine=made, os_family="linux")
    return made
