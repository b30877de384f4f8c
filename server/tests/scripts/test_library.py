"""The script library: versions, parameters, and what a run of a script carries."""

import hashlib
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from deployflow.actions import leasing
from deployflow.actions.leasing import Delivery, Visit
from deployflow.platform.context import system_context
from tests.factories import fleet
from tests.support.clients import Clients
from tests.support.machines import Machine

EDITOR = ("scripts:read", "scripts:write", "actions:run", "actions:read", "secrets:read", "secrets:write")
ROUTES = [
    ("GET", "/api/v1/scripts", "scripts:read"),
    ("POST", "/api/v1/scripts", "scripts:write"),
    ("GET", "/api/v1/scripts/{id}", "scripts:read"),
    ("PATCH", "/api/v1/scripts/{id}", "scripts:write"),
    ("DELETE", "/api/v1/scripts/{id}", "scripts:write"),
    ("PUT", "/api/v1/scripts/{id}/body", "scripts:write"),
    ("GET", "/api/v1/scripts/{id}/versions", "scripts:read"),
    ("GET", "/api/v1/scripts/{id}/versions/1", "scripts:read"),
]
BODIES = {
    "POST": {"name": "x", "language": "sh", "body": "echo"},
    "PATCH": {"description": "y"},
    "PUT": {"body": "echo"},
}


def script(name: str = "Clean up", **more: Any) -> dict[str, Any]:
    return {"name": name, "language": "sh", "body": "echo hello\n", "tags": ["disk"], **more}


async def make(client: httpx2.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await client.post("/api/v1/scripts", json=script(**more))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def run(client: httpx2.AsyncClient, device_id: UUID | None, **payload: Any) -> httpx2.Response:
    order = {"device_ids": [str(device_id)], "kind": "run_script", "payload": payload}
    return await client.post("/api/v1/actions", json=order)


async def deliver(clients: Clients, device_id: UUID | None) -> list[Delivery]:
    assert device_id is not None
    runtime = clients.app.state.runtime
    visit = Visit(device_id, uuid4(), {}, 16)
    async with runtime.db.read(system_context()) as session:
        sight = (await leasing.look(session, [visit]))[device_id]
    async with runtime.db.write(system_context()) as session:
        return (await leasing.hand_out(runtime, session, {device_id: (visit, sight)})).get(device_id, [])


class TestAccess:
    async def test_nobody_gets_in_anonymously(self, clients: Clients) -> None:
        for method, path, _permission in ROUTES:
            answer = await clients.anonymous().request(method, path.format(id=uuid4()), json=BODIES.get(method))
            assert answer.status_code == 401, (method, path)

    async def test_each_route_needs_its_own_permission(self, clients: Clients) -> None:
        for method, path, permission in ROUTES:
            client = await clients.signed_in(*[name for name in EDITOR if name != permission])
            answer = await client.request(method, path.format(id=uuid4()), json=BODIES.get(method))
            assert answer.status_code == 403, (method, path)

    async def test_another_tenants_script_is_not_there(self, clients: Clients) -> None:
        made = await make(await clients.signed_in(*EDITOR))
        stranger = await clients.signed_in(*EDITOR, tenant_id=clients.other_tenant_id)
        for method, path, _permission in ROUTES:
            if "{id}" in path:
                answer = await stranger.request(
                    method, path.format(id=made["id"]), json=BODIES.get(method), headers={"If-Match": "*"}
                )
                assert (answer.status_code, answer.json()["code"]) == (404, "script_not_found"), (method, path)
        assert (await stranger.get("/api/v1/scripts")).json()["items"] == []
        theirs = await fleet.make_device(clients.db, clients.other_tenant_id)
        assert (await run(stranger, theirs.id, script_id=made["id"])).status_code == 404


class TestVersions:
    async def test_a_body_makes_a_new_version_and_the_old_ones_stay(self, clients: Clients) -> None:
        editor = await clients.signed_in(*EDITOR)
        made = await make(editor)
        path = f"/api/v1/scripts/{made['id']}"
        assert made["current"]["sha256"] == hashlib.sha256(b"echo hello\n").hexdigest()
        changed = await editor.put(
            f"{path}/body",
            json={"body": "echo goodbye\n", "note": "Politer"},
            headers={"If-Match": f'"{made["version"]}"'},
        )
        assert changed.status_code == 200, changed.text
        assert changed.json()["current"]["number"] == 2
        versions = (await editor.get(f"{path}/versions")).json()["items"]
        assert [(item["number"], item["is_current"], item["note"]) for item in versions] == [
            (2, True, "Politer"),
            (1, False, ""),
        ]
        first = (await editor.get(f"{path}/versions/1")).json()
        second = (await editor.get(f"{path}/versions/2")).json()
        assert (first["body"], first["diff"]) == ("echo hello\n", [])
        assert second["diff"][-2:] == ["-echo hello", "+echo goodbye"]

    async def test_the_same_body_again_makes_no_version(self, clients: Clients) -> None:
        editor = await clients.signed_in(*EDITOR)
        made = await make(editor)
        again = await editor.put(
            f"/api/v1/scripts/{made['id']}/body", json={"body": "echo hello\n"}, headers={"If-Match": "*"}
        )
        assert (again.status_code, again.json()["current"]["number"]) == (200, 1)

    async def test_nobody_overwrites_what_they_have_not_seen(self, clients: Clients) -> None:
        editor = await clients.signed_in(*EDITOR)
        made = await make(editor)
        path = f"/api/v1/scripts/{made['id']}"
        assert (await editor.patch(path, json={"description": "x"})).status_code == 428
        first = await editor.patch(path, json={"description": "x"}, headers={"If-Match": f'"{made["version"]}"'})
        assert (first.status_code, first.headers["etag"]) == (200, f'"{made["version"] + 1}"')
        stale = await editor.patch(path, json={"description": "y"}, headers={"If-Match": f'"{made["version"]}"'})
        assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")

    async def test_a_name_is_taken_until_its_script_is_deleted(self, clients: Clients) -> None:
        editor = await clients.signed_in(*EDITOR)
        made = await make(editor)
        taken = await editor.post("/api/v1/scripts", json=script())
        assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")
        gone = await editor.delete(f"/api/v1/scripts/{made['id']}", headers={"If-Match": "*"})
        assert gone.status_code == 204
        assert (await editor.get(f"/api/v1/scripts/{made['id']}")).status_code == 404
        await make(editor)

    async def test_lists_search_and_filter(self, clients: Clients) -> None:
        editor = await clients.signed_in(*EDITOR)
        await make(editor)
        await make(editor, name="Add printer", language="powershell", tags=["printers", "office"])

        async def names(query: str) -> list[str]:
            return [item["name"] for item in (await editor.get(f"/api/v1/scripts?{query}")).json()["items"]]

        assert await names("") == ["Add printer", "Clean up"]
        assert await names("q=PRINT") == ["Add printer"]
        assert await names("filter[tag]=disk") == ["Clean up"]
        assert await names("filter[language]=powershell&sort=-updated_at") == ["Add printer"]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"body": ""},
            {"body": "x" * (512 * 1024 + 1)},
            {"language": "perl"},
            {"name": "  "},
            {"tags": [" "]},
            {"body": "a\x00b"},
            {"parameters": [{"name": "1A", "type": "string"}]},
            {"parameters": [{"name": "A", "type": "string"}, {"name": "a", "type": "number"}]},
            {"parameters": [{"name": "A", "type": "choice"}]},
            {"parameters": [{"name": "A", "type": "choice", "choices": ["x"], "default": "y"}]},
            {"parameters": [{"name": "A", "type": "secret", "default": "hunter2"}]},
            {"colour": "red"},
        ],
    )
    async def test_a_wrong_script_is_refused(self, clients: Clients, wrong: dict[str, Any]) -> None:
        answer = await (await clients.signed_in(*EDITOR)).post("/api/v1/scripts", json={**script(), **wrong})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text


class TestRuns:
    async def test_an_action_keeps_the_exact_version_it_was_ordered_with(
        self, clients: Clients, machine: Machine
    ) -> None:
        editor = await clients.signed_in(*EDITOR)
        made = await make(editor)
        queued = (await run(editor, machine.device_id, script_id=made["id"])).json()["items"][0]
        await editor.put(f"/api/v1/scripts/{made['id']}/body", json={"body": "rm -rf /"}, headers={"If-Match": "*"})
        await editor.delete(f"/api/v1/scripts/{made['id']}", headers={"If-Match": "*"})
        (delivery,) = await deliver(clients, machine.device_id)
        assert delivery.payload == {
            "language": "sh",
            "body": "echo hello\n",
            "sha256": hashlib.sha256(b"echo hello\n").hexdigest(),
            "parameters": {},
            "secret_parameters": [],
        }
        detail = (await editor.get(f"/api/v1/actions/{queued['id']}")).json()
        assert detail["body"] == "echo hello\n"
        assert (detail["script"]["name"], detail["script"]["version_number"]) == ("Clean up", 1)

    async def test_parameters_are_checked_filled_in_and_handed_over_as_text(
        self, clients: Clients, machine: Machine
    ) -> None:
        editor = await clients.signed_in(*EDITOR)
        parameters = [
            {"name": "Days", "type": "number", "required": True},
            {"name": "Force", "type": "boolean", "default": False},
            {"name": "Disk", "type": "choice", "choices": ["C", "D"], "default": "C"},
            {"name": "Comment", "type": "string"},
        ]
        made = await make(editor, parameters=parameters)

        async def given(**values: Any) -> httpx2.Response:
            return await run(editor, machine.device_id, script_id=made["id"], parameters=values)

        for wrong in ({}, {"Days": "many"}, {"Days": 1, "Disk": "Z"}, {"Days": 1, "Colour": "red"}, {"Days": True}):
            answer = await given(**wrong)
            assert (answer.status_code, answer.json()["code"]) == (422, "parameters_wrong"), wrong
        assert (await given(Days=30, Force=True)).status_code == 201
        (delivery,) = await deliver(clients, machine.device_id)
        assert delivery.payload["parameters"] == {"Days": "30", "Force": "true", "Disk": "C"}

    async def test_a_secret_is_opened_only_on_its_way_to_the_device(self, clients: Clients, machine: Machine) -> None:
        editor = await clients.signed_in(*EDITOR)
        secret = (
            await editor.post("/api/v1/secrets", json={"name": "Wi-Fi", "kind": "password", "value": "hunter2-canary"})
        ).json()
        made = await make(editor, parameters=[{"name": "Key", "type": "secret", "required": True}])
        plain = await run(editor, machine.device_id, script_id=made["id"], parameters={"Key": "typed in"})
        assert (plain.status_code, plain.json()["code"]) == (422, "parameters_wrong")
        reference = {"Key": {"secret_id": secret["id"]}}
        queued = await run(editor, machine.device_id, script_id=made["id"], parameters=reference)
        assert queued.status_code == 201, queued.text
        item = queued.json()["items"][0]
        assert item["parameters"] == {"Key": "••••••"}
        (delivery,) = await deliver(clients, machine.device_id)
        assert delivery.payload["parameters"] == {"Key": "hunter2-canary"}
        assert delivery.payload["secret_parameters"] == ["Key"]
        for path in (f"/api/v1/actions/{item['id']}", "/api/v1/actions", "/api/v1/audit"):
            assert "hunter2-canary" not in (await editor.get(path)).text

    async def test_a_secret_deleted_meanwhile_fails_the_action_in_words(
        self, clients: Clients, machine: Machine
    ) -> None:
        editor = await clients.signed_in(*EDITOR)
        secret = (
            await editor.post("/api/v1/secrets", json={"name": "Wi-Fi", "kind": "password", "value": "x" * 20})
        ).json()
        reference = {"Key": {"secret_id": secret["id"]}}
        queued = await run(editor, machine.device_id, language="sh", body="echo", parameters=reference)
        await editor.delete(f"/api/v1/secrets/{secret['id']}", headers={"If-Match": "*"})
        assert await deliver(clients, machine.device_id) == []
        action = (await editor.get(f"/api/v1/actions/{queued.json()['items'][0]['id']}")).json()
        assert (action["status"], action["error"]["code"]) == ("failed", "secret_missing")

    async def test_using_a_secret_needs_the_right_to_see_that_it_is_there(
        self, clients: Clients, machine: Machine
    ) -> None:
        runner = await clients.signed_in("actions:run", "scripts:write")
        reference = {"Key": {"secret_id": str(uuid4())}}
        answer = await run(runner, machine.device_id, language="sh", body="echo", parameters=reference)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")

    async def test_a_script_of_ones_own_needs_the_right_to_write_scripts(
        self, clients: Clients, machine: Machine
    ) -> None:
        answer = await run(await clients.signed_in("actions:run"), machine.device_id, language="sh", body="echo")
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")

    async def test_a_language_the_system_cannot_have_is_refused_in_words(self, clients: Clients) -> None:
        editor = await clients.signed_in(*EDITOR)
        linux = await fleet.make_device(clients.db, clients.tenant_id, os_family="linux", hostname="WEB-1")
        windows = await fleet.make_device(clients.db, clients.tenant_id, os_family="windows", hostname="PC-9")
        unknown = await fleet.make_device(clients.db, clients.tenant_id, os_family="")
        refused = await run(editor, linux.id, language="cmd", body="dir")
        assert (refused.status_code, refused.json()["code"]) == (422, "not_for_this_device")
        assert refused.json()["detail"] == (
            "WEB-1: cmd scripts run on Windows only, and this device runs Linux. Nothing was queued."
        )
        assert (await run(editor, windows.id, language="sh", body="ls")).status_code == 422
        assert (await run(editor, windows.id, language="cmd", body="dir")).status_code == 201
        assert (await run(editor, unknown.id, language="cmd", body="dir")).status_code == 201
        assert (await run(editor, linux.id, language="powershell", body="ls")).status_code == 201
