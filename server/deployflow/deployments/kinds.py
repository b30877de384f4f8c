"""`finish_deployment`: the action by which the installed system does the steps that are left."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from deployflow.actions.kinds import ActionKind, Prepared, Undeliverable
from deployflow.actions.models import Action, ActionBatch
from deployflow.deployments import credentials, first_boot, plans
from deployflow.deployments.errors import DeploymentNotFound, SecretUnavailable
from deployflow.deployments.models import Deployment
from deployflow.deployments.states import State
from deployflow.platform.errors import Forbidden
from deployflow.platform.runtime import Runtime
from deployflow.platform.storage import Content

# Each step has a time limit of its own, and restarts lie between them.
RESERVE = timedelta(hours=1)
LONGEST = timedelta(hours=24)


class FinishDeploymentPayload(BaseModel):
    """Which deployment, and from which step."""

    model_config = ConfigDict(extra="forbid")

    deployment_id: UUID
    from_position: int


class FinishDeployment(ActionKind):
    """Runs the steps of the installed system. Only a deployment itself queues it."""

    name = first_boot.KIND
    payload_model = FinishDeploymentPayload

    async def prepare(self, session: AsyncSession, payload: BaseModel, *, may: Callable[[str], bool]) -> Prepared:
        assert isinstance(payload, FinishDeploymentPayload)
        if not may(first_boot.INTERNAL):
            raise Forbidden("A deployment queues this itself: retry the deployment")
        deployment = await _deployment(session, payload.deployment_id)
        if deployment is None:
            raise DeploymentNotFound
        tasks = [task for task in plans.tasks_of(deployment, "os") if task["position"] >= payload.from_position]
        limit = sum((timedelta(seconds=task["timeout_s"] * (task["retries"] + 1)) for task in tasks), RESERVE)
        return Prepared(
            title=f"Finish the deployment of '{deployment.profile_name}'"[:200],
            payload=payload.model_dump(mode="json"),
            parameters={"steps": len(tasks)},
            timeout=min(limit, LONGEST),
        )

    async def deliver(self, runtime: Runtime, session: AsyncSession, batch: ActionBatch) -> Mapping[str, Any]:
        wanted = FinishDeploymentPayload.model_validate(batch.payload)
        deployment = await _deployment(session, wanted.deployment_id)
        if deployment is None or deployment.state != State.FINISHING or deployment.frozen is None:
            raise Undeliverable("deployment_over", "Its deployment is over")
        tasks = [task for task in plans.tasks_of(deployment, "os") if task["position"] >= wanted.from_position]
        secrets = []
        for task in tasks:
            for name, source in plans.secrets_of(deployment, task["position"]).items():
                try:
                    value = await credentials.open_source(runtime, session, deployment, source)
                except SecretUnavailable as error:
                    raise Undeliverable("secret_unavailable", f"{task['name']}: {error.detail}") from None
                secrets.append({"position": task["position"], "name": name, "value": value})
        return {
            "deployment_id": str(deployment.id),
            "tasks": tasks,
            "variables": deployment.frozen["variables"] | deployment.variables,
            "secrets": secrets,
        }

    async def content(self, session: AsyncSession, batch: ActionBatch, sha256: str) -> Content | None:
        wanted = FinishDeploymentPayload.model_validate(batch.payload)
        deployment = await _deployment(session, wanted.deployment_id)
        return None if deployment is None else plans.content_of(deployment, "os", sha256)

    async def on_finished(self, session: AsyncSession, action: Action) -> None:
        await first_boot.on_finished(session, action)


async def _deployment(session: AsyncSession, deployment_id: UUID) -> Deployment | None:
    statement = select(Deployment).where(Deployment.id == deployment_id).options(undefer(Deployment.frozen))
    return await session.scalar(statement)
