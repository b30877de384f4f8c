"""S-58 for what machines call: nobody unknown makes the server read much, or deep."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from tests.support.clients import Clients
from tests.support.machines import Machine
from tests.support.routes import boot_routes, device_routes

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
