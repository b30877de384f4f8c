"""Conditions on what stands only in the inventory, which both databases look through themselves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, String, Text, cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONPATH

from deployflow.devices.models import Device, DeviceInventory


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the inventory. `lists` are the arrays on the way, outermost first; `path` leads on from there."""

    lists: tuple[str, ...]
    path: str
    type: Any = Text


PLACES: Mapping[str, Place] = {
    "firmware": Place((), "hardware.firmware"),
    "secure_boot": Place((), "hardware.secure_boot", Boolean),
    "tpm": Place((), "hardware.tpm.present", Boolean),
    "tpm_version": Place((), "hardware.tpm.version"),
    "disk_media": Place(("disks",), "media"),
    "free_bytes": Place(("volumes",), "free_bytes", BigInteger),
    "mac": Place(("networks",), "mac"),
    "address": Place(("networks", "addresses"), ""),
    "software": Place(("software",), "name"),
    "software_publisher": Place(("software",), "publisher"),
}


def device_has(name: str, condition: Callable[[Any], ColumnElement[bool]], *, is_sqlite: bool) -> ColumnElement[bool]:
    """Devices with at least one value at this place of their inventory that meets the condition."""
    place = PLACES[name]
    sources, value = _in_sqlite(place) if is_sqlite else _in_postgresql(place)
    found = select(DeviceInventory.device_id).select_from(DeviceInventory, *sources).where(condition(value))
    return Device.id.in_(found)


def _in_sqlite(place: Place) -> tuple[list[Any], Any]:
    sources: list[Any] = []
    source: Any = DeviceInventory.inventory
    for name in place.lists:
        sources.append(func.json_each(source, f"$.{name}").table_valued("value", joins_implicitly=True))
        source = sources[-1].c.value
    value = func.json_extract(source, f"$.{place.path}") if place.path else source
    return sources, value if place.type is Text else cast(value, place.type)


def _in_postgresql(place: Place) -> tuple[list[Any], Any]:
    path = "$" + "".join(f".{name}[*]" for name in place.lists) + (f".{place.path}" if place.path else "")
    found = func.jsonb_path_query(DeviceInventory.inventory, cast(literal(path), JSONPATH))
    source = found.table_valued("value", joins_implicitly=True).render_derived()
    # The value of a JSON string without its quotation marks.
    value = source.c.value.op("#>>")(cast(literal("{}", String), ARRAY(Text)))
    return [source], cast(value, place.type)
