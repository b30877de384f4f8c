"""A token becomes a device (S-04, S-08), and every way in which it does not."""

import asyncio
import base64
import json
import time
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fastapi import FastAPI
from sqlalchemy import func, select

from deployflow.audit.models import AuditEvent
from deployflow.devices.access import Gate
from deployflow.devices.models import Device, DeviceKey, DeviceTag
from deployflow.enrollment.models import EnrollmentToken, EnrollmentUse
from deployflow.platform import clock
from deployflow.platform.context import system_context
from tests.factories.fleet import make_device, make_token
from tests.support.clients import Clients
from tests.support.machines import Machine, facts, new_key


async def count(clients: Clients, model: Any) -> int:
    async with clients.db.read(system_context()) as session:
        return await session.scalar(select(func.count()).select_from(model)) or 0


async def row(clients: Clients, model: Any, **where: Any) -> Any:
    async with clients.db.read(system_context()) as session:
        return (await session.scalars(select(model).filter_by(**where))).one()


@pytest.fixture
def machine(app: FastAPI) -> Machine:
    return Machine(app)


class TestGood:
    async def test_a_token_that_approves_makes_an_active_device(self, clients: Clients, machine: Machine) -> None:
        _, text = await make_token(clients.db, clients.tenant_id, tags=["floor 2"])
        answer = await machine.enroll(text)
        assert answer.status_code == 201, answer.text
        assert answer.json()["state"] == "active"
        device = await row(clients, Device, id=machine.device_id)
        assert (device.hostname, device.state, device.tenant_id) == ("PC-1", "active", clients.tenant_id)
        assert (await machine.put_inventory()).status_code == 204

    async def test_tags_of_the_machine_stand_beside_those_of_the_token(
        self, clients: Clients, machine: Machine
    ) -> None:
        _, text = await make_token(clients.db, clients.tenant_id, tags=["floor 2"])
        assert (await machine.enroll(text, tags=["sales", "floor 2"])).status_code == 201
        async with clients.db.read(system_context()) as session:
            found = await session.scalars(select(DeviceTag.tag).where(DeviceTag.device_id == machine.device_id))
            assert sorted(found) == ["floor 2", "sales"]

    async def test_a_token_that_does_not_approve_makes_a_pending_one(self, clients: Clients, machine: Machine) -> None:
        _, text = await make_token(clients.db, clients.tenant_id, auto_approve=False)
        assert (await machine.enroll(text)).json()["state"] == "pending"
        assert (await row(clients, Device, id=machine.device_id)).pending_key

    async def test_the_secret_is_kept_as_a_hash_only(self, clients: Clients) -> None:
        token, text = await make_token(clients.db, clients.tenant_id)
        assert text.rpartition("_")[2] not in repr(vars(token))
        assert len(token.secret_hash) == 32

    async def test_an_enrolment_is_on_the_trail_with_the_device_as_actor(
        self, clients: Clients, machine: Machine
    ) -> None:
        _, text = await make_token(clients.db, clients.tenant_id)
        await machine.enroll(text)
        event = await row(clients, AuditEvent, verb="device.enrolled")
        assert event.target_id == machine.device_id
        assert event.tenant_id == clients.tenant_id

    async def test_the_same_key_again_is_answered_the_same_and_uses_nothing_up(
        self, clients: Clients, machine: Machine
    ) -> None:
        token, text = await make_token(clients.db, clients.tenant_id, max_uses=1)
        first = await machine.enroll(text)
        again = await machine.enroll(text)
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json()["device_id"] == again.json()["device_id"]
        assert (await row(clients, EnrollmentToken, id=token.id)).uses == 1
        assert await count(clients, EnrollmentUse) == 1

    async def test_the_same_key_again_is_answered_though_the_token_has_expired(
        self, clients: Clients, machine: Machine
    ) -> None:
        token, text = await make_token(clients.db, clients.tenant_id)
        await machine.enroll(text)
        async with clients.db.write(system_context()) as session:
            kept = await session.get(EnrollmentToken, token.id)
            assert kept is not None
            kept.expires_at = clock.now() - timedelta(days=1)
        assert (await machine.enroll(text)).status_code == 200


class TestTokens:
    async def test_fifty_at_once_use_a_token_exactly_as_often_as_it_may_be(
        self, clients: Clients, app: FastAPI
    ) -> None:
        token, text = await make_token(clients.db, clients.tenant_id, max_uses=7)
        machines = [Machine(app, number=number, ip=f"192.0.2.{number}") for number in range(50)]
        answers = await asyncio.gather(*(machine.enroll(text) for machine in machines))
        codes = [answer.status_code for answer in answers]
        assert codes.count(201) == 7, codes
        assert codes.count(401) == 43, codes
        assert {answer.json()["code"] for answer in answers if answer.status_code == 401} == {"token_used_up"}
        assert await count(clients, Device) == 7
        assert (await row(clients, EnrollmentToken, id=token.id)).uses == 7

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"expires_at": clock.now() - timedelta(seconds=1)}, "token_expired"),
            ({"uses": 1}, "token_used_up"),
            ({"revoked_at": clock.now()}, "token_revoked"),
            ({"allowed_networks": ["198.51.100.0/24", "2001:db8::/32"]}, "token_not_allowed_here"),
        ],
    )
    async def test_a_token_that_is_not_usable_says_why(
        self, clients: Clients, machine: Machine, fields: dict[str, Any], code: str
    ) -> None:
        _, text = await make_token(clients.db, clients.tenant_id, **fields)
        answer = await machine.enroll(text)
        assert (answer.status_code, answer.json()["code"]) == (401, code)
        assert await count(clients, Device) == 0

    async def test_a_token_of_a_network_is_good_from_there(self, clients: Clients, app: FastAPI) -> None:
        _, text = await make_token(clients.db, clients.tenant_id, allowed_networks=["192.0.2.0/24"])
        assert (await Machine(app, ip="::ffff:192.0.2.9").enroll(text)).status_code == 201

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"),
            lambda text: "dfe_0000000000_" + text.rpartition("_")[2][-43:].rjust(43, "x"),
            lambda text: text[:20],
            lambda _text: "",
            lambda text: text.upper(),
            lambda _text: "' OR 1=1 --",
            lambda text: text + "\x00",
        ],
    )
    async def test_a_wrong_token_is_invalid(self, clients: Clients, machine: Machine, spoil: Any) -> None:
        _, text = await make_token(clients.db, clients.tenant_id)
        answer = await machine.enroll(spoil(text))
        assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")

    async def test_who_fails_often_waits(self, machine: Machine) -> None:
        codes = [(await machine.enroll("wrong")).status_code for _ in range(31)]
        assert codes == [401] * 30 + [429]
        answer = await machine.enroll("wrong")
        assert int(answer.headers["retry-after"]) > 0

    async def test_a_clock_that_is_off_is_no_failure(self, machine: Machine) -> None:
        for _ in range(31):
            body = machine.enrollment("wrong")
            answer = await machine.send("POST", "/agent/v1/enroll", body, created=int(time.time()) - 400)
            assert (answer.status_code, answer.json()["code"]) == (401, "clock_skew")


class TestKnownMachines:
    async def test_a_known_uuid_with_a_new_key_waits_though_the_token_approves(
        self, clients: Clients, app: FastAPI
    ) -> None:
        _, text = await make_token(clients.db, clients.tenant_id, max_uses=2)
        old, new = Machine(app, number=1), Machine(app, number=1, ip="203.0.113.9")
        await old.enroll(text)
        answer = await new.enroll(text, facts=facts(1, serial="OTHER-99", hostname="EVIL"))
        assert (answer.status_code, answer.json()["state"]) == (201, "pending")
        assert new.device_id == old.device_id
        assert await count(clients, Device) == 1
        device = await row(clients, Device, id=old.device_id)
        assert (device.state, device.hostname, device.pending_key) == ("active", "PC-1", True)
        assert "takeover" in device.state_reason
        assert "203.0.113.9" in device.state_reason
        assert (await old.put_inventory()).status_code == 204
        refused = await new.put_inventory()
        assert (refused.status_code, refused.json()["code"]) == (403, "device_pending")

    async def test_a_known_serial_of_the_same_maker_is_the_same_machine(self, clients: Clients, app: FastAPI) -> None:
        _, text = await make_token(clients.db, clients.tenant_id, max_uses=2)
        old, new = Machine(app, number=1), Machine(app, number=2)
        await old.enroll(text)
        await new.enroll(text, facts=facts(1, smbios_uuid=None, manufacturer=" Lenovo ", serial="pf2ab0001"))
        assert new.device_id == old.device_id

    @pytest.mark.parametrize(
        "junk",
        [
            {"smbios_uuid": "00000000-0000-0000-0000-000000000000", "serial": "To Be Filled By O.E.M."},
            {"smbios_uuid": "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "serial": "Default string"},
            {"smbios_uuid": "03000200-0400-0500-0006-000700080009", "serial": "0000000000"},
            {"smbios_uuid": "not a uuid", "serial": "1"},
            {"smbios_uuid": None, "serial": None},
        ],
    )
    async def test_junk_identifies_nobody(self, clients: Clients, app: FastAPI, junk: dict[str, Any]) -> None:
        _, text = await make_token(clients.db, clients.tenant_id, max_uses=2)
        first, second = Machine(app), Machine(app)
        await first.enroll(text, facts=facts(1, **junk))
        answer = await second.enroll(text, facts=facts(1, **junk))
        assert answer.json()["state"] == "active"
        assert first.device_id != second.device_id

    async def test_the_same_machine_in_another_tenant_is_another_device(self, clients: Clients, app: FastAPI) -> None:
        _, mine = await make_token(clients.db, clients.tenant_id)
        _, theirs = await make_token(clients.db, clients.other_tenant_id)
        first, second = Machine(app), Machine(app)
        await first.enroll(mine)
        answer = await second.enroll(theirs)
        assert answer.json()["state"] == "active"
        assert first.device_id != second.device_id

    async def test_a_machine_that_enrolls_twice_at_once_has_one_row(self, clients: Clients, app: FastAPI) -> None:
        _, text = await make_token(clients.db, clients.tenant_id, max_uses=20)
        _, text2 = await make_token(clients.db, clients.tenant_id, max_uses=20)
        machines = [Machine(app, number=1) for _ in range(8)]
        answers = await asyncio.gather(
            *(machine.enroll(text if i % 2 else text2) for i, machine in enumerate(machines))
        )
        assert [answer.status_code for answer in answers] == [201] * 8
        assert sorted(answer.json()["state"] for answer in answers) == ["active"] + ["pending"] * 7
        assert await count(clients, Device) == 1
        assert await count(clients, DeviceKey) == 8

    async def test_a_key_of_another_tenants_device_does_not_enroll(self, clients: Clients, app: FastAPI) -> None:
        _, mine = await make_token(clients.db, clients.tenant_id)
        _, theirs = await make_token(clients.db, clients.other_tenant_id)
        machine = Machine(app)
        await machine.enroll(mine)
        answer = await machine.enroll(theirs)
        assert (answer.status_code, answer.json()["code"]) == (403, "key_in_use")

    async def test_a_revoked_key_does_not_come_back_by_a_new_token(self, clients: Clients, app: FastAPI) -> None:
        _, text = await make_token(clients.db, clients.tenant_id)
        machine = Machine(app)
        await machine.enroll(text)
        admin = await clients.signed_in("devices:write")
        assert (await admin.post(f"/api/v1/devices/{machine.device_id}/revoke")).status_code == 200
        _, another = await make_token(clients.db, clients.tenant_id)
        answer = await machine.enroll(another)
        assert (answer.status_code, answer.json()["code"]) == (403, "device_revoked")


class TestProofOfPossession:
    async def test_a_key_that_did_not_sign_is_refused(self, clients: Clients, app: FastAPI) -> None:
        _, text = await make_token(clients.db, clients.tenant_id)
        thief, owner = Machine(app), Machine(app)
        answer = await thief.send("POST", "/agent/v1/enroll", owner.enrollment(text))
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")
        body = owner.enrollment(text)
        answer = await thief.send("POST", "/agent/v1/enroll", body, keyid=owner.keyid)
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")
        assert await count(clients, Device) == 0

    async def test_an_unsigned_enrolment_is_refused(self, clients: Clients, machine: Machine) -> None:
        _, text = await make_token(clients.db, clients.tenant_id)
        answer = await machine.client.post("/agent/v1/enroll", json=machine.enrollment(text))
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_missing")

    async def test_a_captured_enrolment_is_good_once(self, clients: Clients, machine: Machine, app: FastAPI) -> None:
        _, text = await make_token(clients.db, clients.tenant_id)
        body = json.dumps(machine.enrollment(text)).encode()
        headers = machine.sign("POST", "/agent/v1/enroll", body)
        assert (await machine.send("POST", "/agent/v1/enroll", body, headers=headers)).status_code == 201
        again = await machine.send("POST", "/agent/v1/enroll", body, headers=headers)
        assert (again.status_code, again.json()["code"]) == (401, "replayed")
        # A restarted process remembers nothing, and the database does.
        app.state.runtime._parts.pop(Gate)
        again = await machine.send("POST", "/agent/v1/enroll", body, headers=headers)
        assert (again.status_code, again.json()["code"]) == (401, "replayed")

    async def test_a_clock_ten_years_off_is_told_the_time(self, clients: Clients, machine: Machine) -> None:
        _, text = await make_token(clients.db, clients.tenant_id)
        for years in (-10, 10):
            answer = await machine.send(
                "POST",
                "/agent/v1/enroll",
                machine.enrollment(text),
                created=int(time.time()) + years * 365 * 86400,
            )
            assert (answer.status_code, answer.json()["code"]) == (401, "clock_skew")
            assert answer.json()["server_time"].endswith("Z")

    @pytest.mark.parametrize("kind", ["rsa", "p384", "junk", "empty", "not base64"])
    async def test_another_kind_of_key_is_refused(self, clients: Clients, machine: Machine, kind: str) -> None:
        _, text = await make_token(clients.db, clients.tenant_id)
        der = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        keys = {
            "rsa": lambda: rsa.generate_private_key(65537, 2048).public_key().public_bytes(*der),
            "p384": lambda: ec.generate_private_key(ec.SECP384R1()).public_key().public_bytes(*der),
            "junk": lambda: b"\x30\x00junk",
            "empty": lambda: b"",
            "not base64": lambda: b"",
        }
        public_key = "%%%" if kind == "not base64" else base64.b64encode(keys[kind]()).decode()
        answer = await machine.enroll(text, public_key=public_key)
        assert answer.status_code == 422, answer.text
        assert "public_key" in answer.json()["detail"]


class TestBadInput:
    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b"", 400),
            (b"{", 400),
            (b"\xff\xfe", 400),
            (b"[" * 40 + b"]" * 40, 400),
            (b"[" * 60000, 400),
            (b"null", 422),
            (b"[]", 422),
            (b'{"token": 1}', 422),
            (b'{"a":' * 33 + b"1" + b"}" * 33, 400),
        ],
    )
    async def test_a_body_that_is_no_enrolment_is_refused(self, machine: Machine, body: bytes, status: int) -> None:
        answer = await machine.send("POST", "/agent/v1/enroll", body)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"

    async def test_a_body_over_64_kib_is_refused(self, machine: Machine) -> None:
        answer = await machine.send("POST", "/agent/v1/enroll", b" " * (64 * 1024 + 1))
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")

    @pytest.mark.parametrize(
        "changes",
        [
            {"colour": "red"},
            {"facts": {**facts(), "colour": "red"}},
            {"facts": {**facts(), "hostname": ""}},
            {"facts": {**facts(), "hostname": "x" * 256}},
            {"facts": {**facts(), "os_family": "beos"}},
            {"facts": {**facts(), "mac_addresses": ["x"] * 65}},
            {"key_protection": "paper"},
            {"agent_version": ""},
        ],
    )
    async def test_unknown_fields_and_wrong_values_are_named(
        self, clients: Clients, machine: Machine, changes: dict[str, Any]
    ) -> None:
        _, text = await make_token(clients.db, clients.tenant_id)
        answer = await machine.enroll(text, **changes)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["loc"][0] == "body"
        assert await count(clients, Device) == 0

    async def test_a_nul_in_a_name_does_not_reach_the_database(self, clients: Clients, machine: Machine) -> None:
        _, text = await make_token(clients.db, clients.tenant_id)
        assert (await machine.enroll(text, facts=facts(1, hostname="PC\x00-1"))).status_code == 201
        assert (await row(clients, Device, id=machine.device_id)).hostname == "PC-1"


async def test_a_quarantined_keys_machine_does_not_enroll_around_it(clients: Clients, app: FastAPI) -> None:
    machine = Machine(app, key=new_key())
    await make_device(clients.db, clients.tenant_id, state="quarantined", machine=machine)  # type: ignore[arg-type]
    _, text = await make_token(clients.db, clients.tenant_id)
    answer = await machine.enroll(text)
    assert answer.status_code == 403
