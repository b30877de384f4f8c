"""The application's admin routes, walked domain by domain, with what each asks of its caller."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant

from deployflow.app import registry
from deployflow.checkin import description as check_in
from deployflow.identity.access import Openness, Requirement

PREFIX = "/api/v1"
AGENT_PREFIX = "/agent/v1"
BOOT_PREFIX = "/boot/v1"


@dataclass(frozen=True, slots=True)
class AdminRoute:
    """One method of one path. `access` is None where a route forgot to say who may call it."""

    name: str
    method: str
    path: str
    access: Requirement | Openness | None

    @property
    def mutates(self) -> bool:
        return self.method != "GET"

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def admin_routes(app: FastAPI) -> list[AdminRoute]:
    """Every method and path under `/api/v1`, hidden ones too."""
    found = []
    for router in app.router.routes:
        # FastAPI 0.165 keeps included routers whole; each knows its routes under their final paths.
        for context in _contexts(router):
            path: str = context.path_format
            if not path.startswith(PREFIX):
                continue
            original = context.original_route
            found += [
                AdminRoute(original.name, method, path, _access(original.dependant))
                for method in sorted(original.methods - {"HEAD", "OPTIONS"})
            ]
    return found


def device_routes() -> list[tuple[str, str]]:
    """Method and path of every route under `/agent/v1`."""
    # The check-in is an ASGI application of its own, in no router.
    return [("POST", check_in.PATH), *_routes(registry.agent_routers(), AGENT_PREFIX)]


def boot_routes() -> list[tuple[str, str]]:
    """Method and path of every route under `/boot/v1`."""
    return _routes(registry.boot_routers(), BOOT_PREFIX)


def _routes(routers: Iterable[APIRouter], prefix: str) -> list[tuple[str, str]]:
    return [
        (method, prefix + route.path)
        for router in routers
        for route in router.routes
        for method in sorted(route.methods - {"HEAD", "OPTIONS"})  # type: ignore[attr-defined]
    ]


def _contexts(router: Any) -> Iterator[Any]:
    walk = getattr(router, "effective_route_contexts", None)
    if walk is not None:
        yield from walk()


def _access(dependant: Dependant) -> Requirement | Openness | None:
    for needed in dependant.dependencies:
        if isinstance(needed.call, Requirement | Openness):
            return needed.call
        deeper = _access(needed)
        if deeper is not None:
            return deeper
    return None
