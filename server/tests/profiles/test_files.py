"""Profiles as YAML files: out, in again, and what is said of a wrong one."""

from typing import Any

import pytest

from deployflow.profiles import yaml_files
from deployflow.profiles.errors import FileWrong
from tests.factories import library
from tests.profiles.conftest import EDITOR, Profiles
from tests.support.clients import Clients

SCRIPT = 'param($Key)\nWrite-Output "Grüße: $Key"\n'
FULL = """\
deployflow_profile: 1
name: Büro
description: |
  Two lines
  of text
tags:
  - office
os_image_id: !image 'Windows 11 24H2'
edition_index: 2
computer_naming_pattern: '{site}-{seq:3}'
admin_credentials_ref: !secret 'Local admin'
agent_auto_install: true
tasks:
  - type: disk_prep
    name: Disk
    configuration:
      preset: keep_data
      disk:
        select: first
        min_gb: 160
        allow_removable: false
      windows_gb: 100
    timeout_s: 600
  - type: apply_image
    name: Windows
    timeout_s: 7200
    retries: 2
  - type: inject_drivers
    name: Drivers
    configuration:
      select: named
      pack_ids:
        - !driver_pack 'ThinkPad X1'
      required: false
    condition:
      all:
        - variable: manufacturer
          op: eq
          value: LENOVO
        - not:
            variable: model
            op: matches
            value: Virtual*
    timeout_s: 1800
    continue_on_error: true
  - type: script
    name: Key
    configuration:
      where: os
      script_id: !script 'Show key'
      parameters:
        Key:
          secret_id: !secret 'Local admin'
      success_codes:
        - 0
      reboot_codes:
        - 3010
    timeout_s: 3600
  - type: script
    name: Own
    configuration:
      where: boot
      language: sh
      body: |
        echo one
        echo two
      parameters: {}
      success_codes:
        - 0
      reboot_codes: []
    timeout_s: 60
"""


async def stock(clients: Clients, profiles: Profiles) -> None:
    tenant_id = clients.user_of(profiles.client).tenant_id
    await library.make_image(clients.db, tenant_id)
    await library.make_driver_pack(clients.db, tenant_id)
    await profiles.ok("POST", "/secrets", {"name": "Local admin", "kind": "password", "value": "canary-8472-secret"})
    script = {
        "name": "Show key",
        "language": "powershell",
        "body": SCRIPT,
        "parameters": [{"name": "Key", "type": "secret", "required": True}],
    }
    await profiles.ok("POST", "/scripts", script)


def broken(old: str, new: str) -> tuple[str, int]:
    """The file with a line replaced, and the number of that line."""
    found = FULL.splitlines()
    number = found.index(old)
    found[number] = new
    return "\n".join(found) + "\n", number + 1


class TestRoundTrip:
    async def test_what_comes_out_goes_in_and_comes_out_the_same(self, clients: Clients, profiles: Profiles) -> None:
        await stock(clients, profiles)
        # "Own" runs in the boot environment: only the order of the list is kept, its sense is for the preflight.
        made = await profiles.ok("POST", "/profiles:import", {"text": FULL})
        file = await profiles.ok("GET", f"/profiles/{made['id']}/file")
        assert file == {"file_name": "b-ro.profile.yaml", "text": FULL}
        assert "canary-8472-secret" not in file["text"]

    async def test_on_another_server_names_find_what_is_called_so_there(
        self, clients: Clients, profiles: Profiles
    ) -> None:
        other = Profiles(await clients.signed_in(*EDITOR, tenant_id=clients.other_tenant_id))
        await stock(clients, profiles)
        await stock(clients, other)
        here = await profiles.ok("POST", "/profiles:import", {"text": FULL})
        there = await other.ok("POST", "/profiles:import", {"text": FULL})
        assert there["os_image"]["name"] == "Windows 11 24H2"
        assert there["os_image"]["id"] != here["os_image"]["id"]

    async def test_a_file_replaces_only_when_told_to(self, profiles: Profiles) -> None:
        made = await profiles.make(tasks=[{"type": "disk_prep"}], tags=["office"])
        text = "deployflow_profile: 1\nname: Office PC\ntasks:\n  - type: wait\n    configuration: {seconds: 9}\n"
        refused = await profiles.refused("POST", "/profiles:import", {"text": text})
        assert refused[:2] == (409, "name_taken")
        answer = await profiles.send("POST", "/profiles:import", {"text": text, "replace": True})
        replaced = answer.json()
        assert (answer.status_code, replaced["id"], replaced["current"]["number"]) == (200, made["id"], 2)
        assert ([task["type"] for task in replaced["tasks"]], replaced["tags"]) == (["wait"], [])
        renamed = await profiles.ok("POST", "/profiles:import", {"text": text, "name": "Another"})
        assert renamed["name"] == "Another"

    @pytest.mark.parametrize(
        "text", ["", "plain", "a: b", "- x", "true", "0409:00000409", "2026-11-24", "trailing \nspace", "\ttab\r\n"]
    )
    def test_any_text_survives(self, text: str) -> None:
        assert yaml_files.read(yaml_files.dump({"x": {"y": [text]}})).value == {"x": {"y": [text]}}


IMAGE = "os_image_id: !image 'Windows 11 24H2'"
WRONG = [
    ("deployflow_profile: 1", "deployflow_profile: 2", "this file is of a newer DeployFlow"),
    ("deployflow_profile: 1", "profile: 1", "this is no profile: its file begins with deployflow_profile: 1"),
    ("    name: Disk", "\tname: Disk", "found a tab character that violates indentation"),
    ("edition_index: 2", "name: again", "'name' is there twice"),
    ("edition_index: 2", "edition_index: 7", "The image has no edition 7; it has 1, 2"),
    ("edition_index: 2", "colour: red", "colour: Extra inputs are not permitted"),
    ("agent_auto_install: true", "agent_auto_install: perhaps", "agent_auto_install: Input should be a valid boolean"),
    ("computer_naming_pattern: '{site}-{seq:3}'", "computer_naming_pattern: A_B", "A computer name cannot have '_'"),
    ("    retries: 2", "    retries: many", "tasks.2.retries: Input should be a valid integer"),
    ("  - type: apply_image", "  - type: format", "There is no task type 'format'"),
    ("      preset: keep_data", "      preset: mbr", "Task 1, Disk: preset: Input should be 'uefi_standard'"),
    ("        min_gb: 160", "        min_gb: none", "Task 1, Disk: disk.min_gb: Input should be a valid integer"),
    ("          op: eq", "          op: like", "tasks.3.condition.all.1.op: Input should be 'eq'"),
    (
        IMAGE,
        "os_image_id: !image 'Windows 12'",
        "There is no OS image called 'Windows 12'",
    ),
    ("      script_id: !script 'Show key'", "      script_id: !script 'Gone'", "There is no script called 'Gone' here"),
    (
        IMAGE,
        "os_image_id: !!python/name:os.system x",
        "the tag !!python/name:os.system",
    ),
    (IMAGE, "os_image_id: !picture x", "the tag !picture is not known here"),
    ("edition_index: 2", "<<: {edition_index: 2}", "a name is expected before the colon"),
]


class TestWrongFiles:
    @pytest.mark.parametrize(("old", "new", "said"), WRONG, ids=[one[1] for one in WRONG])
    async def test_a_wrong_file_says_the_line_and_what(
        self, clients: Clients, profiles: Profiles, old: str, new: str, said: str
    ) -> None:
        await stock(clients, profiles)
        text, line = broken(old, new)
        status, code, detail = await profiles.refused("POST", "/profiles:import", {"text": text})
        assert (status, code) == (422, "profile_file_wrong")
        assert said in detail, detail
        assert detail.startswith(f"Line {line}: "), detail
        assert (await profiles.ok("GET", "/profiles"))["items"] == []

    async def test_parameters_that_do_not_fit_the_script_are_said_at_their_task(
        self, clients: Clients, profiles: Profiles
    ) -> None:
        await stock(clients, profiles)
        text, _line = broken("        Key:", "        Colour:")
        _status, _code, said = await profiles.refused("POST", "/profiles:import", {"text": text})
        line = FULL.splitlines().index("    name: Key") + 2
        assert said == f"Line {line}: Task 4, Key: 'Colour' is no parameter of this script; 'Key' is required"

    async def test_two_things_of_one_name_are_not_guessed_between(self, clients: Clients, profiles: Profiles) -> None:
        await stock(clients, profiles)
        await library.make_driver_pack(clients.db, clients.tenant_id, name="ThinkPad", pack_version="X1")
        _status, _code, said = await profiles.refused("POST", "/profiles:import", {"text": FULL})
        line = FULL.splitlines().index("        - !driver_pack 'ThinkPad X1'") + 1
        assert said == f"Line {line}: There are 2 driver packs called 'ThinkPad X1': rename all but one"

    @pytest.mark.parametrize(
        "text",
        [
            "deployflow_profile: 1\nx: " + "[" * 3000 + "]" * 3000,
            "deployflow_profile: 1\nx: " + "[" * 200 + "]" * 200,
            "deployflow_profile: 1\nx: [" + "1," * 60_000 + "]",
            "deployflow_profile: 1\na: &a [x,x,x,x]\n"
            + "\n".join(f"{n}: &{n} [*a,*a,*a,*a]" for n in "bcdefgh")
            + "\n",
        ],
        ids=["abyss", "deep", "wide", "bomb"],
    )
    def test_a_file_made_to_hurt_is_refused(self, text: str) -> None:
        with pytest.raises(FileWrong):
            yaml_files.read(text)

    def test_what_a_number_is_stays_one(self) -> None:
        read: Any = yaml_files.read("a: 1\nb: 1.5\nc: yes\nd: ~\ne: 0o17\nf: 2026-11-24\n").value
        assert read == {"a": 1, "b": 1.5, "c": True, "d": None, "e": "0o17", "f": "2026-11-24"}
