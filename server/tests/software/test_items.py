"""Items, their versions and bundles."""

import json
from typing import Any

import pytest
from httpx2 import AsyncClient

from deployflow.platform.db import Database
from deployflow.software.comparing import compare, holds
from tests.factories import software
from tests.support.clients import Clients

LINUX = {"os_family": "linux", "install_command": "apt-get install -y curl"}


@pytest.fixture
def db(clients: Clients) -> Database:
    return clients.db


@pytest.fixture
async def admin(clients: Clients) -> AsyncClient:
    return await clients.signed_in("software:read", "software:write")


async def make(admin: AsyncClient, name: str = "curl", **definition: Any) -> dict[str, Any]:
    answer = await admin.post("/api/v1/software", json={"name": name, "definition": {**LINUX, **definition}})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


class TestItems:
    async def test_all_its_fields_come_back(self, admin: AsyncClient) -> None:
        body: dict[str, Any] = {
            "name": "7-Zip",
            "description": "Packs and unpacks.",
            "publisher": "Igor Pavlov",
            "icon": "data:image/png;base64,iVBORw0KGgo=",
            "tags": ["tools", "base"],
            "definition": {
                "software_version": "24.08",
                "os_family": "windows",
                "architecture": "x64",
                "min_os_version": "10.0.17763",
                "install_command": "setup.exe /S",
                "uninstall_command": '"%ProgramFiles%\\7-Zip\\Uninstall.exe" /S',
                "detection": {
                    "type": "file",
                    "path": "%ProgramFiles%\\7-Zip\\7z.exe",
                    "comparison": "ge",
                    "version": "24.08",
                },
                "inventory_name": "7-Zip 24.08 (x64)",
                "exit_codes": [{"code": 0, "meaning": "success"}, {"code": 7, "meaning": "retry"}],
                "timeout_s": 900,
                "note": "first",
            },
        }
        made = (await admin.post("/api/v1/software", json=body)).json()
        wanted = {**body, "tags": ["base", "tools"]}
        definition = wanted.pop("definition")
        assert {key: made[key] for key in wanted} == wanted
        assert {key: made["current"][key] for key in definition} == definition

    async def test_a_new_definition_is_a_new_version_and_the_same_is_none(self, admin: AsyncClient) -> None:
        made = await make(admin, software_version="1")
        path, match = f"/api/v1/software/{made['id']}", {"If-Match": f'"{made["version"]}"'}
        same = await admin.put(f"{path}/definition", json={**LINUX, "software_version": "1"}, headers=match)
        assert same.json()["current"]["number"] == 1
        new = await admin.put(f"{path}/definition", json={**LINUX, "software_version": "2"}, headers=match)
        assert new.json()["current"]["number"] == 2
        stale = await admin.put(f"{path}/definition", json={**LINUX, "software_version": "3"}, headers=match)
        assert stale.status_code == 412
        versions = (await admin.get(f"{path}/versions")).json()["items"]
        assert [(one["number"], one["software_version"], one["is_current"]) for one in versions] == [
            (2, "2", True),
            (1, "1", False),
        ]

    async def test_a_name_is_there_once_and_free_after_a_delete(self, admin: AsyncClient) -> None:
        made = await make(admin)
        again = await admin.post("/api/v1/software", json={"name": "curl", "definition": LINUX})
        assert (again.status_code, again.json()["code"]) == (409, "name_taken")
        assert (await admin.delete(f"/api/v1/software/{made['id']}", headers={"If-Match": "*"})).status_code == 204
        await make(admin)

    @pytest.mark.parametrize(
        ("definition", "words"),
        [
            ({"install_command": "{installer} /S"}, "there is no installer"),
            ({"detection": {"type": "registry", "key": "HKLM\\SOFTWARE\\X"}}, "cannot be asked on Linux"),
            ({"detection": {"type": "package", "name": "x; rm -rf /"}}, "pattern"),
            ({"detection": {"type": "msi", "product_code": "{NOT-A-CODE}"}}, "pattern"),
            ({"detection": {"type": "package", "name": "x", "comparison": "ge"}}, "give a version"),
            (
                {"exit_codes": [{"code": 1, "meaning": "retry"}, {"code": 1, "meaning": "failed"}]},
                "names a code twice",
            ),
            ({"install_command": "a\nb"}, "one line"),
        ],
    )
    async def test_what_cannot_work_is_refused_with_the_reason(
        self, admin: AsyncClient, definition: dict[str, Any], words: str
    ) -> None:
        answer = await admin.post("/api/v1/software", json={"name": "x", "definition": {**LINUX, **definition}})
        assert answer.status_code == 422, answer.text
        assert words in answer.text

    async def test_an_icon_is_a_picture(self, admin: AsyncClient) -> None:
        body = {"name": "x", "icon": "data:image/svg+xml;base64,PHN2Zz4=", "definition": LINUX}
        assert (await admin.post("/api/v1/software", json=body)).status_code == 422

    async def test_it_is_found_by_word_tag_and_system(self, admin: AsyncClient, db: Database, clients: Clients) -> None:
        await software.make_software(db, clients.tenant_id)
        made = await make(admin)
        await admin.patch(f"/api/v1/software/{made['id']}", json={"tags": ["net"]}, headers={"If-Match": "*"})

        async def found(query: str) -> list[str]:
            answer = await admin.get(f"/api/v1/software?{query}")
            assert answer.status_code == 200, answer.text
            return [one["name"] for one in answer.json()["items"]]

        assert await found("q=pavlov") == ["7-Zip"]
        assert await found("filter[tag]=net") == ["curl"]
        assert await found("filter[os_family]=linux") == ["7-Zip", "curl"]
        assert await found("filter[os_family]=windows") == []


class TestBundles:
    async def test_it_keeps_its_order_and_what_may_fail(self, admin: AsyncClient) -> None:
        one, two = await make(admin, "one"), await make(admin, "two")
        items = [{"software_id": two["id"], "continue_on_error": True}, {"software_id": one["id"]}]
        made = (await admin.post("/api/v1/software-bundles", json={"name": "Basics", "items": items})).json()
        assert [(item["name"], item["continue_on_error"]) for item in made["items"]] == [("two", True), ("one", False)]
        turned = await admin.patch(
            f"/api/v1/software-bundles/{made['id']}", json={"items": items[::-1]}, headers={"If-Match": "*"}
        )
        assert [item["name"] for item in turned.json()["items"]] == ["one", "two"]
        assert (await admin.get("/api/v1/software-bundles?q=basic")).json()["items"][0]["name"] == "Basics"

    async def test_an_item_of_a_bundle_is_not_deleted(self, admin: AsyncClient) -> None:
        one = await make(admin)
        body = {"name": "Basics", "items": [{"software_id": one["id"]}]}
        await admin.post("/api/v1/software-bundles", json=body)
        refused = await admin.delete(f"/api/v1/software/{one['id']}", headers={"If-Match": "*"})
        assert (refused.status_code, refused.json()["code"]) == (409, "software_in_use")
        assert "Basics" in refused.json()["detail"]

    async def test_an_item_stands_in_it_once(self, admin: AsyncClient) -> None:
        one = await make(admin)
        twice = [{"software_id": one["id"]}] * 2
        answer = await admin.post("/api/v1/software-bundles", json={"name": "Basics", "items": twice})
        assert answer.status_code == 422
        assert "once" in answer.json()["detail"]


class TestComparing:
    def test_what_compares_so(self) -> None:
        assert holds("exists", None, None) is True
        assert holds("ge", None, "1") is None
        assert holds("ge", "1.10", "1.9") is True
        assert holds("lt", "1.10", "1.9") is False
        assert compare("1.0", "1.0.0") == 0

    def test_as_the_agent_does(self, pytestconfig: pytest.Config) -> None:
        golden = pytestconfig.rootpath.parent / "contracts" / "examples" / "version-comparisons.json"
        for pair in json.loads(golden.read_text("utf-8")):
            assert compare(pair["one"], pair["other"]) == pair["order"], pair
            assert compare(pair["other"], pair["one"]) == -pair["order"], pair
