"""Where the progress of an import is written, and where it hears that somebody called it off."""

from uuid import UUID

from sqlalchemy import select, update

from deployflow.images.models import ImageImport
from deployflow.platform import clock
from deployflow.platform.changes import changed
from deployflow.platform.context import system_context
from deployflow.platform.progress import Progress
from deployflow.platform.runtime import Runtime


def progress_of(runtime: Runtime, import_id: UUID, *, total: int | None) -> Progress:
    """Counts one step of an import."""

    async def write(done: int, total: int | None, per_second: int | None) -> bool:
        return await _write(runtime, import_id, done, total, per_second)

    return Progress(write, total=total)


async def _write(runtime: Runtime, import_id: UUID, done: int, total: int | None, per_second: int | None) -> bool:
    async with runtime.db.write(system_context()) as session:
        found = (
            await session.execute(
                select(ImageImport.tenant_id, ImageImport.image_id, ImageImport.cancel_requested_at).where(
                    ImageImport.id == import_id
                )
            )
        ).one_or_none()
        if found is None:
            # An import whose image was deleted is called off as well.
            return False
        await session.execute(
            update(ImageImport)
            .where(ImageImport.id == import_id)
            .values(bytes_done=done, bytes_total=total, bytes_per_s=per_second, updated_at=clock.now())
        )
        changed(session, "image-imports", f"image:{found.image_id}", tenant_id=found.tenant_id)
        return found.cancel_requested_at is None
