"""Secrets of a run: sealed to one key, once for each start of their step, and in nothing that anybody else can read."""

import base64
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from sqlalchemy import select

from deployflow.app.simulation.client import Refused
from deployflow.app.simulation.engine import run
from deployflow.audit.models import AuditEvent
from deployflow.boot.hpke import NotSealedToUs, open_sealed
from deployflow.deployments.credentials import new_password
from deployflow.deployments.models import DevicePassword
from deployflow.platform.context import system_context
from tests.boot.conftest import make_environment
from tests.support.deploying import IN_OS, TASKS, Rack, sign_in

CANARIES = [f"KANARIE-{number}-5f1d9" for number in range(8)]


class TestOnce:
    async def test_a_secret_is_read_once_and_then_gone(self, rack: Rack) -> None:
        """S-16."""
        machine = rack.machine()
        deployment_id = await rack.start(machine)
        with pytest.raises(Refused, match="409 step_not_running"):
            await machine.take_secret(2, "admin_password")
        await machine.report({"type": "step_started", "position": 2, "attempt": 1})
        first = await machine.take_secret(2, "admin_password")
        with pytest.raises(Refused, match="410 secret_taken"):
            await machine.take_secret(2, "admin_password")
        with pytest.raises(Refused, match="404 secret_unknown"):
            await machine.take_secret(2, "domain_join")
        with pytest.raises(Refused, match="404 secret_unknown"):
            await machine.take_secret(0, "admin_password")
        # The next attempt of the step needs it again, and it is the same password.
        await machine.report({"type": "step_started", "position": 2, "attempt": 2})
        assert await machine.take_secret(2, "admin_password") == first
        await machine.report({"type": "step_finished", "position": 2, "attempt": 2, "outcome": "succeeded"})
        with pytest.raises(Refused, match="409 step_not_running"):
            await machine.take_secret(2, "admin_password")
        async with rack.live.runtime.db.read(system_context(rack.tenant_id)) as session:
            verbs = list(await session.scalars(select(AuditEvent.verb)))
        assert verbs.count("deployment.secret_handed_out") == 2
        assert deployment_id

    async def test_it_is_sealed_to_the_sessions_key_and_to_its_purpose(self, rack: Rack) -> None:
        machine, other = rack.machine(), rack.machine(2)
        await rack.start(machine)
        await machine.report({"type": "step_started", "position": 2, "attempt": 1})
        answer = await machine._call(
            f"/boot/v1/deployments/{machine.deployment_id}/secrets", {"position": 2, "name": "admin_password"}
        )
        sealed = base64.b64decode(answer["sealed"])
        info = f"deployflow secret {machine.deployment_id} 2 admin_password"
        assert len(open_sealed(sealed, key=machine.key.private, info=info)) == 20
        with pytest.raises(NotSealedToUs):
            open_sealed(sealed, key=other.key.private, info=info)
        with pytest.raises(NotSealedToUs):
            open_sealed(sealed, key=machine.key.private, info=info.replace(" 2 ", " 3 "))


class TestPassword:
    def test_it_has_what_windows_asks_for(self) -> None:
        made = {new_password() for _ in range(200)}
        assert len(made) == 200
        for password in made:
            assert len(password) == 20
            for kind in (r"[a-z]", r"[A-Z]", r"[0-9]", r"[-_.+!]"):
                assert re.search(kind, password)

    async def test_it_is_kept_sealed_at_the_device_and_shown_to_who_may_ask(self, rack: Rack) -> None:
        machine = rack.machine()
        deployment_id = await rack.deploy(machine)
        device_id = (await rack.deployment(deployment_id))["device"]["id"]
        path = f"/devices/{device_id}/reveal-password"
        revealed = await rack.console.post(path, {"reason": "locked out"})
        assert revealed["password"] == machine.secrets["admin_password"]
        async with rack.live.runtime.db.read(system_context(rack.tenant_id)) as session:
            row = (await session.scalars(select(DevicePassword))).one()
            events = await session.scalars(select(AuditEvent).where(AuditEvent.verb == "device.password_revealed"))
            assert [event.changes["reason"] for event in events] == [[None, "locked out"]]
        assert machine.secrets["admin_password"].encode() not in row.sealed
        technician = await sign_in(rack.live, rack.tenant_id, built_in="technician")
        assert await technician.refused("POST", path, {"reason": "curious"}) == (403, "permission_missing")
        await technician.client.aclose()

    async def test_a_device_that_was_never_deployed_has_none(self, rack: Rack) -> None:
        machine = rack.machine()
        deployment_id = await rack.start(machine)
        device_id = (await rack.deployment(deployment_id))["device"]["id"]
        refused = await rack.console.refused("POST", f"/devices/{device_id}/reveal-password", {"reason": "locked out"})
        assert refused == (404, "no_password_kept")


class TestCanaries:
    async def test_no_secret_is_in_anything_that_is_served_before_an_approval_or_in_a_plan(self, rack: Rack) -> None:
        """S-10: eight planted secrets, every open path, and what a machine gets before and after it is let in."""
        kept = [
            await rack.console.post("/secrets", {"name": f"Secret {number}", "kind": "password", "value": canary})
            for number, canary in enumerate(CANARIES[:4])
        ]
        unattend = {
            "accounts": [{"name": "kim", "group": "Administrators", "password_ref": kept[1]["id"]}],
            "domain_join_ref": kept[2]["id"],
        }
        asked: dict[str, Any] = {**IN_OS["configuration"], "parameters": {"Key": {"secret_id": kept[3]["id"]}}}
        rack.profile = await rack.make_profile(
            "Full of secrets",
            [
                *TASKS[:2],
                {"type": "inject_configuration", "name": "Answers", "configuration": {"unattend": unattend}},
                {
                    "type": "script",
                    "name": "Boot script",
                    "configuration": {**asked, "where": "boot", "language": "sh"},
                },
                {**IN_OS, "configuration": asked},
            ],
            admin_credentials_ref=kept[0]["id"],
        )
        settings = rack.live.runtime.settings
        folder = make_environment(settings)
        make_environment(settings, kind="winpe", id="fedcba9876543210")
        pin = (await rack.console.post("/technician-pins", {"site_id": str(rack.site.id), "name": "Kim"}))["pin"]
        token = (await rack.console.post("/enrollment-tokens", {"name": "Floor 2"}))["token"]
        private = (settings.keys_dir / "boot").read_text()
        # A careless operator puts things beside what is served.
        (folder / "notes.txt").write_text(CANARIES[4])
        (folder.parent / "loaders").mkdir()
        (folder.parent / "loaders" / "password.txt").write_text(CANARIES[5])
        planted = [*CANARIES, pin, token, private, "PRIVATE KEY", (settings.keys_dir / "kek").read_bytes().hex()]
        machine = rack.machine()
        seen = await self._crawl(rack, machine.facts, folder)
        await machine.begin(profile_id=rack.profile["id"])
        wait = f"/boot/v1/sessions/{machine.session_id}/wait"
        seen.append(json.dumps(await machine._call(wait, {"max_wait_s": 0})))
        assert len(seen) > 25
        assert not [canary for canary in planted for text in seen if canary in text]
        await rack.approve(machine)
        await machine.wait()
        assert not [canary for canary in planted if canary in json.dumps(machine.plan)]
        assert await run(machine) == "succeeded"
        assert machine.secrets["admin_password"] == CANARIES[0]
        assert machine.secrets["account:kim"] == CANARIES[1]
        assert machine.secrets["domain_join"] == CANARIES[2]
        assert machine.secrets["parameter:Key"] == CANARIES[3]

    async def _crawl(self, rack: Rack, facts: dict[str, Any], folder: Path) -> list[str]:
        """Everything that answers without a key, for every kind of machine, and names that somebody may try."""
        known = {"mac": facts["mac_addresses"][0], "uuid": facts["smbios_uuid"], "serial": facts["serial"]}
        profile = {"profile": rack.profile["id"]}
        queries: list[dict[str, str]] = [{}, known, {**known, **profile}, {**known, "wait": "1"}]
        names = ["vmlinuz", "initrd.img", "wimboot", "boot.wim", "BCD", "manifest.json", "notes.txt", "server.pem"]
        paths = [f"environments/{place.name}/{name}" for place in folder.parent.iterdir() for name in names]
        paths += [
            "loaders/ipxe.efi",
            "loaders/password.txt",
            "loaders/../notes.txt",
            "keys/boot",
            "content/" + "0" * 64,
        ]
        paths += [
            f"{path}?{urlencode({**query, **({'site': site} if site else {})})}"
            for path in ("script", "winpe-settings")
            for site in (None, rack.site.key, "nonsense")
            for query in queries
        ]
        posts = ("sessions", f"sessions/{rack.site.id}/wait", f"deployments/{rack.site.id}/secrets")
        async with httpx2.AsyncClient(base_url=rack.live.url) as client:
            return [
                *[(await client.get(f"/boot/v1/{path}")).text for path in paths],
                *[(await client.post(f"/boot/v1/{path}", json={})).text for path in posts],
            ]
