"""The tasks that bring Windows onto the disk: the image, and drivers for the machine."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, model_validator
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from deployflow.drivers import queries as drivers
from deployflow.drivers.models import DriverPack
from deployflow.images.models import ImageEdition, OsImage
from deployflow.profiles import disk_tasks
from deployflow.profiles.contents import content
from deployflow.profiles.fields import Strict
from deployflow.profiles.findings import Findings
from deployflow.profiles.subject import Machine, Subject
from deployflow.profiles.task_types import CannotFreeze, Frozen, TaskType

MAX_PACKS = 50
GB = 1024**3


class ApplyImage(Strict):
    """The profile's image and edition, unless others are named."""

    os_image_id: UUID | None = None
    edition_index: Annotated[int, Field(ge=1, le=1000)] | None = None

    @model_validator(mode="after")
    def _fits(self) -> "ApplyImage":
        if (self.os_image_id is None) != (self.edition_index is None):
            raise ValueError("give os_image_id and edition_index together, or neither for those of the profile")
        return self


class ApplyImageTask(TaskType):
    """Applies an edition of an OS image to the Windows partition."""

    name = "apply_image"
    title = "Apply the image"
    summary = "Writes an edition of an OS image onto the Windows partition and makes it start from there."
    configuration_model = ApplyImage
    rank = 20
    timeout = timedelta(hours=2)

    def references(self, configuration: Any) -> Iterable[tuple[str, UUID]]:
        assert isinstance(configuration, ApplyImage)
        if configuration.os_image_id is not None:
            yield "image", configuration.os_image_id

    async def preflight(self, session: AsyncSession, configuration: Any, subject: Subject, findings: Findings) -> None:
        assert isinstance(configuration, ApplyImage)
        try:
            image, edition = await _found(session, configuration, subject)
        except CannotFreeze as error:
            findings.error("image_missing", str(error))
            return
        findings.ok("image_ready", f"{image.name} is ready, with {edition.name}")
        if image.architecture not in {None, "x64"}:
            findings.warning("architecture", f"{image.name} is for {image.architecture}, and boot environments are x64")
        _check_room(edition, subject, findings)

    async def freeze(self, session: AsyncSession, configuration: Any, subject: Subject) -> Frozen:
        assert isinstance(configuration, ApplyImage)
        image, edition = await _found(session, configuration, subject)
        assert image.content_sha256 is not None
        chosen = {"index": edition.index, "name": edition.name}
        plain = None
        if image.wim_sha256 is not None:
            plain = {"content": content(image.wim_sha256, image.wim_bytes), "pipable": False, **chosen}
        streamed = {"content": content(image.content_sha256, image.content_bytes), "pipable": True, **chosen}
        return Frozen(streamed, in_winpe=plain)


async def _found(session: AsyncSession, asked: ApplyImage, subject: Subject) -> tuple[OsImage, ImageEdition]:
    """The image and its edition. Raises `CannotFreeze`."""
    image_id = asked.os_image_id or subject.os_image_id
    index = asked.edition_index or subject.edition_index
    if image_id is None or index is None:
        raise CannotFreeze("No OS image is chosen: choose an image and an edition at the head of the profile")
    image = await session.scalar(select(OsImage).where(OsImage.id == image_id).options(selectinload(OsImage.editions)))
    if image is None:
        raise CannotFreeze("The OS image does not exist any more: choose another one")
    if image.content_sha256 is None:
        raise CannotFreeze(f"The OS image {image.name} is not ready ({image.state}): wait for its import, or mend it")
    if image.wim_sha256 is None and subject.machine is not None and subject.machine.environment == "winpe":
        raise CannotFreeze(
            f"The OS image {image.name} was imported before images were kept for WinPE too: import it again, or start"
            " the machine in the Linux boot environment"
        )
    edition = next((one for one in image.editions if one.index == index), None)
    if edition is None:
        known = ", ".join(f"{one.index} {one.name}" for one in image.editions) or "none"
        raise CannotFreeze(f"{image.name} has no edition {index}: choose one of {known}")
    return image, edition


def _check_room(edition: ImageEdition, subject: Subject, findings: Findings) -> None:
    layout, machine = subject.disk_layout, subject.machine
    if layout is None or machine is None:
        return
    disk = disk_tasks.chosen(layout.disk, machine)
    if disk is None:
        return
    room = disk_tasks.room_for_windows(layout, disk.size_bytes)
    if room is None:
        findings.error("no_windows_partition", "The disk's layout has no Windows partition for the image: add one")
    elif room < edition.size_bytes:
        findings.error(
            "disk_too_small",
            f"{edition.name} takes {edition.size_bytes / GB:.1f} GB, and its partition on {disk.name} gets "
            f"{max(room, 0) / GB:.1f} GB: use a larger disk or partition",
        )


class InjectDrivers(Strict):
    """Packs that match the machine, or those named."""

    select: Literal["match", "named"] = "match"
    pack_ids: Annotated[list[UUID], Field(max_length=MAX_PACKS)] = Field(default_factory=list)
    required: Annotated[bool, Field(description="Stop where no pack matches")] = False

    @model_validator(mode="after")
    def _fits(self) -> "InjectDrivers":
        if (self.select == "named") != bool(self.pack_ids):
            raise ValueError("give pack_ids together with select named, and only then")
        return self


class InjectDriversTask(TaskType):
    """Adds drivers to the applied image."""

    name = "inject_drivers"
    title = "Inject drivers"
    summary = "Adds driver packs to the applied image: those that match the machine's model, or named ones."
    configuration_model = InjectDrivers
    rank = 30
    needs_image = True
    timeout = timedelta(minutes=30)

    def references(self, configuration: Any) -> Iterable[tuple[str, UUID]]:
        assert isinstance(configuration, InjectDrivers)
        return (("driver_pack", pack_id) for pack_id in configuration.pack_ids)

    async def preflight(self, session: AsyncSession, configuration: Any, subject: Subject, findings: Findings) -> None:
        assert isinstance(configuration, InjectDrivers)
        if configuration.select == "match":
            await _preflight_match(session, configuration, subject.machine, findings)
            return
        try:
            packs = await _named(session, configuration.pack_ids)
        except CannotFreeze as error:
            findings.error("driver_pack_missing", str(error))
            return
        findings.ok("drivers", f"Driver packs: {', '.join(pack.name for pack in packs)}")

    async def freeze(self, session: AsyncSession, configuration: Any, subject: Subject) -> Frozen:
        assert isinstance(configuration, InjectDrivers)
        if configuration.select == "named":
            packs = await _named(session, configuration.pack_ids)
        else:
            packs = await drivers.packs_for(session, subject.machine) if subject.machine is not None else []
            if not packs and configuration.required:
                raise CannotFreeze(_no_match(subject.machine))
        return Frozen({"packs": [_frozen(pack) for pack in packs], "required": configuration.required})


async def _preflight_match(
    session: AsyncSession, configuration: InjectDrivers, machine: Machine | None, findings: Findings
) -> None:
    if machine is None:
        return
    if not machine.sku and not machine.model:
        findings.warning("model_unknown", f"The model of {machine.title} is not known yet, and so no drivers for it")
        return
    packs = await drivers.packs_for(session, machine)
    if packs:
        findings.ok("drivers", f"Driver packs for {machine.title}: {', '.join(pack.name for pack in packs)}")
    elif configuration.required:
        findings.error("no_matching_driver", _no_match(machine))
    else:
        findings.warning("no_matching_driver", _no_match(machine))


def _no_match(machine: Machine | None) -> str:
    model = " ".join(part for part in (machine.manufacturer, machine.model) if part) if machine is not None else ""
    return f"No driver pack matches {model or 'this machine'}: import one, or let one match it"


async def _named(session: AsyncSession, ids: Sequence[UUID]) -> list[DriverPack]:
    """The named packs in their order. Raises `CannotFreeze`."""
    statement = select(DriverPack).where(DriverPack.id.in_(ids)).options(selectinload(DriverPack.infs))
    found = {pack.id: pack for pack in await session.scalars(statement)}
    if len(found) < len(set(ids)):
        raise CannotFreeze("A driver pack that is named here does not exist any more: choose again")
    packs = [found[one] for one in dict.fromkeys(ids)]
    unready = next((pack for pack in packs if pack.content_sha256 is None), None)
    if unready is not None:
        raise CannotFreeze(f"The driver pack {unready.name} is not ready ({unready.state}): wait for it, or mend it")
    return packs


def _frozen(pack: DriverPack) -> dict[str, Any]:
    assert pack.content_sha256 is not None
    return {
        "id": str(pack.id),
        "name": pack.name,
        "content": content(pack.content_sha256, pack.content_bytes),
        "infs": [inf.path for inf in pack.infs if inf.error is None],
    }
