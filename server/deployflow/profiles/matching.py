"""Which driver packs are for a machine."""

from fnmatch import fnmatchcase

from deployflow.drivers.models import DriverRule
from deployflow.profiles.subject import Machine


def matches(rule: DriverRule, machine: Machine) -> bool:
    """Whether everything that the rule names is so; `*` stands for any text, and case does not count."""
    asked = [(rule.sku, machine.sku), (rule.manufacturer, machine.manufacturer), (rule.model, machine.model)]
    named = [(wanted, has) for wanted, has in asked if wanted]
    return bool(named) and all(_like(has, wanted) for wanted, has in named)


def _like(text: str | None, pattern: str) -> bool:
    # Only `*` is special: makers do write brackets into models.
    escaped = pattern.lower().replace("[", "[[]").replace("?", "[?]")
    return text is not None and fnmatchcase(text.strip().lower(), escaped)
