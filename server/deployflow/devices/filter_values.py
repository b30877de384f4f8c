"""Reads what a rule compares with, as its field's kind; what is wrong is said with what would be right."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from deployflow.devices.errors import FilterWrong
from deployflow.devices.filter_fields import FilterField, FilterRule
from deployflow.platform.versions import is_version

MAX_TEXT = 255
# What a bigint holds.
MAX_NUMBER = 2**63 - 1
MAX_SPAN_S = 100 * 365 * 86_400
_WITHOUT_VALUE = frozenset({"is_set", "is_empty"})
_WITH_VALUES = frozenset({"in", "not_in"})
_SPANS = frozenset({"within", "not_within"})


def values_of(number: int, rule: FilterRule, known: FilterField) -> list[Any]:
    """What rule `number` compares with.

    Raises:
        FilterWrong: 422.
    """
    if rule.op in _WITHOUT_VALUE:
        if rule.value not in (None, ""):
            raise FilterWrong(f"Rule {number}: '{rule.op}' takes no value", rule=number)
        return []
    several = rule.op in _WITH_VALUES
    if several != isinstance(rule.value, list):
        wanted = "a list of values" if several else "one value"
        raise FilterWrong(f"Rule {number}: '{rule.op}' of {known.label} takes {wanted}", rule=number)
    given = rule.value if isinstance(rule.value, list) else [rule.value]
    if not given:
        raise FilterWrong(f"Rule {number}: give at least one value for {known.label}", rule=number)
    return [_value(number, rule, known, value) for value in given]


def _value(number: int, rule: FilterRule, known: FilterField, given: Any) -> Any:
    kind = "span" if rule.op in _SPANS else known.kind
    try:
        value = _READERS[kind](given)
    except (ValidationError, ValueError, KeyError):
        value = None
    if value is None or (known.choices and value not in known.choices):
        expected = f"one of {', '.join(known.choices)}" if known.choices else _EXPECTED[kind]
        raise FilterWrong(
            f"Rule {number}: '{str(given)[:60]}' is no value for {known.label}: give {expected}", rule=number
        )
    return value


_EXPECTED = {
    "text": f"text of 1 to {MAX_TEXT} characters",
    "words": f"text of 1 to {MAX_TEXT} characters",
    "tag": "a tag of 1 to 64 characters",
    "version": "a version such as 10.0.22631",
    "number": "a whole number that is not negative",
    "bytes": "a number of bytes that is not negative",
    "time": "a time such as 2026-11-24T12:00:00Z",
    "span": "a number of seconds, at least 1",
    "yes_no": "true or false",
    "group": "the id of a static group",
}


def _text(given: Any) -> str | None:
    text = given.strip() if isinstance(given, str) else ""
    return text if text and len(text) <= MAX_TEXT and "\x00" not in text else None


def _number(given: Any) -> int | None:
    if isinstance(given, bool):
        return None
    number = int(TypeAdapter(int).validate_python(given))
    return number if 0 <= number <= MAX_NUMBER else None


def _span(given: Any) -> timedelta | None:
    seconds = _number(given)
    return timedelta(seconds=seconds) if seconds and seconds <= MAX_SPAN_S else None


def _moment(given: Any) -> datetime | None:
    if not isinstance(given, str):
        return None
    moment: datetime = TypeAdapter(datetime).validate_python(given)
    return moment if moment.tzinfo else None


def _version(given: Any) -> str | None:
    text = _text(given)
    return text if text and is_version(text) else None


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "text": _text,
    "words": _text,
    "tag": _text,
    "choice": _text,
    "version": _version,
    "number": _number,
    "bytes": _number,
    "time": _moment,
    "span": _span,
    "yes_no": lambda given: given if isinstance(given, bool) else {"true": True, "false": False}[str(given).lower()],
    "group": lambda given: UUID(str(given)),
}
