"""What the console's first page says of deployments."""

from deployflow.app.simulation.engine import StepFailed, run
from tests.support.deploying import Rack, sign_in


def fails(_task: object) -> None:
    raise StepFailed("out_of_space", "The disk is full.")


async def test_what_waits_and_what_failed_needs_somebody_and_what_goes_well_does_not(rack: Rack) -> None:
    waiting, failing, well = rack.machine(1), rack.machine(2), rack.machine(3)
    await waiting.begin()
    failed_id = await rack.start(failing)
    await run(failing, step=fails)
    await rack.deploy(well)
    overview = await rack.console.get("/overview")
    assert {(one["kind"], one["title"]) for one in overview["needs_attention"]} == {
        ("machine_waiting", "LENOVO 20XW PF3SIM0001 52:54:00:00:00:01"),
        ("deployment_failed", "Office PC on HQ-0001"),
    }
    details = {one["kind"]: one for one in overview["needs_attention"]}
    assert details["deployment_failed"]["detail"] == "Partition: The disk is full."
    assert details["deployment_failed"]["href"] == f"/deployments/detail/?id={failed_id}"
    assert waiting.code in details["machine_waiting"]["detail"]
    # Both rows are there already, and nobody has to approve them.
    assert (overview["devices"]["total"], overview["devices"]["pending"]) == (2, 0)
    blind = await sign_in(rack.live, rack.tenant_id, "devices:read")
    assert (await blind.get("/overview"))["needs_attention"] == []
    await blind.client.aclose()


async def test_the_palette_finds_a_deployment_by_its_computer_and_its_profile(rack: Rack) -> None:
    deployment_id = await rack.start(rack.machine())
    for words in ("hq-0001", "office", "pf3sim0001"):
        found = await rack.console.get("/search", q=words)
        assert [one["id"] for one in found["deployments"]] == [deployment_id], words
    blind = await sign_in(rack.live, rack.tenant_id, "devices:read")
    assert (await blind.get("/search", q="hq-0001"))["deployments"] == []
    await blind.client.aclose()


async def test_a_device_that_is_being_set_up_cannot_be_approved_and_it_is_said_why(rack: Rack) -> None:
    deployment = await rack.deployment(await rack.start(rack.machine()))
    path = f"/devices/{deployment['device']['id']}"
    device = await rack.console.get(path)
    assert (device["state"], device["pending_key"]) == ("pending", False)
    answer = await rack.console.client.post(f"/api/v1{path}/approve")
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_approve")
    assert "becomes active by itself when its agent enrolls" in answer.json()["detail"]
