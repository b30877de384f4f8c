"""What an INF file says of a driver: class, provider, version, and the hardware it is for.

Makers write them in UTF-16, UTF-8 or the code page of their country, with sections in any order and names behind
`%tokens%`. One that cannot be read is listed with its reason and spoils nothing else.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_BYTES = 4 * 1024 * 1024
MAX_LINES = 100_000
MAX_IDS = 2000
MAX_TEXT = 200
SIGNATURES = {"$windows nt$", "$chicago$", "$windows 95$"}
# Decorations of a section of models, by the architecture they are for.
ARCHITECTURES = {"amd64": "x64", "x86": "x86", "arm64": "arm64", "arm": "arm", "ia64": "ia64"}
_DECORATION = re.compile(r"^nt(amd64|x86|arm64|arm|ia64)?(?:\..*)?$", re.IGNORECASE)
_TOKEN = re.compile(r"%([^%]*)%")


class NotAnInf(Exception):
    """Why it is none, as a sentence."""


@dataclass(frozen=True, slots=True)
class Inf:
    """What one file says. Without hardware it is an extension or a set of components, which is fine."""

    device_class: str | None
    provider: str | None
    driver_version: str | None
    driver_date: str | None
    architectures: list[str] = field(default_factory=list)
    hardware_ids: list[str] = field(default_factory=list)


Sections = dict[str, list[str]]


def read(content: bytes) -> Inf:
    """Read an INF file.

    Raises:
        NotAnInf: saying what it lacks.
    """
    if len(content) > MAX_BYTES:
        raise NotAnInf(f"it has more than {MAX_BYTES // 1024 // 1024} MiB")
    sections = _sections(_decoded(content))
    version = sections.get("version")
    if version is None:
        raise NotAnInf("it has no section [Version], so it is no INF file for Windows")
    said = dict(_pairs(version))
    signature = said.get("signature", "").strip('" ').lower()
    if signature not in SIGNATURES:
        raise NotAnInf(f"its signature is {signature[:40] or 'missing'!r}, not that of Windows")
    strings = {key: value.strip().strip('"') for key, value in _pairs(sections.get("strings", []))}
    date, _, number = said.get("driverver", "").partition(",")
    architectures, ids = _hardware(sections, strings)
    return Inf(
        device_class=_shown(said.get("class"), strings),
        provider=_shown(said.get("provider"), strings),
        driver_version=_shown(number, strings, 100),
        driver_date=_shown(date, strings, 20),
        architectures=architectures,
        hardware_ids=ids,
    )


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if content.startswith(b"\xef\xbb\xbf"):
        return content[3:].decode("utf-8", "replace")
    head = content[:400]
    # UTF-16 without its mark: nearly every second byte of plain text is zero, and none of the others.
    half, even, odd = len(head) // 2, head[::2].count(0), head[1::2].count(0)
    if odd > half * 0.7 and even == 0:
        return content.decode("utf-16-le", "replace")
    if even > half * 0.7 and odd == 0:
        return content.decode("utf-16-be", "replace")
    if b"\0" in head:
        raise NotAnInf("it is a binary file")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _sections(text: str) -> Sections:
    """Lines by section, without comments; a section that is opened again goes on."""
    found: Sections = {}
    current: list[str] | None = None
    for line in _lines(text):
        if line.startswith("["):
            name, closed, _rest = line[1:].partition("]")
            if not closed:
                raise NotAnInf(f"the line '{line[:60]}' opens a section and does not close its bracket")
            current = found.setdefault(name.strip().lower(), [])
        elif current is not None:
            current.append(line)
    return found


def _lines(text: str) -> Iterator[str]:
    begun = ""
    for number, raw in enumerate(text.splitlines()):
        if number >= MAX_LINES:
            raise NotAnInf(f"it has more than {MAX_LINES} lines")
        line = begun + _without_comment(raw).strip()
        if line.endswith("\\"):
            begun = line[:-1]
            continue
        begun = ""
        if line:
            yield line
    if begun:
        yield begun


def _without_comment(line: str) -> str:
    if ";" not in line:
        return line
    quoted = False
    for at, char in enumerate(line):
        if char == '"':
            quoted = not quoted
        elif char == ";" and not quoted:
            return line[:at]
    return line


def _pairs(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        key, equals, value = line.partition("=")
        if equals:
            yield key.strip().strip('"').lower(), value.strip()


def _hardware(sections: Sections, strings: dict[str, str]) -> tuple[list[str], list[str]]:
    """Architectures and hardware ids of all sections of models that [Manufacturer] names."""
    architectures: dict[str, None] = {}
    ids: dict[str, None] = {}
    for line in sections.get("manufacturer", []):
        # `%maker% = Models, NTamd64, NTx86`, or the section's name alone.
        name, *decorations = [part.strip() for part in line.partition("=")[2].split(",")] or [""]
        models = (name or line.strip()).strip('"').lower()
        for decoration in ("", *decorations):
            section = sections.get(f"{models}.{decoration.lower()}" if decoration else models)
            if section is None:
                continue
            known = _DECORATION.match(decoration) if decoration else None
            if decoration and known is None:
                continue
            # Without a decoration, it is for the architecture of old: 32 bits.
            architecture = ARCHITECTURES[known[1].lower()] if known is not None and known[1] else "x86"
            before = len(ids)
            for model in section:
                _install, *named = [part.strip() for part in model.partition("=")[2].split(",")]
                for one in named:
                    if one and len(ids) < MAX_IDS:
                        ids[_resolved(one.strip('"'), strings)[:MAX_TEXT]] = None
            if section and (len(ids) > before or len(ids) == MAX_IDS or known is not None):
                architectures[architecture] = None
    return sorted(architectures), list(ids)


def _resolved(text: str, strings: dict[str, str]) -> str:
    """The text with its tokens replaced, once: a token in a token stays."""
    return _TOKEN.sub(lambda token: strings.get(token[1].lower(), token[0]) if token[1] else "%", text)


def _shown(value: str | None, strings: dict[str, str], limit: int = MAX_TEXT) -> str | None:
    text = _resolved((value or "").strip().strip('"'), strings)
    shown = "".join(char for char in text if char.isprintable()).strip()
    return shown[:limit] or None
