"""Says what changed, once it is durable: to screens, which fetch again, and to waiters in every process."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.platform.context import Context
from deployflow.platform.db import after_commit
from deployflow.platform.wakeups import Wakeups

CHANGES = "changes"
"""The channel of what screens show. Its keys are `<tenant id>/<topic>`, such as `…/devices` or `…/device:<id>`."""


def changed(session: AsyncSession, *topics: str, tenant_id: UUID | None = None) -> None:
    """Tell the screens of the session's tenant, after the commit, that `topics` changed."""
    context: Context = session.info["context"]
    tenant = tenant_id or context.tenant_id
    wake_after_commit(session, CHANGES, *(f"{tenant}/{topic}" for topic in topics))


def wake_after_commit(session: AsyncSession, channel: str, *keys: str) -> None:
    """Publish a wake-up once the transaction is durable; several of one transaction leave as one."""
    wakeups: Wakeups | None = session.info.get("wakeups")
    if wakeups is None:
        return
    waiting: dict[str, set[str]] | None = session.info.get("wake")
    if waiting is None:
        waiting = session.info["wake"] = {}

        def publish() -> None:
            for name, wanted in waiting.items():
                wakeups.publish(name, wanted)

        after_commit(session, publish)
    waiting.setdefault(channel, set()).update(keys)
