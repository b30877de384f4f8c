"""What Windows is told before its first start, typed. The machine makes the answer file of it."""

import difflib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from deployflow.profiles.fields import Line, Strict

# As `tzutil /l` lists them; a name that Windows does not know stops its setup.
TIME_ZONES = tuple((Path(__file__).with_name("windows_time_zones.txt")).read_text("utf-8").splitlines())
MAX_ACCOUNTS = 20
_FORBIDDEN_IN_NAMES = frozenset('"/\\[]:;|=,+*?<>@')
_RESERVED_ACCOUNTS = frozenset({"administrator", "guest", "defaultaccount", "system", "wdagutilityaccount", "none"})
_KEYBOARD = re.compile(r"^[0-9A-Fa-f]{4}:[0-9A-Fa-f]{8}$")


def _locale(text: str) -> str:
    if not re.match(r"^[a-z]{2,3}(?:-[A-Z][a-z]{3})?-(?:[A-Z]{2}|[0-9]{3})$", text):
        raise ValueError(f"'{text}' is no locale: write it as de-DE")
    return text


def _keyboards(text: str) -> str:
    for one in text.split(";"):
        if not _KEYBOARD.match(one):
            _locale(one)
    return text


def _time_zone(name: str) -> str:
    if name in TIME_ZONES:
        return name
    close = difflib.get_close_matches(name, TIME_ZONES, n=1)
    hint = f"did you mean {close[0]}?" if close else "write it as `tzutil /l` lists it, such as W. Europe Standard Time"
    raise ValueError(f"'{name}' is no time zone of Windows: {hint}")


def _account(name: str) -> str:
    if name.lower() in _RESERVED_ACCOUNTS:
        raise ValueError(f"Windows keeps the name '{name}' for itself")
    if _FORBIDDEN_IN_NAMES & set(name) or name.endswith("."):
        raise ValueError(f"'{name}' holds a character that account names cannot have")
    return name


Locale = Annotated[str, AfterValidator(_locale)]
Keyboard = Annotated[
    str,
    StringConstraints(max_length=200),
    AfterValidator(_keyboards),
    Field(description="As in 0407:00000407 or de-DE; several with semicolons"),
]
TimeZone = Annotated[str, AfterValidator(_time_zone), Field(json_schema_extra={"enum": list(TIME_ZONES)})]
AccountName = Annotated[Line, Field(min_length=1, max_length=20), AfterValidator(_account)]


class LocalAccount(Strict):
    """A local account."""

    name: AccountName
    group: Literal["Administrators", "Users"] = "Users"
    password_ref: Annotated[UUID, Field(description="The secret with its password")]


class Unattend(Strict):
    """Answers to the questions of Windows' setup. The administrator's password is the profile's."""

    locale: Locale = "en-US"
    ui_language: Locale = "en-US"
    keyboard: Keyboard = "0409:00000409"
    time_zone: TimeZone = "UTC"
    organization: Annotated[Line, Field(min_length=1, max_length=100)] | None = None
    owner: Annotated[Line, Field(min_length=1, max_length=100)] | None = None
    product_key: (
        Annotated[
            str,
            StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z0-9]{5}(-[A-Za-z0-9]{5}){4}$"),
        ]
        | None
    ) = None
    workgroup: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,14}$")] | None = None
    domain_join_ref: (
        Annotated[UUID, Field(description="The secret with the blob that `djoin /provision` makes for one computer")]
        | None
    ) = None
    accounts: Annotated[list[LocalAccount], Field(max_length=MAX_ACCOUNTS)] = Field(default_factory=list)
    skip_oobe: bool = True

    @model_validator(mode="after")
    def _fits(self) -> "Unattend":
        if self.workgroup and self.domain_join_ref:
            raise ValueError("a computer is in a workgroup or in a domain: give one of them")
        names = [one.name.lower() for one in self.accounts]
        double = next((name for name in names if names.count(name) > 1), None)
        if double:
            raise ValueError(f"there are two accounts called '{double}'")
        return self

    def secrets(self) -> Iterator[tuple[str, UUID]]:
        """The name of each secret in a plan, and the stored one behind it."""
        for account in self.accounts:
            yield f"account:{account.name}", account.password_ref
        if self.domain_join_ref is not None:
            yield "domain_join", self.domain_join_ref


def frozen(unattend: Unattend, *, computer_name: str) -> dict[str, Any]:
    """As the plan has it: passwords by the name of a secret."""
    plain = {"locale", "ui_language", "keyboard", "time_zone", "organization", "owner", "product_key", "workgroup"}
    return {
        **unattend.model_dump(mode="json", include=plain),
        "computer_name": computer_name,
        "administrator": {"secret": "admin_password"},
        "accounts": [
            {"name": one.name, "group": one.group, "password": {"secret": f"account:{one.name}"}}
            for one in unattend.accounts
        ],
        "domain_join": {"secret": "domain_join"} if unattend.domain_join_ref else None,
        "skip_oobe": unattend.skip_oobe,
    }
