"""The templates that come with the product: files beside this one, in no database, and so always of this version."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from deployflow.profiles import documents, structure, task_types, yaml_files
from deployflow.profiles.schemas import BuiltInTemplate, ProfileIn, ProfileTaskOut

FOLDER = Path(__file__).parent / "templates"
# As screens show them.
ORDER = ("clean_install", "clean_install_with_software", "refresh_keep_data", "wipe_only")
_NAMESPACE = uuid5(NAMESPACE_URL, "urn:deployflow:profile-templates")


@dataclass(frozen=True, slots=True)
class Template:
    """One of them. Its id is made of its key, and so the same everywhere."""

    id: UUID
    key: str
    profile: ProfileIn


@cache
def built_in() -> tuple[Template, ...]:
    return tuple(Template(uuid5(_NAMESPACE, key), key, _load(key)) for key in ORDER)


def find(template_id: UUID) -> Template | None:
    return next((one for one in built_in() if one.id == template_id), None)


def shape(template: Template) -> BuiltInTemplate:
    """A template as screens show it."""
    profile = template.profile
    stored = [_stored(template, order) for order in range(len(profile.tasks))]
    return BuiltInTemplate(
        id=template.id,
        key=template.key,
        name=profile.name,
        description=profile.description,
        tags=profile.tags,
        computer_naming_pattern=profile.computer_naming_pattern,
        agent_auto_install=profile.agent_auto_install,
        tasks=[
            ProfileTaskOut(order=order, phase=step.phase, **vars(task))
            for order, (task, step) in enumerate(zip(stored, structure.read(stored), strict=True))
        ],
    )


def _load(key: str) -> ProfileIn:
    read: dict[str, Any] = yaml_files.read((FOLDER / f"{key}.yaml").read_text("utf-8")).value
    del read["deployflow_profile"]
    read["admin_credentials_ref"] = None
    return ProfileIn.model_validate(read)


def _stored(template: Template, order: int) -> Any:
    task = template.profile.tasks[order]
    kind = task_types.get(task.type)
    return SimpleNamespace(
        id=uuid5(template.id, str(order)),
        type=task.type,
        name=task.name or kind.title,
        configuration=task_types.stored(task_types.configuration_of(task.type, task.configuration)),
        condition=documents.stored_condition(task.condition),
        timeout_s=task.timeout_s or int(kind.timeout.total_seconds()),
        retries=task.retries,
        continue_on_error=task.continue_on_error,
    )
