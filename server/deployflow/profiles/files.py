"""Profiles out to files and in again."""

import re
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.identity.access import Principal
from deployflow.platform.errors import Forbidden, Invalid
from deployflow.profiles import documents, references, service, yaml_files
from deployflow.profiles.errors import ProfileNameTaken, ReferenceMissing
from deployflow.profiles.models import Profile
from deployflow.profiles.references import Named
from deployflow.profiles.schemas import ProfileChange, ProfileFile, ProfileImportIn, ProfileIn
from deployflow.profiles.yaml_files import Path, Read

MAX_LINES_SAID = 10


def exported(document: dict[str, Any]) -> ProfileFile:
    """A version as a file that this server and others take."""
    stem = re.sub(r"[^a-z0-9]+", "-", document["name"].lower()).strip("-") or "profile"
    return ProfileFile(file_name=f"{stem[:80]}.profile.yaml", text=documents.text(document))


async def take(session: AsyncSession, admin: Principal, wanted: ProfileImportIn) -> tuple[Profile, bool]:
    """Make a profile of a file; with `replace`, a new version of the one that has its name. Tells whether it is new.

    Raises:
        FileWrong: 422, with the line and what is wrong there; ProfileNameTaken.
    """
    read = yaml_files.read(wanted.text)
    new = await _understood(session, read, wanted.name)
    present = await session.scalar(select(Profile.id).where(Profile.name == new.name))
    try:
        if present is None:
            return await service.create(session, admin, new, verb="imported"), True
        if not wanted.replace:
            raise ProfileNameTaken(
                f"There is a profile '{new.name[:80]}' already: import it under another name, or replace that one"
            )
        change = ProfileChange.model_validate(
            {field: getattr(new, field) for field in ProfileIn.model_fields if field != "note"}
            | {"note": new.note or "Imported from a file"}
        )
        return await service.change(session, admin, present, change, expected=None, verb="imported"), False
    except Forbidden:
        raise
    except Invalid as error:
        raise _at_line(read, error) from error


async def _understood(session: AsyncSession, read: Read, name: str | None) -> ProfileIn:
    value = read.value
    if not isinstance(value, dict) or "deployflow_profile" not in value:
        raise yaml_files.wrong(1, "this is no profile: its file begins with deployflow_profile: 1")
    if value["deployflow_profile"] != documents.FORMAT:
        raise yaml_files.wrong(
            read.lines["deployflow_profile",], "this file is of a newer DeployFlow: update this server"
        )
    resolved = await _resolved(session, read, value, ())
    del resolved["deployflow_profile"]
    if resolved.get("admin_credentials_ref") == "random":
        resolved["admin_credentials_ref"] = None
    if name is not None:
        resolved["name"] = name
    try:
        return ProfileIn.model_validate(resolved)
    except ValidationError as error:
        said = []
        for one in error.errors(include_url=False, include_context=False)[:MAX_LINES_SAID]:
            where, line = read.find(one["loc"])
            if one["type"] == "missing":
                where = (*where, one["loc"][-1])
            names = ".".join(str(part + 1) if isinstance(part, int) else part for part in where)
            said.append((line, f"{names}: {one['msg'].removeprefix('Value error, ')}"))
        line, what = min(said)
        raise yaml_files.wrong(line, what) from None


async def _resolved(session: AsyncSession, read: Read, value: Any, path: Path) -> Any:
    """The same with an id in the place of each name."""
    if isinstance(value, Named):
        try:
            return str(await references.find(session, value.kind, value.name))
        except ReferenceMissing as error:
            raise yaml_files.wrong(read.lines[path], error.detail) from None
    if isinstance(value, list):
        return [await _resolved(session, read, item, (*path, index)) for index, item in enumerate(value)]
    if isinstance(value, dict):
        return {key: await _resolved(session, read, item, (*path, key)) for key, item in value.items()}
    return value


def _at_line(read: Read, error: Invalid) -> Invalid:
    errors = error.extra.get("errors") or []
    if not errors:
        return error
    path = tuple(int(part) if part.isdigit() else part for part in errors[0]["loc"])
    return yaml_files.wrong(read.find(path)[1], error.detail)
