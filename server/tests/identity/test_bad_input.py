"""S-50 and S-58 for the admin routes: bodies too large or too deep, and names that try to be paths."""

import json
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from httpx2 import Response

from deployflow.identity.access import Openness
from tests.support.cases import CASES
from tests.support.cases.world import World, make_world
from tests.support.clients import Clients
from tests.support.routes import AdminRoute, admin_routes

KIB = 1024
JSON = {"Content-Type": "application/json"}


def writes(app: FastAPI) -> list[AdminRoute]:
    return [route for route in admin_routes(app) if route.mutates]


def path_of(route: AdminRoute) -> str:
    return "/".join("0" if part.startswith("{") else part for part in route.path.split("/"))


async def chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // KIB):
        yield b" " * KIB


def problem(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


class TestSize:
    async def test_an_unknown_sender_may_send_64_kib_to_any_route(self, app: FastAPI, clients: Clients) -> None:
        """S-58, with the length said and without."""
        client = clients.anonymous(**JSON)
        wrong = []
        for route in writes(app):
            for content in (b" " * (65 * KIB), chunks(65 * KIB)):
                answer = await client.request(route.method, path_of(route), content=content)
                if problem(answer) != (413, "body_too_large"):
                    wrong.append((str(route), answer.text))
        assert not wrong

    async def test_what_fits_is_read(self, clients: Clients) -> None:
        client = clients.anonymous(**JSON)
        for content in (b" " * (64 * KIB), chunks(64 * KIB)):
            answer = await client.post("/api/v1/session", content=content)
            assert answer.status_code == 400

    async def test_a_signed_in_person_may_send_a_script_of_a_megabyte(self, clients: Clients) -> None:
        client = await clients.signed_in(built_in="owner")
        body = {"name": "Big", "language": "sh", "body": "#" * (900 * KIB)}
        answer = await client.post("/api/v1/scripts", json=body)
        assert answer.status_code in {201, 422}
        over = await client.post("/api/v1/scripts", content=chunks(3 * KIB * KIB), headers=JSON)
        assert problem(over) == (413, "body_too_large")


class TestDepth:
    @pytest.mark.parametrize("bracket", ["[]", '{"a":}'])
    async def test_nothing_is_nested_deeper_than_32(self, app: FastAPI, clients: Clients, bracket: str) -> None:
        opening, closing = (bracket[0], bracket[-1]) if len(bracket) == 2 else (bracket[:-1], "}")
        client = clients.anonymous(**JSON)
        wrong = []
        for route in writes(app):
            for depth in (33, 20_000 // len(opening)):
                body = opening * depth + "1" + closing * depth
                answer = await client.request(route.method, path_of(route), content=body)
                if problem(answer) != (400, "bad_request") or "nested" not in answer.json()["detail"]:
                    wrong.append((str(route), answer.text))
        assert not wrong

    async def test_brackets_in_a_text_are_text(self, clients: Clients) -> None:
        client = await clients.signed_in(built_in="owner")
        value = "[{" * 500 + '\\"' + "]" * 3
        answer = await client.post("/api/v1/secrets", json={"name": "a", "kind": "text", "value": value})
        assert answer.status_code == 201


BROKEN = [b"{", b"", b"nul", b"\xff\xfe", b'{"a": 1,}', b"[1,2", b'"\\ud800"', b"{'a': 1}", b'{"email": NaN}']


async def test_a_body_that_is_no_json_is_said_to_be_none(app: FastAPI, clients: Clients) -> None:
    client = clients.anonymous(**JSON)
    for route in writes(app):
        if not isinstance(route.access, Openness) or "setup" in route.path:
            continue
        for body in BROKEN:
            answer = await client.request(route.method, route.path, content=body)
            assert answer.status_code in {400, 422}, (route, body, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"


async def test_an_unknown_field_is_refused_by_name(clients: Clients) -> None:
    client = await clients.signed_in(built_in="owner")
    answer = await client.post("/api/v1/roles", json={"name": "a", "permissions": [], "is_admin": True})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", "is_admin"]


# S-50: what has opened files on other products (traversal, devices, streams, encodings, ends of strings).
CORPUS = [
    "../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "....//....//etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "..%252f..%252fetc/passwd",
    "..%c0%af..%c0%afetc/passwd",
    "/etc/passwd",
    "\\\\server\\share",
    "C:\\Windows\\win.ini",
    "file:///etc/passwd",
    "CON",
    "nul.txt",
    "name.txt::$DATA",
    "name\x00.txt",
    "name\r\nSet-Cookie: a=b",
    'name"; filename="other',
    "~/.ssh/id_rsa",
    "$(id)",
    "`id`",
    "{{7*7}}",
    "-rf",
    ".",
    "..",
    "\u202egpj.exe",
    "\uff0e\uff0e\uff0fetc",
]


class TestNames:
    """No admin route takes a file name: ids are UUIDs, and a name is a text that is kept and given back."""

    @pytest.fixture
    async def world(self, clients: Clients) -> World:
        return await make_world(clients, clients.tenant_id)

    async def test_in_a_path_it_is_no_id(self, app: FastAPI, world: World) -> None:
        wrong = []
        for route in admin_routes(app):
            if "{" not in route.path or route.name == "stream_events":
                continue
            for name in CORPUS:
                quoted = "".join(f"%{byte:02x}" for byte in name.encode())
                path = "/".join(quoted if part.startswith("{") else part for part in route.path.split("/"))
                answer = await world.owner.request(route.method, path, headers={"If-Match": "*"})
                if answer.status_code not in {404, 405, 422} or "set-cookie" in answer.headers:
                    wrong.append((str(route), name, answer.status_code, answer.text))
        assert not wrong

    async def test_as_a_name_it_is_text(self, app: FastAPI, world: World) -> None:
        """For everything that people make and name."""
        made = set()
        for route in admin_routes(app):
            if route.method != "POST" or route.name not in CASES:
                continue
            call = await CASES[route.name](world)
            if not isinstance(call.json, dict) or "name" not in call.json:
                continue
            for name in CORPUS:
                body = {**call.json, "name": name}
                answer = await (call.client or world.owner).post(route.path.format(**call.path), json=body)
                assert answer.status_code in {201, 409, 422}, (str(route), name, answer.text)
                if answer.status_code == 201:
                    made.add(route.path.removeprefix("/api/v1"))
                    assert answer.json()["name"] == name.strip(), str(route)
                    assert name not in str(answer.headers)
        assert made >= {"/roles", "/secrets", "/scripts", "/enrollment-tokens", "/api-keys"}
        assert any("profile" in path for path in made)

    async def test_a_zero_character_reaches_no_database(self, world: World) -> None:
        for raw in (rb'"a\u0000b"', rb'"\\\u0000"', rb'"\u0000"'):
            answer = await world.owner.post(
                "/api/v1/roles", content=b'{"permissions": [], "name": ' + raw + b"}", headers=JSON
            )
            assert problem(answer) == (422, "invalid"), raw
        about = await world.owner.post(
            "/api/v1/roles", content=rb'{"permissions": [], "name": "\\u0000 is text"}', headers=JSON
        )
        assert about.json()["name"] == r"\u0000 is text"
        assert problem(await world.owner.get("/api/v1/devices?q=a%00b")) == (400, "bad_request")

    async def test_in_a_list_it_finds_nothing_and_breaks_nothing(self, app: FastAPI, world: World) -> None:
        lists = [route for route in admin_routes(app) if route.name.startswith("list_") and "{" not in route.path]
        assert len(lists) > 8
        for route in lists:
            for name in CORPUS:
                for query in ({"q": name}, {"cursor": name}, {"sort": name}, {f"filter[{name}]": "x"}, {"limit": name}):
                    answer = await world.owner.get(route.path, params=query)
                    assert answer.status_code in {200, 400, 422}, (str(route), query, answer.text)


def test_the_corpus_can_be_sent() -> None:
    assert len(json.dumps(CORPUS)) > 300
