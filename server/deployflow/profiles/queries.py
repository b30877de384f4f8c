"""Reads of profiles."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload, undefer

from deployflow.images.models import ImageEdition
from deployflow.platform.paging import ListField, ListParams, ListSpec, WrongListParameter, contains, fetch_page
from deployflow.profiles import documents, references, structure, templates
from deployflow.profiles.errors import ProfileNotFound
from deployflow.profiles.findings import Findings
from deployflow.profiles.models import Profile, ProfileTag, ProfileTask, ProfileVersion
from deployflow.profiles.schemas import (
    Named,
    ProfileDetail,
    ProfileOut,
    ProfileTaskOut,
    ProfileTemplateList,
    ProfileVersionDetail,
    ProfileVersionOut,
    ProfileVersionRef,
)


def _search(words: str) -> ColumnElement[bool]:
    return or_(contains(words, Profile.name, Profile.description), _has_tag([words]))


def _has_tag(tags: list[Any]) -> ColumnElement[bool]:
    return exists().where(
        ProfileTag.profile_id == Profile.id, ProfileTag.tenant_id == Profile.tenant_id, ProfileTag.tag.in_(tags)
    )


def _tag(op: str, values: list[Any]) -> ColumnElement[bool]:
    if op in {"eq", "in"}:
        return _has_tag(values)
    if op == "ne":
        return ~_has_tag(values)
    raise WrongListParameter(f"filter[tag] does not know the operator '{op[:20]}'")


LIST = ListSpec(
    fields={
        "name": ListField(Profile.name, sortable=True),
        "os_image_id": ListField(Profile.os_image_id, UUID),
        "tag": ListField(ProfileTag.tag, where=_tag),
        "updated_at": ListField(Profile.updated_at, datetime, sortable=True),
        "created_at": ListField(Profile.created_at, datetime, sortable=True),
    },
    key=Profile.id,
    default_sort="name",
    search=_search,
)


async def list_profiles(session: AsyncSession, params: ListParams, *, are_templates: bool = False) -> dict[str, Any]:
    """A page of profiles, or of one's own templates."""
    statement = select(Profile).where(Profile.is_template.is_(are_templates)).options(selectinload(Profile.tag_rows))
    rows, cursor, total = await fetch_page(session, statement, LIST, params)
    return {"items": await shapes(session, rows), "next_cursor": cursor, "total": total}


async def list_templates(session: AsyncSession, params: ListParams) -> ProfileTemplateList:
    """A page of one's own templates, together with those that come with the product."""
    words = (params.q or "").lower()
    shipped = [templates.shape(one) for one in templates.built_in()]
    found = [one for one in shipped if words in f"{one.name} {one.description}".lower()]
    return ProfileTemplateList(built_in=found, **await list_profiles(session, params, are_templates=True))


async def get_profile(session: AsyncSession, profile_id: UUID) -> Profile:
    """A profile or template with its tasks and tags.

    Raises:
        ProfileNotFound: 404.
    """
    profile = await session.scalar(
        select(Profile)
        .where(Profile.id == profile_id)
        .options(selectinload(Profile.tag_rows), selectinload(Profile.tasks))
        .execution_options(populate_existing=True)
    )
    if profile is None:
        raise ProfileNotFound
    return profile


async def get_version(session: AsyncSession, profile_id: UUID, number: int) -> ProfileVersion:
    """A version with its document.

    Raises:
        ProfileNotFound: 404.
    """
    version = await session.scalar(
        select(ProfileVersion)
        .where(ProfileVersion.profile_id == profile_id, ProfileVersion.number == number)
        .options(undefer(ProfileVersion.document))
    )
    if version is None:
        raise ProfileNotFound(f"This profile has no version {number}")
    return version


async def detail(session: AsyncSession, profile_id: UUID) -> ProfileDetail:
    """What a profile's page shows."""
    profile = await get_profile(session, profile_id)
    (shown,) = await shapes(session, [profile])
    steps = structure.read(profile.tasks)
    findings = Findings()
    structure.look(steps, findings, agent_auto_install=profile.agent_auto_install)
    known = await references.names(session, documents.references_of(profile))
    return ProfileDetail(
        **shown.model_dump(),
        tasks=[_task(task, step.phase) for task, step in zip(profile.tasks, steps, strict=True)],
        references={key: Named(id=UUID(key), name=named["name"]) for key, named in known.items()},
        findings=[one for one in findings.items if one.level != "ok"],
    )


async def list_versions(session: AsyncSession, profile_id: UUID) -> list[ProfileVersionOut]:
    """The history, the newest first."""
    profile = await get_profile(session, profile_id)
    found = await session.scalars(
        select(ProfileVersion).where(ProfileVersion.profile_id == profile_id).order_by(ProfileVersion.number.desc())
    )
    return [_version_out(profile, version) for version in found]


async def version_detail(
    session: AsyncSession, profile_id: UUID, number: int, *, against: int | None
) -> ProfileVersionDetail:
    """A version as its file says it, and its difference to another one: the one before unless named."""
    profile = await get_profile(session, profile_id)
    version = await get_version(session, profile_id, number)
    other = against if against is not None else number - 1
    text = documents.text(version.document)
    diff: list[str] = []
    if other > 0:
        before = documents.text((await get_version(session, profile_id, other)).document)
        diff = documents.difference(before, text, old=f"version {other}", new=f"version {number}")
    return ProfileVersionDetail(
        **_version_out(profile, version).model_dump(), text=text, compared_with=other if other > 0 else None, diff=diff
    )


async def shapes(session: AsyncSession, profiles: Sequence[Profile]) -> list[ProfileOut]:
    """Profiles as lists show them, with the names of what they name."""
    ids = [profile.id for profile in profiles]
    counted = select(ProfileTask.profile_id, func.count()).where(ProfileTask.profile_id.in_(ids))
    counted = counted.group_by(ProfileTask.profile_id)
    counts: dict[UUID, int] = {row[0]: row[1] for row in await session.execute(counted)}
    current = await _current(session, profiles)
    editions = await _editions(session, profiles)
    wanted = {("image", one.os_image_id) for one in profiles if one.os_image_id is not None}
    secrets = {("secret", one.admin_credentials_ref) for one in profiles if one.admin_credentials_ref is not None}
    names = await references.names(session, wanted | secrets)
    made_from = await _made_from(session, profiles)

    def named(thing_id: UUID | None) -> Named | None:
        return None if thing_id is None else Named(id=thing_id, name=names.get(str(thing_id), {}).get("name"))

    return [
        ProfileOut(
            id=one.id,
            name=one.name,
            description=one.description,
            tags=[row.tag for row in one.tag_rows],
            os_image=named(one.os_image_id),
            edition_index=one.edition_index,
            edition_name=editions.get((one.os_image_id, one.edition_index)),
            computer_naming_pattern=one.computer_naming_pattern,
            admin_credentials=named(one.admin_credentials_ref),
            agent_auto_install=one.agent_auto_install,
            is_template=one.is_template,
            template=None
            if one.template_id is None
            else Named(id=one.template_id, name=made_from.get(one.template_id)),
            task_count=counts.get(one.id, 0),
            current=_ref(current[one.id]),
            updated_at=one.updated_at,
            created_at=one.created_at,
            version=one.version,
        )
        for one in profiles
    ]


async def _current(session: AsyncSession, profiles: Sequence[Profile]) -> dict[UUID, ProfileVersion]:
    wanted = [
        and_(ProfileVersion.profile_id == one.id, ProfileVersion.number == one.current_number) for one in profiles
    ]
    if not wanted:
        return {}
    found = await session.scalars(select(ProfileVersion).where(or_(*wanted)))
    return {version.profile_id: version for version in found}


async def _editions(session: AsyncSession, profiles: Sequence[Profile]) -> dict[tuple[UUID | None, int | None], str]:
    images = {one.os_image_id for one in profiles if one.os_image_id is not None}
    if not images:
        return {}
    found = await session.execute(
        select(ImageEdition.image_id, ImageEdition.index, ImageEdition.name).where(ImageEdition.image_id.in_(images))
    )
    return {(image_id, index): name for image_id, index, name in found}


async def _made_from(session: AsyncSession, profiles: Sequence[Profile]) -> dict[UUID, str]:
    wanted = {one.template_id for one in profiles if one.template_id is not None}
    names = {one.id: one.profile.name for one in templates.built_in() if one.id in wanted}
    own = wanted - names.keys()
    if own:
        found = await session.execute(select(Profile.id, Profile.name).where(Profile.id.in_(own)))
        names |= {row[0]: row[1] for row in found}
    return names


def _task(task: ProfileTask, phase: Any) -> ProfileTaskOut:
    return ProfileTaskOut(
        id=task.id,
        order=task.order,
        type=task.type,
        name=task.name,
        phase=phase,
        configuration=task.configuration,
        condition=documents.condition_of(task.condition),
        timeout_s=task.timeout_s,
        retries=task.retries,
        continue_on_error=task.continue_on_error,
    )


def _ref(version: ProfileVersion) -> ProfileVersionRef:
    return ProfileVersionRef(
        version_id=version.id,
        number=version.number,
        created_at=version.created_at,
        created_by=version.created_by_name,
    )


def _version_out(profile: Profile, version: ProfileVersion) -> ProfileVersionOut:
    return ProfileVersionOut(
        **_ref(version).model_dump(), note=version.note, is_current=version.number == profile.current_number
    )
