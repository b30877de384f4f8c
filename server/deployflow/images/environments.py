"""Boot environments: rows and their files. One list for the whole installation, whoever made them."""

import json
import os
import shutil
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from deployflow.identity.models import Tenant
from deployflow.images.errors import EnvironmentNotFound
from deployflow.images.models import BootEnvironment, BootEnvironmentFile
from deployflow.images.schemas import EnvironmentOut, FileOut
from deployflow.images.states import EnvironmentState
from deployflow.platform import clock, trail
from deployflow.platform.changes import changed
from deployflow.platform.context import Actor, Context, system_context
from deployflow.platform.ids import new_id
from deployflow.platform.runtime import Runtime
from deployflow.platform.storage import CHUNK_BYTES, Content, content_store
from deployflow.platform.threads import in_thread

MANIFEST = "manifest.json"
# Until then whoever made it publishes it.
SETTLED = timedelta(minutes=2)


async def list_environments(session: AsyncSession) -> list[EnvironmentOut]:
    """All of them, the newest first; there are never many."""
    rows = await session.scalars(
        select(BootEnvironment)
        .options(selectinload(BootEnvironment.files))
        .order_by(BootEnvironment.created_at.desc(), BootEnvironment.id.desc())
    )
    return [shape(row) for row in rows]


async def get_environment(session: AsyncSession, environment_id: UUID) -> BootEnvironment:
    """One with its files.

    Raises:
        EnvironmentNotFound: 404.
    """
    row = await session.scalar(
        select(BootEnvironment)
        .where(BootEnvironment.id == environment_id)
        .options(selectinload(BootEnvironment.files))
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise EnvironmentNotFound
    return row


async def newest(session: AsyncSession, kind: str) -> BootEnvironment | None:
    """The environment of a kind that machines start now."""
    return await session.scalar(
        select(BootEnvironment)
        .where(BootEnvironment.kind == kind, BootEnvironment.state == EnvironmentState.READY)
        .options(selectinload(BootEnvironment.files))
        .order_by(BootEnvironment.made_at.desc(), BootEnvironment.id.desc())
        .limit(1)
    )


async def add_boot_environment(
    session: AsyncSession,
    *,
    kind: str,
    name: str,
    files: Mapping[str, Content],
    made_by: str,
    environment_version: str = "",
    architecture: str = "x64",
) -> BootEnvironment:
    """Keep an environment that was built elsewhere. Its files are in the content store already, by name."""
    row = BootEnvironment(
        id=new_id(),
        kind=kind,
        name=name,
        environment_version=environment_version,
        architecture=architecture,
        state=EnvironmentState.READY,
        driver_packs=[],
        made_by_name=made_by,
        made_at=clock.now(),
    )
    session.add(row)
    set_files(row, files)
    await session.flush()
    await tell(session)
    return row


def set_files(row: BootEnvironment, files: Mapping[str, Content]) -> None:
    row.files = [
        BootEnvironmentFile(environment_id=row.id, name=name, sha256=content.sha256, size_bytes=content.size_bytes)
        for name, content in sorted(files.items())
    ]


async def tell(session: AsyncSession) -> None:
    """Tell the screens of every organisation: they all see the same list."""
    for tenant_id in await session.scalars(select(Tenant.id)):
        changed(session, "boot-environments", tenant_id=tenant_id)


async def take_built(runtime: Runtime, folder: Path, *, made_by: str) -> BootEnvironment:
    """List an environment that `deployflow boot build` made, and serve it from the store; its folder is used up.

    The same files again are the same environment, which machines then start before others.
    """
    said = json.loads(await in_thread((folder / MANIFEST).read_text))
    kind, kernel, suite = said["kind"], said["kernel"], said["suite"]
    files = {name: await in_thread(keep_file, runtime, folder / name) for name in said["files"]}
    actor = Actor(type="system", id=None, name=made_by)
    async with runtime.db.write(Context(actor=actor, all_tenants=True)) as session:
        row = await _with_files(session, kind, files)
        if row is None:
            row = await add_boot_environment(
                session,
                kind=kind,
                name=f"Linux {kernel}",
                environment_version=f"Debian {suite}",
                files=files,
                made_by=made_by,
            )
        row.made_at = row.updated_at = clock.now()
        for tenant_id in await session.scalars(select(Tenant.id)):
            trail.note(
                session,
                "boot_environment.created",
                target_type="boot_environment",
                target_id=row.id,
                target_name=row.name,
                tenant_id=tenant_id,
            )
        await tell(session)
    more = {name: value for name, value in said.items() if name not in {"id", "files"}}
    await in_thread(publish, runtime, row.id, kind, files, more)
    await in_thread(shutil.rmtree, folder)
    return row


def keep_file(runtime: Runtime, source: Path) -> Content:
    """Copy a file into the store. Blocks."""
    with runtime.part(content_store).new_file() as file, source.open("rb") as opened:
        while part := opened.read(CHUNK_BYTES):
            file.write(part)
        return file.keep()


def publish(
    runtime: Runtime,
    environment_id: UUID,
    kind: str,
    files: Mapping[str, Content],
    more: Mapping[str, Any] | None = None,
) -> None:
    """Put it where machines are served from: a folder with a manifest, written last, because it makes it start.

    The files are links to the content, which takes no room and stays when the content is swept. `more` is said in the
    manifest too. Blocks.
    """
    folder = served_folder(runtime, environment_id)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    store = runtime.part(content_store)
    for name, content in files.items():
        _link(store.path(content.sha256), folder / name)
    said = {name: {"sha256": content.sha256, "size_bytes": content.size_bytes} for name, content in files.items()}
    unfinished = folder / f"{MANIFEST}.part"
    unfinished.write_text(json.dumps({**(more or {}), "kind": kind, "files": said}, indent=1))
    unfinished.replace(folder / MANIFEST)


async def publish_missing(runtime: Runtime) -> int:
    """Publish what is ready and not served here: after a restore, or in a process that did not make it.

    Gives how many there were.
    """
    async with runtime.db.read(system_context()) as session:
        rows = await session.scalars(
            select(BootEnvironment)
            .where(BootEnvironment.state == EnvironmentState.READY, BootEnvironment.made_at < clock.now() - SETTLED)
            .options(selectinload(BootEnvironment.files))
            .order_by(BootEnvironment.made_at)
        )
        missing = [row for row in rows if not (served_folder(runtime, row.id) / MANIFEST).exists()]
    published = 0
    for row in missing:
        files = {one.name: Content(one.sha256, one.size_bytes) for one in row.files}
        if await in_thread(_publish_again, runtime, row, files):
            published += 1
    return published


def _publish_again(runtime: Runtime, row: BootEnvironment, files: Mapping[str, Content]) -> bool:
    store = runtime.part(content_store)
    if not files or any(store.find(content.sha256) is None for content in files.values()):
        return False
    publish(runtime, row.id, row.kind, files)
    if row.made_at is not None:
        # The newest one is started: an old one that is published late is not it.
        made_at = row.made_at.timestamp()
        os.utime(served_folder(runtime, row.id) / MANIFEST, (made_at, made_at))
    return True


def withdraw(runtime: Runtime, environment_id: UUID) -> None:
    """Take it from where machines are served. Blocks."""
    shutil.rmtree(served_folder(runtime, environment_id), ignore_errors=True)


def shape(row: BootEnvironment) -> EnvironmentOut:
    return EnvironmentOut(
        id=row.id,
        kind="linux" if row.kind == "linux" else "winpe",
        name=row.name,
        environment_version=row.environment_version,
        architecture=row.architecture,
        state=EnvironmentState(row.state),
        error_code=row.error_code,
        error_message=row.error_message,
        files=[FileOut.model_validate(one) for one in row.files],
        driver_packs=[str(one["name"]) for one in row.driver_packs],
        made_from=row.made_from_name,
        made_by=row.made_by_name,
        made_at=row.made_at,
        created_at=row.created_at,
        version=row.version,
    )


def served_folder(runtime: Runtime, environment_id: UUID) -> Path:
    return runtime.settings.data_dir / "boot" / str(environment_id)


async def _with_files(session: AsyncSession, kind: str, files: Mapping[str, Content]) -> BootEnvironment | None:
    """The one of exactly these files."""
    rows = await session.scalars(
        select(BootEnvironment)
        .where(BootEnvironment.kind == kind, BootEnvironment.state == EnvironmentState.READY)
        .options(selectinload(BootEnvironment.files))
    )
    wanted = {name: content.sha256 for name, content in files.items()}
    return next((row for row in rows if {one.name: one.sha256 for one in row.files} == wanted), None)


def _link(content: Path, name: Path) -> None:
    try:
        os.link(content, name)
    except OSError:
        # Another disk, or one that knows no links.
        shutil.copyfile(content, name)
