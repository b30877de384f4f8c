"""Which files live deployments refer to, so that the content store keeps them."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.deployments import plans
from deployflow.deployments.models import Deployment
from deployflow.deployments.states import LIVE, State


async def of_live_plans(session: AsyncSession) -> set[str]:
    """Every file that a deployment names which may still need it; a failed one may be retried."""
    statement = select(Deployment.frozen).where(
        Deployment.state.in_([*sorted(LIVE), State.FAILED]), Deployment.consumed_at.is_(None)
    )
    found: set[str] = set()
    for frozen in await session.scalars(statement):
        found |= plans.contents(frozen)
    return found
