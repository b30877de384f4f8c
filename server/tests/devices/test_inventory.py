"""What a device says of itself, and what it may not say."""

import json
from typing import Any

import pytest
from fastapi import FastAPI

from deployflow.devices.models import Device
from deployflow.platform.context import system_context
from deployflow.platform.json_depth import refuse_deep_json
from tests.factories.fleet import make_device
from tests.support.clients import Clients
from tests.support.machines import Machine, inventory


@pytest.fixture
async def machine(app: FastAPI, clients: Clients) -> Machine:
    made = Machine(app)
    await make_device(clients.db, clients.tenant_id, machine=made, hostname="before")
    return made


async def test_the_newest_one_is_kept_whole_and_lists_show_it(machine: Machine, clients: Clients) -> None:
    for number, letter in ((1, "a"), (2, "b")):
        answer = await machine.put_inventory(inventory(number), hash=letter * 64)
        assert answer.status_code == 204, answer.text
    client = await clients.signed_in("devices:read")
    body = (await client.get(f"/api/v1/devices/{machine.device_id}/inventory")).json()
    assert body["hash"] == "b" * 64
    assert body["inventory"] == inventory(2)
    found = (await client.get("/api/v1/devices?q=pc-2 zoë")).json()["items"]
    assert [item["id"] for item in found] == [str(machine.device_id)]
    assert (await client.get("/api/v1/devices?q=pc-1")).json()["items"] == []


async def test_it_does_not_touch_the_version_people_edit_under(machine: Machine, clients: Clients) -> None:
    await machine.put_inventory()
    async with clients.db.read(system_context()) as session:
        device = await session.get(Device, machine.device_id)
        assert device is not None
        assert device.version == 1


@pytest.mark.parametrize("name", ["inventory-request.json", "inventory-request-empty.json"])
async def test_the_golden_messages_are_accepted(machine: Machine, name: str, pytestconfig: pytest.Config) -> None:
    golden = (pytestconfig.rootpath.parent / "contracts" / "examples" / name).read_bytes()
    assert (await machine.send("PUT", "/agent/v1/inventory", golden)).status_code == 204


HOSTILE: list[dict[str, Any]] = [
    {"colour": "red"},
    {"hostname": ""},
    {"hostname": "x" * 2049},
    {"hostname": None},
    {"software": [{"name": "x", "version": None, "publisher": None}] * 10_001},
    {"disks": [{"name": "d", "model": None, "size_bytes": 1, "media": None}] * 513},
    {"disks": [{"name": "d", "model": None, "size_bytes": -1, "media": None}]},
    {"disks": [{"name": "d", "model": None, "size_bytes": 2**63, "media": None}]},
    {"disks": [{"name": "d", "model": None, "size_bytes": 1, "media": "tape"}]},
    {"networks": [{"name": "n", "mac": None, "addresses": ["x"] * 129}]},
    {"boot_time": "yesterday"},
    {"boot_time": "2026-11-23T06:00:00"},
    {"software": "none"},
]


@pytest.mark.parametrize("changes", HOSTILE, ids=lambda value: str(value)[:40])
async def test_hostile_sizes_and_values_are_refused(machine: Machine, changes: dict[str, Any]) -> None:
    answer = await machine.put_inventory(inventory(1, **changes))
    assert answer.status_code == 422, answer.text
    assert len(answer.content) < 20_000


async def test_text_is_kept_as_it_is_but_for_nul(machine: Machine, clients: Clients) -> None:
    evil = "<script>alert(1)</script> '; DROP TABLE devices; -- \u202e =1+1 {{7*7}} \x1b[31m\x00"
    assert (await machine.put_inventory(inventory(1, logged_on_user=evil))).status_code == 204
    client = await clients.signed_in("devices:read")
    body = (await client.get(f"/api/v1/devices/{machine.device_id}")).json()
    assert body["logged_on_user"] == evil.replace("\x00", "")


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 400), (b"{", 400), (b"[" * 100_000, 400), (b"{}", 422), (b'{"hash": "x"}', 422)]
)
async def test_what_is_no_inventory_is_refused(machine: Machine, body: bytes, status: int) -> None:
    assert (await machine.send("PUT", "/agent/v1/inventory", body)).status_code == status


async def test_over_4_mib_is_too_large(machine: Machine) -> None:
    answer = await machine.send("PUT", "/agent/v1/inventory", b" " * (4 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("depth", [32, 33])
def test_depth_is_counted_outside_of_strings(depth: int) -> None:
    value: Any = "[[[" * 50 + '\\"{'
    for _ in range(depth):
        value = [value]
    body = json.dumps(value).encode()
    if depth == 32:
        refuse_deep_json(body)
    else:
        with pytest.raises(Exception, match="deeper than 32"):
            refuse_deep_json(body)
