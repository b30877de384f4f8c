"""Computer names from a pattern: `BER-{seq:4}`, `{site}-{serial:8}`.

A name is a NetBIOS name: what Windows, and a domain, take. What a machine says of itself is cleaned of everything else
before it goes in.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from deployflow.devices import machines
from deployflow.profiles.errors import NameUnavailable, PatternWrong
from deployflow.profiles.subject import Machine

MAX_NAME = 15
MAX_SEQUENCE_DIGITS = 9
NETBIOS = re.compile(r"^[A-Z0-9](?:[A-Z0-9-]{0,13}[A-Z0-9])?$")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_INSIDE = re.compile(r"^([a-z]+)(?::([0-9]{1,2}))?$")
_LITERAL = re.compile(r"^[A-Za-z0-9-]*$")
_DIRT = re.compile(r"[^A-Z0-9]")
# Firmware repeats itself in it; nobody's asset tag.
_JUNK_ASSETS = machines.JUNK | {"asset", "asset tag", "asset-1234567890", "no asset information"}


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A part that a machine fills: the last `length` characters of it, or the first, or all."""

    name: str
    length: int | None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a placeholder gets its text.

    Attributes:
        keeps_end: A length takes the last characters, because those tell machines apart.
        missing: What to say when a machine has no such thing.
    """

    read: Callable[[Machine], str | None]
    keeps_end: bool
    missing: str
    example: str


def _serial(machine: Machine) -> str | None:
    return machine.serial if machines.machine_serial(machine.manufacturer, machine.serial) else None


def _asset(machine: Machine) -> str | None:
    return None if (machine.asset or "").strip().lower() in _JUNK_ASSETS else machine.asset


def _mac(machine: Machine) -> str | None:
    return machine.mac_addresses[0] if machine.mac_addresses else None


def _uuid(machine: Machine) -> str | None:
    return machines.machine_uuid(machine.smbios_uuid)


SOURCES = {
    "serial": Source(_serial, True, "the machine tells no serial number", "PF2ABCDE"),
    "site": Source(lambda machine: machine.site, False, "the machine is at no boot site with a code", "BER"),
    "mac": Source(_mac, True, "no network card of the machine is known", "52:54:00:12:34:56"),
    "model": Source(lambda machine: machine.model, False, "the machine tells no model", "20XW004KGE"),
    "asset": Source(_asset, True, "the machine tells no asset tag", "IT-004217"),
    "uuid": Source(_uuid, True, "the machine tells no usable SMBIOS UUID", "4c4c4544-0042-3010-8051-b4c04f313233"),
}
EXAMPLE = Machine(
    serial="PF2ABCDE",
    site="BER",
    mac_addresses=("52:54:00:12:34:56",),
    manufacturer="LENOVO",
    model="20XW004KGE",
    asset="IT-004217",
    smbios_uuid="4c4c4544-0042-3010-8051-b4c04f313233",
)


@lru_cache(maxsize=256)
def parse(pattern: str) -> tuple[str | Placeholder, ...]:
    """The parts of a pattern.

    Raises:
        PatternWrong: 422, saying which part and what it may be.
    """
    parts: list[str | Placeholder] = []
    at = 0
    for match in _PLACEHOLDER.finditer(pattern):
        parts += _literal(pattern[at : match.start()])
        parts.append(_placeholder(match[1]))
        at = match.end()
    parts += _literal(pattern[at:])
    _check_whole(parts)
    return tuple(parts)


def render(pattern: str, machine: Machine, *, number: int | None = None) -> str:
    """The name of a machine; a shape with `{seq}` left in it when there is no number yet.

    Raises:
        NameUnavailable: the machine lacks what the pattern asks for, or what comes out is no computer name.
    """
    said = []
    for part in parse(pattern):
        if isinstance(part, str):
            said.append(part.upper())
        elif part.name == "seq":
            said.append("{seq}" if number is None else _numbered(part, number))
        else:
            said.append(_filled(part, machine))
    name = "".join(said)
    if "{seq}" not in name:
        check_name(name)
    return name


def has_sequence(pattern: str) -> bool:
    return any(isinstance(part, Placeholder) and part.name == "seq" for part in parse(pattern))


def is_same_for_all(pattern: str) -> bool:
    """Whether every machine of a site would be called the same."""
    return not any(isinstance(part, Placeholder) and part.name not in {"site", "model"} for part in parse(pattern))


def check_name(name: str) -> None:
    """Hold a name to NetBIOS.

    Raises:
        NameUnavailable: 409, saying what is wrong with it.
    """
    if not name:
        raise NameUnavailable("The computer name would be empty")
    if len(name) > MAX_NAME:
        raise NameUnavailable(
            f"The computer name {name} has {len(name)} characters, and {MAX_NAME} are the most: "
            "shorten a part of the pattern, such as {serial:8}"
        )
    if name.isdigit():
        raise NameUnavailable(f"The computer name {name} is only digits, which Windows refuses: add a letter")
    if name.startswith("-") or name.endswith("-"):
        raise NameUnavailable(f"The computer name {name} begins or ends with a hyphen")
    if not NETBIOS.match(name):
        raise NameUnavailable(f"The computer name {name} may only have the letters A to Z, digits and hyphens")


def fits(pattern: str, machine: Machine, name: str) -> bool:
    """Whether a machine's present name could have come from this pattern, so that it keeps it."""
    said = []
    try:
        for part in parse(pattern):
            if isinstance(part, str):
                said.append(re.escape(part.upper()))
            elif part.name == "seq":
                said.append(f"[0-9]{{{part.length or 1},{MAX_SEQUENCE_DIGITS}}}")
            else:
                said.append(re.escape(_filled(part, machine)))
    except NameUnavailable:
        return False
    return re.fullmatch("".join(said), name.upper()) is not None


def _literal(text: str) -> list[str]:
    if not text:
        return []
    if not _LITERAL.match(text):
        wrong = next(char for char in text if not _LITERAL.match(char))
        if wrong in "{}":
            raise PatternWrong("A brace is open or closed alone: write {serial:8} for a part that differs")
        raise PatternWrong(f"A computer name cannot have '{wrong}': use letters A to Z, digits and hyphens")
    return [text]


def _placeholder(inside: str) -> Placeholder:
    match = _INSIDE.match(inside)
    if match is None or (match[1] not in SOURCES and match[1] != "seq"):
        offered = ", ".join(f"{{{name}}}" for name in [*SOURCES, "seq"])
        raise PatternWrong(f"'{{{inside[:30]}}}' is no part of a pattern: use {offered}, each with a length as in :4")
    length = int(match[2]) if match[2] else None
    longest = MAX_SEQUENCE_DIGITS if match[1] == "seq" else MAX_NAME
    if length is not None and not 1 <= length <= longest:
        raise PatternWrong(f"'{{{inside}}}': a length is between 1 and {longest}")
    return Placeholder(match[1], length)


def _check_whole(parts: list[str | Placeholder]) -> None:
    if not parts:
        raise PatternWrong("Give a pattern, such as PC-{serial:8}")
    length = sum(len(part) if isinstance(part, str) else part.length or 1 for part in parts)
    if length > MAX_NAME:
        raise PatternWrong(
            f"This pattern makes names of {length} characters, and {MAX_NAME} are the most: shorten a part"
        )
    if sum(1 for part in parts if isinstance(part, Placeholder) and part.name == "seq") > 1:
        raise PatternWrong("A pattern has one {seq} at most")
    first, last = parts[0], parts[-1]
    if (isinstance(first, str) and first.startswith("-")) or (isinstance(last, str) and last.endswith("-")):
        raise PatternWrong("A computer name neither begins nor ends with a hyphen")
    if all(isinstance(part, str) for part in parts):
        name = "".join(str(part) for part in parts)
        if name.isdigit():
            raise PatternWrong(f"The computer name {name} is only digits, which Windows refuses: add a letter")
    elif all(part.isdigit() if isinstance(part, str) else part.name == "seq" for part in parts):
        raise PatternWrong("This pattern makes names of digits only, which Windows refuses: add a letter")


def _filled(part: Placeholder, machine: Machine) -> str:
    source = SOURCES[part.name]
    text = _DIRT.sub("", (source.read(machine) or "").upper())
    if not text:
        raise NameUnavailable(f"The pattern asks for {{{part.name}}}, and {source.missing}")
    if part.length is None:
        return text
    return text[-part.length :] if source.keeps_end else text[: part.length]


def _numbered(part: Placeholder, number: int) -> str:
    digits = part.length or 1
    said = f"{number:0{digits}d}"
    if part.length is not None and len(said) > digits:
        raise NameUnavailable(
            f"All numbers of {{seq:{digits}}} are given out, up to {10**digits - 1}: make the pattern longer"
        )
    return said
