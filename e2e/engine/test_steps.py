"""What the engine makes of a profile's steps, at the real server: conditions, attempts, limits, aborts, cuts."""

import time
from pathlib import Path

from engine.conftest import Site
from engine.machine import outcomes, script, variables
from support.faults import FaultProxy
from support.waiting import until


def test_conditions_choose_steps_by_what_is_known_of_the_machine_and_of_earlier_steps(site: Site) -> None:
    def when(variable: str, op: str, value: str) -> dict[str, object]:
        return {"variable": variable, "op": op, "value": value}

    machine = site.machine()
    profile = site.profile(
        script("Only here", "echo in linux", condition=when("environment", "eq", "LINUX")),
        script("Never here", "echo in winpe", condition=when("environment", "eq", "winpe")),
        {"type": "set_variable", "name": "Remember", "configuration": {"name": "model_of", "value": "{model}-{site}"}},
        script("By what was set", variables(["DF_VAR_MODEL_OF"]), condition=when("model_of", "matches", "20xw*-BER")),
        script("Both", "echo both", condition={"all": [when("memory_gb", "gt", "0"), {"not": when("sku", "eq", "x")}]}),
        script("None of these", "echo x", condition={"any": [when("disk_gb", "lt", "-1"), when("site", "ne", "BER")]}),
    )
    run_id = site.arm(machine, profile)
    with machine:
        assert machine.ended() == 0
    run = site.end_of(run_id)
    assert run["state"] == "succeeded"
    assert outcomes(run) == ["succeeded", "skipped", "succeeded", "succeeded", "succeeded", "skipped"]
    assert "DF_VAR_MODEL_OF=20XW004KGE-BER" in site.output_of(run_id)


def test_a_step_is_tried_as_often_as_it_may_be(site: Site, tmp_path: Path) -> None:
    tries = tmp_path / "tries"
    machine = site.machine()
    body = f"echo try >> {tries}; test $(wc -l < {tries}) -ge 3"
    run_id = site.arm(machine, site.profile(script("Third time lucky", body, retries=2)))
    with machine:
        assert machine.ended() == 0
    assert site.end_of(run_id)["state"] == "succeeded"
    assert len(tries.read_text().split()) == 3


def test_a_step_that_takes_too_long_is_ended_with_all_that_it_started(site: Site, tmp_path: Path) -> None:
    late = tmp_path / "late"
    machine = site.machine()
    slow = script("Slow", f"(sleep 8; touch {late}) & sleep 60", timeout_s=3, continue_on_error=True)
    run_id = site.arm(machine, site.profile(slow, script("Then", "echo on we go")))
    began = time.monotonic()
    with machine:
        assert machine.ended() == 0
    run = site.end_of(run_id)
    assert (run["state"], outcomes(run)) == ("succeeded", ["failed", "succeeded"])
    assert run["steps"][0]["error"]["code"] == "timed_out"
    time.sleep(max(0.0, 10 - (time.monotonic() - began)))
    assert not late.exists()


def test_a_failed_step_stops_the_rest_and_leaves_what_a_person_needs(site: Site, tmp_path: Path) -> None:
    mended, witness = tmp_path / "mended", tmp_path / "witness"
    machine = site.machine()
    profile = site.profile(
        script("Fine", f"echo once >> {witness}"),
        script("Not fine", f"echo it is broken >&2; test -e {mended}"),
        script("After", "echo after"),
    )
    run_id = site.arm(machine, profile)
    with machine:
        run = site.end_of(run_id)
        assert (run["state"], outcomes(run)) == ("failed", ["succeeded", "failed", "pending"])
        assert (run["error"]["code"], "exit code 1" in run["error"]["message"]) == ("script_failed", True)
        assert "it is broken" in site.output_of(run_id)
        machine.says("exit code 1")
        mended.touch()
        site.order(run_id, "retry")
        assert machine.ended() == 0
    run = site.end_of(run_id)
    assert (run["state"], outcomes(run)) == ("succeeded", ["succeeded"] * 3)
    assert witness.read_text().split() == ["once"], "it went on where it had failed"


def test_an_abort_ends_the_step_that_runs(site: Site, tmp_path: Path) -> None:
    begun, late = tmp_path / "begun", tmp_path / "late"
    machine = site.machine()
    run_id = site.arm(machine, site.profile(script("Long", f"touch {begun}; sleep 40; touch {late}")))
    with machine:
        until("it runs", begun.exists)
        site.order(run_id, "abort")
        machine.says("Aborted in the console")
        assert site.end_of(run_id)["state"] == "aborted"
        # It shows a new code, and waits.
        assert site.session_of(machine)["state"] == "waiting"
        assert machine.is_running()
    assert not late.exists()


def test_a_server_that_is_away_in_the_middle_loses_nothing(site: Site) -> None:
    with FaultProxy([site.server.port]) as network:
        machine = site.machine(url=network.url)
        count = "for n in 1 2 3 4 5 6 7 8; do echo line $n; sleep 1; done"
        run_id = site.arm(machine, site.profile(script("Count", count), script("Then", "echo the last words")))
        with machine:
            until("it runs", lambda: "line 1" in site.output_of(run_id))
            network.cut()
            site.server.kill()
            time.sleep(4)
            site.server.start()
            network.heal()
            assert machine.ended() == 0
    run = site.end_of(run_id)
    assert (run["state"], outcomes(run)) == ("succeeded", ["succeeded", "succeeded"])
    assert site.output_of(run_id).split("\n")[:9] == [*(f"line {n}" for n in range(1, 9)), "the last words"]
