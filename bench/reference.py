"""The reference: the least a FastAPI application does with a POST that it parses and answers by pydantic models.

    python -m bench.reference PORT

The same web server with the same settings as `deployflow serve`, the same body as a check-in, no middleware.
"""

import sys
from uuid import UUID

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI(openapi_url=None)


class Running(BaseModel):
    action_id: UUID
    fence: int


class Body(BaseModel):
    boot_id: UUID
    run_id: UUID
    receipt: str | None
    agent_version: str
    status: str
    inventory_hash: str
    running: list[Running]
    free_slots: int
    max_wait_s: int


class Answer(BaseModel):
    device_state: str
    next_check_in_s: int
    wants_inventory: bool
    actions: list[str]


@app.post("/noop")
async def noop(body: Body) -> Answer:
    """Answer."""
    return Answer(device_state=body.status, next_check_in_s=0, wants_inventory=False, actions=[])


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), http="httptools", loop="uvloop", access_log=False, log_level="warning")
