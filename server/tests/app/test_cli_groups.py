"""`deployflow group`, on an installation of its own."""

from deployflow.app.failures import ExitCode
from tests.support.shell import Shell


def test_a_group_is_made_listed_and_deleted(installed: Shell) -> None:
    made = installed(
        "group", "create", "Old Windows", "--where", "os_version lt 10.0.22631", "-w", "tag in a, b", "--json"
    )
    assert made.code == 0, made.err
    assert made.json["filter"]["rules"] == [
        {"field": "os_version", "op": "lt", "value": "10.0.22631"},
        {"field": "tag", "op": "in", "value": ["a", "b"]},
    ]
    assert "Old Windows" in installed("group", "list").out
    assert "It has none now" in installed("group", "devices", "old windows").err
    refused = installed("group", "add", "Old Windows", "--device", "PC-1")
    assert refused.code == ExitCode.NOT_FOUND
    assert installed("group", "delete", "Old Windows").code == 0
    assert "There are none" in installed("group", "list").err


def test_a_wrong_rule_is_said_with_what_would_be_right(installed: Shell) -> None:
    said = installed("group", "create", "X", "--where", "memory gt 5")
    assert (said.code, "there is no field 'memory'" in said.err) == (ExitCode.USAGE, True)
    said = installed("group", "create", "X", "--where", "hostname")
    assert (said.code, "group fields" in said.err) == (ExitCode.USAGE, True)
    assert "memory_bytes" in installed("group", "fields").out
