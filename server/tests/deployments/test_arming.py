"""Preparing machines."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from deployflow.app.simulation.client import Refused
from deployflow.platform import clock
from tests.factories import fleet
from tests.support.deploying import Rack

MAC = "52:54:00:aa:bb:01"


class TestArm:
    @pytest.mark.parametrize(
        ("machine", "match"),
        [
            ({"mac": "52-54-00-AA-BB-01"}, {"mac": MAC}),
            ({"mac": "525400aabb01"}, {"mac": MAC}),
            (
                {"smbios_uuid": "4C4C4544-0042-3010-8051-B4C04F313233"},
                {"uuid": "4c4c4544-0042-3010-8051-b4c04f313233"},
            ),
            ({"serial": "PF2ABCDE", "manufacturer": "Lenovo"}, {"serial": "lenovo|pf2abcde"}),
            ({"mac": MAC, "serial": "PF2ABCDE"}, {"mac": MAC, "serial": "|pf2abcde"}),
        ],
    )
    async def test_all_that_is_given_has_to_match(
        self, rack: Rack, machine: dict[str, Any], match: dict[str, str]
    ) -> None:
        armed = await rack.console.post("/deployments", {"profile_id": rack.profile["id"], "machine": machine})
        assert armed["match"] == match
        assert armed["profile"] == {"id": rack.profile["id"], "name": "Office PC", "version": None}
        until = datetime.fromisoformat(armed["armed_until"])
        assert timedelta(hours=7.9) < until - clock.now() < timedelta(hours=8.1)

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"machine": {}},
            {"machine": {"mac": "nonsense"}},
            {"machine": {"smbios_uuid": "00000000-0000-0000-0000-000000000000"}},
            {"machine": {"serial": "To be filled by O.E.M."}},
            {"machine": {"mac": MAC}, "hours": 9},
            {"machine": {"mac": MAC}, "networks": ["nonsense"]},
            {"machine": {"mac": MAC}, "computer_name": "much-too-long-for-a-name"},
            {"machine": {"mac": MAC}, "computer_name": "-x"},
            {"machine": {"mac": MAC}, "colour": "red"},
        ],
        ids=str,
    )
    async def test_what_does_not_tell_a_machine_is_refused(self, rack: Rack, body: dict[str, Any]) -> None:
        asked = {"profile_id": rack.profile["id"], **body}
        assert await rack.console.refused("POST", "/deployments", asked) == (422, "invalid")

    async def test_what_does_not_exist_is_said(self, rack: Rack) -> None:
        nobody = "00000000-0000-7000-8000-000000000000"
        machine = {"machine": {"mac": MAC}}
        for body, code in (
            ({"profile_id": nobody, **machine}, "profile_not_found"),
            ({"profile_id": rack.profile["id"], "device_id": nobody}, "device_not_found"),
            ({"profile_id": rack.profile["id"], "site_id": nobody, **machine}, "boot_site_not_found"),
        ):
            assert await rack.console.refused("POST", "/deployments", body) == (404, code)

    async def test_a_device_that_nothing_tells_from_others_is_refused(self, rack: Rack) -> None:
        device = await fleet.make_device(rack.live.runtime.db, rack.tenant_id)
        body = {"profile_id": rack.profile["id"], "device_id": str(device.id)}
        assert await rack.console.refused("POST", "/deployments", body) == (422, "machine_unknown")

    async def test_a_machine_has_one_deployment_at_a_time(self, rack: Rack) -> None:
        machine = rack.machine()
        armed = await rack.arm(machine)
        body = {"profile_id": rack.profile["id"], "machine": {"smbios_uuid": machine.facts["smbios_uuid"]}}
        assert await rack.console.refused("POST", "/deployments", body) == (409, "machine_busy")
        await rack.console.post(f"/deployments/{armed['id']}/abort")
        await rack.console.post("/deployments", body)

    async def test_a_name_that_a_person_chose_is_taken(self, rack: Rack) -> None:
        machine = rack.machine()
        await rack.arm(machine, computer_name="front-desk")
        await machine.begin()
        await machine.wait()
        assert machine.plan is not None
        assert machine.plan["computer_name"] == "FRONT-DESK"
        answers = next(task for task in machine.plan["tasks"] if task["type"] == "inject_configuration")
        assert answers["configuration"]["unattend"]["computer_name"] == "FRONT-DESK"

    async def test_names_of_machines_that_are_deployed_at_once_differ(self, rack: Rack) -> None:
        machines = [rack.machine(number) for number in range(1, 6)]
        names = set()
        for machine in machines:
            await rack.start(machine)
            assert machine.plan is not None
            names.add(machine.plan["computer_name"])
        assert names == {f"HQ-{number:04}" for number in range(1, 6)}


class TestMany:
    async def test_each_has_its_own_result(self, rack: Rack) -> None:
        taken = rack.machine()
        await rack.arm(taken)
        targets = [
            {"machine": {"mac": MAC}},
            {"machine": {"smbios_uuid": taken.facts["smbios_uuid"]}},
            {"device_id": "00000000-0000-7000-8000-000000000000"},
            {"machine": {"mac": "52:54:00:aa:bb:02"}, "computer_name": "FRONT-2"},
        ]
        answer = await rack.console.post("/deployments:batch", {"profile_id": rack.profile["id"], "targets": targets})
        assert [(one["ok"], one["code"]) for one in answer["results"]] == [
            (True, None),
            (False, "machine_busy"),
            (False, "device_not_found"),
            (True, None),
        ]
        assert (await rack.console.get("/deployments/summary"))["armed"] == 3


class TestList:
    async def test_it_is_filtered_searched_and_paged(self, rack: Rack) -> None:
        first, second = rack.machine(1), rack.machine(2)
        await rack.start(first)
        await rack.arm(second)
        listed = await rack.console.get("/deployments", **{"filter[state]": "running", "total": "true"})
        assert (listed["total"], listed["items"][0]["computer_name"]) == (1, "HQ-0001")
        found = await rack.console.get("/deployments", q="office pf3sim0002")
        assert [one["machine"]["serial"] for one in found["items"]] == ["PF3SIM0002"]
        page = await rack.console.get("/deployments", limit=1)
        assert page["items"][0]["state"] == "armed"
        rest = await rack.console.get("/deployments", limit=1, cursor=page["next_cursor"])
        assert rest["items"][0]["state"] == "running"

    async def test_an_old_page_does_not_overwrite_a_new_one(self, rack: Rack) -> None:
        armed = await rack.arm(rack.machine())
        path = f"/api/v1/deployments/{armed['id']}/abort"
        stale = await rack.console.client.post(path, headers={"If-Match": '"99"'})
        assert stale.status_code == 412
        assert (await rack.console.client.post(path)).status_code == 428
        fresh = await rack.console.client.get(f"/api/v1/deployments/{armed['id']}")
        assert (await rack.console.client.post(path, headers={"If-Match": fresh.headers["etag"]})).is_success


class TestInUse:
    async def test_a_profile_that_a_machine_waits_for_is_not_deleted(self, rack: Rack) -> None:
        armed = await rack.arm(rack.machine())
        path = f"/profiles/{rack.profile['id']}"
        assert await rack.console.refused("DELETE", path) == (409, "profile_in_use")
        await rack.console.post(f"/deployments/{armed['id']}/abort")
        site = await rack.console.client.patch(
            f"/api/v1/boot-sites/{rack.site.id}",
            json={"default_profile_id": rack.profile["id"]},
            headers={"If-Match": "*"},
        )
        assert site.is_success
        assert await rack.console.refused("DELETE", path) == (409, "profile_in_use")

    async def test_a_device_that_is_retired_in_the_middle_takes_its_secrets_along(self, rack: Rack) -> None:
        machine = rack.machine()
        deployment_id = await rack.start(machine)
        device_id = (await rack.deployment(deployment_id))["device"]["id"]
        gone = await rack.console.client.delete(f"/api/v1/devices/{device_id}", headers={"If-Match": "*"})
        assert gone.status_code == 204
        await machine.report({"type": "step_started", "position": 2, "attempt": 1})
        with pytest.raises(Refused, match="409 secret_unavailable: The device was retired meanwhile"):
            await machine.take_secret(2, "admin_password")
        shown = await rack.deployment(deployment_id)
        assert (shown["state"], shown["device"]) == ("running", None)
