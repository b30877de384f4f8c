import json
from pathlib import Path
from typing import Any

import pytest

from deployflow.app.main import create_app
from deployflow.app.openapi import TAGS, describe
from deployflow.platform.settings import Settings

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return describe(create_app(Settings(data_dir=tmp_path_factory.mktemp("openapi"))))


def operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, one) for path, many in schema["paths"].items() for method, one in many.items()]


class TestDescription:
    def test_the_exported_one_is_current(self, schema: dict[str, Any]) -> None:
        kept = json.loads((ROOT / "contracts" / "openapi.json").read_text("utf-8"))
        assert kept == schema, "run `make openapi` and commit what it changes"

    def test_each_operation_has_a_name_of_its_own_and_a_described_area(self, schema: dict[str, Any]) -> None:
        names = [one["operationId"] for _path, _method, one in operations(schema)]
        assert len(names) == len(set(names))
        for path, method, one in operations(schema):
            assert one["operationId"].islower(), (path, method)
            assert set(one["tags"]) <= set(TAGS), (path, method)

    def test_each_says_what_it_does_and_how_it_fails(self, schema: dict[str, Any]) -> None:
        for path, method, one in operations(schema):
            assert one.get("description"), (path, method)
            problem = one["responses"]["default"]["content"]["application/problem+json"]
            assert problem["schema"]["$ref"] == "#/components/schemas/Problem"
            assert "422" not in one["responses"]

    def test_each_says_who_may_call_it(self, schema: dict[str, Any]) -> None:
        open_to_all = {
            one["operationId"]
            for path, _m, one in operations(schema)
            if path.startswith("/api/") and not one["security"]
        }
        assert open_to_all == {"get_setup", "complete_setup", "sign_in", "answer_totp", "accept_invitation"}
        for path, _method, one in operations(schema):
            if path.startswith("/agent/"):
                assert one["security"] == [{"device": []}], path


class TestDocumentation:
    def test_the_table_of_endpoints_lists_every_route(self, schema: dict[str, Any]) -> None:
        table = (ROOT / "docs" / "ports-and-endpoints.md").read_text("utf-8")
        missing = [
            f"{m.upper()} {path}" for path, m, _one in operations(schema) if f"`{m.upper()} {path}`" not in table
        ]
        assert not missing, f"add to docs/ports-and-endpoints.md: {missing}"
