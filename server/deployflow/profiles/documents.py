"""A profile as a document: what a version keeps, what a file says, and what a difference is made of.

The document holds all a deployment needs to be frozen from, so that a version says the same for ever. `names` has what
its ids were called then.
"""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from deployflow.profiles import references, task_types, yaml_files
from deployflow.profiles.conditions import WholeCondition
from deployflow.profiles.models import Profile, ProfileTask

FORMAT = 1
CONDITION: TypeAdapter[Any] = TypeAdapter(WholeCondition)
# Comparing takes time that grows with the square of the lines; beyond this a diff helps nobody anyway.
MAX_DIFF_LINES = 10_000
HEAD = ("name", "description", "tags", "os_image_id", "edition_index", "computer_naming_pattern")
TASK = ("type", "name", "configuration", "condition", "timeout_s", "retries", "continue_on_error")


def of_profile(profile: Profile, names: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """A profile with its tasks and tags, as it is now."""
    return {
        "name": profile.name,
        "description": profile.description,
        "tags": [row.tag for row in profile.tag_rows],
        "os_image_id": _text(profile.os_image_id),
        "edition_index": profile.edition_index,
        "computer_naming_pattern": profile.computer_naming_pattern,
        "admin_credentials_ref": _text(profile.admin_credentials_ref),
        "agent_auto_install": profile.agent_auto_install,
        "is_template": profile.is_template,
        "tasks": [_task(task) for task in profile.tasks],
        "names": {known: dict(named) for known, named in names.items()},
    }


def references_of(profile: Profile) -> set[tuple[str, UUID]]:
    """Everything that a profile and its tasks name."""
    found: set[tuple[str, UUID]] = set()
    if profile.os_image_id is not None:
        found.add(("image", profile.os_image_id))
    if profile.admin_credentials_ref is not None:
        found.add(("secret", profile.admin_credentials_ref))
    for task in profile.tasks:
        kind = task_types.get(task.type)
        found |= set(kind.references(kind.configuration_model.model_validate(task.configuration)))
    return found


def text(document: Mapping[str, Any]) -> str:
    """A document as its file says it: names in the place of ids, and what goes without saying left out."""
    shown = references.shown({key: document[key] for key in document if key != "names"}, document["names"])
    said: dict[str, Any] = {"deployflow_profile": FORMAT}
    said |= {key: shown[key] for key in HEAD if shown[key] not in (None, "", [])}
    said["admin_credentials_ref"] = shown["admin_credentials_ref"] or "random"
    said["agent_auto_install"] = shown["agent_auto_install"]
    if shown["is_template"]:
        said["is_template"] = True
    said["tasks"] = [
        {key: task[key] for key in TASK if key in {"type", "name", "timeout_s"} or task[key]} for task in shown["tasks"]
    ]
    return yaml_files.dump(said)


def difference(before: str, after: str, *, old: str, new: str) -> list[str]:
    """The lines that differ, as a unified diff."""
    then, now = before.splitlines(), after.splitlines()
    if len(then) + len(now) > MAX_DIFF_LINES:
        return []
    return list(difflib.unified_diff(then, now, old, new, lineterm="", n=3))


def condition_of(stored: Mapping[str, Any] | None) -> Any:
    """A condition, read."""
    return None if stored is None else CONDITION.validate_python(stored)


def stored_condition(condition: Any) -> dict[str, Any] | None:
    """A condition, as tables and plans keep it."""
    if condition is None:
        return None
    kept: dict[str, Any] = CONDITION.dump_python(condition, by_alias=True, mode="json")
    return kept


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What a write did, for the trail: short, because a version has the whole."""
    told = {
        key: (before[key], after[key])
        for key in after
        if key not in {"tasks", "names", "description"} and before[key] != after[key]
    }
    if before["description"] != after["description"]:
        told["description"] = (before["description"][:200], after["description"][:200])
    if before["tasks"] != after["tasks"]:
        told["tasks"] = (_listed(before["tasks"]), _listed(after["tasks"]))
    return told


def _listed(tasks: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"{task['type']}: {task['name']}" for task in tasks]


def _task(task: ProfileTask) -> dict[str, Any]:
    return {"id": str(task.id), **{key: getattr(task, key) for key in TASK}}


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
