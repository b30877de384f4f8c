"""Profiles and templates: versions, copies, order, and what is refused."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.profiles import service
from tests.factories import library
from tests.profiles.conftest import EDITOR, Profiles
from tests.support.clients import Clients

ROUTES = [
    ("GET", "/profiles", "profiles:read"),
    ("POST", "/profiles", "profiles:write"),
    ("GET", "/profiles/{id}", "profiles:read"),
    ("PATCH", "/profiles/{id}", "profiles:write"),
    ("DELETE", "/profiles/{id}", "profiles:write"),
    ("POST", "/profiles/{id}:clone", "profiles:write"),
    ("POST", "/profiles/{id}:reorder", "profiles:write"),
    ("POST", "/profiles/{id}:preflight", "profiles:read"),
    ("GET", "/profiles/{id}/file", "profiles:read"),
    ("GET", "/profiles/{id}/versions", "profiles:read"),
    ("GET", "/profiles/{id}/versions/1", "profiles:read"),
    ("POST", "/profile-templates/{id}:use", "profiles:write"),
]
BODIES: dict[str, Any] = {
    "/profiles": {"name": "x"},
    ":clone": {"name": "x"},
    ":use": {"name": "x"},
    ":reorder": {"task_ids": []},
}
WAIT = {"type": "wait", "name": "Wait", "configuration": {"seconds": 5}}
DISK = {"type": "disk_prep", "name": "Disk"}


def body_of(path: str) -> Any:
    return next(
        (body for end, body in BODIES.items() if path.endswith(end)), {"name": "x"} if path == "/profiles" else {}
    )


class TestAccess:
    async def test_nobody_gets_in_anonymously(self, clients: Clients) -> None:
        nobody = Profiles(clients.anonymous())
        for method, path, _permission in ROUTES:
            status, _code, _said = await nobody.refused(method, path.format(id=uuid4()), body_of(path))
            assert status == 401, (method, path)

    async def test_each_route_needs_its_own_permission(self, clients: Clients) -> None:
        for method, path, permission in ROUTES:
            client = await clients.signed_in(*[name for name in EDITOR if name != permission])
            status, _code, _said = await Profiles(client).refused(method, path.format(id=uuid4()), body_of(path))
            assert status == 403, (method, path)

    async def test_another_tenants_profile_is_not_there(self, clients: Clients, profiles: Profiles) -> None:
        made = await profiles.make(is_template=True)
        stranger = Profiles(await clients.signed_in(*EDITOR, tenant_id=clients.other_tenant_id))
        for method, path, _permission in ROUTES:
            if "{id}" in path:
                refused = await stranger.refused(method, path.format(id=made["id"]), body_of(path))
                assert refused[:2] == (404, "profile_not_found"), (method, path)

    async def test_another_tenants_image_cannot_be_named(self, clients: Clients, profiles: Profiles) -> None:
        theirs = await library.make_image(clients.db, clients.other_tenant_id)
        refused = await profiles.refused("POST", "/profiles", {"name": "x", "os_image_id": str(theirs.id)})
        assert refused == (422, "reference_missing", f"There is no OS image {theirs.id}: choose one that exists")

    async def test_naming_a_secret_needs_the_right_to_see_that_it_is_there(
        self, clients: Clients, profiles: Profiles
    ) -> None:
        secret = await profiles.ok("POST", "/secrets", {"name": "Admin", "kind": "password", "value": "x" * 20})
        writer = Profiles(await clients.signed_in("profiles:read", "profiles:write"))
        wanted = {"name": "x", "admin_credentials_ref": secret["id"]}
        assert (await writer.refused("POST", "/profiles", wanted))[:2] == (403, "permission_missing")
        made = await profiles.make(admin_credentials_ref=secret["id"])
        # One that is there already is no news to whoever may see the profile.
        assert (await writer.change(made["id"], description="y"))["admin_credentials"]["name"] == "Admin"


class TestVersions:
    async def test_every_change_makes_a_version_that_stays(self, profiles: Profiles) -> None:
        made = await profiles.make(tasks=[DISK])
        assert (made["current"]["number"], made["version"]) == (1, 1)
        changed = await profiles.change(made["id"], description="For the office", note="Said what for")
        assert changed["current"]["number"] == 2
        await profiles.change(made["id"], tasks=[_in(made["tasks"][0]), WAIT])
        versions = (await profiles.ok("GET", f"/profiles/{made['id']}/versions"))["items"]
        assert [(one["number"], one["is_current"], one["note"]) for one in versions] == [
            (3, True, ""),
            (2, False, "Said what for"),
            (1, False, ""),
        ]
        second = await profiles.ok("GET", f"/profiles/{made['id']}/versions/2")
        assert "description: For the office" in second["text"]
        assert [line for line in second["diff"] if line[0] in "+-"][2:] == ["+description: For the office"]

    async def test_any_two_versions_are_compared(self, profiles: Profiles) -> None:
        made = await profiles.make(description="one")
        await profiles.change(made["id"], description="two")
        await profiles.change(made["id"], description="three")
        compared = await profiles.ok("GET", f"/profiles/{made['id']}/versions/3?against=1")
        assert compared["compared_with"] == 1
        assert [line for line in compared["diff"] if line[0] in "+-"][2:] == [
            "-description: one",
            "+description: three",
        ]

    async def test_the_same_again_makes_no_version(self, profiles: Profiles) -> None:
        made = await profiles.make(tasks=[DISK], tags=["office"])
        again = await profiles.change(
            made["id"], name="Office PC", tags=["office"], tasks=[_in(made["tasks"][0])], description=""
        )
        assert (again["current"]["number"], again["version"]) == (1, 1)

    async def test_a_version_keeps_the_names_of_what_is_gone(self, profiles: Profiles) -> None:
        secret = await profiles.ok("POST", "/secrets", {"name": "Local admin", "kind": "password", "value": "x" * 20})
        made = await profiles.make(admin_credentials_ref=secret["id"])
        await profiles.client.delete(f"/api/v1/secrets/{secret['id']}", headers={"If-Match": "*"})
        version = await profiles.ok("GET", f"/profiles/{made['id']}/versions/1")
        assert "admin_credentials_ref: !secret 'Local admin'" in version["text"]
        assert (await profiles.ok("GET", f"/profiles/{made['id']}"))["admin_credentials"] == {
            "id": secret["id"],
            "name": None,
        }

    async def test_nobody_overwrites_what_they_have_not_seen(self, profiles: Profiles) -> None:
        made = await profiles.make()
        path = f"/api/v1/profiles/{made['id']}"
        assert (await profiles.client.patch(path, json={"description": "x"})).status_code == 428
        first = await profiles.client.patch(path, json={"description": "x"}, headers={"If-Match": '"1"'})
        assert (first.status_code, first.headers["etag"]) == (200, '"2"')
        stale = await profiles.client.patch(path, json={"description": "y"}, headers={"If-Match": '"1"'})
        assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")


class TestTasks:
    async def test_a_task_keeps_its_id_while_it_changes(self, profiles: Profiles) -> None:
        made = await profiles.make(tasks=[DISK, WAIT])
        disk, wait = made["tasks"]
        changed = await profiles.change(made["id"], tasks=[_in(disk), _in(wait) | {"configuration": {"seconds": 9}}])
        assert [task["id"] for task in changed["tasks"]] == [disk["id"], wait["id"]]
        assert changed["tasks"][1]["configuration"] == {"seconds": 9}

    async def test_the_order_is_changed_by_ids(self, profiles: Profiles) -> None:
        made = await profiles.make(tasks=[DISK, WAIT])
        ids = [task["id"] for task in made["tasks"]]
        changed = await profiles.ok("POST", f"/profiles/{made['id']}:reorder", {"task_ids": ids[::-1]})
        assert [(task["id"], task["order"]) for task in changed["tasks"]] == [(ids[1], 0), (ids[0], 1)]
        assert changed["current"]["number"] == 2
        for wrong in (ids[:1], [*ids, ids[0]], [ids[0], str(uuid4())]):
            refused = await profiles.refused("POST", f"/profiles/{made['id']}:reorder", {"task_ids": wrong})
            assert refused[:2] == (422, "task_wrong")

    async def test_what_is_wrong_with_a_task_names_it_and_its_field(self, profiles: Profiles) -> None:
        wrong = {"type": "disk_prep", "name": "My disk", "configuration": {"preset": "mbr"}}
        answer = await profiles.send("POST", "/profiles", {"name": "x", "tasks": [WAIT, wrong]})
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (422, "task_wrong")
        assert problem["detail"].startswith("Task 2, My disk: preset: Input should be 'uefi_standard'")
        assert problem["errors"][0]["loc"] == ["tasks", "1", "configuration", "preset"]

    async def test_an_unknown_type_is_refused_with_those_there_are(self, profiles: Profiles) -> None:
        _status, code, said = await profiles.refused(
            "POST", "/profiles", {"name": "x", "tasks": [{"type": "format_c"}]}
        )
        assert code == "task_wrong"
        assert said.startswith("Task 1, format_c: There is no task type 'format_c'; known: disk_prep, apply_image")

    async def test_software_that_is_not_there_is_refused(self, profiles: Profiles) -> None:
        await profiles.make(tasks=[{"type": "software_bundle"}])
        bundle = {"type": "software_bundle", "configuration": {"items": [str(uuid4())]}}
        refused = await profiles.refused("POST", "/profiles", {"name": "x", "tasks": [bundle]})
        assert refused[1] == "task_wrong"
        assert "does not exist any more: choose another one" in refused[2]

    async def test_types_come_with_the_schema_of_their_configuration(self, profiles: Profiles) -> None:
        types = {one["name"]: one for one in (await profiles.ok("GET", "/profile-task-types"))["items"]}
        assert list(types) == [
            "disk_prep",
            "apply_image",
            "inject_drivers",
            "inject_configuration",
            "install_agent",
            "script",
            "software_bundle",
            "reboot",
            "wait",
            "set_variable",
        ]
        preset = types["disk_prep"]["configuration_schema"]["properties"]["preset"]
        assert preset["enum"] == ["uefi_standard", "uefi_recovery", "keep_data", "custom"]


class TestCopies:
    async def test_a_clone_is_a_profile_of_its_own(self, profiles: Profiles) -> None:
        made = await profiles.make(tasks=[DISK], tags=["office"])
        copy = await profiles.ok("POST", f"/profiles/{made['id']}:clone", {"name": "Copy"})
        assert (copy["name"], copy["tags"], copy["task_count"], copy["current"]["number"]) == ("Copy", ["office"], 1, 1)
        assert copy["tasks"][0]["id"] != made["tasks"][0]["id"]
        await profiles.change(copy["id"], tasks=[])
        assert (await profiles.ok("GET", f"/profiles/{made['id']}"))["task_count"] == 1

    async def test_a_profile_becomes_a_template_and_a_template_a_profile(self, profiles: Profiles) -> None:
        made = await profiles.make(tasks=[DISK])
        template = await profiles.ok("POST", f"/profiles/{made['id']}:clone", {"name": "T", "is_template": True})
        listed = await profiles.ok("GET", "/profile-templates")
        assert [one["name"] for one in listed["items"]] == ["T"]
        assert [one["name"] for one in (await profiles.ok("GET", "/profiles"))["items"]] == ["Office PC"]
        used = await profiles.ok("POST", f"/profile-templates/{template['id']}:use", {"name": "Used"})
        assert (used["is_template"], used["template"]) == (False, {"id": template["id"], "name": "T"})
        assert (await profiles.change(used["id"], is_template=True))["is_template"]

    async def test_each_built_in_template_makes_a_profile_without_a_wrong_order(self, profiles: Profiles) -> None:
        shipped = (await profiles.ok("GET", "/profile-templates"))["built_in"]
        assert [one["key"] for one in shipped] == [
            "clean_install",
            "clean_install_with_software",
            "refresh_keep_data",
            "wipe_only",
        ]
        for template in shipped:
            made = await profiles.ok("POST", f"/profile-templates/{template['id']}:use", {"name": template["name"]})
            assert made["template"] == {"id": template["id"], "name": template["name"]}
            assert [task["type"] for task in made["tasks"]] == [task["type"] for task in template["tasks"]]
            assert made["findings"] == [], template["key"]

    async def test_built_in_templates_are_found_by_words(self, profiles: Profiles) -> None:
        found = await profiles.ok("GET", "/profile-templates?q=wipe%20only")
        assert [one["key"] for one in found["built_in"]] == ["wipe_only"]


class TestHead:
    async def test_a_name_is_taken_by_a_profile_and_by_a_template(self, profiles: Profiles) -> None:
        made = await profiles.make()
        other = await profiles.make("Other")
        for refused in (
            await profiles.refused("POST", "/profiles", {"name": "Office PC", "is_template": True}),
            await profiles.refused("POST", f"/profiles/{made['id']}:clone", {"name": "Office PC"}),
            await profiles.refused("PATCH", f"/profiles/{other['id']}", {"name": "Office PC"}),
        ):
            assert refused[:2] == (409, "name_taken")

    async def test_lists_search_and_filter(self, clients: Clients, profiles: Profiles) -> None:
        image = await library.make_image(clients.db, clients.tenant_id)
        await profiles.make(tags=["office"], os_image_id=str(image.id), edition_index=2)
        await profiles.make("Kiosk", description="At the door")

        async def names(query: str) -> list[str]:
            return [one["name"] for one in (await profiles.ok("GET", f"/profiles?{query}"))["items"]]

        assert await names("") == ["Kiosk", "Office PC"]
        assert await names("q=DOOR") == ["Kiosk"]
        assert await names("filter[tag]=office") == ["Office PC"]
        assert await names(f"filter[os_image_id]={image.id}") == ["Office PC"]
        assert await names("sort=-updated_at") == ["Kiosk", "Office PC"]
        (office,) = (await profiles.ok("GET", "/profiles?q=office"))["items"]
        assert office["os_image"] == {"id": str(image.id), "name": "Windows 11 24H2"}
        assert office["edition_name"] == "Windows 11 Pro"

    async def test_an_edition_is_one_of_the_image(self, clients: Clients, profiles: Profiles) -> None:
        image = await library.make_image(clients.db, clients.tenant_id)
        made = await profiles.make(os_image_id=str(image.id), edition_index=1)
        refused = await profiles.refused("PATCH", f"/profiles/{made['id']}", {"edition_index": 7})
        assert refused == (422, "invalid", "The image has no edition 7; it has 1, 2")
        alone = await profiles.refused("POST", "/profiles", {"name": "x", "edition_index": 1})
        assert alone[2] == "edition_index needs os_image_id: choose the image too"
        emptied = await profiles.change(made["id"], os_image_id=None, edition_index=None)
        assert (emptied["os_image"], emptied["edition_index"]) == (None, None)

    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            ({"name": "  "}, "invalid"),
            ({"name": "a\nb"}, "invalid"),
            ({"tags": ["a,b"]}, "invalid"),
            ({"computer_naming_pattern": "PC_{serial}"}, "naming_pattern_wrong"),
            ({"tasks": [DISK] * 101}, "invalid"),
            ({"tasks": [{**WAIT, "timeout_s": 0}]}, "invalid"),
            ({"tasks": [{**WAIT, "retries": 11}]}, "invalid"),
            ({"tasks": [{**WAIT, "condition": {"variable": "x", "op": "is", "value": "y"}}]}, "invalid"),
            ({"tasks": [{**WAIT, "condition": {"all": []}}]}, "invalid"),
            ({"os_image_id": str(uuid4())}, "reference_missing"),
            ({"admin_credentials_ref": str(uuid4())}, "reference_missing"),
            ({"colour": "red"}, "invalid"),
        ],
    )
    async def test_a_wrong_profile_is_refused(self, profiles: Profiles, wrong: dict[str, Any], code: str) -> None:
        assert (await profiles.refused("POST", "/profiles", {"name": "x", **wrong}))[:2] == (422, code)

    async def test_null_is_no_way_to_keep_something(self, profiles: Profiles) -> None:
        made = await profiles.make()
        refused = await profiles.refused("PATCH", f"/profiles/{made['id']}", {"name": None})
        assert "name cannot be null: leave it out to keep it" in refused[2]


class TestDelete:
    async def test_a_deleted_profile_is_gone_with_its_versions(self, profiles: Profiles) -> None:
        made = await profiles.make(tasks=[DISK])
        gone = await profiles.send("DELETE", f"/profiles/{made['id']}")
        assert gone.status_code == 204
        assert (await profiles.refused("GET", f"/profiles/{made['id']}/versions/1"))[0] == 404
        await profiles.make()

    async def test_one_in_use_is_kept_and_by_what_is_said(
        self, profiles: Profiles, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def running(_session: AsyncSession, _profile_id: UUID) -> list[str]:
            return ["2 deployments are running with it"]

        made = await profiles.make()
        monkeypatch.setattr(service, "_used_by", [running])
        assert await profiles.refused("DELETE", f"/profiles/{made['id']}") == (
            409,
            "profile_in_use",
            "'Office PC' is in use: 2 deployments are running with it. End that first.",
        )


class TestNamingExample:
    async def test_a_pattern_is_tried_on_an_example_machine(self, profiles: Profiles) -> None:
        shown = await profiles.ok("GET", "/profiles:name-example?pattern={site}-{serial:4}&site=MUC")
        assert (shown["name"], shown["problem"], shown["machine"]) == ("MUC-BCDE", None, "an example machine")

    async def test_what_is_wrong_with_it_is_the_answer(self, profiles: Profiles) -> None:
        shown = await profiles.ok("GET", "/profiles:name-example?pattern=PC {serial}")
        assert shown["name"] is None
        assert "cannot have ' '" in shown["problem"]

    async def test_one_name_for_all_machines_is_said(self, profiles: Profiles) -> None:
        shown = await profiles.ok("GET", "/profiles:name-example?pattern=KIOSK")
        assert (shown["name"], shown["problem"]) == ("KIOSK", None)
        assert "Every machine would be called the same" in shown["warning"]


class TestTrail:
    async def test_the_trail_says_what_was_changed(self, profiles: Profiles) -> None:
        made = await profiles.make(tasks=[DISK])
        await profiles.change(made["id"], computer_naming_pattern="X{seq:3}", tasks=[_in(made["tasks"][0]), WAIT])
        (event,) = [one for one in (await profiles.ok("GET", "/audit"))["items"] if one["verb"] == "profile.changed"]
        assert event["target"]["name"] == "Office PC"
        assert event["changes"] == {
            "version": [1, 2],
            "computer_naming_pattern": ["PC-{serial:8}", "X{seq:3}"],
            "tasks": [["disk_prep: Disk"], ["disk_prep: Disk", "wait: Wait"]],
        }


def _in(task: dict[str, Any]) -> dict[str, Any]:
    """A task as it came, the way it is sent."""
    return {key: value for key, value in task.items() if key not in {"order", "phase"}}
