"""The tasks that bring the agent, and those that steer: restart, wait, remember."""

import re
from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.enrollment import install
from deployflow.enrollment.errors import AgentNotBuilt
from deployflow.profiles.conditions import MACHINE_VARIABLES, PLAN_VARIABLES
from deployflow.profiles.contents import content
from deployflow.profiles.fields import Line, Strict, VariableName
from deployflow.profiles.findings import Findings
from deployflow.profiles.subject import Subject
from deployflow.profiles.task_types import CannotFreeze, Frozen, Phase, SecretSource, TaskType

MAX_WAIT_S = 86_400
_IN_BRACES = re.compile(r"\{([a-z][a-z0-9_]*)\}")


class InstallAgent(Strict):
    """Nothing to choose: the server's own build of the agent."""


class InstallAgentTask(TaskType):
    """Plants the agent and a one-time token, so that the machine comes back as the device it is."""

    name = "install_agent"
    title = "Install the agent"
    summary = "Plants the agent and a one-time token in the image: the machine comes back as the device it is."
    configuration_model = InstallAgent
    rank = 50
    needs_image = True
    timeout = timedelta(minutes=10)

    async def preflight(self, session: AsyncSession, configuration: Any, subject: Subject, findings: Findings) -> None:  # noqa: ARG002
        try:
            build = install.build(subject.settings, "win-x64")
        except AgentNotBuilt as error:
            findings.error("agent_missing", error.detail)
            return
        findings.ok("agent", f"The agent's build is here ({build.sha256[:12]})")

    async def freeze(self, session: AsyncSession, configuration: Any, subject: Subject) -> Frozen:  # noqa: ARG002
        try:
            build = install.build(subject.settings, "win-x64")
        except AgentNotBuilt as error:
            raise CannotFreeze(error.detail) from None
        return Frozen(
            {"content": content(build.sha256, build.path.stat().st_size), "secrets": ["enrollment_token"]},
            {"enrollment_token": SecretSource("enrollment_token")},
        )


class Reboot(Strict):
    """Where the machine goes: into the boot environment again, or into the installed system."""

    to: Literal["environment", "os"] = "os"


class RebootTask(TaskType):
    """Restarts the machine."""

    name = "reboot"
    title = "Restart"
    summary = "Restarts the machine, into the boot environment or the installed system."
    configuration_model = Reboot
    rank = 80
    phase = None
    timeout = timedelta(minutes=15)

    def phase_of(self, configuration: Any) -> Phase | None:
        assert isinstance(configuration, Reboot)
        return "boot" if configuration.to == "environment" else None

    async def freeze(self, session: AsyncSession, configuration: Any, subject: Subject) -> Frozen:  # noqa: ARG002
        assert isinstance(configuration, Reboot)
        return Frozen({"to": configuration.to})


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"'{url[:80]}' is no address: write it as https://server/path")
    if parts.username or parts.password:
        raise ValueError("an address in a plan may hold no password")
    return url


class Wait(Strict):
    """A time, or an address that has to answer."""

    seconds: Annotated[int, Field(ge=1, le=MAX_WAIT_S)] | None = None
    url: Annotated[Line, Field(min_length=1, max_length=2000), AfterValidator(_address)] | None = None
    timeout_s: Annotated[int, Field(ge=1, le=MAX_WAIT_S, description="How long the address may take")] | None = None

    @model_validator(mode="after")
    def _fits(self) -> "Wait":
        if (self.seconds is None) == (self.url is None):
            raise ValueError("give seconds, or a url that has to answer")
        if self.url is None and self.timeout_s is not None:
            raise ValueError("timeout_s belongs to a url")
        return self


class WaitTask(TaskType):
    """Waits for a time, or until an address answers."""

    name = "wait"
    title = "Wait"
    summary = "Waits for some seconds, or until an address answers."
    configuration_model = Wait
    rank = 90
    phase = None
    timeout = timedelta(minutes=10)

    async def freeze(self, session: AsyncSession, configuration: Any, subject: Subject) -> Frozen:  # noqa: ARG002
        assert isinstance(configuration, Wait)
        if configuration.url is None:
            return Frozen({"seconds": configuration.seconds})
        return Frozen({"url": configuration.url, "timeout_s": configuration.timeout_s or 300})


class SetVariable(Strict):
    """A name, and text in which `{other}` stands for another variable."""

    name: VariableName
    value: Annotated[Line, Field(max_length=500)]

    @model_validator(mode="after")
    def _fits(self) -> "SetVariable":
        if self.name in MACHINE_VARIABLES or self.name in PLAN_VARIABLES:
            raise ValueError(f"'{self.name}' is set by the machine or the server: choose another name")
        return self


class SetVariableTask(TaskType):
    """Remembers a text for conditions and scripts of later steps."""

    name = "set_variable"
    title = "Set a variable"
    summary = "Remembers a text for the conditions and scripts of later steps."
    configuration_model = SetVariable
    rank = 95
    phase = None
    timeout = timedelta(minutes=1)

    def variables(self, configuration: Any) -> tuple[set[str], set[str]]:
        assert isinstance(configuration, SetVariable)
        return {configuration.name}, set(_IN_BRACES.findall(configuration.value))

    async def freeze(self, session: AsyncSession, configuration: Any, subject: Subject) -> Frozen:  # noqa: ARG002
        assert isinstance(configuration, SetVariable)
        return Frozen(configuration.model_dump(mode="json"))
