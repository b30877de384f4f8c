"""What filters of devices can be about: the catalogue that forms are built from and rules are checked against."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from deployflow.devices.models import Device
from deployflow.devices.schemas import Strict

MAX_RULES = 30
MAX_VALUES = 200

Kind = Literal["text", "version", "number", "bytes", "time", "choice", "yes_no", "tag", "group", "words"]
Value = Annotated[str, Field(max_length=1000)] | int | bool | Annotated[list[str], Field(max_length=MAX_VALUES)] | None

_TEXT = ("eq", "ne", "contains", "not_contains", "starts_with", "ends_with", "in", "not_in", "is_set", "is_empty")
_NUMBER = ("eq", "ne", "gt", "gte", "lt", "lte", "is_set", "is_empty")
OPERATORS: Mapping[str, tuple[str, ...]] = {
    "text": _TEXT,
    "version": ("eq", "ne", "gt", "gte", "lt", "lte", "starts_with", "is_set", "is_empty"),
    "number": _NUMBER,
    "bytes": _NUMBER,
    "time": ("within", "not_within", "after", "before", "is_set", "is_empty"),
    "choice": ("eq", "ne", "in", "not_in"),
    "yes_no": ("eq",),
    "tag": ("eq", "ne", "in", "not_in", "contains", "is_set", "is_empty"),
    "group": ("eq", "ne", "in", "not_in"),
    "words": ("contains",),
}


class FilterRule(Strict):
    """One condition. Times are ISO 8601, or seconds for `within`; sizes are bytes; `in` takes a list."""

    field: Annotated[str, Field(max_length=64)]
    op: Annotated[str, Field(max_length=16)]
    value: Value = None


class DeviceFilter(Strict):
    """Devices for which all, or any, of the rules hold."""

    match: Literal["all", "any"] = "all"
    rules: Annotated[list[FilterRule], Field(min_length=1, max_length=MAX_RULES)]


@dataclass(frozen=True, slots=True)
class FilterField:
    """What a rule can be about.

    Attributes:
        area: Under which heading a form shows it.
        column: Of the device's row.
        inventory: Where in the inventory, for what is not in the row; see `inventory_filters`.
        never_null: Empty stands for nothing, as in the columns that lists sort by.
    """

    label: str
    kind: Kind
    area: Literal["status", "system", "hardware", "inventory", "people"]
    column: Any = None
    inventory: str | None = None
    choices: tuple[str, ...] = ()
    never_null: bool = False


FIELDS: Mapping[str, FilterField] = {
    "search": FilterField("Any word", "words", "status"),
    "hostname": FilterField("Host name", "text", "status", Device.hostname, never_null=True),
    "status": FilterField("Status", "choice", "status", choices=("online", "offline")),
    "state": FilterField(
        "State", "choice", "status", Device.state, choices=("active", "pending", "quarantined", "revoked")
    ),
    "last_check_in": FilterField("Last check-in", "time", "status", Device.last_check_in),
    "enrolled_at": FilterField("Enrolled", "time", "status", Device.enrolled_at),
    "boot_time": FilterField("Started", "time", "status", Device.boot_time),
    "agent_version": FilterField("Agent version", "version", "status", Device.agent_version, never_null=True),
    "key_protection": FilterField("Key kept by", "text", "status", Device.key_protection, never_null=True),
    "tag": FilterField("Tag", "tag", "people"),
    "group": FilterField("Group", "group", "people"),
    "logged_on_user": FilterField("Logged-on user", "text", "people", Device.logged_on_user, never_null=True),
    "os_family": FilterField(
        "System family", "choice", "system", Device.os_family, choices=("windows", "linux", "macos")
    ),
    "os_name": FilterField("System", "text", "system", Device.os_name, never_null=True),
    "os_version": FilterField("System version", "version", "system", Device.os_version, never_null=True),
    "os_build": FilterField("System build", "version", "system", Device.os_build),
    "architecture": FilterField("Architecture", "choice", "system", Device.architecture, choices=("x64", "arm64")),
    "manufacturer": FilterField("Manufacturer", "text", "hardware", Device.manufacturer, never_null=True),
    "model": FilterField("Model", "text", "hardware", Device.model, never_null=True),
    "sku": FilterField("System SKU", "text", "hardware", Device.sku),
    "serial": FilterField("Serial number", "text", "hardware", Device.serial, never_null=True),
    "cpu_name": FilterField("Processor", "text", "hardware", Device.cpu_name),
    "cpu_cores": FilterField("Processor cores", "number", "hardware", Device.cpu_cores),
    "memory_bytes": FilterField("Memory", "bytes", "hardware", Device.memory_bytes),
    "disk_bytes": FilterField("Disks in total", "bytes", "hardware", Device.disk_bytes),
    "firmware": FilterField("Firmware", "choice", "hardware", inventory="firmware", choices=("uefi", "bios")),
    "secure_boot": FilterField("Secure Boot", "yes_no", "hardware", inventory="secure_boot"),
    "tpm": FilterField("Has a TPM", "yes_no", "hardware", inventory="tpm"),
    "tpm_version": FilterField("TPM version", "version", "hardware", inventory="tpm_version"),
    "disk_media": FilterField("A disk is", "choice", "hardware", inventory="disk_media", choices=("ssd", "hdd")),
    "free_bytes": FilterField("Free on a volume", "bytes", "inventory", inventory="free_bytes"),
    "mac": FilterField("MAC address", "text", "inventory", inventory="mac"),
    "address": FilterField("IP address", "text", "inventory", inventory="address"),
    "software": FilterField("Installed program", "text", "inventory", inventory="software"),
    "software_publisher": FilterField("Publisher of a program", "text", "inventory", inventory="software_publisher"),
}
