"""Tells screens, and machines that wait for an answer, that a deployment changed."""

from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.deployments.models import Deployment
from deployflow.platform.changes import changed, wake_after_commit

LET_IN = "let_in"
"""Channel of machines that may be let in now; its keys are organisations. Who waits there looks again."""


def announce(session: AsyncSession, deployment: Deployment) -> None:
    """Tell the screens, after the commit."""
    topics = ["deployments", f"deployment:{deployment.id}"]
    if deployment.device_id is not None:
        topics.append(f"device:{deployment.device_id}")
    changed(session, *topics, tenant_id=deployment.tenant_id)


def wake_machines(session: AsyncSession, deployment: Deployment) -> None:
    """Let machines that wait look whether they are meant."""
    wake_after_commit(session, LET_IN, str(deployment.tenant_id))
