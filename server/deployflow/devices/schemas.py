"""What the devices API takes and gives."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from deployflow.devices.models import Device, DeviceKey
from deployflow.devices.states import DeviceState, KeyState

MAX_TAGS = 50
MAX_BATCH = 1000


def _tag(value: str) -> str:
    value = " ".join(value.split())
    if not value or not value.isprintable() or "," in value:
        raise ValueError("a tag is a word or a few, without commas")
    return value


def _distinct(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


Tag = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_tag)]
Tags = Annotated[list[Tag], Field(max_length=MAX_TAGS), AfterValidator(_distinct)]


def _without_nul(value: object) -> object:
    # PostgreSQL keeps no NUL in text, and Windows registries do hold them.
    return value.replace("\x00", "") if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_without_nul), Field(max_length=2048)]
OsFamily = Literal["windows", "linux", "macos"]
Architecture = Literal["x64", "arm64"]
Bytes = Annotated[int, Field(ge=0, lt=2**63)]


class Strict(BaseModel):
    """What comes from outside: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Os(BaseModel):
    family: str | None
    name: str | None
    version: str | None
    build: str | None
    architecture: str | None


class Hardware(BaseModel):
    manufacturer: str | None
    model: str | None
    sku: str | None
    serial: str | None
    smbios_uuid: str | None
    cpu_name: str | None
    cpu_cores: int | None
    memory_bytes: int | None
    disk_bytes: int | None


class DeviceOut(BaseModel):
    """A device as lists show it."""

    id: UUID
    hostname: str
    state: DeviceState
    status: Literal["online", "offline"]
    status_reason: str | None
    os: Os
    hardware: Hardware
    logged_on_user: str | None
    agent_version: str | None
    last_check_in: datetime
    boot_time: datetime | None
    tags: list[str]
    key_protection: str
    pending_key: bool
    created_at: datetime
    enrolled_at: datetime
    version: int

    @classmethod
    def fields_of(cls, device: Device) -> dict[str, Any]:
        """The fields of a device whose tags are loaded."""
        return {
            "id": device.id,
            "hostname": device.hostname,
            "state": device.state,
            "status": "online" if device.online else "offline",
            "status_reason": device.state_reason,
            "os": {
                "family": device.os_family or None,
                "name": device.os_name or None,
                "version": device.os_version or None,
                "build": device.os_build,
                "architecture": device.architecture or None,
            },
            "hardware": {
                "manufacturer": device.manufacturer or None,
                "model": device.model or None,
                "sku": device.sku,
                "serial": device.serial or None,
                "smbios_uuid": device.smbios_uuid,
                "cpu_name": device.cpu_name,
                "cpu_cores": device.cpu_cores,
                "memory_bytes": device.memory_bytes,
                "disk_bytes": device.disk_bytes,
            },
            "logged_on_user": device.logged_on_user or None,
            "agent_version": device.agent_version or None,
            "last_check_in": device.last_check_in,
            "boot_time": device.boot_time,
            "tags": [row.tag for row in device.tag_rows],
            "key_protection": device.key_protection,
            "pending_key": device.pending_key,
            "created_at": device.created_at,
            "enrolled_at": device.enrolled_at,
            "version": device.version,
        }

    @classmethod
    def of(cls, device: Device) -> "DeviceOut":
        return cls(**cls.fields_of(device))


class KeyOut(BaseModel):
    """A key of a device. `claims` is what the machine said of itself when it brought the key."""

    id: UUID
    thumbprint: str
    state: KeyState
    protection: str
    claims: dict[str, Any]
    ip: str | None
    created_at: datetime

    @classmethod
    def of(cls, key: DeviceKey) -> "KeyOut":
        return cls(**{name: getattr(key, name) for name in cls.model_fields})


class DeviceDetail(DeviceOut):
    """A device with what only its page shows."""

    active_actions: int
    keys: list[KeyOut]


class DeviceChange(Strict):
    tags: Tags


class Approval(Strict):
    key_id: UUID | None = Field(None, description="Which waiting key; the newest when left out.")


class BatchIn(Strict):
    ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_BATCH)]
    op: Literal["approve", "revoke", "tag", "untag"]
    tags: Tags | None = None


class BatchResult(BaseModel):
    id: UUID
    ok: bool
    code: str | None = None
    detail: str | None = None


class BatchOut(BaseModel):
    results: list[BatchResult]


class NameCount(BaseModel):
    name: str
    count: int


class Sample(BaseModel):
    at: datetime
    online: int


class Summary(BaseModel):
    """Counts over all devices. `online` and `offline` are of the active ones."""

    total: int
    online: int
    offline: int
    pending: int
    quarantined: int
    revoked: int
    by_os: list[NameCount]
    online_7d: list[Sample]


class InventoryOut(BaseModel):
    hash: str
    received_at: datetime
    inventory: dict[str, Any]


class Facts(Strict):
    """What a machine says of itself when it enrolls."""

    hostname: Annotated[Text, Field(min_length=1, max_length=255)]
    os_family: OsFamily
    os_name: Annotated[Text, Field(max_length=255)]
    os_version: Annotated[Text, Field(max_length=255)]
    architecture: Architecture
    manufacturer: Annotated[Text, Field(max_length=255)] | None = None
    model: Annotated[Text, Field(max_length=255)] | None = None
    sku: Annotated[Text, Field(max_length=255)] | None = None
    serial: Annotated[Text, Field(max_length=255)] | None = None
    smbios_uuid: Annotated[Text, Field(max_length=64)] | None = None
    mac_addresses: list[Annotated[Text, Field(max_length=64)]] = Field(default_factory=list, max_length=64)
