"""A good request for every admin route that needs more than its path.

A case is a function named like the route. It makes what the route needs in the world's tenant and says how to call
it; the access matrix and the audit sweep then call it as everybody else. A route without its case fails both.

    @case
    async def update_secret(world: World) -> Call:
        return Call({"secret_id": await world.secret()}, {"name": "New"})
"""

from tests.support.cases import (
    actions,
    boot,
    deployments,
    devices,
    drivers,
    enrollment,
    groups,
    identity,
    images,
    profiles,
    runs,
    scripts,
    secrets,
    software,
    uploads,
)
from tests.support.cases.world import CASES, Call, World

__all__ = [
    "CASES",
    "Call",
    "World",
    "actions",
    "boot",
    "deployments",
    "devices",
    "drivers",
    "enrollment",
    "groups",
    "identity",
    "images",
    "profiles",
    "runs",
    "scripts",
    "secrets",
    "software",
    "uploads",
]
