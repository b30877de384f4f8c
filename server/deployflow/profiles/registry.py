"""What profiles bring and know by themselves: their task types, and the things that they name."""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, select
from sqlalchemy.orm import InstrumentedAttribute

from deployflow.drivers.models import DriverPack
from deployflow.images.models import OsImage
from deployflow.profiles import references, task_types
from deployflow.profiles.configuration_tasks import InjectConfigurationTask
from deployflow.profiles.disk_tasks import DiskPrepTask
from deployflow.profiles.flow_tasks import (
    InstallAgentTask,
    RebootTask,
    SetVariableTask,
    WaitTask,
)
from deployflow.profiles.image_tasks import ApplyImageTask, InjectDriversTask
from deployflow.profiles.references import Kind
from deployflow.secrets.models import Secret

TYPES = (
    DiskPrepTask,
    ApplyImageTask,
    InjectDriversTask,
    InjectConfigurationTask,
    InstallAgentTask,
    RebootTask,
    WaitTask,
    SetVariableTask,
)


def register() -> None:
    """Make them known. The app does it once, at start, before the domains above add theirs."""
    for kind in TYPES:
        task_types.register(kind())
    references.register(Kind("image", "OS image", _images))
    references.register(Kind("driver_pack", "driver pack", _driver_packs))
    references.register(Kind("secret", "secret", _secrets))


def _images() -> Select[UUID, str]:
    return select(OsImage.id, _with_version(OsImage.name, OsImage.image_version).label("name"))


def _driver_packs() -> Select[UUID, str]:
    return select(DriverPack.id, _with_version(DriverPack.name, DriverPack.pack_version).label("name"))


def _secrets() -> Select[UUID, str]:
    return select(Secret.id, Secret.name)


def _with_version(name: InstrumentedAttribute[str], version: InstrumentedAttribute[str]) -> ColumnElement[str]:
    """What is called the same in several versions is told apart by them."""
    return case((version == "", name), else_=name + " " + version)
