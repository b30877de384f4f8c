"""What a device sends of itself, apart from its check-in: `/agent/v1/inventory`."""

from typing import Annotated

from fastapi import APIRouter

from deployflow.devices import inventory
from deployflow.devices.access import CurrentDevice, SignedBody
from deployflow.devices.inventory import InventoryIn
from deployflow.platform.db import DbSession

router = APIRouter(tags=["agent"])


@router.put("/inventory", status_code=204)
async def put_inventory(
    device: CurrentDevice, session: DbSession, sent: Annotated[InventoryIn, SignedBody(InventoryIn)]
) -> None:
    """Keep the newest inventory of the device."""
    await inventory.receive(session, device, sent)
