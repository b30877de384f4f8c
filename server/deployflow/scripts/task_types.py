"""`script`: the type of task that the library brings to profiles."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from deployflow.profiles import references, task_types
from deployflow.profiles.errors import TaskWrong
from deployflow.profiles.findings import Findings
from deployflow.profiles.references import Kind
from deployflow.profiles.subject import Subject
from deployflow.profiles.task_types import CannotFreeze, Frozen, Phase, SecretSource, TaskType
from deployflow.scripts import parameters as values
from deployflow.scripts.errors import ParametersWrong
from deployflow.scripts.models import Script, ScriptVersion
from deployflow.scripts.parameters import MAX_PARAMETERS, Given, Name, Parameter, SecretValue
from deployflow.scripts.schemas import Body, Language
from deployflow.scripts.service import digest

_ExitCode = Annotated[int, Field(ge=-(2**31), le=2**32 - 1)]
_ExitCodes = Annotated[list[_ExitCode], Field(max_length=50)]
# Windows' installers say with it that a restart is needed.
RESTART_NEEDED = 3010


class ScriptStep(BaseModel):
    """A script of the library (its newest version unless one is named), or a body of its own."""

    model_config = ConfigDict(extra="forbid")

    where: Literal["boot", "first_boot", "os"] = "os"
    script_id: UUID | None = None
    version_number: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    language: Language | None = None
    body: Body | None = None
    parameters: Annotated[dict[Name, Given], Field(max_length=MAX_PARAMETERS)] = {}
    success_codes: Annotated[_ExitCodes, Field(min_length=1)] = [0]
    reboot_codes: _ExitCodes = [RESTART_NEEDED]

    @model_validator(mode="after")
    def _one_of_both(self) -> "ScriptStep":
        if self.script_id is not None:
            if self.language is not None or self.body is not None:
                raise ValueError("give script_id, or language and body, not both")
        elif self.language is None or self.body is None:
            raise ValueError("give script_id, or language and body")
        elif self.version_number is not None:
            raise ValueError("version_number needs script_id")
        return self


class ScriptTask(TaskType):
    """Runs a script: in the boot environment, at the first start, or in the installed system."""

    name = "script"
    title = "Run a script"
    summary = "Runs a script in the boot environment, at the first start of Windows, or in the installed system."
    configuration_model = ScriptStep
    phase = None
    rank = 60
    timeout = timedelta(hours=1)

    def phase_of(self, configuration: Any) -> Phase | None:
        assert isinstance(configuration, ScriptStep)
        return "os" if configuration.where == "os" else "boot"

    def references(self, configuration: Any) -> Iterable[tuple[str, UUID]]:
        assert isinstance(configuration, ScriptStep)
        if configuration.script_id is not None:
            yield "script", configuration.script_id
        for value in configuration.parameters.values():
            if isinstance(value, SecretValue):
                yield "secret", value.secret_id

    async def check(self, session: AsyncSession, configuration: Any) -> None:
        """The parameters fit what the script asks for."""
        assert isinstance(configuration, ScriptStep)
        try:
            await _ready(session, configuration)
        except (CannotFreeze, ParametersWrong) as error:
            raise TaskWrong(str(error)) from None

    async def preflight(self, session: AsyncSession, configuration: Any, subject: Subject, findings: Findings) -> None:  # noqa: ARG002
        assert isinstance(configuration, ScriptStep)
        try:
            await _ready(session, configuration)
        except (CannotFreeze, ParametersWrong) as error:
            findings.error("script_not_ready", str(error))

    async def freeze(self, session: AsyncSession, configuration: Any, subject: Subject) -> Frozen:  # noqa: ARG002
        assert isinstance(configuration, ScriptStep)
        try:
            language, body, given = await _ready(session, configuration)
        except ParametersWrong as error:
            raise CannotFreeze(error.detail) from None
        secrets = values.secret_ids(given)
        return Frozen(
            {
                "where": configuration.where,
                "language": language,
                "body": body,
                "sha256": digest(body),
                "parameters": {name: text for name, text in given.items() if name not in secrets},
                "secrets": [f"parameter:{name}" for name in secrets],
                "success_codes": configuration.success_codes,
                "reboot_codes": configuration.reboot_codes,
            },
            {f"parameter:{name}": SecretSource("stored", secret_id) for name, secret_id in secrets.items()},
        )


def register() -> None:
    """Bring the type and the name `!script` of files to profiles."""
    task_types.register(ScriptTask())
    references.register(Kind("script", "script", _scripts))


def _scripts() -> Select[UUID, str]:
    return select(Script.id, Script.name).where(Script.deleted_at.is_(None))


async def _ready(session: AsyncSession, configuration: ScriptStep) -> tuple[str, str, dict[str, str | dict[str, str]]]:
    """Language, body and the values of the parameters.

    Raises:
        CannotFreeze: the script is gone; ParametersWrong: a value is missing or does not fit.
    """
    if configuration.script_id is None:
        assert configuration.language is not None
        assert configuration.body is not None
        given: dict[str, str | dict[str, str]] = {
            name: {"secret_id": str(value.secret_id)} if isinstance(value, SecretValue) else values.plain(value)
            for name, value in configuration.parameters.items()
        }
        return configuration.language, configuration.body, given
    script = await session.scalar(
        select(Script).where(Script.id == configuration.script_id, Script.deleted_at.is_(None))
    )
    if script is None:
        raise CannotFreeze("The script does not exist any more: choose another one")
    number = configuration.version_number or script.current_number
    version = await session.scalar(
        select(ScriptVersion)
        .where(ScriptVersion.script_id == script.id, ScriptVersion.number == number)
        .options(undefer(ScriptVersion.body))
    )
    if version is None:
        raise CannotFreeze(f"The script '{script.name}' has no version {number}: choose another one")
    asked = [Parameter.model_validate(parameter) for parameter in version.parameters]
    return script.language, version.body, values.resolve(asked, configuration.parameters)
