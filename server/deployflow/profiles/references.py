"""What profiles name by id and files by name: images, driver packs, secrets, scripts.

A document of a version keeps the names beside the ids, so that a difference or an exported file stays readable when
the thing itself is gone. A domain above registers its own kind.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.profiles.errors import ReferenceMissing

# (what to put into the session) → rows of (id, name)
Rows = Callable[[], Select[UUID, str]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing.

    Attributes:
        name: As in files, `!image`.
        title: As in sentences, "OS image".
        rows: Selects id and name of those that may be used.
    """

    name: str
    title: str
    rows: Rows


_KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _KINDS[kind.name] = kind


def get(name: str) -> Kind | None:
    return _KINDS.get(name)


async def require(session: AsyncSession, named: Iterable[tuple[str, UUID]]) -> dict[str, dict[str, str]]:
    """See that all of them exist, and give their names by id, as documents keep them.

    Raises:
        ReferenceMissing: 422, for the first that does not.
    """
    wanted = set(named)
    found = await names(session, wanted)
    for kind, thing_id in sorted(wanted, key=str):
        if str(thing_id) not in found:
            raise ReferenceMissing(f"There is no {_KINDS[kind].title} {thing_id}: choose one that exists")
    return found


async def names(session: AsyncSession, named: Iterable[tuple[str, UUID]]) -> dict[str, dict[str, str]]:
    """Those that exist: id → kind and name."""
    by_kind: dict[str, set[UUID]] = {}
    for kind, thing_id in named:
        by_kind.setdefault(kind, set()).add(thing_id)
    found: dict[str, dict[str, str]] = {}
    for kind, ids in by_kind.items():
        statement = _KINDS[kind].rows()
        rows: Any = await session.execute(statement.where(statement.selected_columns[0].in_(ids)))
        found |= {str(thing_id): {"kind": kind, "name": name} for thing_id, name in rows}
    return found


async def find(session: AsyncSession, kind: str, name: str) -> UUID:
    """The id of the only one of this name, or of this id where it is one.

    Raises:
        ReferenceMissing: there is none, or several.
    """
    known = _KINDS[kind]
    statement = known.rows()
    id_column, name_column = statement.selected_columns
    found: list[UUID] = list(await session.scalars(statement.where(name_column == name).with_only_columns(id_column)))
    if len(found) == 1:
        return found[0]
    if found:
        raise ReferenceMissing(f"There are {len(found)} {known.title}s called '{name[:80]}': rename all but one")
    raise ReferenceMissing(f"There is no {known.title} called '{name[:80]}' here: make it, or name another one")


def shown(value: Any, known: Mapping[str, Mapping[str, str]]) -> Any:
    """A document in which each id that is known became `Named`."""
    if isinstance(value, str) and value in known:
        return Named(known[value]["kind"], known[value]["name"])
    if isinstance(value, list):
        return [shown(item, known) for item in value]
    if isinstance(value, dict):
        return {key: shown(item, known) for key, item in value.items()}
    return value


@dataclass(frozen=True, slots=True)
class Named:
    """A thing by kind and name, where a file has a tag: `!image Windows 11 Pro`."""

    kind: str
    name: str
