"""How commands show what they found: a table for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

Columns = Mapping[str, str]
"""Heading → path of the value, such as `os.name`."""


def show_json(value: Any) -> None:
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False)
    print()


def show_list(items: Iterable[dict[str, Any]], columns: Columns, *, as_json: bool, empty: str) -> None:
    """All items; `empty` is what to say, and do, when there are none."""
    found = list(items)
    if as_json:
        show_json({"items": found})
        return
    if not found:
        print(empty, file=sys.stderr)
        return
    rows = [list(columns), *([_text(_at(item, path)) for path in columns.values()] for item in found)]
    widths = [max(len(row[index]) for row in rows) for index in range(len(columns))]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def show_one(item: dict[str, Any], columns: Columns, *, as_json: bool) -> None:
    """One object, a line for each field."""
    if as_json:
        show_json(item)
        return
    width = max(len(name) for name in columns)
    for name, path in columns.items():
        print(f"{name.ljust(width)}  {_text(_at(item, path))}")


def _at(item: Any, path: str) -> Any:
    for part in path.split("."):
        item = item.get(part) if isinstance(item, dict) else None
    return item


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(part) for part in value) or "-"
    # What a device calls itself must not move the cursor of a terminal.
    return "".join(char if char.isprintable() else "?" for char in str(value))
