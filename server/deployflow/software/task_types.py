"""`software_bundle`: the type of task that the library brings to profiles."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, model_validator
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.profiles import references, task_types
from deployflow.profiles.errors import TaskWrong
from deployflow.profiles.fields import Strict
from deployflow.profiles.findings import Findings
from deployflow.profiles.references import Kind
from deployflow.profiles.subject import Subject
from deployflow.profiles.task_types import CannotFreeze, Frozen, TaskType
from deployflow.software import bundles, orders, queries
from deployflow.software.bundle_schemas import MAX_BUNDLE
from deployflow.software.errors import BundleNotFound, SoftwareNotFound
from deployflow.software.models import Software, SoftwareBundle


class BundleStep(Strict):
    """A bundle of the library, or items of it in the order they are installed. Each in its version of that time."""

    bundle_id: UUID | None = None
    items: Annotated[list[UUID], Field(max_length=MAX_BUNDLE)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_of_both(self) -> "BundleStep":
        if self.bundle_id is not None and self.items:
            raise ValueError("give bundle_id or items, not both")
        return self


class InstallBundleTask(TaskType):
    """Installs software in the installed system; its versions are frozen with the plan."""

    name = "software_bundle"
    title = "Install software"
    summary = "Installs a bundle, or items of the software library, in the installed system."
    configuration_model = BundleStep
    rank = 70
    phase = "os"
    needs_image = True
    timeout = timedelta(hours=1)

    def references(self, configuration: Any) -> Iterable[tuple[str, UUID]]:
        assert isinstance(configuration, BundleStep)
        if configuration.bundle_id is not None:
            yield "software_bundle", configuration.bundle_id
        for software_id in configuration.items:
            yield "software", software_id

    async def check(self, session: AsyncSession, configuration: Any) -> None:
        assert isinstance(configuration, BundleStep)
        try:
            await _ready(session, configuration)
        except CannotFreeze as error:
            raise TaskWrong(str(error)) from None

    async def preflight(self, session: AsyncSession, configuration: Any, subject: Subject, findings: Findings) -> None:  # noqa: ARG002
        assert isinstance(configuration, BundleStep)
        try:
            ready = await _ready(session, configuration)
        except CannotFreeze as error:
            findings.error("software_not_ready", str(error))
            return
        if not ready:
            findings.warning("no_software", "No software is chosen: this step installs nothing")
        for order in ready:
            if order["os_family"] != "windows":
                findings.warning(
                    "software_not_for_this", f"'{order['name']}' is for {order['os_family']}: Windows leaves it out"
                )

    async def freeze(self, session: AsyncSession, configuration: Any, subject: Subject) -> Frozen | None:  # noqa: ARG002
        assert isinstance(configuration, BundleStep)
        ready = await _ready(session, configuration)
        return Frozen({"items": ready}) if ready else None


def register() -> None:
    """Bring the type, and the names `!software` and `!software_bundle` of files, to profiles."""
    task_types.register(InstallBundleTask())
    references.register(Kind("software", "software", _software))
    references.register(Kind("software_bundle", "software bundle", _bundles))


def _software() -> Select[UUID, str]:
    return select(Software.id, Software.name).where(Software.deleted_at.is_(None))


def _bundles() -> Select[UUID, str]:
    return select(SoftwareBundle.id, SoftwareBundle.name)


async def _ready(session: AsyncSession, configuration: BundleStep) -> list[dict[str, Any]]:
    """What the machine gets of each item.

    Raises:
        CannotFreeze: one of them is gone.
    """
    try:
        if configuration.bundle_id is not None:
            bundle = await bundles.get(session, configuration.bundle_id)
            chosen = [(row.software, row.continue_on_error) for row in bundle.item_rows]
        else:
            chosen = [(await queries.get_software(session, one), False) for one in configuration.items]
    except (BundleNotFound, SoftwareNotFound):
        raise CannotFreeze("Software of this step does not exist any more: choose another one") from None
    found = []
    for item, may_fail in chosen:
        version = await queries.get_version(session, item.id, item.current_number)
        found.append(orders.order(item, version, command=version.install_command, may_fail=may_fail))
    return found
