"""S-58: nobody unknown makes the server read much, or deep, whatever they claim to be."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from deployflow.identity import cookies
from deployflow.uploads.schemas import CHUNK_TYPE
from tests.factories.fleet import make_device
from tests.support.clients import Clients
from tests.support.machines import Machine
from tests.support.routes import admin_routes, boot_routes, device_routes

KIB = 1024
ALLOWED_KIB = 64
ID = "00000000-0000-7000-8000-000000000000"
JSON = {"content-type": "application/json"}
DEEP = [b"[" * 33 + b"1" + b"]" * 33, b'{"a":' * 33 + b"1" + b"}" * 33, b"[" * 20_000]


def writes() -> list[tuple[str, str]]:
    routes = [*device_routes(), *boot_routes()]
    return [(method, path) for method, path in routes if method in {"POST", "PUT", "PATCH"}]


def filled(path: str) -> str:
    return "/".join(ID if part.startswith("{") else part for part in path.split("/"))


class Pieces:
    """A body of 8 MiB that counts how much of it was taken."""

    def __init__(self) -> None:
        self.taken_kib = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(8 * KIB):
            self.taken_kib += 1
            yield b" " * KIB


def test_there_are_such_routes() -> None:
    assert len(writes()) > 6


@pytest.mark.parametrize(("method", "path"), writes(), ids=lambda part: part)
async def test_no_more_than_64_kib_is_read_of_an_unknown_sender(clients: Clients, method: str, path: str) -> None:
    body = Pieces()
    answer = await clients.anonymous(**JSON).request(method, filled(path), content=body)
    assert answer.status_code in {401, 403, 404, 413}, answer.text
    assert body.taken_kib <= ALLOWED_KIB + 1


FORGED: dict[str, dict[str, str]] = {
    "any cookie": {"cookie": "a=b", "sec-fetch-site": "same-origin"},
    "session cookie": {"cookie": f"{cookies.PLAIN_NAME}={'x' * 43}", "sec-fetch-site": "same-origin"},
    "bearer": {"authorization": "Bearer df_nobody_nothing"},
    "basic": {"authorization": "Basic YTpi"},
    "signature": {"signature-input": "df=()", "signature": "df=:AA==:"},
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
async def test_a_forged_claim_lets_nobody_send_more(app: FastAPI, clients: Clients, forged: dict[str, str]) -> None:
    client = clients.anonymous()
    del client.headers["sec-fetch-site"]
    wrong = []
    for route in admin_routes(app):
        for kind in ("application/json", CHUNK_TYPE):
            if not route.mutates:
                continue
            body = Pieces()
            headers = {**forged, "content-type": kind, "upload-offset": "0", "tus-resumable": "1.0.0"}
            answer = await client.request(route.method, filled(route.path), content=body, headers=headers)
            if body.taken_kib > ALLOWED_KIB + 1 or answer.status_code not in {401, 403, 404, 413, 422}:
                wrong.append((str(route), kind, answer.status_code, body.taken_kib))
    assert not wrong


@pytest.mark.parametrize("path", ["/api/v1/uploads/x", "/api/v1/uploads/", "/api/v1/scripts/x", "/api/v1/nothing"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_nor_on_a_path_that_no_route_has(clients: Clients, method: str, path: str) -> None:
    body = Pieces()
    answer = await clients.anonymous(cookie="a=b", **JSON).request(method, path, content=body)
    assert answer.status_code in {401, 404, 405, 413}
    assert body.taken_kib <= ALLOWED_KIB + 1


@pytest.mark.parametrize(("method", "path"), writes(), ids=lambda part: part)
async def test_a_signature_of_an_unknown_key_lets_nobody_send_more(app: FastAPI, method: str, path: str) -> None:
    stranger, body = Machine(app), Pieces()
    headers = stranger.sign(method, filled(path), b"another body")
    answer = await stranger.client.request(method, filled(path), content=body, headers=headers)
    assert answer.status_code in {400, 401, 404, 413}, answer.text
    assert body.taken_kib <= ALLOWED_KIB + 1


class TestLongBodies:
    async def test_who_is_known_by_name_alone_cannot_send_them(self, app: FastAPI, clients: Clients) -> None:
        known, thief, body = Machine(app), Machine(app), Pieces()
        await make_device(clients.db, clients.tenant_id, machine=known)
        headers = thief.sign("PUT", "/agent/v1/inventory", b"another body", keyid=known.keyid)
        answer = await thief.client.put("/agent/v1/inventory", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")
        assert body.taken_kib <= ALLOWED_KIB + 1

    async def test_a_known_device_sends_the_one_that_it_signed(self, app: FastAPI, clients: Clients) -> None:
        machine = Machine(app)
        await make_device(clients.db, clients.tenant_id, machine=machine)
        spaces = b" " * (200 * KIB)
        unread = await machine.send("PUT", "/agent/v1/inventory", b"{}" + spaces)
        assert (unread.status_code, unread.json()["code"]) == (422, "malformed")
        headers = machine.sign("PUT", "/agent/v1/inventory", b"{}" + spaces)
        other = await machine.send("PUT", "/agent/v1/inventory", b"[]" + spaces, headers=headers)
        assert (other.status_code, other.json()["code"]) == (401, "signature_invalid")

    async def test_a_signed_in_person_sends_them(self, clients: Clients) -> None:
        admin = await clients.signed_in("scripts:write")
        answer = await admin.post("/api/v1/scripts", content=b"{}" + b" " * (200 * KIB), headers=JSON)
        assert answer.status_code == 422


@pytest.mark.parametrize(("method", "path"), writes(), ids=lambda part: part)
async def test_nothing_deeper_than_32_is_read(app: FastAPI, method: str, path: str) -> None:
    """Signed by a key that nobody knows: an enrolment and a boot session begin so."""
    stranger = Machine(app)
    for body in DEEP:
        answer = await stranger.send(method, filled(path), body)
        assert answer.status_code in {400, 401}, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        if answer.status_code == 401:
            assert answer.json()["code"] in {"key_unknown", "signature_invalid"}
