"""WinPE out of an imported ISO: its `boot.wim` with the agent, our start-up files, the server's key and drivers.

Offline we can add files only: drivers lie in the image and are loaded when WinPE starts.
"""

import zipfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.enrollment import install
from deployflow.enrollment.errors import AgentNotBuilt
from deployflow.identity.access import Principal
from deployflow.images import environments, queries, wims
from deployflow.images.errors import (
    AgentMissing,
    BootFilesMissing,
    EnvironmentBusy,
    WimbootMissing,
    WimbootWrong,
)
from deployflow.images.models import BootEnvironment, BootEnvironmentFile, ImageBootFile
from deployflow.images.schemas import EnvironmentIn, EnvironmentList, FileOut
from deployflow.images.states import EnvironmentState
from deployflow.platform import clock, jobs, trail
from deployflow.platform.context import system_context
from deployflow.platform.db import after_commit
from deployflow.platform.ids import new_id
from deployflow.platform.importing import FileProblem, reason_of
from deployflow.platform.jobs import JobKind, Unfinished
from deployflow.platform.preconditions import require_version
from deployflow.platform.programs import MIB
from deployflow.platform.runtime import Runtime
from deployflow.platform.storage import Content, content_store
from deployflow.platform.threads import in_thread
from deployflow.uploads import files as uploaded
from deployflow.uploads import service as uploads

KIND = "winpe"
HERE = Path(__file__).parent / "winpe"
NEEDED = ("boot.wim", "boot.sdi", "BCD")
WIMBOOT = "wimboot"
MAX_WIMBOOT_BYTES = 8 * MIB
# A program for EFI that is a Linux kernel to a BIOS loader: both marks are in its first sectors.
EFI_MARK, KERNEL_MARK, KERNEL_MARK_AT = b"MZ", b"HdrS", 0x202
AGENT_FILE_LIMIT = 256 * MIB

Archive = dict[str, Any]
FindPacks = Callable[[AsyncSession, Sequence[UUID]], Awaitable[list[Archive]]]
ServerKey = Callable[[Runtime], bytes]


class _Above:
    """What the domains above have registered."""

    packs: FindPacks | None = None
    server_key: ServerKey | None = None


def packs_are_found_by(find: FindPacks) -> None:
    """Register who knows driver packs: gives `{"name", "sha256"}` of each, or raises."""
    _Above.packs = find


def server_key_is(key: ServerKey) -> None:
    """Register who knows the public key that boot environments pin, as PEM."""
    _Above.server_key = key


async def list_all(session: AsyncSession, runtime: Runtime) -> EnvironmentList:
    """Every environment, and what the next WinPE would be made with."""
    wimboot = await known_wimboot(session, runtime)
    return EnvironmentList(
        items=await environments.list_environments(session),
        wimboot=FileOut(name=WIMBOOT, sha256=wimboot.sha256, size_bytes=wimboot.size_bytes) if wimboot else None,
    )


async def begin(session: AsyncSession, runtime: Runtime, admin: Principal, new: EnvironmentIn) -> BootEnvironment:
    """Have WinPE made.

    Raises:
        ImageNotFound, BootFilesMissing, WimbootMissing, WimbootWrong, AgentMissing.
    """
    image = await queries.get_image(session, new.image_id)
    brought = {one.name for one in image.boot_files}
    if not brought.issuperset(NEEDED):
        raise BootFilesMissing
    try:
        await in_thread(install.build, runtime.settings, "win-x64")
    except AgentNotBuilt as error:
        raise AgentMissing from error
    wimboot = await _wimboot(session, runtime, new)
    packs = await _Above.packs(session, new.driver_pack_ids) if _Above.packs and new.driver_pack_ids else []
    row = BootEnvironment(
        id=new_id(),
        kind="winpe",
        name=new.name or f"WinPE of {image.name}",
        environment_version=image.image_version,
        architecture=image.architecture or "x64",
        state=EnvironmentState.MAKING,
        driver_packs=packs,
        made_from_image_id=image.id,
        made_from_name=f"{image.name} {image.image_version}".strip(),
        made_by_name=admin.name,
    )
    session.add(row)
    environments.set_files(row, {WIMBOOT: wimboot})
    await session.flush()
    await _note(session, "boot_environment.created", row)
    jobs.queued(session, KIND)
    return row


async def delete(session: AsyncSession, runtime: Runtime, environment_id: UUID, *, expected: int | None) -> None:
    """Take an environment away; machines that start from now on do without it.

    Raises:
        EnvironmentNotFound, EnvironmentBusy, PreconditionFailed.
    """
    row = await environments.get_environment(session, environment_id)
    require_version(row, expected)
    if row.state == EnvironmentState.MAKING:
        raise EnvironmentBusy
    await _note(session, "boot_environment.deleted", row)
    await session.delete(row)
    after_commit(session, lambda: environments.withdraw(runtime, environment_id))


async def make(runtime: Runtime, environment_id: UUID) -> None:
    """The whole of it: a matter of seconds, and nothing of it is worth keeping half done."""
    async with runtime.db.read(system_context()) as session:
        row = await environments.get_environment(session, environment_id)
        boot_files = await session.scalars(
            select(ImageBootFile).where(ImageBootFile.image_id == row.made_from_image_id)
        )
        taken = {one.name: Content(one.sha256, one.size_bytes) for one in boot_files}
        files = {one.name: Content(one.sha256, one.size_bytes) for one in row.files}
    if not taken.keys() >= set(NEEDED):
        raise FileProblem("image_deleted", "The image was deleted meanwhile: make the environment of another one")
    files |= {"boot.sdi": taken["boot.sdi"], "BCD": taken["BCD"]}
    files["boot.wim"] = await _boot_wim(runtime, taken["boot.wim"], row.driver_packs)
    files["winpeshl.ini"] = await in_thread(environments.keep_file, runtime, HERE / "winpeshl.ini")
    async with runtime.db.write(system_context()) as session:
        row = await environments.get_environment(session, environment_id)
        environments.set_files(row, files)
        row.state, row.made_at = EnvironmentState.READY, clock.now()
        row.error_code = row.error_message = None
        row.updated_at = clock.now()
        await environments.tell(session)
    await in_thread(environments.publish, runtime, environment_id, "winpe", files)


async def failed(runtime: Runtime, environment_id: UUID, error: Exception) -> None:
    """Write into the row why it was not made."""
    async with runtime.db.write(system_context()) as session:
        row = await session.get(BootEnvironment, environment_id)
        if row is None or row.state != EnvironmentState.MAKING:
            return
        row.state = EnvironmentState.FAILED
        row.error_code, row.error_message = reason_of(error)
        row.updated_at = clock.now()
        await environments.tell(session)


async def unfinished(session: AsyncSession) -> Sequence[Unfinished]:
    rows = await session.execute(
        select(BootEnvironment.id, BootEnvironment.updated_at).where(BootEnvironment.state == EnvironmentState.MAKING)
    )
    return [Unfinished(job_id, 1, alive_at) for job_id, alive_at in rows]


jobs.register(JobKind(name=KIND, steps={"make": make}, failed=failed, unfinished=unfinished))


async def _wimboot(session: AsyncSession, runtime: Runtime, new: EnvironmentIn) -> Content:
    if new.wimboot_upload_id is None:
        known = await known_wimboot(session, runtime)
        if known is None:
            raise WimbootMissing
        return known
    upload = await uploads.take(session, runtime, new.wimboot_upload_id, purpose="image")
    file = uploaded.file_of(runtime, upload.id)
    if upload.size_bytes > MAX_WIMBOOT_BYTES:
        raise WimbootWrong("This file is too large to be wimboot, which has less than 100 KiB")
    content = await in_thread(file.read_bytes)
    if content[:2] != EFI_MARK or content[KERNEL_MARK_AT : KERNEL_MARK_AT + 4] != KERNEL_MARK:
        raise WimbootWrong("This file is not wimboot: take the one called `wimboot` of https://ipxe.org/wimboot")
    kept = await in_thread(_put, runtime, content)
    if kept.sha256 != new.wimboot_sha256:
        raise WimbootWrong(f"The file has the SHA-256 {kept.sha256}, not the one given: download it again")
    await uploads.forget(session, runtime, upload.id)
    return kept


async def known_wimboot(session: AsyncSession, runtime: Runtime) -> Content | None:
    """The newest `wimboot` that somebody brought."""
    found = await session.scalar(
        select(BootEnvironmentFile)
        .join(BootEnvironment, BootEnvironment.id == BootEnvironmentFile.environment_id)
        .where(BootEnvironmentFile.name == WIMBOOT)
        .order_by(BootEnvironment.created_at.desc())
        .limit(1)
    )
    if found is None or runtime.part(content_store).find(found.sha256) is None:
        return None
    return Content(found.sha256, found.size_bytes)


async def _boot_wim(runtime: Runtime, given: Content, packs: Sequence[Mapping[str, Any]]) -> Content:
    store = runtime.part(content_store)
    source = store.path(given.sha256)
    images = await wims.read_images(source)
    # The first one is WinPE, the second would start Windows Setup.
    chosen = next((one for one in images if "setup" not in one.name.lower()), images[0] if images else None)
    if chosen is None:
        raise FileProblem("boot_wim_empty", "The image's boot.wim holds no image: import another ISO")
    store.require_space(given.size_bytes * 2)
    with store.work_folder() as folder:
        wim = folder / "boot.wim"
        await wims.export_bootable(source, chosen.index, wim)
        commands = await in_thread(_gather, runtime, folder, packs)
        await wims.update(wim, 1, commands, folder=folder)
        return await in_thread(store.adopt, wim)


def _gather(runtime: Runtime, folder: Path, packs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Lay out what goes into the image; gives the commands that put it there."""
    assert _Above.server_key is not None
    root = folder / "root"
    agent = root / "deployflow"
    agent.mkdir(parents=True)
    _unzip(install.build(runtime.settings, "win-x64").path, agent)
    (agent / "start.cmd").write_bytes((HERE / "start.cmd").read_bytes())
    (agent / "server.pem").write_bytes(_Above.server_key(runtime))
    for number, pack in enumerate(packs):
        archive = runtime.part(content_store).path(pack["sha256"])
        if not archive.exists():
            raise FileProblem("driver_pack_missing", f"The driver pack {pack['name']} was deleted meanwhile")
        _unzip(archive, agent / "drivers" / str(number))
    system = folder / "system"
    system.mkdir()
    (system / "winpeshl.ini").write_bytes((HERE / "winpeshl.ini").read_bytes())
    return [
        f'add "{agent}" /deployflow',
        f'add "{system / "winpeshl.ini"}" /Windows/System32/winpeshl.ini',
    ]


def _unzip(archive: Path, folder: Path) -> None:
    """Unpack an archive of our own making. Its names are plain; `extract` would mend them if they were not."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            if member.file_size > AGENT_FILE_LIMIT:
                raise FileProblem("archive_too_large", f"{member.filename[:100]} is too large for a boot image")
            opened.extract(member, folder)


def _put(runtime: Runtime, content: bytes) -> Content:
    with runtime.part(content_store).new_file() as file:
        file.write(content)
        return file.keep()


async def _note(session: AsyncSession, verb: str, row: BootEnvironment) -> None:
    trail.note(session, verb, target_type="boot_environment", target_id=row.id, target_name=row.name)
    await environments.tell(session)
