"""Boot environments and loaders as files: what is served to everybody, and holds no secret.

`deployflow boot build` puts them below `boot` in the data folder: a folder for each environment, with a manifest.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from deployflow.boot import loaders
from deployflow.boot.errors import EnvironmentMissing
from deployflow.platform.settings import Settings

log = structlog.get_logger(__name__)

FILES = {
    "linux": ("vmlinuz", "initrd.img"),
    "winpe": ("wimboot", "boot.wim", "boot.sdi", "BCD", "winpeshl.ini"),
}
_ID = re.compile(r"^[0-9a-f-]{16,36}$")


@dataclass(frozen=True, slots=True)
class Environment:
    """One that machines can start."""

    id: str
    kind: str
    folder: Path


@dataclass(frozen=True, slots=True)
class ServedFile:
    """A file and what is known of its content."""

    path: Path
    sha256: str | None


def folder(settings: Settings) -> Path:
    """Where environments and loaders are."""
    return settings.data_dir / "boot"


def newest(settings: Settings, kind: str) -> Environment | None:
    """The environment of a kind that machines start now."""
    found = [
        (manifest.stat().st_mtime, manifest.parent)
        for manifest in folder(settings).glob("*/manifest.json")
        if _ID.match(manifest.parent.name) and _manifest(manifest).get("kind") == kind
    ]
    if not found:
        return None
    _at, place = max(found, key=lambda one: (one[0], one[1].name))
    return Environment(place.name, kind, place)


def pinned_key(environment: Environment) -> str | None:
    """SHA-256 of the boot key whose plans it believes, where it says so."""
    said = _manifest(environment.folder / loaders.MANIFEST).get("server_key_sha256")
    return said if isinstance(said, str) else None


def file_of(settings: Settings, environment_id: str, name: str) -> ServedFile:
    """A file of an environment, by the name that machines ask for.

    Raises:
        EnvironmentMissing: 404.
    """
    if not _ID.match(environment_id) or not any(name in names for names in FILES.values()):
        raise EnvironmentMissing
    return _served(folder(settings) / environment_id, name)


def loader(settings: Settings, name: str) -> ServedFile:
    """A first loader, for firmware that starts over HTTP.

    Raises:
        EnvironmentMissing: 404.
    """
    if name not in loaders.FILES:
        raise EnvironmentMissing
    return _served(folder(settings) / "loaders", name)


def _served(place: Path, name: str) -> ServedFile:
    path = place / name
    if not path.is_file():
        raise EnvironmentMissing
    listed = _manifest(place / loaders.MANIFEST).get("files", {})
    return ServedFile(path, listed.get(name, {}).get("sha256"))


def _manifest(file: Path) -> dict[str, Any]:
    try:
        read = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}
