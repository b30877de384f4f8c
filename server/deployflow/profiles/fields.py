"""Kinds of fields that profiles and their tasks share."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints


def _storable(text: str) -> str:
    # Half a surrogate pair is legal in JSON and in no database.
    text.encode()
    if "\x00" in text:
        raise ValueError("may not contain NUL characters")
    return text


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("is one line of printable text")
    return text


class Strict(BaseModel):
    """What comes from outside: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


Text = Annotated[str, AfterValidator(_storable)]
Line = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_storable), AfterValidator(_one_line)]
Name = Annotated[Line, Field(min_length=1, max_length=200)]
Description = Annotated[Text, Field(max_length=2000)]
Note = Annotated[Text, Field(max_length=500)]
# A name in conditions, in `{…}` and, in upper case after DF_, in the environment of scripts.
VariableName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
