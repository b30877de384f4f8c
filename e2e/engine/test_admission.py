"""How a machine is let in, by the real agent at the real server: code, PIN, refusal, and what must not be believed."""

import base64
import re
import sqlite3
import time
from datetime import datetime
from pathlib import Path

import pytest

from engine.conftest import Site
from engine.machine import script
from support.faults import FaultProxy
from support.waiting import until

YEARS_SINCE_2019_S = 7 * 365 * 86_400
SAY = script("Say", "echo here I am")


def test_a_technician_types_a_pin_at_the_machine(site: Site) -> None:
    profile = site.profile(SAY)
    made = site.console.call("POST", "/technician-pins", {"site_id": site.row["id"], "name": "Bob", "hours": 1})
    with site.machine("--profile", profile["id"]) as machine:
        session = site.session_of(machine)
        machine.press("p" + "".join("1" if digit != "1" else "2" for digit in made["pin"]))
        machine.says("pin_wrong")
        machine.press("p" + made["pin"])
        assert machine.ended() == 0
    # The code had been on the screen all the time, for who would rather compare it.
    assert session["code"] in machine.said()
    assert made["pin"] not in machine.said()
    run = site.end_of(site.session_of(machine, "ended")["deployment_id"])
    assert (run["state"], run["approved_how"]) == ("succeeded", "pin")
    assert "Bob" in run["approved_by"]


def test_a_denied_machine_says_so_and_waits_for_a_person(site: Site) -> None:
    with site.machine() as machine:
        session = site.session_of(machine)
        site.console.call("POST", f"/boot-sessions/{session['id']}/deny", {"reason": "not ours"})
        until("the machine says so", lambda: re.search("denied|refused", machine.said(), re.IGNORECASE))
        assert machine.is_running()
        machine.press("r")
        again = site.session_of(machine)
        assert again["id"] != session["id"]
        assert again["code"] != session["code"], "another key makes another code"


def test_a_session_that_ran_out_is_begun_anew_by_itself(site: Site) -> None:
    with site.machine() as machine:
        session = site.session_of(machine)
        site.server.stop()
        with sqlite3.connect(next(site.server.data_dir.glob("*.db"))) as database:
            database.execute("UPDATE boot_sessions SET expires_at = created_at")
        site.server.start()

        def newer() -> bool:
            return site.session_of(machine)["id"] != session["id"]

        until("it has another session", newer, within_s=120)
        assert machine.is_running()


def test_a_clock_in_2019_costs_nothing(site: Site, shifted_clock: Path) -> None:
    shift = {"LD_PRELOAD": str(shifted_clock), "CLOCK_SHIFT_S": str(-YEARS_SINCE_2019_S)}
    machine = site.machine(**shift)
    run_id = site.arm(machine, site.profile(script("Say", "date +%Y; exit 0")))
    with machine:
        assert machine.ended() == 0
    run = site.end_of(run_id)
    assert run["state"] == "succeeded"
    assert "2019" in site.output_of(run_id), "its clock really was wrong"
    started = datetime.fromisoformat(run["steps"][0]["started_at"])
    assert abs(time.time() - started.timestamp()) < 600, "times are by the server's clock"


@pytest.mark.parametrize("what", ["plan", "signature"])
def test_a_plan_that_was_changed_on_its_way_is_not_carried_out(site: Site, tmp_path: Path, what: str) -> None:
    """S-13."""
    witness = tmp_path / "witness"
    with FaultProxy([site.server.port]) as network:
        machine = site.machine(url=network.url)
        run_id = site.arm(machine, site.profile(script("Never", f"touch {witness}")))
        network.alter = lambda piece: _changed(piece, what)
        with machine:
            machine.says("signature is not this server's")
            run = site.end_of(run_id)
            assert (run["state"], run["error"]["code"]) == ("failed", "plan_invalid")
            assert not witness.exists()
            # Nobody changes it any more, and a person tries again: the same machine goes on, without a restart.
            network.alter = lambda piece: piece
            site.order(run_id, "retry")
            assert machine.ended() == 0
    assert witness.exists()


def _changed(piece: bytes, what: str) -> bytes:
    """One bit of the plan or of its signature is another; the length stays."""
    found = re.search(rb'"%b":\s*"([A-Za-z0-9+/=]{40,})"' % what.encode(), piece)
    if found is None:
        return piece
    content = bytearray(base64.b64decode(found[1]))
    place = len(content) // 2
    if what == "plan":
        # In a text, so that it is still JSON, and only the signature tells.
        place = content.index(b'"issued_at":"20') + len(b'"issued_at":"20')
        content[place] = ord("3") if content[place] != ord("3") else ord("4")
    else:
        content[place] ^= 1
    return piece.replace(found[1], base64.b64encode(bytes(content)))
