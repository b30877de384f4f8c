"""Reads of uploads."""

import asyncio
from collections.abc import Sequence
from typing import cast
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.identity.access import Principal
from deployflow.platform.runtime import Runtime
from deployflow.uploads import files
from deployflow.uploads.errors import UploadNotFound
from deployflow.uploads.models import Upload
from deployflow.uploads.schemas import PURPOSES, Purpose, UploadOut
from deployflow.uploads.states import UploadState

# Whoever has more unfinished files than this has another problem than finding one.
MAX_LISTED = 200


async def list_uploads(session: AsyncSession, runtime: Runtime, admin: Principal) -> list[UploadOut]:
    """What is on its way or waits to be used, the newest first, as far as the caller may upload such things."""
    allowed = [purpose for purpose, permission in PURPOSES.items() if admin.may(permission)]
    rows = (
        await session.scalars(
            select(Upload)
            .where(Upload.purpose.in_(allowed), Upload.state != UploadState.TAKEN)
            .order_by(Upload.created_at.desc(), Upload.id.desc())
            .limit(MAX_LISTED)
        )
    ).all()
    lengths = await asyncio.to_thread(lambda: [files.length(runtime, row.id) for row in rows])
    return [_shape(row, offset) for row, offset in zip(rows, lengths, strict=True)]


async def get_upload(session: AsyncSession, admin: Principal, upload_id: UUID) -> Upload:
    """An upload that nobody has taken.

    Raises:
        UploadNotFound: 404.
        Forbidden: 403, when its purpose is not the caller's business.
    """
    row = await session.scalar(select(Upload).where(Upload.id == upload_id, Upload.state != UploadState.TAKEN))
    if row is None:
        raise UploadNotFound
    admin.require(PURPOSES[cast("Purpose", row.purpose)])
    return row


async def shape(runtime: Runtime, row: Upload) -> UploadOut:
    return _shape(row, await asyncio.to_thread(files.length, runtime, row.id))


async def announced(session: AsyncSession) -> tuple[int, Sequence[UUID]]:
    """How large all uploads will be together, in what the session sees, and which they are."""
    total = await session.scalar(select(func.sum(Upload.size_bytes)))
    return int(total or 0), (await session.scalars(select(Upload.id))).all()


def _shape(row: Upload, offset: int) -> UploadOut:
    # The last byte may have come, and the server died before it could say so.
    whole = row.state == UploadState.OPEN and offset == row.size_bytes
    return UploadOut(
        id=row.id,
        purpose=cast("Purpose", row.purpose),
        file_name=row.file_name,
        size_bytes=row.size_bytes,
        offset=offset,
        state=UploadState.FINISHED if whole else UploadState(row.state),
        created_by=row.created_by_name,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
