"""Reports as a device sends them."""

from typing import Any
from uuid import UUID

from deployflow.platform.runtime import Runtime
from tests.actions.conftest import Queue, lease
from tests.support.machines import Machine

AT = "2026-11-23T21:17:34.123456Z"


def started(action_id: UUID, fence: int = 1) -> dict[str, Any]:
    return {"type": "started", "action_id": str(action_id), "fence": fence, "at": AT}


def log(action_id: UUID, seq: int, text: str = "hello\n", fence: int = 1, stream: str = "out") -> dict[str, Any]:
    return {
        "type": "log",
        "action_id": str(action_id),
        "fence": fence,
        "at": AT,
        "seq": seq,
        "stream": stream,
        "text": text,
    }


def finished(action_id: UUID, outcome: str = "succeeded", fence: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "type": "finished",
        "action_id": str(action_id),
        "fence": fence,
        "at": AT,
        "outcome": outcome,
        "exit_code": 0,
        "error": None,
        "log_chunks": 0,
        "log_truncated": False,
        "result": {},
        **more,
    }


async def send(machine: Machine, *reports: dict[str, Any]) -> list[str]:
    answer = await machine.send("POST", "/agent/v1/reports", {"reports": list(reports)})
    assert answer.status_code == 200, answer.text
    return [result["outcome"] for result in answer.json()["results"]]


async def leased(runtime: Runtime, machine: Machine, queue: Queue, **order: Any) -> UUID:
    (action_id,) = await queue(machine.device_id, **order)
    await lease(runtime, machine.device_id)
    return action_id
