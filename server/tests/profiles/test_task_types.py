"""Configurations of tasks: the golden ones, and what is refused."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deployflow.drivers.models import DriverInf
from deployflow.platform.context import system_context
from deployflow.platform.settings import Settings
from deployflow.profiles import structure, task_types
from deployflow.profiles.errors import TaskWrong
from deployflow.profiles.subject import Machine, Subject
from tests.factories import library
from tests.support.clients import Clients

EXAMPLES = Path(__file__).parents[3] / "contracts" / "examples"
GOLDEN = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(EXAMPLES.glob("profile-task-*.json"))}
IMAGE_ID = UUID("019ab0d2-0000-7000-8000-000000000010")
PACK_ID = UUID("019ab0d2-0000-7000-8000-000000000001")
OTHER_PACK_ID = UUID("019ab0d2-0000-7000-8000-000000000002")
X1 = Machine(manufacturer="LENOVO", model="20XW004KGE", sku="LENOVO_MT_20XW", site="BER")


async def stock(clients: Clients) -> None:
    """The library that the golden configurations are frozen from."""
    image = GOLDEN["profile-task-apply-image"]["configuration"]
    plain = GOLDEN["profile-task-apply-image"]["in_winpe"]["content"]
    await library.make_image(
        clients.db,
        clients.tenant_id,
        id=IMAGE_ID,
        content_sha256=image["content"]["sha256"],
        content_bytes=image["content"]["size_bytes"],
        wim_sha256=plain["sha256"],
        wim_bytes=plain["size_bytes"],
        editions={image["index"]: image["name"]},
    )
    other, matching = GOLDEN["profile-task-inject-drivers-named"]["configuration"]["packs"]
    rules = {str(PACK_ID): ({"sku": "LENOVO_MT_20XW*"},), str(OTHER_PACK_ID): ({"manufacturer": "Dell*"},)}
    for pack in (other, matching):
        await library.make_driver_pack(
            clients.db,
            clients.tenant_id,
            id=UUID(pack["id"]),
            name=pack["name"],
            rules=rules[pack["id"]],
            content_sha256=pack["content"]["sha256"],
            content_bytes=pack["content"]["size_bytes"],
            infs=[
                DriverInf(tenant_id=clients.tenant_id, position=at, path=path, architectures=[], hardware_ids=[])
                for at, path in enumerate(pack["infs"])
            ],
        )


def agent_settings(tmp_path: Path) -> Settings:
    """Settings of a server whose agent has the hash and size of the golden one."""
    folder = tmp_path / "agents"
    folder.mkdir()
    (folder / "deployflow-agent-win-x64.zip").write_bytes(b"agent")
    return Settings(data_dir=tmp_path, agents_dir=folder)


class TestGolden:
    def test_there_is_one_of_every_type(self) -> None:
        assert {one["type"] for one in GOLDEN.values()} | {"software_bundle"} == {
            kind.name for kind in task_types.every()
        }

    @pytest.mark.parametrize("name", GOLDEN)
    async def test_what_is_written_freezes_to_what_the_machine_gets(
        self, clients: Clients, tmp_path: Path, name: str
    ) -> None:
        golden = GOLDEN[name]
        await stock(clients)
        kind = task_types.get(golden["type"])
        configuration = task_types.configuration_of(golden["type"], golden["written"])
        # Once more through the database's form, as it really goes.
        configuration = kind.configuration_model.model_validate(task_types.stored(configuration))
        subject = Subject(
            settings=agent_settings(tmp_path),
            os_image_id=None,
            edition_index=None,
            admin_credentials_ref=None,
            machine=X1,
            computer_name="BER-0042",
        )
        async with clients.db.read(system_context(clients.tenant_id)) as session:
            frozen = await kind.freeze(session, configuration, subject)
        assert frozen is not None
        if golden["type"] == "install_agent":
            frozen.configuration["content"]["size_bytes"] = golden["configuration"]["content"]["size_bytes"]
        assert frozen.configuration == golden["configuration"]
        assert frozen.in_winpe == golden.get("in_winpe")
        assert (
            json.loads(json.dumps({key: asdict(one) for key, one in frozen.secrets.items()}, default=str))
            == (golden["secrets"])
        )
        task = _Task(golden["type"], name, task_types.stored(configuration))
        assert structure.read([task])[0].phase == golden["phase"]


class _Task:
    condition = None

    def __init__(self, kind: str, name: str, configuration: dict[str, Any]) -> None:
        self.type, self.name, self.configuration = kind, name, configuration


WRONG = [
    ("disk_prep", {"preset": "custom"}, "give partitions together with the preset custom"),
    ("disk_prep", {"preset": "uefi_standard", "partitions": []}, "give partitions together with the preset custom"),
    ("disk_prep", {"windows_gb": 100}, "windows_gb belongs to the preset keep_data"),
    ("disk_prep", {"disk": {"select": "by_name"}}, "give a name together with select by_name"),
    ("disk_prep", {"disk": {"name": "/dev/sda"}}, "give a name together with select by_name"),
    ("disk_prep", {"preset": "custom", "partitions": [{"role": "windows"}]}, "Windows needs an esp partition"),
    ("disk_prep", {"preset": "custom", "partitions": [{"role": "esp"}]}, "the esp partition needs a size_mb"),
    ("disk_prep", {"preset": "custom", "partitions": [{"role": "data"}, {"role": "data"}]}, "takes the rest"),
    (
        "disk_prep",
        {"preset": "custom", "partitions": [{"role": "esp", "size_mb": 100}, {"role": "esp", "size_mb": 100}]},
        "one esp partition at most",
    ),
    ("apply_image", {"edition_index": 1}, "give os_image_id and edition_index together"),
    ("inject_drivers", {"select": "named"}, "give pack_ids together with select named"),
    ("inject_configuration", {}, "give an answer file, files, registry values or commands"),
    ("inject_configuration", {"unattend": {"locale": "german"}}, "'german' is no locale: write it as de-DE"),
    ("inject_configuration", {"unattend": {"keyboard": "qwertz"}}, "is no locale"),
    (
        "inject_configuration",
        {"unattend": {"time_zone": "Europe/Berlin"}},
        "'Europe/Berlin' is no time zone of Windows",
    ),
    (
        "inject_configuration",
        {"unattend": {"time_zone": "W. Europe Standart Time"}},
        "did you mean W. Europe Standard Time?",
    ),
    ("inject_configuration", {"unattend": {"product_key": "12345"}}, "String should match pattern"),
    (
        "inject_configuration",
        {"unattend": {"workgroup": "X", "domain_join_ref": str(IMAGE_ID)}},
        "in a workgroup or in a domain",
    ),
    (
        "inject_configuration",
        {"unattend": {"accounts": [{"name": "Guest", "password_ref": str(IMAGE_ID)}]}},
        "Windows keeps the name 'Guest' for itself",
    ),
    (
        "inject_configuration",
        {"unattend": {"accounts": [{"name": "a:b", "password_ref": str(IMAGE_ID)}]}},
        "holds a character that account names cannot have",
    ),
    (
        "inject_configuration",
        {"unattend": {"accounts": [{"name": n, "password_ref": str(IMAGE_ID)} for n in ("Zoe", "zoe")]}},
        "two accounts called 'zoe'",
    ),
    ("inject_configuration", {"files": [{"path": "C:\\x", "text": ""}]}, "begins at a drive"),
    ("inject_configuration", {"files": [{"path": "\\\\server\\x", "text": ""}]}, "begins at a drive"),
    ("inject_configuration", {"files": [{"path": "Windows/../../x", "text": ""}]}, "no plain path"),
    ("inject_configuration", {"files": [{"path": "Windows\\con.txt", "text": ""}]}, "no name that a file of Windows"),
    ("inject_configuration", {"files": [{"path": "a\\b:c", "text": ""}]}, "no name that a file of Windows"),
    ("inject_configuration", {"files": [{"path": "a", "text": "x" * 65537}]}, "may have 64 KiB at most"),
    (
        "inject_configuration",
        {"files": [{"path": "A/b", "text": ""}, {"path": "a\\B", "text": ""}]},
        "the file 'a\\\\b' is there twice",
    ),
    (
        "inject_configuration",
        {"registry": [{"hive": "software", "key": "X", "kind": "dword", "value": "4294967296"}]},
        "does not fit a dword",
    ),
    (
        "inject_configuration",
        {"registry": [{"hive": "software", "key": "X", "kind": "dword", "value": "one"}]},
        "'one' is no number",
    ),
    (
        "inject_configuration",
        {"registry": [{"hive": "software", "key": "X", "kind": "binary", "value": "abc"}]},
        "two digits a byte",
    ),
    ("inject_configuration", {"registry": [{"hive": "security", "key": "X"}]}, "Input should be 'software'"),
    ("install_agent", {"content": {}}, "Extra inputs are not permitted"),
    ("script", {"where": "os"}, "give script_id, or language and body"),
    ("script", {"language": "sh", "body": "x", "version_number": 1}, "version_number needs script_id"),
    ("script", {"language": "sh", "body": "x", "success_codes": []}, "at least 1 item"),
    ("reboot", {"to": "bios"}, "Input should be 'environment' or 'os'"),
    ("wait", {}, "give seconds, or a url"),
    ("wait", {"seconds": 5, "url": "http://x"}, "give seconds, or a url"),
    ("wait", {"url": "ftp://x"}, "is no address"),
    ("wait", {"url": "https://user:word@x/"}, "may hold no password"),
    ("wait", {"seconds": 5, "timeout_s": 5}, "timeout_s belongs to a url"),
    ("set_variable", {"name": "serial", "value": "x"}, "is set by the machine or the server"),
    ("set_variable", {"name": "Bad Name", "value": "x"}, "String should match pattern"),
]


class TestWrong:
    @pytest.mark.parametrize(("kind", "written", "said"), WRONG)
    def test_a_wrong_configuration_is_refused_in_words(self, kind: str, written: dict[str, Any], said: str) -> None:
        with pytest.raises(TaskWrong, match=said):
            task_types.configuration_of(kind, written)

    def test_registry_values_are_brought_into_one_spelling(self) -> None:
        values = [
            {"hive": "software", "key": "\\Contoso/Setup\\", "kind": "dword", "value": "0xFF"},
            {"hive": "software", "key": "X", "kind": "binary", "value": "00, FF 10"},
        ]
        read = task_types.configuration_of("inject_configuration", {"registry": values})
        kept = task_types.stored(read)["registry"]
        assert [(one["key"], one["value"]) for one in kept] == [("Contoso\\Setup", "255"), ("X", "00ff10")]
