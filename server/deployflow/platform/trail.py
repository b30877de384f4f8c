"""How a write says what it did, without knowing who keeps the record.

A service notes what happened on its session. When the transaction is about to commit, the notes go to
the sink that the app registered (the audit domain), in the same transaction.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.platform.context import Context


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that happened: `verb` as `object.past`, such as `device.approved`.

    Attributes:
        changes: Field to (before, after). Never a secret's value.
        tenant_id: Where the context has none yet, such as the first run.
    """

    verb: str
    target_type: str
    target_id: UUID | None
    target_name: str
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    tenant_id: UUID | None = None


Sink = Callable[[AsyncSession, Context, Note], Awaitable[None]]


def note(
    session: AsyncSession,
    verb: str,
    *,
    target_type: str,
    target_id: UUID | None,
    target_name: str,
    changes: Mapping[str, tuple[Any, Any]] | None = None,
    tenant_id: UUID | None = None,
) -> None:
    """Say on the session what this transaction does. A mutating request notes exactly once."""
    notes(session).append(
        Note(
            verb=verb,
            target_type=target_type,
            target_id=target_id,
            target_name=target_name,
            changes=changes or {},
            tenant_id=tenant_id,
        )
    )


def take_over(row: object, wanted: object, *names: str) -> dict[str, tuple[Any, Any]]:
    """Set what is wanted, not None, and not so yet; gives the changes as a note tells of them."""
    changes: dict[str, tuple[Any, Any]] = {}
    for name in names:
        before, after = getattr(row, name), getattr(wanted, name)
        if after is not None and after != before:
            changes[name] = (before, after)
            setattr(row, name, after)
    return changes


def notes(session: AsyncSession) -> list[Note]:
    """What was noted so far."""
    kept: list[Note] = session.info.setdefault("trail", [])
    return kept
