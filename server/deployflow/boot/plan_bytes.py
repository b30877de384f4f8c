"""The plan of a session as exact bytes, signed by the server's boot key: made once, when its machine first asks.

Then and not at the approval, because the machine's own request says by which address it reaches the server.
"""

import json
from uuid import UUID

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.orm import undefer

from deployflow.boot.errors import SessionNotFound
from deployflow.boot.keys import BootKey
from deployflow.boot.models import BootSession
from deployflow.boot.states import SessionState
from deployflow.deployments import plans, service
from deployflow.enrollment import install
from deployflow.platform import clock
from deployflow.platform.context import Context
from deployflow.platform.runtime import Runtime


async def make(runtime: Runtime, request: Request, session_id: UUID) -> BootSession:
    """The session with its plan."""
    context: Context = request.state.context
    async with runtime.db.write(context) as session:
        row = await session.scalar(
            select(BootSession)
            .where(BootSession.id == session_id)
            .options(undefer(BootSession.plan), undefer(BootSession.signature))
            .with_for_update()
        )
        if row is None:
            raise SessionNotFound
        if row.state != SessionState.APPROVED or row.plan is not None or row.deployment_id is None:
            return row
        deployment = await service.locked(session, row.deployment_id)
        plan = plans.document(
            deployment,
            session_thumbprint=row.thumbprint,
            environment=row.environment,
            server_url=await install.public_url(session, runtime.settings, request),
            issued_at=clock.now(),
            expires_at=row.expires_at,
        )
        row.plan = json.dumps(plan, separators=(",", ":"), ensure_ascii=False).encode()
        row.signature = runtime.part(BootKey).sign(row.plan)
        return row
