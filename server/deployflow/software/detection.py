"""Detection rules: how a machine tells whether an item is there. The agent reads the same shapes."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, TypeAdapter, model_validator

from deployflow.profiles.fields import Line, Strict, Text

MAX_SCRIPT_BYTES = 64 * 1024

OsFamily = Literal["windows", "linux"]
Comparison = Literal["exists", "eq", "ge", "gt", "le", "lt"]
Sign = Annotated[Line, Field(min_length=1, max_length=100)]


def _script_sized(body: str) -> str:
    if len(body.encode()) > MAX_SCRIPT_BYTES:
        raise ValueError(f"may have {MAX_SCRIPT_BYTES // 1024} KiB at most")
    return body


class _Compared(Strict):
    """Something that is there, in any version or in one that compares so."""

    comparison: Comparison = "exists"
    version: Annotated[Sign | None, Field(description="What to compare with; left out for `exists`.")] = None

    @model_validator(mode="after")
    def _fits(self) -> "_Compared":
        if (self.comparison == "exists") != (self.version is None):
            raise ValueError("give a version to compare with, or compare by `exists` and give none")
        return self


class FileRule(_Compared):
    """A file or folder. Variables such as `%ProgramFiles%` are filled in; only files on Windows have versions."""

    type: Literal["file"]
    path: Annotated[Line, Field(min_length=1, max_length=1000)]


class RegistryRule(_Compared):
    """A key of the registry, or a value in it."""

    type: Literal["registry"]
    key: Annotated[
        str,
        StringConstraints(strip_whitespace=True, pattern=r"^(HKLM|HKEY_LOCAL_MACHINE)\\[^\x00-\x1f]+$"),
        Field(max_length=1000, description="Below HKLM; the agent runs as the system and has no other user's part."),
    ]
    value: Annotated[Line, Field(max_length=500)] | None = None

    @model_validator(mode="after")
    def _has_value(self) -> "RegistryRule":
        if self.comparison != "exists" and self.value is None:
            raise ValueError("name the value whose data is compared")
        return self


class MsiRule(_Compared):
    """An MSI product by its code."""

    type: Literal["msi"]
    product_code: Annotated[
        str,
        StringConstraints(
            strip_whitespace=True, to_upper=True, pattern=r"^\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}$"
        ),
    ]


class PackageRule(_Compared):
    """A package of a Linux distribution, by dpkg or rpm."""

    type: Literal["package"]
    name: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9+._-]{0,199}$")]


class ScriptRule(Strict):
    """A script: exit code 0 says that it is there, any other that it is not. What it prints first is the version."""

    type: Literal["script"]
    language: Literal["powershell", "cmd", "sh", "python"]
    body: Annotated[Text, Field(min_length=1), AfterValidator(_script_sized)]


Rule = Annotated[FileRule | RegistryRule | MsiRule | PackageRule | ScriptRule, Field(discriminator="type")]
_RULE: TypeAdapter[Rule] = TypeAdapter(Rule)

_ONLY_ON: dict[str, OsFamily] = {"registry": "windows", "msi": "windows", "package": "linux"}
_LANGUAGE_ONLY_ON: dict[str, OsFamily] = {"cmd": "windows", "sh": "linux"}


def read(stored: dict[str, Any]) -> Rule:
    """A rule as tables keep it."""
    return _RULE.validate_python(stored)


def only_on(rule: Rule) -> OsFamily | None:
    """The one system where such a rule can be asked, where it is one only."""
    if isinstance(rule, ScriptRule):
        return _LANGUAGE_ONLY_ON.get(rule.language)
    return _ONLY_ON.get(rule.type)
