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
