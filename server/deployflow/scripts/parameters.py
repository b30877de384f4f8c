"""What a script asks for, and the values an order gives it."""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from deployflow.scripts.errors import ParametersWrong

MAX_PARAMETERS = 50
MAX_CHOICES = 100
# An environment variable of Windows takes 32,767 characters, all of them together a little more than that on Linux.
MAX_VALUE = 8_000
MASK = "••••••"


def storable(text: str) -> str:
    """Refuse what no database keeps: NUL, and half a surrogate pair."""
    text.encode()
    if "\x00" in text:
        raise ValueError("may not contain NUL characters")
    return text


Text = Annotated[str, AfterValidator(storable)]
Value = Annotated[Text, Field(max_length=MAX_VALUE)]
# Becomes the environment variable DF_<NAME> and, in PowerShell, an argument.
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,62}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Parameter(_Strict):
    """One thing a script asks for."""

    name: Name
    label: Annotated[Text, Field(max_length=200)] = ""
    type: Literal["string", "number", "boolean", "choice", "secret"]
    required: bool = False
    default: Value | bool | int | float | None = None
    choices: Annotated[list[Value], Field(max_length=MAX_CHOICES)] | None = None
    description: Annotated[Text, Field(max_length=1000)] = ""

    @model_validator(mode="after")
    def _fits(self) -> "Parameter":
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("choices belong to a parameter of type choice, which needs at least one")
        if self.type == "secret" and self.default is not None:
            raise ValueError("a secret has no default: its value would stand in the script")
        if self.default is not None:
            as_text(self, self.default)
        return self


class SecretValue(_Strict):
    """A stored credential, by reference."""

    secret_id: UUID


Given = Value | bool | int | float | SecretValue


def unique(parameters: list[Parameter]) -> list[Parameter]:
    """Refuse two parameters that would become the same environment variable."""
    seen: set[str] = set()
    for parameter in parameters:
        upper = parameter.name.upper()
        if upper in seen:
            raise ValueError(f"two parameters are called '{parameter.name}' (case does not count)")
        seen.add(upper)
    return parameters


Parameters = Annotated[list[Parameter], Field(max_length=MAX_PARAMETERS), AfterValidator(unique)]


def as_text(parameter: Parameter, value: object) -> str:
    """A value as the script will see it.

    Raises:
        ValueError: in words that follow the parameter's name.
    """
    if parameter.type == "boolean":
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower()
        raise ValueError("is true or false")
    if parameter.type == "number":
        return _number(value)
    text = plain(value)
    if parameter.type == "choice" and text not in (parameter.choices or ()):
        raise ValueError(f"is one of {', '.join(parameter.choices or ())}")
    return text


def plain(value: object) -> str:
    """A value without a schema, as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _number(value: object) -> str:
    try:
        # A boolean is a number to Python, and to nobody else.
        number = float("true" if isinstance(value, bool) else value)  # type: ignore[arg-type]
    except (ValueError, TypeError, OverflowError):
        raise ValueError("is a number") from None
    if not math.isfinite(number):
        raise ValueError("is a finite number")
    return str(value).strip() if isinstance(value, (int, str)) else repr(value)


def resolve(parameters: Sequence[Parameter], given: Mapping[str, Given]) -> dict[str, str | dict[str, str]]:
    """The values of a run: text, or a reference to a secret.

    Raises:
        ParametersWrong: 422, naming each parameter and what it needs.
    """
    known = {parameter.name: parameter for parameter in parameters}
    problems = [f"'{name}' is no parameter of this script" for name in given if name not in known]
    values: dict[str, str | dict[str, str]] = {}
    for name, parameter in known.items():
        value = given.get(name, parameter.default)
        if value is None or value == "":
            if parameter.required:
                problems.append(f"'{name}' is required")
            continue
        try:
            values[name] = _one(parameter, value)
        except ValueError as error:
            problems.append(f"'{name}' {error}")
    if problems:
        raise ParametersWrong("; ".join(problems[:10]))
    return values


def _one(parameter: Parameter, value: Any) -> str | dict[str, str]:
    is_reference = isinstance(value, SecretValue)
    if parameter.type == "secret":
        if not is_reference:
            raise ValueError('is a secret: give it as {"secret_id": …}')
        return {"secret_id": str(value.secret_id)}
    if is_reference:
        raise ValueError("is no secret: give its value")
    return as_text(parameter, value)


def secret_ids(values: Mapping[str, str | Mapping[str, str]]) -> dict[str, UUID]:
    """Which parameters are secrets, and which ones."""
    return {name: UUID(value["secret_id"]) for name, value in values.items() if not isinstance(value, str)}


def masked(values: Mapping[str, str | Mapping[str, str]]) -> dict[str, str]:
    """The values as people may see them."""
    return {name: value if isinstance(value, str) else MASK for name, value in values.items()}
