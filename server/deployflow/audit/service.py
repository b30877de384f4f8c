"""Writes the trail. Nobody calls this: services note what they do, and the transaction brings the notes here."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.audit.models import AuditEvent
from deployflow.platform.changes import changed
from deployflow.platform.context import Context
from deployflow.platform.trail import Note

# A trail is read by people: a script's whole body in it helps nobody. The object itself keeps the long version.
MAX_VALUE_LENGTH = 2000
MAX_NAME_LENGTH = 254


async def record(session: AsyncSession, context: Context, note: Note) -> None:
    """Keep one note, in the transaction of what it tells about."""
    tenant_id = note.tenant_id or context.tenant_id
    if tenant_id is None:
        raise ValueError(f"{note.verb} was noted without a tenant: say whose trail it belongs to")
    session.add(
        AuditEvent(
            tenant_id=tenant_id,
            actor_type=context.actor.type,
            actor_id=context.actor.id,
            actor_name=_text(context.actor.name),
            verb=note.verb,
            target_type=note.target_type,
            target_id=note.target_id,
            target_name=_text(note.target_name),
            changes=_plain(note.changes),
            ip=context.ip,
            request_id=context.request_id,
        )
    )
    changed(session, "audit", tenant_id=tenant_id)
    await session.flush()


def _plain(changes: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    """The changes as JSON that both databases give back exactly as they got it."""
    return {field: [_value(before), _value(after)] for field, (before, after) in changes.items()}


def _value(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return _shortened(value)
    text = json.dumps(value, default=str, ensure_ascii=False, sort_keys=True)
    if isinstance(value, dict | list | tuple) and len(text) <= MAX_VALUE_LENGTH:
        return json.loads(text.replace("\\u0000", ""))
    return _shortened(text.strip('"'))


def _shortened(text: str) -> str:
    text = text.replace("\x00", "")
    return text if len(text) <= MAX_VALUE_LENGTH else text[:MAX_VALUE_LENGTH] + "…"


def _text(name: str) -> str:
    return name.replace("\x00", "")[:MAX_NAME_LENGTH]
