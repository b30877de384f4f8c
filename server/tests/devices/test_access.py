"""Who is let in on /agent/v1: S-01, S-02, S-05, S-07."""

import json
import time
from typing import Any

import pytest
from fastapi import FastAPI

from deployflow.devices.access import Gate
from deployflow.devices.audience import UNKNOWN_AGE_S
from deployflow.devices.errors import Replayed
from deployflow.devices.replays import MAX_OF_KEY, Replays, TooManySigned
from deployflow.devices.states import DeviceState
from tests.factories.fleet import make_device, make_token
from tests.support.clients import Clients
from tests.support.machines import HOST, Machine, inventory

PATH = "/agent/v1/inventory"
INVENTORY = json.dumps({"hash": "0" * 64, "inventory": inventory()}).encode()


@pytest.fixture
async def machine(app: FastAPI, clients: Clients) -> Machine:
    made = Machine(app)
    await make_device(clients.db, clients.tenant_id, machine=made)
    return made


async def test_a_signed_request_is_let_in(machine: Machine) -> None:
    assert (await machine.put_inventory()).status_code == 204


class TestRefused:
    async def test_unsigned(self, machine: Machine) -> None:
        answer = await machine.client.put("/agent/v1/inventory", content=INVENTORY)
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_missing")

    @pytest.mark.parametrize("how", ["bearer", "cookie", "basic"])
    async def test_there_is_no_unsigned_fallback(self, machine: Machine, clients: Clients, how: str) -> None:
        headers = {
            "bearer": {"authorization": f"Bearer {machine.device_id}"},
            "cookie": {"cookie": f"device={machine.device_id}"},
            "basic": {"authorization": "Basic ZGV2aWNlOng="},
        }[how]
        answer = await machine.client.put("/agent/v1/inventory", content=INVENTORY, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_missing")
        admin = await clients.signed_in(built_in="owner")
        assert (await admin.put("/agent/v1/inventory", content=INVENTORY)).status_code == 401

    async def test_for_another_server(self, machine: Machine) -> None:
        answer = await machine.send("PUT", "/agent/v1/inventory", INVENTORY, authority="other.example.com")
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")

    async def test_for_another_server_that_passes_it_on(self, machine: Machine, clients: Clients) -> None:
        """The Host header is the sender's: with an address configured, it opens nothing."""
        sign = {"authority": "other.example.com"}
        host = {"host": "other.example.com"}
        passed_on = await machine.send(
            "PUT", "/agent/v1/inventory", INVENTORY, headers=machine.sign("PUT", PATH, INVENTORY, **sign) | host
        )
        assert passed_on.status_code == 204
        runtime = clients.app.state.runtime
        object.__setattr__(runtime.settings, "public_url", f"https://{HOST}:443")
        runtime._parts.pop(Gate)
        again = machine.sign("PUT", PATH, INVENTORY, **sign) | host
        refused = await machine.send("PUT", PATH, INVENTORY, headers=again)
        assert (refused.status_code, refused.json()["code"]) == (401, "signature_invalid")
        behind_a_proxy = machine.sign("PUT", PATH, INVENTORY) | {"host": "10.0.0.5:8480"}
        for headers in (behind_a_proxy, machine.sign("PUT", PATH, INVENTORY)):
            assert (await machine.send("PUT", PATH, INVENTORY, headers=headers)).status_code == 204

    async def test_the_address_of_an_organisation_counts_beside_the_servers(
        self, machine: Machine, clients: Clients, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        runtime = clients.app.state.runtime
        object.__setattr__(runtime.settings, "public_url", f"https://{HOST}")
        owner = await clients.signed_in("settings:write")
        sign, host = {"authority": "fleet.contoso.example"}, {"host": "fleet.contoso.example"}

        async def send() -> int:
            headers = machine.sign("PUT", PATH, INVENTORY, **sign) | host
            return (await machine.send("PUT", PATH, INVENTORY, headers=headers)).status_code

        assert await send() == 401
        url = {"public_url": "https://fleet.contoso.example"}
        assert (await owner.patch("/api/v1/settings", json=url, headers={"If-Match": "*"})).status_code == 200
        later = time.monotonic() + UNKNOWN_AGE_S + 1
        monkeypatch.setattr(time, "monotonic", lambda: later)
        assert await send() == 204

    async def test_by_an_unknown_key(self, app: FastAPI) -> None:
        answer = await Machine(app).put_inventory()
        assert (answer.status_code, answer.json()["code"]) == (401, "key_unknown")

    async def test_by_another_key_under_a_known_keyid(self, app: FastAPI, machine: Machine) -> None:
        answer = await Machine(app).send("PUT", "/agent/v1/inventory", INVENTORY, keyid=machine.keyid)
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")

    @pytest.mark.parametrize("seconds", [-301, 310, 315360000, -315360000])
    async def test_of_another_time(self, machine: Machine, seconds: int) -> None:
        answer = await machine.send("PUT", "/agent/v1/inventory", INVENTORY, created=int(time.time()) + seconds)
        assert (answer.status_code, answer.json()["code"]) == (401, "clock_skew")
        assert answer.json()["server_time"].endswith("Z")

    async def test_a_lifetime_over_5_minutes(self, machine: Machine) -> None:
        answer = await machine.send("PUT", "/agent/v1/inventory", INVENTORY, lifetime=301)
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")


class TestReplays:
    async def test_a_captured_request_is_good_once(self, machine: Machine) -> None:
        headers = machine.sign("PUT", "/agent/v1/inventory", INVENTORY)
        first = await machine.send("PUT", "/agent/v1/inventory", INVENTORY, headers=headers)
        again = await machine.send("PUT", "/agent/v1/inventory", INVENTORY, headers=headers)
        assert first.status_code == 204
        assert (again.status_code, again.json()["code"]) == (401, "replayed")

    async def test_another_process_refuses_what_this_one_took(self, machine: Machine, app: FastAPI) -> None:
        headers = machine.sign("PUT", "/agent/v1/inventory", INVENTORY)
        await machine.send("PUT", "/agent/v1/inventory", INVENTORY, headers=headers)
        app.state.runtime._parts.pop(Gate)
        again = await machine.send("PUT", "/agent/v1/inventory", INVENTORY, headers=headers)
        assert (again.status_code, again.json()["code"]) == (401, "replayed")

    async def test_after_301_seconds_it_is_too_old(self, machine: Machine, monkeypatch: Any) -> None:
        headers = machine.sign("PUT", "/agent/v1/inventory", INVENTORY, lifetime=300)
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 301)
        answer = await machine.send("PUT", "/agent/v1/inventory", INVENTORY, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "clock_skew")

    def test_nonces_are_forgotten_when_their_requests_are_too_old(self) -> None:
        replays = Replays()
        for minute in range(100):
            now = 1_764_000_000 + minute * 60
            for number in range(50):
                replays.remember("key", f"{minute}-{number}", now + 120, now)
        assert replays._count <= 50 * 5

    def test_one_key_cannot_use_up_what_all_share(self) -> None:
        replays = Replays()
        for number in range(MAX_OF_KEY):
            replays.remember("noisy", str(number), 1000, 900)
        with pytest.raises(TooManySigned) as refused:
            replays.remember("noisy", "one more", 1000, 900)
        assert refused.value.status == 429
        for number in range(100):
            replays.remember(f"other {number}", "nonce", 1000, 900)
        replays.remember("noisy", "next minute", 1060, 960)

    def test_the_same_nonce_of_two_keys_is_no_replay(self) -> None:
        replays = Replays()
        replays.remember("a", "n", 100, 0)
        replays.remember("b", "n", 100, 0)
        with pytest.raises(Replayed):
            replays.remember("a", "n", 400, 0)


class TestStates:
    async def test_a_revoked_device_is_refused_at_its_next_request(self, machine: Machine, clients: Clients) -> None:
        admin = await clients.signed_in("devices:write")
        assert (await machine.put_inventory()).status_code == 204
        await admin.post(f"/api/v1/devices/{machine.device_id}/revoke")
        answer = await machine.put_inventory()
        assert (answer.status_code, answer.json()["code"]) == (403, "device_revoked")

    async def test_a_retired_device_is_unknown_at_its_next_request(self, machine: Machine, clients: Clients) -> None:
        admin = await clients.signed_in("devices:write")
        assert (await machine.put_inventory()).status_code == 204
        answer = await admin.delete(f"/api/v1/devices/{machine.device_id}", headers={"If-Match": "*"})
        assert answer.status_code == 204
        answer = await machine.put_inventory()
        assert (answer.status_code, answer.json()["code"]) == (401, "key_unknown")

    async def test_a_quarantined_device_is_refused(self, app: FastAPI, clients: Clients) -> None:
        machine = Machine(app)
        await make_device(clients.db, clients.tenant_id, machine=machine, state=DeviceState.QUARANTINED)
        answer = await machine.put_inventory()
        assert (answer.status_code, answer.json()["code"]) == (403, "device_quarantined")

    async def test_a_pending_device_may_describe_itself(self, app: FastAPI, clients: Clients) -> None:
        machine = Machine(app)
        await make_device(clients.db, clients.tenant_id, machine=machine, state=DeviceState.PENDING)
        assert (await machine.put_inventory()).status_code == 204

    async def test_an_approval_counts_at_once(self, app: FastAPI, clients: Clients) -> None:
        _, text = await make_token(clients.db, clients.tenant_id, max_uses=2)
        old, new = Machine(app), Machine(app)
        await old.enroll(text)
        await new.enroll(text)
        assert (await new.put_inventory()).json()["code"] == "device_pending"
        admin = await clients.signed_in("devices:approve")
        assert (await admin.post(f"/api/v1/devices/{new.device_id}/approve")).status_code == 200
        assert (await new.put_inventory()).status_code == 204
        assert (await old.put_inventory()).json()["code"] == "device_revoked"

    async def test_a_rejected_key_is_out_and_the_device_works_on(self, app: FastAPI, clients: Clients) -> None:
        _, text = await make_token(clients.db, clients.tenant_id, max_uses=2)
        old, new = Machine(app), Machine(app)
        await old.enroll(text)
        await new.enroll(text)
        admin = await clients.signed_in("devices:approve")
        answer = await admin.post(f"/api/v1/devices/{new.device_id}/reject-key")
        assert (answer.status_code, answer.json()["pending_key"], answer.json()["status_reason"]) == (200, False, None)
        assert (await new.put_inventory()).json()["code"] == "device_revoked"
        assert (await old.put_inventory()).status_code == 204
