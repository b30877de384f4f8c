"""S-30: every admin route against {anonymous, without the permission, API key, another tenant}; S-71: one event each.

The routes come from the application itself: a new one fails here until it says who may call it and, where it needs
more than its path, has a case in `tests/support/cases`.
"""

import re
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient, Response
from sqlalchemy import func, select

from deployflow.app import registry
from deployflow.audit.models import AuditEvent
from deployflow.identity.access import NEVER_FOR_API_KEYS, Openness, Requirement
from deployflow.identity.permissions import ALL
from deployflow.platform.context import system_context
from tests.support.cases import CASES, Call, World
from tests.support.cases.world import ANY_VERSION, make_world
from tests.support.clients import Clients
from tests.support.routes import AdminRoute, admin_routes

NOBODY = "00000000-0000-7000-8000-000000000000"
# Open without an account: a new one has to be thought about.
OPEN = {"get_setup", "complete_setup", "sign_in", "answer_totp", "accept_invitation"}
# `device.approved`, not `device.approve`: one way, so that a filter can be guessed.
SAYS_WHAT_HAPPENED = re.compile(r"[a-z]+(_[a-z]+)*\.([a-z]+_)*([a-z]+ed(_[a-z]+)?|set_up|sign_in_reset|tenant_chosen)")
# Asked by POST because the question is long; they change nothing.
QUESTIONS = {"preflight_profile", "count_devices", "preview_run"}
# One for all organisations, on purpose: what machines boot.
SHARED = {"get_boot_environment"}
# Answers as long as the caller listens.
STREAMS = {"stream_events"}
# While there is no user: `tests/identity/test_setup.py` has these.
FIRST_RUN = {"get_setup", "complete_setup"}


@pytest.fixture
def routes(app: FastAPI) -> list[AdminRoute]:
    return admin_routes(app)


@pytest.fixture
async def world(clients: Clients) -> World:
    return await make_world(clients, clients.tenant_id)


async def send(client: AsyncClient, route: AdminRoute, call: Call) -> Response:
    path = route.path.format(**call.path)
    return await client.request(
        route.method, path, json=call.json, content=call.content, headers={**ANY_VERSION, **call.headers}
    )


def nothing_real(route: AdminRoute) -> Call:
    """For who must not get far enough to see that there is nothing."""
    return Call(dict.fromkeys(re.findall(r"{(\w+)}", route.path), NOBODY))


def code_of(answer: Response) -> tuple[int, str | None]:
    body: Any = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    return answer.status_code, body.get("code") if isinstance(body, dict) else None


class TestClassification:
    def test_the_walk_sees_every_route_that_is_described(self, app: FastAPI, routes: list[AdminRoute]) -> None:
        described = {
            (method.upper(), path)
            for path, methods in app.openapi()["paths"].items()
            if path.startswith("/api/v1")
            for method in methods
        }
        assert {(route.method, route.path) for route in routes} == described
        assert len(routes) > 60

    def test_every_route_says_who_may_call_it(self, routes: list[AdminRoute]) -> None:
        silent = [str(route) for route in routes if route.access is None]
        assert not silent, f"declare Requires(…), SignedIn() or Public(…) in: {silent}"

    def test_what_is_open_to_everybody_is_listed_here(self, routes: list[AdminRoute]) -> None:
        assert {route.name for route in routes if isinstance(route.access, Openness)} == OPEN

    def test_every_route_that_needs_more_than_its_path_has_a_case(self, routes: list[AdminRoute]) -> None:
        missing = [
            f"{route} ({route.name})"
            for route in routes
            if route.name not in CASES and route.name not in FIRST_RUN and (route.mutates or "{" in route.path)
        ]
        assert not missing, f"add cases to tests/support/cases: {missing}"
        assert not CASES.keys() - {route.name for route in routes}, "cases without a route"

    def test_device_routes_say_it_too(self) -> None:
        for router in registry.agent_routers():
            for route in router.routes:
                calls = [needed.call for needed in route.dependant.dependencies]  # type: ignore[attr-defined]
                named = {getattr(call, "__module__", "") for call in calls}
                assert "deployflow.devices.access" in named or any(isinstance(c, Openness) for c in calls), route


class TestMatrix:
    async def test_without_an_account_every_route_answers_401(
        self, clients: Clients, world: World, routes: list[AdminRoute]
    ) -> None:
        assert world
        wrong = []
        for client in (clients.anonymous(), clients.with_session("no such session")):
            for route in routes:
                if route.name in OPEN:
                    continue
                answer = await send(client, route, nothing_real(route))
                if code_of(answer) != (401, "not_signed_in"):
                    wrong.append((str(route), code_of(answer)))
        assert not wrong

    async def test_without_its_permission_every_route_answers_403(
        self, clients: Clients, routes: list[AdminRoute]
    ) -> None:
        wrong = []
        nobody = await clients.signed_in()
        everything_else = {
            permissions: await clients.signed_in(*(ALL - set(permissions)))
            for permissions in {route.access.permissions for route in routes if isinstance(route.access, Requirement)}
            if permissions
        }
        for route in routes:
            if not isinstance(route.access, Requirement) or not route.access.permissions:
                continue
            for client in (nobody, everything_else[route.access.permissions]):
                answer = await send(client, route, nothing_real(route))
                if code_of(answer) != (403, "permission_missing"):
                    wrong.append((str(route), code_of(answer)))
        assert not wrong

    async def test_an_api_key_gets_as_far_as_its_rights(self, clients: Clients, routes: list[AdminRoute]) -> None:
        wrong = []
        weak = await clients.with_api_key()
        strong = await clients.with_api_key(*ALL)
        for route in routes:
            if not isinstance(route.access, Requirement) or route.name in STREAMS:
                continue
            access = route.access
            if access.permissions:
                answer = await send(weak, route, nothing_real(route))
                if code_of(answer) != (403, "permission_missing"):
                    wrong.append((str(route), "weak", code_of(answer)))
            answer = await send(strong, route, nothing_real(route))
            if access.permission in NEVER_FOR_API_KEYS:
                right = code_of(answer) == (403, "permission_missing")
            elif access.session_only or access.step_up:
                right = code_of(answer) == (403, "session_required")
            else:
                right = answer.status_code not in {401, 403}
            if not right:
                wrong.append((str(route), "strong", code_of(answer)))
        assert not wrong

    async def test_what_belongs_to_another_tenant_is_not_there(
        self, clients: Clients, world: World, routes: list[AdminRoute]
    ) -> None:
        other = await make_world(clients, clients.other_tenant_id)
        wrong, tried = [], 0
        for route in routes:
            if route.name not in CASES:
                continue
            call = await CASES[route.name](other)
            if call.foreign_status is None:
                continue
            tried += 1
            answer = await send(world.owner, route, call)
            if answer.status_code != call.foreign_status:
                wrong.append((str(route), code_of(answer)))
            if answer.status_code == 200 and any(item["ok"] for item in answer.json().get("results", [])):
                wrong.append((str(route), answer.text))
        assert not wrong
        assert tried > 35

    async def test_lists_show_the_own_tenant_only(
        self, clients: Clients, world: World, routes: list[AdminRoute]
    ) -> None:
        """One of everything exists in both tenants; no list, figure or search shows an id of the other."""
        other = await make_world(clients, clients.other_tenant_id)
        foreign: set[str] = {str(other.tenant_id), str(other.owner_id)}
        for name, make in CASES.items():
            if name.startswith(("get_", "read_")) and name not in SHARED:
                await make(world)
                foreign |= {str(value) for value in (await make(other)).path.values() if value != 1}
        assert len(foreign) > 6
        leaks = []
        for route in routes:
            if route.method != "GET" or "{" in route.path or route.name in STREAMS | FIRST_RUN:
                continue
            query = "?q=a" if route.name == "search" else ""
            answer = await world.owner.get(route.path + query)
            assert answer.status_code == 200, (route, answer.text)
            leaks += [(str(route), known) for known in foreign if known in answer.text]
        assert not leaks


class TestTrail:
    async def test_every_write_is_on_the_trail_exactly_once(
        self, clients: Clients, world: World, routes: list[AdminRoute]
    ) -> None:
        """S-71."""
        wrong = []
        for route in routes:
            if not route.mutates or route.name in FIRST_RUN:
                continue
            if route.name == "create_tenant" and clients.db.is_sqlite:
                continue
            call = await CASES[route.name](world)
            before = await self._events(clients)
            answer = await send(call.client or world.owner, route, call)
            if not answer.is_success:
                wrong.append((str(route), answer.text))
            added = await self._events(clients) - before
            if added != (0 if route.name in QUESTIONS else 1):
                wrong.append((str(route), f"{added} events"))
        assert not wrong
        async with clients.db.read(system_context()) as session:
            verbs = set(await session.scalars(select(AuditEvent.verb).distinct()))
        assert len(verbs) > 30
        assert not [verb for verb in verbs if not SAYS_WHAT_HAPPENED.fullmatch(verb)]

    async def _events(self, clients: Clients) -> int:
        async with clients.db.read(system_context()) as session:
            return await session.scalar(select(func.count()).select_from(AuditEvent)) or 0
