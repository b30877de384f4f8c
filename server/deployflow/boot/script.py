"""Scripts for loaders, from the templates in boot/ipxe and boot/grub.

iPXE's command line has no quotes: white space ends a word, `${…}` is a setting, `||`, `&&`, `;` and `#` mean something.
GRUB has quotes and `$`. So whatever comes from people or machines is reduced to characters that mean nothing in either,
before it goes in.
"""

import re
import unicodedata
from functools import cache
from urllib.parse import quote

from deployflow.boot.recipe import boot_folder

MAX_TEXT = 110
# What is left of a text on a screen. No `$ { } # ; | & < > = ' " \` and nothing outside of ASCII.
_MEANS_NOTHING = re.compile(r"[^A-Za-z0-9 .,:()+/@_-]")
_PLACE = re.compile(r"\{\{([a-z_]+)\}\}")
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"})


def render(template: str, /, **values: str) -> str:
    """A template, such as `ipxe/menu.ipxe`, with its places filled: all of them, and by nothing else."""
    text = _template(template)
    assert set(_PLACE.findall(text)) == values.keys(), f"{template} and its caller disagree"
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


def file(template: str) -> str:
    """A template without places, as it is."""
    return _template(template)


@cache
def _template(name: str) -> str:
    return (boot_folder() / name).read_text("utf-8")
