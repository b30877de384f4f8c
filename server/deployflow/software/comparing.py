"""Which of two versions is newer, as the agent has it too (contracts/examples/version-comparisons.json).

No maker's own rule, but what they have in common: numbers count as numbers, a missing one is 0, `~` comes before
everything, letters before numbers. An epoch (`1:`) wins.
"""

import re

_PARTS = re.compile(r"\d+|[a-z]+|~")
_EPOCH = re.compile(r"^(\d+):")


def compare(one: str, other: str) -> int:
    """-1, 0 or 1."""
    left, right = _read(one), _read(other)
    for at in range(max(len(left), len(right))):
        ordered = _part(left, at), _part(right, at)
        if ordered[0] != ordered[1]:
            return -1 if ordered[0] < ordered[1] else 1
    return 0


def holds(comparison: str, found: str | None, wanted: str | None) -> bool | None:
    """Whether what was found compares so; None where no version is known."""
    if comparison == "exists" or wanted is None:
        return True
    if found is None:
        return None
    order = compare(found, wanted)
    return {"eq": order == 0, "ge": order >= 0, "gt": order > 0, "le": order <= 0, "lt": order < 0}[comparison]


def _read(version: str) -> list[str]:
    text = version.strip().lower()
    epoch = _EPOCH.match(text)
    rest = text[epoch.end() :] if epoch else text
    return [epoch.group(1) if epoch else "0", *_PARTS.findall(rest)]


def _part(parts: list[str], at: int) -> tuple[int, int, str]:
    # What is missing counts as 0, and sorts before a letter: 1.0 is older than 1.0a, and the same as 1.0.0.
    if at >= len(parts):
        return (1, 0, "")
    part = parts[at]
    if part == "~":
        return (0, 0, "")
    if part.isdigit():
        return (1, int(part), "")
    return (1, 0, part)
