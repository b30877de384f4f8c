"""What conditions may say."""

from typing import Any

import pytest
from pydantic import ValidationError

from deployflow.profiles import documents
from deployflow.profiles.conditions import comparisons

FIRMWARE = {"variable": "firmware", "op": "eq", "value": "uefi"}


def nested(depth: int) -> dict[str, Any]:
    return {"not": nested(depth - 1)} if depth else FIRMWARE


class TestConditions:
    def test_what_is_written_is_what_is_kept(self) -> None:
        written = {"all": [FIRMWARE, {"not": {"any": [{"variable": "model", "op": "matches", "value": "Virtual*"}]}}]}
        assert documents.stored_condition(documents.condition_of(written)) == written

    def test_a_value_becomes_text(self) -> None:
        for given, kept in ((4, "4"), (2.5, "2.5"), (True, "true")):
            read = documents.condition_of({"variable": "x", "op": "eq", "value": given})
            assert documents.stored_condition(read)["value"] == kept

    def test_its_comparisons_are_found_however_deep(self) -> None:
        (found,) = comparisons(documents.condition_of(nested(5)))
        assert found.variable == "firmware"

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"variable": "memory_gb", "op": "gt", "value": "lots"}, "compares numbers, and 'lots' is none"),
            ({"variable": "memory_gb", "op": "gt", "value": "nan"}, "compares numbers"),
            ({"variable": "X Y", "op": "eq", "value": "1"}, "String should match pattern"),
            ({"variable": "x", "op": "like", "value": "1"}, "Input should be 'eq', 'ne'"),
            ({"all": [FIRMWARE] * 51}, "at most 50 items"),
            ({"all": [{"any": [FIRMWARE] * 26}, {"any": [FIRMWARE] * 26}]}, "50 comparisons at most"),
            ({"any": []}, "at least 1 item"),
            (nested(7), "6 deep at most"),
            ({"all": [FIRMWARE], "any": [FIRMWARE]}, "Extra inputs are not permitted"),
            ("firmware == uefi", "valid dictionary"),
        ],
    )
    def test_what_the_machine_would_not_understand_is_refused(self, wrong: Any, said: str) -> None:
        with pytest.raises(ValidationError, match=said):
            documents.CONDITION.validate_python(wrong)
