"""The check-in in the API's description. Its route is plain ASGI, so FastAPI does not see it."""

from typing import Any

from pydantic.json_schema import models_json_schema

from deployflow.checkin.schemas import CheckIn, CheckInAnswer

PATH = "/agent/v1/check-in"
_REF = "#/components/schemas/"


def add_to(schema: dict[str, Any]) -> None:
    """Put the operation and its shapes into an OpenAPI document."""
    _keys, shapes = models_json_schema(
        [(CheckIn, "validation"), (CheckInAnswer, "serialization")], ref_template=_REF + "{model}"
    )
    schema.setdefault("components", {}).setdefault("schemas", {}).update(shapes["$defs"])
    schema["paths"][PATH] = {
        "post": {
            "tags": ["agent"],
            "summary": "Check In",
            "description": "The agent's heartbeat, held up to `max_wait_s` and answered at once when there is news.",
            "operationId": "check_in",
            "requestBody": {"required": True, "content": _json("CheckIn")},
            "responses": {"200": {"description": "What the server has to say", "content": _json("CheckInAnswer")}},
        }
    }


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF + name}}}
