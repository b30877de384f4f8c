"""iPXE scripts from the templates in boot/ipxe.

iPXE's command line has no quotes: white space ends a word, `${…}` is a setting, `||`, `&&`, `;` and `#` mean something.
So whatever comes from people or machines is reduced to characters that mean nothing, before it goes in.
"""

import re
import unicodedata
from functools import cache
from urllib.parse import quote

from deployflow.boot.recipe import boot_folder

MAX_TEXT = 70
# What is left of a text on a screen. No `$ { } # ; | & < > = ' " \` and nothing outside of ASCII.
_MEANS_NOTHING = re.compile(r"[^A-Za-z0-9 .,:()+/@_-]")
_PLACE = re.compile(r"\{\{([a-z_]+)\}\}")
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"})


def render(template: str, /, **values: str) -> str:
    """A template with its places filled. Every place is filled, and by nothing that is not asked for."""
    text = _template(template)
    assert set(_PLACE.findall(text)) == values.keys(), f"{template}.ipxe and its caller disagree"
    return _PLACE.sub(lambda place: values[place[1]], text)


def text(value: str | None, *, otherwise: str = "") -> str:
    """Words for the screen, from whatever was given."""
    plain = unicodedata.normalize("NFKD", (value or "").translate(_LETTERS))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = (word.lstrip("-") for word in _MEANS_NOTHING.sub("?", plain).split())
    return " ".join(word for word in words if word)[:MAX_TEXT].strip() or otherwise


def query(**values: str | None) -> str:
    """A query of an address: what is None is left out, and only letters, digits and `.-_~` stay as they are."""
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items() if value is not None)


def local_disk() -> str:
    """The lines that start the local disk, for the end of a script."""
    return _template("local-disk").rstrip("\n")


@cache
def _template(name: str) -> str:
    return (boot_folder() / "ipxe" / f"{name}.ipxe").read_text("utf-8")
