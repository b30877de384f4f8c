"""The task that configures an installed system before its first start: answer file, files, registry, commands."""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.profiles import unattend as answers
from deployflow.profiles.fields import Line, Strict, Text
from deployflow.profiles.subject import Subject
from deployflow.profiles.task_types import CannotFreeze, Frozen, SecretSource, TaskType
from deployflow.profiles.unattend import Unattend

MAX_FILES = 50
MAX_FILE_BYTES = 64 * 1024
MAX_VALUES = 200
MAX_COMMANDS = 50
_FORBIDDEN_IN_PATHS = re.compile(r'[<>:"|?*\x00-\x1f]')
_RESERVED = re.compile(r"^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?$", re.IGNORECASE)
_HEX = re.compile(r"^(?:[0-9A-Fa-f]{2})*$")
_BITS = {"dword": 32, "qword": 64}


def _path(text: str) -> str:
    path = text.replace("/", "\\")
    parts = path.split("\\")
    if path.startswith("\\") or re.match(r"^[A-Za-z]:", path):
        raise ValueError(f"'{text}' begins at a drive: write it from the Windows partition's root, as Windows\\Temp\\x")
    if any(part in {"", ".", ".."} for part in parts):
        raise ValueError(f"'{text}' is no plain path of folders and a file")
    for part in parts:
        if _FORBIDDEN_IN_PATHS.search(part) or part.endswith((" ", ".")) or _RESERVED.match(part):
            raise ValueError(f"'{part}' is no name that a file of Windows can have")
    return path


def _sized(text: str) -> str:
    if len(text.encode()) > MAX_FILE_BYTES:
        raise ValueError(f"may have {MAX_FILE_BYTES // 1024} KiB at most")
    return text


class InjectedFile(Strict):
    """A text file on the Windows partition."""

    path: Annotated[Text, Field(min_length=1, max_length=250), AfterValidator(_path)]
    text: Annotated[Text, AfterValidator(_sized)]


class RegistryValue(Strict):
    """A value in the registry. `multi_sz` has a line for each text, `binary` is hexadecimal."""

    hive: Literal["software", "system", "default_user"]
    key: Annotated[Line, Field(min_length=1, max_length=255)]
    name: Annotated[Line, Field(max_length=255, description="Empty is the key's default value")] = ""
    kind: Literal["sz", "expand_sz", "dword", "qword", "multi_sz", "binary"] = "sz"
    value: Annotated[Text, Field(max_length=16_000)] = ""

    @model_validator(mode="after")
    def _fits(self) -> "RegistryValue":
        self.key = self.key.strip("\\").replace("/", "\\")
        if self.kind in _BITS:
            try:
                number = int(self.value, 0)
            except ValueError:
                raise ValueError(f"'{self.value[:40]}' is no number: write 1 or 0x1") from None
            if not 0 <= number < 2 ** _BITS[self.kind]:
                raise ValueError(f"{self.value} does not fit a {self.kind}")
            self.value = str(number)
        elif self.kind == "binary":
            digits = re.sub(r"[\s,]", "", self.value)
            if not _HEX.match(digits):
                raise ValueError("binary is hexadecimal, two digits a byte")
            self.value = digits.lower()
        return self


class InjectConfiguration(Strict):
    """What is written into the applied image."""

    unattend: Unattend | None = None
    files: Annotated[list[InjectedFile], Field(max_length=MAX_FILES)] = Field(default_factory=list)
    registry: Annotated[list[RegistryValue], Field(max_length=MAX_VALUES)] = Field(default_factory=list)
    first_boot: Annotated[
        list[Annotated[Line, Field(min_length=1, max_length=1000)]],
        Field(max_length=MAX_COMMANDS, description="Commands, run once as SYSTEM before anybody signs in"),
    ] = Field(default_factory=list)

    @model_validator(mode="after")
    def _something(self) -> "InjectConfiguration":
        if self.unattend is None and not (self.files or self.registry or self.first_boot):
            raise ValueError("give an answer file, files, registry values or commands")
        paths = [one.path.lower() for one in self.files]
        double = next((path for path in paths if paths.count(path) > 1), None)
        if double:
            raise ValueError(f"the file '{double}' is there twice")
        return self


class InjectConfigurationTask(TaskType):
    """Writes the answer file, files and registry values into the image."""

    name = "inject_configuration"
    title = "Inject configuration"
    summary = "Writes the answer file, files, registry values and first-boot commands into the applied image."
    configuration_model = InjectConfiguration
    rank = 40
    needs_image = True
    timeout = timedelta(minutes=10)

    def references(self, configuration: Any) -> Iterable[tuple[str, UUID]]:
        assert isinstance(configuration, InjectConfiguration)
        if configuration.unattend is not None:
            for _name, secret_id in configuration.unattend.secrets():
                yield "secret", secret_id

    async def freeze(self, session: AsyncSession, configuration: Any, subject: Subject) -> Frozen:  # noqa: ARG002
        assert isinstance(configuration, InjectConfiguration)
        unattend, secrets = None, {}
        if configuration.unattend is not None:
            if subject.computer_name is None:
                raise CannotFreeze("the machine has no computer name yet")
            unattend = answers.frozen(configuration.unattend, computer_name=subject.computer_name)
            secrets["admin_password"] = (
                SecretSource("stored", subject.admin_credentials_ref)
                if subject.admin_credentials_ref is not None
                else SecretSource("random")
            )
            secrets |= {name: SecretSource("stored", ref) for name, ref in configuration.unattend.secrets()}
        return Frozen(
            {
                "unattend": unattend,
                "files": [{"path": one.path, "content": None, "text": one.text} for one in configuration.files],
                "registry": [one.model_dump(mode="json") for one in configuration.registry],
                "first_boot": configuration.first_boot,
                "secrets": list(secrets),
            },
            secrets,
        )
