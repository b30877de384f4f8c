"""Conditions of tasks: when a step runs. The machine judges them; here they are held to what it understands."""

import math
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from deployflow.profiles.fields import Text, VariableName

MAX_PARTS = 50
MAX_DEPTH = 6
# What the machine knows of itself, without anybody setting it.
MACHINE_VARIABLES = (
    "firmware",
    "manufacturer",
    "model",
    "sku",
    "serial",
    "memory_gb",
    "disk_gb",
    "secure_boot",
    "environment",
)
# What the server puts into every plan.
PLAN_VARIABLES = ("site", "computer_name", "profile")


def _as_text(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Comparison(_Strict):
    """A variable against a value. `matches` takes `*` and `?` for any text and any character; case never counts."""

    variable: VariableName
    op: Literal["eq", "ne", "contains", "matches", "gt", "lt"]
    value: Annotated[Text, Field(max_length=500), BeforeValidator(_as_text)]

    @model_validator(mode="after")
    def _fits(self) -> "Comparison":
        if self.op in {"gt", "lt"} and not _is_number(self.value):
            raise ValueError(f"'{self.op}' compares numbers, and '{self.value[:40]}' is none")
        return self


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


class AllOf(_Strict):
    """Every part holds."""

    all: Annotated[list["Condition"], Field(min_length=1, max_length=MAX_PARTS)]


class AnyOf(_Strict):
    """At least one part holds."""

    any: Annotated[list["Condition"], Field(min_length=1, max_length=MAX_PARTS)]


class Not(_Strict):
    """The part does not hold."""

    inner: "Condition" = Field(alias="not")


def _shape(value: Any) -> str:
    for name in ("all", "any", "not"):
        if (isinstance(value, dict) and name in value) or type(value) is _BY_SHAPE[name]:
            return name
    return "comparison"


_BY_SHAPE: dict[str, type[_Strict]] = {"all": AllOf, "any": AnyOf, "not": Not}

Condition = Annotated[
    Annotated[Comparison, Tag("comparison")]
    | Annotated[AllOf, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[Not, Tag("not")],
    Discriminator(_shape),
]


def comparisons(condition: Any, *, depth: int = 0) -> Iterator[Comparison]:
    """The comparisons in it, however deep.

    Raises:
        ValueError: it is deeper than a person can follow.
    """
    if depth > MAX_DEPTH:
        raise ValueError(f"a condition may be {MAX_DEPTH} deep at most")
    if isinstance(condition, Comparison):
        yield condition
    elif isinstance(condition, Not):
        yield from comparisons(condition.inner, depth=depth + 1)
    else:
        for part in condition.all if isinstance(condition, AllOf) else condition.any:
            yield from comparisons(part, depth=depth + 1)


def _bounded(condition: Any) -> Any:
    if len(list(comparisons(condition))) > MAX_PARTS:
        raise ValueError(f"a condition may have {MAX_PARTS} comparisons at most")
    return condition


WholeCondition = Annotated[Condition, AfterValidator(_bounded)]

for _model in _BY_SHAPE.values():
    _model.model_rebuild()
