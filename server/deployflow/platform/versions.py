"""Versions such as 10.0.22631.4317, compared number by number in the database: as text, 10 stands before 9.

What does not begin with a number has no place in the order, and zeros at the end do not count.
"""

import re
from typing import Any

from sqlalchemy import Numeric, cast, func, literal
from sqlalchemy.dialects.postgresql import ARRAY

SQLITE_FUNCTION = "version_key"
_NUMBERS = re.compile(r"\d+(?:\.\d+)*")
_PLACES = 24


def is_version(text: str) -> bool:
    return _NUMBERS.match(text) is not None


def key_in_sqlite(text: object) -> str | None:
    """What SQLite orders by: registered on each of its connections."""
    found = _NUMBERS.match(str(text)) if text is not None else None
    if found is None:
        return None
    parts = [part.lstrip("0") for part in found[0].split(".")]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return ".".join(part.rjust(_PLACES, "0") for part in parts)


def version_key(column: Any, *, is_sqlite: bool) -> Any:
    """The version in `column` as something that sorts."""
    if is_sqlite:
        return getattr(func, SQLITE_FUNCTION)(column)
    numbers = func.substring(column, r"^[0-9]+(?:\.[0-9]+)*")
    return cast(func.string_to_array(func.regexp_replace(numbers, r"(\.0+)+$", ""), "."), ARRAY(Numeric))


def version_value(text: str, *, is_sqlite: bool) -> Any:
    """A given version as the same."""
    return literal(key_in_sqlite(text)) if is_sqlite else version_key(literal(text), is_sqlite=False)
