"""The rules of profiles and templates. Every change makes a version."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.identity.access import Principal
from deployflow.images.models import ImageEdition
from deployflow.platform import clock, trail
from deployflow.platform.changes import changed
from deployflow.platform.db import flush_name
from deployflow.platform.errors import Invalid
from deployflow.platform.ids import new_id
from deployflow.platform.preconditions import require_version
from deployflow.profiles import documents, naming, queries, references, task_types, templates
from deployflow.profiles.errors import PatternWrong, ProfileInUse, ProfileNameTaken, TaskWrong
from deployflow.profiles.models import Profile, ProfileTag, ProfileTask, ProfileVersion
from deployflow.profiles.schemas import ProfileChange, ProfileIn, ProfileTaskIn
from deployflow.profiles.task_types import TaskType

# (profile) → sentences such as "3 deployments are running with it".
UsedBy = Callable[[AsyncSession, UUID], Awaitable[Sequence[str]]]
FIELDS = (
    "name",
    "description",
    "os_image_id",
    "edition_index",
    "computer_naming_pattern",
    "admin_credentials_ref",
    "agent_auto_install",
    "is_template",
)

_used_by: list[UsedBy] = []


def used_by(hook: UsedBy) -> None:
    """Let a domain above say what keeps a profile from being deleted."""
    if hook not in _used_by:
        _used_by.append(hook)


async def create(
    session: AsyncSession, admin: Principal, new: ProfileIn, *, template_id: UUID | None = None, verb: str = "created"
) -> Profile:
    """Keep a profile or template, and its first version.

    Raises:
        ProfileNameTaken, TaskWrong, ReferenceMissing, PatternWrong.
    """
    _check_pattern(new.computer_naming_pattern)
    profile = Profile(
        id=new_id(),
        tenant_id=admin.tenant_id,
        template_id=template_id,
        tag_rows=[ProfileTag(tag=tag, tenant_id=admin.tenant_id) for tag in new.tags],
        tasks=await _tasks(session, admin, new.tasks, present=[]),
        **{name: getattr(new, name) for name in FIELDS},
    )
    names = await _check_references(session, admin, profile, known=set())
    session.add(profile)
    await _flush_name(session, new.name)
    session.add(_version(profile, admin, documents.of_profile(profile, names), new.note))
    await session.flush()
    _note(session, verb, profile, {"tasks": (None, [f"{task.type}: {task.name}" for task in profile.tasks])})
    return profile


async def change(
    session: AsyncSession,
    admin: Principal,
    profile_id: UUID,
    wanted: ProfileChange,
    *,
    expected: int | None,
    verb: str = "changed",
) -> Profile:
    """Make it as wanted, which is a new version; the same again makes none.

    Raises:
        ProfileNotFound, PreconditionFailed, ProfileNameTaken, TaskWrong, ReferenceMissing, PatternWrong.
    """
    profile = await queries.get_profile(session, profile_id)
    require_version(profile, expected)
    known = documents.references_of(profile)
    before = documents.of_profile(profile, {})
    given = wanted.model_fields_set
    if "computer_naming_pattern" in given:
        _check_pattern(wanted.computer_naming_pattern or "")
    if wanted.tasks is not None:
        _put(profile, tasks=await _tasks(session, admin, wanted.tasks, present=profile.tasks))
    _put(profile, **{name: getattr(wanted, name) for name in given.intersection(FIELDS)})
    if wanted.tags is not None and sorted(wanted.tags) != [row.tag for row in profile.tag_rows]:
        kept = {row.tag: row for row in profile.tag_rows}
        profile.tag_rows = [
            kept.get(tag) or ProfileTag(tag=tag, tenant_id=profile.tenant_id) for tag in sorted(wanted.tags)
        ]
    after = documents.of_profile(profile, {})
    if after == before:
        return profile
    # Written once, when all is checked: each flush of the row would count as a version of it.
    with session.no_autoflush:
        names = await _check_references(session, admin, profile, known=known)
    profile.current_number += 1
    profile.updated_at = clock.now()
    await _flush_name(session, profile.name)
    session.add(_version(profile, admin, {**after, "names": names}, wanted.note))
    await session.flush()
    told = {"version": (profile.current_number - 1, profile.current_number), **documents.changes(before, after)}
    _note(session, verb, profile, told)
    return profile


async def reorder(
    session: AsyncSession, admin: Principal, profile_id: UUID, task_ids: Sequence[UUID], *, expected: int | None
) -> Profile:
    """Put the tasks into another order.

    Raises:
        ProfileNotFound, PreconditionFailed; TaskWrong: not each task once.
    """
    profile = await queries.get_profile(session, profile_id)
    by_id = {task.id: task for task in profile.tasks}
    if sorted(task_ids) != sorted(by_id):
        raise TaskWrong("Give the id of each task of the profile once: load it again if there are others now")
    tasks = [_asked(by_id[task_id]) for task_id in task_ids]
    return await change(
        session, admin, profile_id, ProfileChange(tasks=tasks), expected=expected, verb="tasks_reordered"
    )


async def clone(session: AsyncSession, admin: Principal, profile_id: UUID, name: str, *, is_template: bool) -> Profile:
    """Copy a profile or template; a copy of a template knows where it is from.

    Raises:
        ProfileNotFound, ProfileNameTaken, ReferenceMissing.
    """
    source = await queries.get_profile(session, profile_id)
    new = ProfileIn(
        tags=[row.tag for row in source.tag_rows],
        tasks=[_asked(task, keep_id=False) for task in source.tasks],
        **{field: getattr(source, field) for field in FIELDS if field not in {"name", "is_template"}},
        name=name,
        is_template=is_template,
        note=f"Copy of {source.name}, version {source.current_number}"[:500],
    )
    template_id = source.id if source.is_template and not is_template else source.template_id
    return await create(session, admin, new, template_id=template_id, verb="cloned")


async def use_template(session: AsyncSession, admin: Principal, template_id: UUID, name: str) -> Profile:
    """Make a profile of a template, a built-in one or one's own.

    Raises:
        ProfileNotFound, ProfileNameTaken, ReferenceMissing.
    """
    built_in = templates.find(template_id)
    if built_in is None:
        return await clone(session, admin, template_id, name, is_template=False)
    new = built_in.profile.model_copy(update={"name": name, "note": f"From the template {built_in.profile.name}"})
    return await create(session, admin, new, template_id=built_in.id)


async def delete(session: AsyncSession, profile_id: UUID, *, expected: int | None) -> None:
    """Remove it with its versions. Deployments that were made with it have their own copy.

    Raises:
        ProfileNotFound, PreconditionFailed; ProfileInUse: 409, saying by what.
    """
    profile = await queries.get_profile(session, profile_id)
    require_version(profile, expected)
    uses = [sentence for hook in _used_by for sentence in await hook(session, profile.id)]
    if uses:
        raise ProfileInUse(f"'{profile.name}' is in use: {'; '.join(uses)}. End that first.")
    await session.delete(profile)
    await session.flush()
    _note(session, "deleted", profile, {})


async def _tasks(
    session: AsyncSession, admin: Principal, wanted: Sequence[ProfileTaskIn], *, present: Sequence[ProfileTask]
) -> list[ProfileTask]:
    """The rows of a list of tasks: those that were there keep theirs.

    Raises:
        TaskWrong: 422, saying which task and what of it.
    """
    known = {task.id: task for task in present}
    rows: list[ProfileTask] = []
    for order, task in enumerate(wanted):
        kind, configuration = await _configured(session, order, task)
        row = known.pop(task.id, None) if task.id is not None else None
        if row is None or row.type != task.type:
            row = ProfileTask(id=new_id(), tenant_id=admin.tenant_id)
        _put(
            row,
            order=order,
            type=task.type,
            name=task.name or kind.title,
            configuration=task_types.stored(configuration),
            condition=documents.stored_condition(task.condition),
            timeout_s=task.timeout_s or int(kind.timeout.total_seconds()),
            retries=task.retries,
            continue_on_error=task.continue_on_error,
        )
        rows.append(row)
    return rows


async def _configured(session: AsyncSession, order: int, task: ProfileTaskIn) -> tuple[TaskType, BaseModel]:
    at = ["tasks", str(order), "type"]
    try:
        kind = task_types.get(task.type)
        at[-1] = "configuration"
        configuration = task_types.configuration_of(task.type, task.configuration)
        await kind.check(session, configuration)
    except Invalid as error:
        found = error.extra.get("errors") or [{"loc": [], "msg": error.detail, "type": error.code}]
        errors = [{**one, "loc": [*at, *one["loc"]]} for one in found]
        raise TaskWrong(f"Task {order + 1}, {task.name or task.type}: {error.detail}", errors=errors) from None
    return kind, configuration


async def _check_references(
    session: AsyncSession, admin: Principal, profile: Profile, *, known: set[tuple[str, UUID]]
) -> dict[str, dict[str, str]]:
    """See that what it names is there, as far as it is new. Gives the names, as documents keep them."""
    named = documents.references_of(profile)
    added = named - known
    if any(kind == "secret" for kind, _id in added):
        admin.require("secrets:read")
    await references.require(session, added)
    await _check_edition(session, profile)
    return await references.names(session, named)


def _check_pattern(pattern: str) -> None:
    try:
        naming.parse(pattern)
    except PatternWrong as error:
        raise PatternWrong(error.detail, errors=_errors("computer_naming_pattern", error)) from None


def _errors(field: str, problem: Invalid) -> list[dict[str, Any]]:
    """What is wrong with one field, as with any other."""
    return [{"loc": [field], "msg": problem.detail, "type": problem.code}]


async def _check_edition(session: AsyncSession, profile: Profile) -> None:
    if profile.os_image_id is None:
        if profile.edition_index is not None:
            raise Invalid("edition_index needs os_image_id: choose the image too")
        return
    if profile.edition_index is None:
        return
    statement = select(ImageEdition.index).where(ImageEdition.image_id == profile.os_image_id)
    there = list(await session.scalars(statement.order_by(ImageEdition.index)))
    # An image that is still imported has none yet.
    if there and profile.edition_index not in there:
        problem = Invalid(f"The image has no edition {profile.edition_index}; it has {', '.join(map(str, there))}")
        problem.extra["errors"] = _errors("edition_index", problem)
        raise problem


def _put(row: Profile | ProfileTask, **wanted: Any) -> None:
    """Set what is different: a row that was touched counts as written."""
    for name, value in wanted.items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def _asked(task: ProfileTask, *, keep_id: bool = True) -> ProfileTaskIn:
    return ProfileTaskIn(
        id=task.id if keep_id else None,
        condition=documents.condition_of(task.condition),
        **{
            name: getattr(task, name)
            for name in ("type", "name", "configuration", "timeout_s", "retries", "continue_on_error")
        },
    )


def _version(profile: Profile, admin: Principal, document: dict[str, Any], note: str) -> ProfileVersion:
    return ProfileVersion(
        id=new_id(),
        tenant_id=profile.tenant_id,
        profile_id=profile.id,
        number=profile.current_number,
        document=document,
        note=note,
        created_by_id=admin.id,
        created_by_name=admin.name,
    )


async def _flush_name(session: AsyncSession, name: str) -> None:
    taken = ProfileNameTaken(f"There is a profile or template '{name[:80]}' already: choose another name")
    await flush_name(session, taken)


def _note(session: AsyncSession, verb: str, profile: Profile, changes: dict[str, tuple[Any, Any]]) -> None:
    kind = "template" if profile.is_template else "profile"
    trail.note(
        session,
        f"{kind}.{verb}",
        target_type="profile",
        target_id=profile.id,
        target_name=profile.name,
        changes=changes,
    )
    changed(session, "profiles", f"profile:{profile.id}")
