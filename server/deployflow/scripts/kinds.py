"""`run_script`: the action kind that this library brings."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from deployflow.actions.kinds import ActionKind, Prepared, Source, Target, Undeliverable
from deployflow.actions.models import ActionBatch
from deployflow.platform.errors import Forbidden
from deployflow.platform.runtime import Runtime
from deployflow.platform.sealing import SealBroken
from deployflow.scripts import parameters as values
from deployflow.scripts.errors import ScriptNotFound
from deployflow.scripts.models import Script, ScriptVersion
from deployflow.scripts.parameters import MAX_PARAMETERS, Given, Name, Parameter, SecretValue
from deployflow.scripts.schemas import DEFAULT_TIMEOUT_S, Body, Language
from deployflow.scripts.service import digest
from deployflow.secrets import service as secrets
from deployflow.secrets.errors import SecretMissing

LANGUAGE_NAMES = {"powershell": "PowerShell", "cmd": "cmd", "sh": "sh", "python": "Python"}
_OS_NAMES = {"windows": "Windows", "linux": "Linux", "macos": "macOS"}


class RunScriptPayload(BaseModel):
    """A script of the library (its current version unless one is named), or a body written for this once."""

    model_config = ConfigDict(extra="forbid")

    script_id: UUID | None = None
    script_version_id: UUID | None = None
    language: Language | None = None
    body: Body | None = None
    parameters: Annotated[dict[Name, Given], Field(max_length=MAX_PARAMETERS)] = {}

    @model_validator(mode="after")
    def _one_of_both(self) -> "RunScriptPayload":
        if self.script_id is not None:
            if self.language is not None or self.body is not None:
                raise ValueError("give script_id, or language and body, not both")
        elif self.language is None or self.body is None:
            raise ValueError("give script_id, or language and body")
        elif self.script_version_id is not None:
            raise ValueError("script_version_id needs script_id")
        return self


class RunScript(ActionKind):
    """Runs a script with parameters. The exact version is settled when it is queued, secrets when it is delivered."""

    name = "run_script"
    payload_model = RunScriptPayload

    async def prepare(self, session: AsyncSession, payload: BaseModel, *, may: Callable[[str], bool]) -> Prepared:
        assert isinstance(payload, RunScriptPayload)
        if payload.script_id is not None:
            prepared = await _from_library(session, payload)
        else:
            prepared = _written_for_once(payload, may)
        given = prepared.payload["parameters"]
        wanted = values.secret_ids(given)
        if wanted:
            if not may("secrets:read"):
                raise Forbidden("Your role does not allow secrets:read, which giving a secret to a script needs")
            await secrets.require(session, wanted.values())
        prepared.parameters = values.masked(given)
        return prepared

    async def deliver(self, runtime: Runtime, session: AsyncSession, batch: ActionBatch) -> Mapping[str, Any]:
        stored = batch.payload
        body, language = stored.get("body"), batch.language
        if body is None:
            body = await _body(session, UUID(stored["script_version_id"]))
        given = stored["parameters"]
        wanted = values.secret_ids(given)
        try:
            opened = await secrets.open_values(session, runtime.sealer, set(wanted.values()))
        except SecretMissing:
            raise Undeliverable("secret_missing", "A secret that this needs was deleted meanwhile") from None
        except SealBroken as error:
            raise Undeliverable("secret_unreadable", f"A secret that this needs cannot be opened: {error}") from None
        return {
            "language": language,
            "body": body,
            "sha256": digest(body),
            "parameters": {name: opened[wanted[name]] if name in wanted else text for name, text in given.items()},
            "secret_parameters": sorted(wanted),
        }

    async def shown_body(self, session: AsyncSession, batch: ActionBatch) -> str | None:
        body: str | None = batch.payload.get("body")
        if body is None and batch.source_version_id is not None:
            body = await session.scalar(select(ScriptVersion.body).where(ScriptVersion.id == batch.source_version_id))
        return body


async def _from_library(session: AsyncSession, payload: RunScriptPayload) -> Prepared:
    script = await session.scalar(select(Script).where(Script.id == payload.script_id, Script.deleted_at.is_(None)))
    if script is None:
        raise ScriptNotFound
    statement = select(ScriptVersion).where(ScriptVersion.script_id == script.id)
    if payload.script_version_id is not None:
        statement = statement.where(ScriptVersion.id == payload.script_version_id)
    else:
        statement = statement.where(ScriptVersion.number == script.current_number)
    version = await session.scalar(statement)
    if version is None:
        raise ScriptNotFound("This script has no such version")
    asked = [Parameter.model_validate(parameter) for parameter in version.parameters]
    return Prepared(
        title=script.name,
        payload={
            "script_id": str(script.id),
            "script_version_id": str(version.id),
            "parameters": values.resolve(asked, payload.parameters),
        },
        language=script.language,
        source=Source(id=script.id, name=script.name, version_id=version.id, version_number=version.number),
        timeout=timedelta(seconds=script.timeout_s),
        refuses=_refusal(script.language),
    )


def _written_for_once(payload: RunScriptPayload, may: Callable[[str], bool]) -> Prepared:
    if not may("scripts:write"):
        raise Forbidden("Your role does not allow scripts:write, which running a script of your own needs")
    assert payload.language is not None
    given = {
        name: {"secret_id": str(value.secret_id)} if isinstance(value, SecretValue) else values.plain(value)
        for name, value in payload.parameters.items()
    }
    return Prepared(
        title=f"{LANGUAGE_NAMES[payload.language]} script",
        payload={"language": payload.language, "body": payload.body, "parameters": given},
        language=payload.language,
        timeout=timedelta(seconds=DEFAULT_TIMEOUT_S),
        refuses=_refusal(payload.language),
    )


async def _body(session: AsyncSession, version_id: UUID) -> str:
    version = await session.scalar(
        select(ScriptVersion).where(ScriptVersion.id == version_id).options(undefer(ScriptVersion.body))
    )
    if version is None:
        raise Undeliverable("script_missing", "The script's version is gone")
    return version.body


def _refusal(language: str) -> Callable[[Target], str | None]:
    """Why a device cannot run a language, where its operating system is known.

    PowerShell and Python can be installed everywhere; the agent says so where they are not.
    """

    def refuses(target: Target) -> str | None:
        family = target.os_family
        if not family or language in {"powershell", "python"} or (language == "cmd") == (family == "windows"):
            return None
        other = "Windows only" if language == "cmd" else "Linux and macOS only"
        return (
            f"{LANGUAGE_NAMES[language]} scripts run on {other}, and this device runs {_OS_NAMES.get(family, family)}"
        )

    return refuses
