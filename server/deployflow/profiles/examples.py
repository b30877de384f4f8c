"""What the console needs to build its forms: the types of tasks, and a naming pattern tried out."""

from dataclasses import replace
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.profiles import machines, names, naming, task_types
from deployflow.profiles.conditions import MACHINE_VARIABLES, PLAN_VARIABLES
from deployflow.profiles.errors import NameUnavailable, PatternWrong
from deployflow.profiles.schemas import NameExample, ProfileTaskTypeList, ProfileTaskTypeOut
from deployflow.profiles.subject import Machine
from deployflow.profiles.task_types import TaskType

SAME_FOR_ALL = "Every machine would be called the same, and only one can be: add {serial:8} or {seq:3}"


def task_type_list() -> ProfileTaskTypeList:
    return ProfileTaskTypeList(
        items=[_shape(kind) for kind in task_types.every()], variables=[*MACHINE_VARIABLES, *PLAN_VARIABLES]
    )


async def name_example(session: AsyncSession, pattern: str, *, device_id: UUID | None, site: str | None) -> NameExample:
    """The name that a machine would get now. A pattern that makes none is no error here but the answer.

    Raises:
        DeviceNotFound: 404.
    """
    machine = naming.EXAMPLE if site is None else replace(naming.EXAMPLE, site=site)
    if device_id is not None:
        machine = await machines.of_device(session, device_id, site=site or naming.EXAMPLE.site)
    try:
        name = await names.would_be(session, pattern, machine)
    except (PatternWrong, NameUnavailable) as error:
        return NameExample(name=None, problem=error.detail, warning=None, machine=_called(machine))
    warning = SAME_FOR_ALL if naming.is_same_for_all(pattern) else None
    return NameExample(name=name, problem=None, warning=warning, machine=_called(machine))


def _called(machine: Machine) -> str:
    return "an example machine" if machine.device_id is None else machine.title


@cache
def _shape(kind: TaskType) -> ProfileTaskTypeOut:
    return ProfileTaskTypeOut(
        name=kind.name,
        title=kind.title,
        summary=kind.summary,
        phase=kind.phase,
        needs_image=kind.needs_image,
        timeout_s=int(kind.timeout.total_seconds()),
        configuration_schema=_schema(kind),
    )


def _schema(kind: TaskType) -> dict[str, Any]:
    return kind.configuration_model.model_json_schema()
