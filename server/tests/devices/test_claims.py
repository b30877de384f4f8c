"""S-08: what a machine says of itself is a claim. Without the key, no claim opens anything."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from tests.factories.fleet import make_token
from tests.support.clients import Clients
from tests.support.machines import Machine, facts, inventory
from tests.support.routes import device_routes

NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
async def known(app: FastAPI, clients: Clients) -> Machine:
    """A machine that is enrolled and has described itself."""
    _, text = await make_token(clients.db, clients.tenant_id)
    machine = Machine(app)
    assert (await machine.enroll(text)).json()["state"] == "active"
    assert (await machine.put_inventory()).status_code == 204
    return machine


def claims(known: Machine) -> dict[str, str]:
    said = facts(known.number)
    return {
        "device_id": str(known.device_id),
        "serial": said["serial"],
        "smbios_uuid": said["smbios_uuid"],
        "mac": said["mac_addresses"][0],
        "hostname": said["hostname"],
        "keyid": known.keyid,
    }


def ways(known: Machine) -> Iterator[tuple[str, dict[str, Any], dict[str, str]]]:
    """Where claims may stand: query, body, headers."""
    said = claims(known)
    query = "&".join(f"{name}={value}" for name, value in said.items())
    body = {**said, "facts": facts(known.number), "inventory": inventory(known.number), "token": said["serial"]}
    headers = {f"x-{name.replace('_', '-')}": value for name, value in said.items()}
    yield "", body, {}
    yield query, {}, {}
    yield query, body, headers
    yield "", body, {"authorization": f"Bearer {said['smbios_uuid']}", "cookie": f"device={said['device_id']}"}


@pytest.mark.parametrize("signed", [True, False], ids=["by a key nobody knows", "unsigned"])
async def test_claims_open_no_route(app: FastAPI, known: Machine, *, signed: bool) -> None:
    impostor = Machine(app, number=known.number)
    opened = []
    for method, path in device_routes():
        for query, body, headers in ways(known):
            target = path.format(deployment_id=NOBODY, action_id=NOBODY, sha256="0" * 64)
            content = json.dumps(body).encode()
            signature = impostor.sign(method, target, content, query=query) if signed else {}
            answer = await impostor.client.request(
                method,
                f"{target}?{query}" if query else target,
                content=content,
                headers={"content-type": "application/json", **headers, **signature},
            )
            code = answer.json()["code"]
            # Enrolling is for keys nobody knows; what it is sent here is no enrolment, and no token.
            expected = {"malformed"} if signed and path.endswith("/enroll") else {"key_unknown", "signature_missing"}
            if answer.status_code not in {401, 422} or code not in expected:
                opened.append((method, path, answer.status_code, answer.text))
    assert not opened


async def test_claims_in_place_of_a_token_do_not_enroll(app: FastAPI, known: Machine) -> None:
    impostor = Machine(app, number=known.number)
    for value in claims(known).values():
        answer = await impostor.enroll(value)
        assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
    answer = await impostor.send("POST", "/agent/v1/check-in", {})
    assert (answer.status_code, answer.json()["code"]) == (401, "key_unknown")
