"""The kinds of action. A domain above brings its own by registering a subclass of `ActionKind`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.actions.models import Action, ActionBatch
from deployflow.platform.runtime import Runtime
from deployflow.platform.storage import Content

DEFAULT_TIMEOUT = timedelta(hours=1)
# An agent sends an inventory or restarts in seconds; minutes leave room for a machine that is swapping.
SHORT_TIMEOUT = timedelta(minutes=5)


class Undeliverable(Exception):
    """This action can never be handed out; `code` and the sentence become its error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Target:
    """A device that an order is for, as far as a kind may care."""

    id: UUID
    hostname: str
    os_family: str
    architecture: str = ""
    os_version: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """The library object an order came from, as it is now."""

    id: UUID
    name: str
    version_id: UUID | None = None
    version_number: int | None = None


@dataclass(slots=True)
class Prepared:
    """An order that was checked.

    Attributes:
        payload: What `deliver` will need; secrets by reference only.
        parameters: What people may see of it.
        refuses: Says why a device cannot do it, or None.
    """

    title: str
    payload: dict[str, Any]
    parameters: dict[str, Any] = field(default_factory=dict)
    language: str | None = None
    source: Source | None = None
    timeout: timedelta = DEFAULT_TIMEOUT
    refuses: Callable[[Target], str | None] = lambda _target: None


class Nothing(BaseModel):
    """A payload without anything in it."""

    model_config = ConfigDict(extra="forbid")


class ActionKind:
    """One kind: what an order may say, what the device gets, and what follows from the end."""

    name: ClassVar[str]
    payload_model: ClassVar[type[BaseModel]] = Nothing

    async def prepare(self, session: AsyncSession, payload: BaseModel, *, may: Callable[[str], bool]) -> Prepared:
        """Check an order, once for all its devices. Raises a `Problem` where it cannot be.

        Args:
            session: Of the transaction that will queue it.
            payload: Already of `payload_model`.
            may: Whether the one who orders has a permission.
        """
        raise NotImplementedError

    async def deliver(self, runtime: Runtime, session: AsyncSession, batch: ActionBatch) -> Mapping[str, Any]:
        """The payload for the device, made only now: this is where secrets are opened.

        Raises:
            Undeliverable: when it cannot be made any more.
        """
        raise NotImplementedError

    async def shown_body(self, session: AsyncSession, batch: ActionBatch) -> str | None:  # noqa: ARG002
        """What ran, for a person to read, where there is such a thing."""
        return None

    async def content(self, session: AsyncSession, batch: ActionBatch, sha256: str) -> Content | None:  # noqa: ARG002
        """A file that the device may fetch while the action is its own; None where the order names no such file."""
        return None

    async def on_finished(self, session: AsyncSession, action: Action) -> None:
        """Do what follows from an end, in the same transaction. Called again when the end is corrected."""


class RefreshInventory(ActionKind):
    """The device sends its inventory now."""

    name = "refresh_inventory"

    async def prepare(
        self,
        session: AsyncSession,  # noqa: ARG002
        payload: BaseModel,  # noqa: ARG002
        *,
        may: Callable[[str], bool],  # noqa: ARG002
    ) -> Prepared:
        return Prepared(title="Refresh inventory", payload={}, timeout=SHORT_TIMEOUT)

    async def deliver(
        self,
        runtime: Runtime,  # noqa: ARG002
        session: AsyncSession,  # noqa: ARG002
        batch: ActionBatch,  # noqa: ARG002
    ) -> Mapping[str, Any]:
        return {}


class RestartAgent(RefreshInventory):
    """The agent restarts, and reports success when it is back."""

    name = "restart_agent"

    async def prepare(
        self,
        session: AsyncSession,  # noqa: ARG002
        payload: BaseModel,  # noqa: ARG002
        *,
        may: Callable[[str], bool],  # noqa: ARG002
    ) -> Prepared:
        return Prepared(title="Restart the agent", payload={}, timeout=SHORT_TIMEOUT)


class Power(BaseModel):
    """When the machine goes down: `delay_s` leaves people time, and can be called off while it lasts."""

    model_config = ConfigDict(extra="forbid")

    delay_s: Annotated[int, Field(ge=0, le=3600)] = 0


class RestartDevice(ActionKind):
    """The machine restarts. Done when its agent is back after a new start of the system."""

    name = "restart_device"
    payload_model = Power
    title = "Restart the device"
    # A machine that installs updates while it goes down takes its time.
    patience = timedelta(hours=1)

    async def prepare(
        self,
        session: AsyncSession,  # noqa: ARG002
        payload: BaseModel,
        *,
        may: Callable[[str], bool],  # noqa: ARG002
    ) -> Prepared:
        assert isinstance(payload, Power)
        return Prepared(
            title=self.title,
            payload=payload.model_dump(),
            parameters=payload.model_dump(),
            timeout=self.patience + timedelta(seconds=payload.delay_s),
        )

    async def deliver(
        self,
        runtime: Runtime,  # noqa: ARG002
        session: AsyncSession,  # noqa: ARG002
        batch: ActionBatch,
    ) -> Mapping[str, Any]:
        return dict(batch.payload)


class ShutDownDevice(RestartDevice):
    """The machine switches itself off. Done when its system has taken the order: off, it tells nothing any more."""

    name = "shut_down_device"
    title = "Shut the device down"
    patience = SHORT_TIMEOUT


_KINDS: dict[str, ActionKind] = {}


def register(kind: ActionKind) -> None:
    """Make a kind known. The app does it once, at start."""
    _KINDS[kind.name] = kind


def get(name: str) -> ActionKind | None:
    return _KINDS.get(name)


def names() -> list[str]:
    return sorted(_KINDS)


register(RefreshInventory())
register(RestartAgent())
register(RestartDevice())
register(ShutDownDevice())
