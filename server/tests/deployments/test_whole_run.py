"""From power-on to the enrolled device, through the real server."""

import pytest

from deployflow.app.simulation.client import Refused
from deployflow.app.simulation.engine import run
from tests.boot.conftest import make_environment
from tests.support.deploying import IN_OS, TASKS, Rack, finish_in_os


class TestTheWholeWay:
    async def test_a_machine_approved_by_its_code_becomes_a_device(self, rack: Rack) -> None:
        make_environment(rack.live.runtime.settings)
        machine = rack.machine()
        started = await machine.ask_what_to_start(profile=rack.profile["id"])
        assert started.arguments["profile"] == rack.profile["id"]
        assert started.arguments["server"] == rack.live.url
        assert await machine.begin(profile_id=started.arguments["profile"]) == "waiting"
        waiting = (await rack.console.get("/boot-sessions", **{"filter[state]": "waiting"}))["items"]
        assert [(one["code"], one["profile"]["name"]) for one in waiting] == [(machine.code, "Office PC")]
        await rack.console.post(f"/boot-sessions/{machine.session_id}/approve", {"code": machine.code})
        assert await machine.wait() == "approved"
        plan = machine.plan
        assert plan is not None
        assert (plan["computer_name"], plan["resume_at"]) == ("HQ-0001", 0)
        assert [task["type"] for task in plan["tasks"]] == [
            "disk_prep",
            "apply_image",
            "inject_configuration",
            "install_agent",
        ]
        deployment = await rack.deployment(machine.deployment_id)
        assert (deployment["state"], deployment["computer_name"]) == ("running", "HQ-0001")
        device_id = deployment["device"]["id"]
        assert (await rack.console.get(f"/devices/{device_id}"))["state"] == "pending"

        assert await run(machine) == "succeeded"
        assert await rack.state(machine.deployment_id) == "awaiting_first_boot"
        assert not (await machine.ask_what_to_start()).is_environment

        agent = await machine.first_boot()
        assert str(agent.device_id) == device_id
        deployment = await rack.deployment(machine.deployment_id)
        assert deployment["state"] == "succeeded"
        assert [step["state"] for step in deployment["steps"]] == ["succeeded"] * 4
        device = await rack.console.get(f"/devices/{device_id}")
        assert (device["state"], device["hostname"]) == ("active", "HQ-0001")
        assert not (await machine.ask_what_to_start()).is_environment
        agent.close()

    async def test_steps_of_the_installed_system_follow_the_first_boot(self, rack: Rack) -> None:
        rack.profile = await rack.make_profile("With more", [*TASKS, IN_OS])
        machine = rack.machine()
        deployment_id = await rack.deploy(machine)
        agent = await machine.first_boot()
        assert await rack.state(deployment_id) == "finishing"
        payload = await finish_in_os(agent)
        assert [task["name"] for task in payload["tasks"]] == ["Join the list"]
        # What the boot phase found out is there.
        assert payload["variables"]["did_0"] == "yes"
        deployment = await rack.deployment(deployment_id)
        assert deployment["state"] == "succeeded"
        assert deployment["steps"][-1]["state"] == "succeeded"
        log = await rack.console.get(f"/deployments/{deployment_id}/log")
        assert log["complete"]
        assert [piece["text"] for piece in log["pieces"]][-1] == "hello\r\n"
        agent.close()

    async def test_a_machine_that_is_deployed_again_stays_the_same_device(self, rack: Rack) -> None:
        machine = rack.machine()
        first = await rack.deploy(machine)
        old = await machine.first_boot()
        device_id = str(old.device_id)
        answer = await rack.console.client.patch(
            f"/api/v1/devices/{device_id}", json={"tags": ["vip"]}, headers={"If-Match": "*"}
        )
        assert answer.is_success
        machine.power_cycle()
        armed = await rack.console.post("/deployments", {"profile_id": rack.profile["id"], "device_id": device_id})
        assert await machine.begin() == "approved"
        await machine.wait()
        assert str(machine.deployment_id) == armed["id"] != first
        assert machine.plan is not None
        assert (machine.plan["device_id"], machine.plan["computer_name"]) == (device_id, "HQ-0001")
        await run(machine)
        new = await machine.first_boot()
        assert str(new.device_id) == device_id
        device = await rack.console.get(f"/devices/{device_id}")
        assert (device["state"], device["tags"]) == ("active", ["vip"])
        states = {key["thumbprint"]: key["state"] for key in device["keys"]}
        assert states == {old.key.keyid: "revoked", new.key.keyid: "active"}
        with pytest.raises(Refused, match="device_revoked"):
            await old.check_in(max_wait_s=0)
        listed = await rack.console.get("/deployments", **{"filter[device_id]": device_id})
        assert len(listed["items"]) == 2
        old.close()
        new.close()

    async def test_a_machine_that_is_only_wiped_is_not_waited_for(self, rack: Rack) -> None:
        rack.profile = await rack.make_profile("Wipe", [TASKS[0]], os_image_id=None, edition_index=None)
        deployment_id = await rack.deploy(rack.machine())
        assert await rack.state(deployment_id) == "succeeded"
