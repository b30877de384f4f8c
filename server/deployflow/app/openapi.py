"""The API's description: FastAPI's own, with our errors, access and names in it."""

import json
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from deployflow import __version__
from deployflow.app import registry
from deployflow.identity.access import Openness

TAGS = {
    "identity": "The first run, signing in, people, roles, API keys, organisations and settings.",
    "audit": "Who did what.",
    "secrets": "Sealed values; write-only.",
    "uploads": "Files on their way to the server, resumable (tus 1.0).",
    "devices": "Managed machines.",
    "enrollment": "Tokens by which machines enroll.",
    "actions": "What is to be done on devices, and how it went.",
    "runs": "One act on many devices: who, in which order, how many at a time, and how it goes.",
    "profiles": "Deployment profiles and templates: what a machine becomes.",
    "scripts": "The library of scripts and their versions.",
    "software": "The library of software: items, versions, installers, bundles, and what of them is where.",
    "deployments": "Runs of a profile on a machine.",
    "boot": "Starting from the network: sites, machines seen, sessions to approve; and what machines ask for.",
    "images": "OS images, their imports, and what machines boot.",
    "drivers": "Driver packs, and the machines they are for.",
    "live": "What the console shows first, finds, and hears of.",
    "health": "For load balancers and monitoring.",
    "downloads": "The agent's program and how to install it.",
    "agent": "Signed calls of devices; see docs/agent-protocol.md.",
}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "An error (RFC 9457). Programs switch on `code`; `detail` is for people and may change.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:deployflow:problem:not_found"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "examples": ["not_found"]},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "What is wrong with which field.",
            "items": {
                "type": "object",
                "required": ["loc", "msg", "type"],
                "properties": {
                    "loc": {"type": "array", "items": {"type": "string"}},
                    "msg": {"type": "string"},
                    "type": {"type": "string"},
                },
            },
        },
    },
    "additionalProperties": True,
}
PROBLEM_RESPONSE = {
    "description": "A problem",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
SECURITY_SCHEMES = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "df_session",
        "description": "Set by signing in; `__Host-df_session` over https.",
    },
    "api_key": {"type": "http", "scheme": "bearer", "bearerFormat": "dfk_…"},
    "device": {
        "type": "apiKey",
        "in": "header",
        "name": "Signature",
        "description": "RFC 9421, by the device's own key; see docs/agent-protocol.md.",
    },
    "boot_session": {
        "type": "apiKey",
        "in": "header",
        "name": "Signature",
        "description": "RFC 9421, by the key that a machine in the boot environment made; see docs/boot-protocol.md.",
    },
}
METHODS = ("get", "put", "post", "delete", "patch", "head")


def operation_id(route: APIRoute) -> str:
    """The function's own name: what a generated client calls it."""
    return route.name


def describe(app: FastAPI) -> dict[str, Any]:
    """The whole description, made once."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    schema = get_openapi(
        title="DeployFlow Fleet",
        version=__version__,
        description="The API of the console, of programs with an API key, and of devices.",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in TAGS.items()],
    )
    registry.describe_plain_routes(schema)
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = PROBLEM
    schema["components"]["schemas"] = dict(sorted(schemas.items()))
    schema["components"]["securitySchemes"] = SECURITY_SCHEMES
    # The order of routers is about speed, not about what the API is.
    schema["paths"] = dict(sorted(schema["paths"].items()))
    open_to_all = _open_operations(app)
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            if method in METHODS:
                _complete(path, operation, is_open=(method.upper(), path) in open_to_all)
    app.openapi_schema = schema
    return schema


def _complete(path: str, operation: dict[str, Any], *, is_open: bool) -> None:
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = PROBLEM_RESPONSE
    if path.startswith("/agent/"):
        operation["security"] = [{"device": []}]
    elif path.startswith("/boot/") and not is_open:
        operation["security"] = [{"boot_session": []}]
    elif is_open or not path.startswith("/api/"):
        operation["security"] = []
    else:
        operation["security"] = [{"session": []}, {"api_key": []}]


def _open_operations(app: FastAPI) -> set[tuple[str, str]]:
    return {
        (method, str(context.path_format))
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute) and _is_open(context.original_route.dependant)
        for method in context.methods or ()
    }


def _is_open(dependant: Dependant) -> bool:
    return any(isinstance(inner.call, Openness) or _is_open(inner) for inner in dependant.dependencies)


def as_text(app: FastAPI) -> str:
    """The description as it is kept in contracts/openapi.json."""
    return json.dumps(describe(app), indent=2, ensure_ascii=False) + "\n"
