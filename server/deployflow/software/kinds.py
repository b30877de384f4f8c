"""`install_software`, `uninstall_software`, `detect_software`: the action kinds that this library brings."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.actions.kinds import SHORT_TIMEOUT, ActionKind, Prepared, Source, Target, Undeliverable
from deployflow.actions.models import Action, ActionBatch
from deployflow.platform.runtime import Runtime
from deployflow.platform.storage import Content
from deployflow.software import bundles, comparing, orders, queries, results
from deployflow.software.bundle_schemas import MAX_BUNDLE
from deployflow.software.errors import NothingToDetect, NothingToUninstall, SoftwareNotFound
from deployflow.software.models import Software, SoftwareVersion
from deployflow.software.orders import Pair

_OS_NAMES = {"windows": "Windows", "linux": "Linux", "macos": "macOS"}
# Downloads that a thousand machines begin in the same second arrive no sooner than ones that begin spread out.
DEVICES_PER_SECOND = 10
LONGEST_SPREAD_S = 300
# Beside what the commands may take: the download, and looking before and after.
RESERVE = timedelta(hours=1)
LONGEST = timedelta(hours=24)


class Chosen(BaseModel):
    """An exact version, and whether the rest goes on without it."""

    model_config = ConfigDict(extra="forbid")

    version_id: UUID
    continue_on_error: bool = False


class SoftwarePayload(BaseModel):
    """An item (its current version unless one is named) or a bundle. `items` is what an order was settled to."""

    model_config = ConfigDict(extra="forbid")

    software_id: UUID | None = None
    bundle_id: UUID | None = None
    version_id: UUID | None = None
    items: Annotated[list[Chosen], Field(max_length=MAX_BUNDLE)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "SoftwarePayload":
        if (self.software_id is None) == (self.bundle_id is None):
            raise ValueError("give software_id or bundle_id")
        if self.version_id is not None and self.software_id is None:
            raise ValueError("version_id needs software_id")
        return self


class _SoftwareKind(ActionKind):
    """What the three have in common: the exact versions are settled when it is queued."""

    payload_model = SoftwarePayload
    verb: ClassVar[str]

    def command(self, version: SoftwareVersion) -> str | None:
        raise NotImplementedError

    def check(self, item: Software, version: SoftwareVersion) -> None:
        """Raises a `Problem` where this cannot be done with such a version."""

    def limit(self, pairs: Sequence[Pair]) -> timedelta:
        return min(sum((timedelta(seconds=version.timeout_s) for _item, version in pairs), RESERVE), LONGEST)

    async def prepare(
        self,
        session: AsyncSession,
        payload: BaseModel,
        *,
        may: Callable[[str], bool],  # noqa: ARG002
    ) -> Prepared:
        assert isinstance(payload, SoftwarePayload)
        source, chosen = await _settle(session, payload)
        pairs = await orders.versions(session, [one.version_id for one in chosen])
        if len(pairs) != len(chosen):
            raise SoftwareNotFound("A version that this names is gone: order it anew from the library")
        for item, version in pairs:
            self.check(item, version)
        named = {"software_id": str(payload.software_id)} if payload.software_id else {}
        named |= {"bundle_id": str(payload.bundle_id)} if payload.bundle_id else {}
        return Prepared(
            title=f"{self.verb} {source.name}"[:200],
            payload={**named, "items": [one.model_dump(mode="json") for one in chosen]},
            parameters={"items": [_label(item, version) for item, version in pairs]},
            source=source,
            timeout=self.limit(pairs),
            refuses=_refusal(pairs),
        )

    async def deliver(
        self,
        runtime: Runtime,  # noqa: ARG002
        session: AsyncSession,
        batch: ActionBatch,
    ) -> Mapping[str, Any]:
        chosen = SoftwarePayload.model_validate(batch.payload).items or []
        pairs = await orders.versions(session, [one.version_id for one in chosen])
        if len(pairs) != len(chosen):
            raise Undeliverable("software_missing", "A version of software that this needs is gone")
        devices = await session.scalar(select(func.count()).where(Action.batch_id == batch.id)) or 1
        return {
            "items": [
                orders.order(item, version, command=self.command(version), may_fail=one.continue_on_error)
                for one, (item, version) in zip(chosen, pairs, strict=True)
            ],
            "start_within_s": min(devices // DEVICES_PER_SECOND, LONGEST_SPREAD_S),
        }

    async def content(self, session: AsyncSession, batch: ActionBatch, sha256: str) -> Content | None:
        chosen = SoftwarePayload.model_validate(batch.payload).items or []
        return orders.file_of(await orders.versions(session, [one.version_id for one in chosen]), sha256)

    async def on_finished(self, session: AsyncSession, action: Action) -> None:
        await results.keep(session, action)


class InstallSoftware(_SoftwareKind):
    """Detects, downloads, verifies, installs and detects again. What is there already is left alone."""

    name = "install_software"
    verb = "Install"

    def command(self, version: SoftwareVersion) -> str | None:
        return version.install_command


class UninstallSoftware(_SoftwareKind):
    """Removes an item by its own command. What is not there is left alone."""

    name = "uninstall_software"
    verb = "Uninstall"

    def command(self, version: SoftwareVersion) -> str | None:
        return version.uninstall_command

    def check(self, item: Software, version: SoftwareVersion) -> None:
        if version.uninstall_command is None:
            raise NothingToUninstall(f"'{item.name[:80]}' has no command that uninstalls it: add one first")


class DetectSoftware(_SoftwareKind):
    """Looks whether items are there, by their rules."""

    name = "detect_software"
    verb = "Look for"

    def command(self, version: SoftwareVersion) -> str | None:  # noqa: ARG002
        return None

    def check(self, item: Software, version: SoftwareVersion) -> None:
        if version.detection is None:
            raise NothingToDetect(f"'{item.name[:80]}' has no detection rule: add one first")

    def limit(self, pairs: Sequence[Pair]) -> timedelta:
        return SHORT_TIMEOUT * max(1, len(pairs))


async def _settle(session: AsyncSession, payload: SoftwarePayload) -> tuple[Source, list[Chosen]]:
    """Where it comes from, and the exact versions."""
    if payload.bundle_id is not None:
        bundle = await bundles.get(session, payload.bundle_id)
        if payload.items is not None:
            return Source(bundle.id, bundle.name), payload.items
        current = await queries.current_versions(session, [row.software for row in bundle.item_rows])
        chosen = [
            Chosen(version_id=current[row.software_id].id, continue_on_error=row.continue_on_error)
            for row in bundle.item_rows
        ]
        return Source(bundle.id, bundle.name), chosen
    assert payload.software_id is not None
    item = await queries.get_software(session, payload.software_id)
    wanted = payload.version_id or (payload.items[0].version_id if payload.items else None)
    statement = select(SoftwareVersion).where(SoftwareVersion.software_id == item.id)
    if wanted is not None:
        statement = statement.where(SoftwareVersion.id == wanted)
    else:
        statement = statement.where(SoftwareVersion.number == item.current_number)
    version = await session.scalar(statement)
    if version is None:
        raise SoftwareNotFound("This software has no such version")
    return Source(item.id, item.name, version.id, version.number), [Chosen(version_id=version.id)]


def _label(item: Software, version: SoftwareVersion) -> str:
    return f"{item.name} {version.software_version}".strip()


def _refusal(pairs: Sequence[Pair]) -> Callable[[Target], str | None]:
    """Why a device can do nothing of it. Of a bundle, the machine leaves out what is not for it."""

    def refuses(target: Target) -> str | None:
        reasons = [_unfit(item, version, target) for item, version in pairs]
        return None if any(reason is None for reason in reasons) else reasons[0]

    return refuses


def _unfit(item: Software, version: SoftwareVersion, target: Target) -> str | None:
    name, family = item.name[:80], target.os_family
    if family and family != version.os_family:
        return f"'{name}' is for {_OS_NAMES[version.os_family]}, and this device runs {_OS_NAMES.get(family, family)}"
    if target.architecture and version.architecture not in {None, target.architecture}:
        return f"'{name}' is for {version.architecture}, and this device is {target.architecture}"
    least = version.min_os_version
    if least and target.os_version and comparing.compare(target.os_version, least) < 0:
        return f"'{name}' needs version {least} of the system, and this device has {target.os_version}"
    return None
