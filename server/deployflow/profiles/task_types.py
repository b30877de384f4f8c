"""The types of tasks. A domain above brings its own by registering a subclass of `TaskType`, as kinds of actions do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.profiles.errors import TaskWrong
from deployflow.profiles.findings import Findings
from deployflow.profiles.subject import Subject

Phase = Literal["boot", "os"]
MAX_SENTENCES = 5


class CannotFreeze(Exception):
    """A task cannot become part of a plan; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Where the value behind a name in a task's `secrets` comes from. Never part of a plan.

    Attributes:
        kind: `stored` is a secret of the library, `random` is made for the device, `enrollment_token` when it is asked
            for.
    """

    kind: Literal["stored", "random", "enrollment_token"]
    secret_id: UUID | None = None


@dataclass(slots=True)
class Frozen:
    """A task's configuration as docs/boot-protocol.md has it, and where its secrets are.

    Attributes:
        in_winpe: What a machine in WinPE gets in its place, where that is something else.
    """

    configuration: dict[str, Any]
    secrets: dict[str, SecretSource] = field(default_factory=dict)
    in_winpe: dict[str, Any] | None = None


class TaskType:
    """One type: what an administrator may write, and what the machine gets.

    Attributes:
        title: What screens call it.
        phase: Where it runs: in the boot environment, in the installed system, or, for None, where the task before it
            runs.
        needs_image: It works on an image that was applied before.
        rank: Its place in lists: types stand in the order they are usually used.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    configuration_model: ClassVar[type[BaseModel]]
    phase: ClassVar[Phase | None] = "boot"
    needs_image: ClassVar[bool] = False
    rank: ClassVar[int] = 100
    timeout: ClassVar[timedelta] = timedelta(minutes=10)

    def phase_of(self, configuration: Any) -> Phase | None:  # noqa: ARG002
        """Where this one runs, where that depends on how it is configured."""
        return self.phase

    def references(self, configuration: Any) -> Iterable[tuple[str, UUID]]:  # noqa: ARG002
        """What it names by id: the kind of `profiles.references`, and the id."""
        return ()

    def variables(self, configuration: Any) -> tuple[set[str], set[str]]:  # noqa: ARG002
        """The variables that it sets, and those that it reads."""
        return set(), set()

    async def check(self, session: AsyncSession, configuration: Any) -> None:
        """Refuse, when it is written, what its model cannot see. Raises a `Problem`."""

    async def preflight(self, session: AsyncSession, configuration: Any, subject: Subject, findings: Findings) -> None:
        """Say what would stop it."""

    async def freeze(self, session: AsyncSession, configuration: Any, subject: Subject) -> Frozen | None:
        """What the machine gets; None leaves the task out of the plan.

        Raises:
            CannotFreeze: what is missing.
        """
        raise NotImplementedError


_TYPES: dict[str, TaskType] = {}


def register(kind: TaskType) -> None:
    """Make a type known, or put a fuller one in the place of another. The app does it once, at start."""
    _TYPES[kind.name] = kind


def every() -> list[TaskType]:
    """All types, in the order they are usually used."""
    return sorted(_TYPES.values(), key=lambda kind: (kind.rank, kind.name))


def get(name: str) -> TaskType:
    """A type by its name.

    Raises:
        TaskWrong: 422.
    """
    found = _TYPES.get(name)
    if found is None:
        raise TaskWrong(f"There is no task type '{name[:40]}'; known: {', '.join(_TYPES)}")
    return found


def configuration_of(name: str, given: Mapping[str, Any]) -> BaseModel:
    """A configuration, read by its type.

    Raises:
        TaskWrong: 422, with `errors` as those of any other field.
    """
    kind = get(name)
    try:
        return kind.configuration_model.model_validate(given)
    except ValidationError as error:
        found = [
            {"loc": [*map(str, one["loc"])], "msg": one["msg"].removeprefix("Value error, "), "type": one["type"]}
            for one in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        said = "; ".join(_sentence(one) for one in found[:MAX_SENTENCES])
        raise TaskWrong(said, errors=found) from None


def _sentence(error: Mapping[str, Any]) -> str:
    return f"{'.'.join(error['loc'])}: {error['msg']}" if error["loc"] else str(error["msg"])


def stored(configuration: BaseModel) -> dict[str, Any]:
    """A configuration, as tables keep it: with its defaults, which may be others in a later version."""
    return configuration.model_dump(mode="json", exclude_none=True)
