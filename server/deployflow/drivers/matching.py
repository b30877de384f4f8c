"""Which machines a rule is for."""

from typing import Protocol


class Asked(Protocol):
    """What a rule names."""

    @property
    def sku(self) -> str | None: ...
    @property
    def manufacturer(self) -> str | None: ...
    @property
    def model(self) -> str | None: ...


class MachineFacts(Asked, Protocol):
    """What a machine says of itself, under the same names."""


def matches(rule: Asked, machine: MachineFacts) -> bool:
    """Whether everything that the rule names is so; `*` stands for any text, and case does not count."""
    asked = [(rule.sku, machine.sku), (rule.manufacturer, machine.manufacturer), (rule.model, machine.model)]
    named = [(wanted, has) for wanted, has in asked if wanted]
    return bool(named) and all(has is not None and _like(has.strip().lower(), wanted) for wanted, has in named)


def _like(text: str, pattern: str) -> bool:
    """Whether a text is like a pattern. Only `*` is special: makers do write brackets and question marks into models.

    Each part is looked for behind the one before, once: an expression for it would try endlessly.
    """
    first, *middle = pattern.strip().lower().split("*")
    if not middle:
        return text == first
    last = middle.pop()
    if not text.startswith(first):
        return False
    at = len(first)
    for part in middle:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(text) - at >= len(last) and text.endswith(last)
