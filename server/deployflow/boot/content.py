"""Large files for machines: those that a session's own plan names, and no other."""

from collections import OrderedDict
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from deployflow.boot.access import SignedSession
from deployflow.boot.errors import ContentMissing
from deployflow.deployments import plans
from deployflow.deployments.models import Deployment
from deployflow.enrollment import install
from deployflow.enrollment.errors import AgentNotBuilt
from deployflow.platform.context import system_context
from deployflow.platform.runtime import Runtime
from deployflow.platform.settings import Settings
from deployflow.platform.storage import Content, content_store

MAX_REMEMBERED = 200


class Named:
    """What the plans of lately seen deployments name: a plan never changes, and a download asks many times."""

    def __init__(self, _runtime: Runtime) -> None:
        self.by_deployment: OrderedDict[UUID, set[str]] = OrderedDict()


async def of_session(runtime: Runtime, current: SignedSession, sha256: str) -> Content | Path:
    """A file that the session's plan names: of the store, or one that lies beside it.

    Raises:
        ContentMissing: 404.
    """
    if current.deployment_id is None or not current.is_current or sha256 not in await _named(runtime, current):
        raise ContentMissing
    found = runtime.part(content_store).find(sha256) or _agent(runtime.settings, sha256)
    if found is None:
        raise ContentMissing("The server has lost this file: import it again, then retry")
    return found


async def _named(runtime: Runtime, current: SignedSession) -> set[str]:
    assert current.deployment_id is not None
    known = runtime.part(Named).by_deployment
    named = known.get(current.deployment_id)
    if named is None:
        async with runtime.db.read(system_context()) as session:
            frozen = await session.scalar(select(Deployment.frozen).where(Deployment.id == current.deployment_id))
        named = known[current.deployment_id] = plans.contents(frozen)
        if len(known) > MAX_REMEMBERED:
            known.popitem(last=False)
    return named


def _agent(settings: Settings, sha256: str) -> Path | None:
    """The agent's own build, which lies beside the store."""
    for rid in install.FILES:
        try:
            build = install.build(settings, rid)
        except AgentNotBuilt:
            continue
        if build.sha256 == sha256:
            return build.path
    return None
