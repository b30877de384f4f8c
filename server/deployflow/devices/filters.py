"""Filters of devices: rules with operators on any field of status or inventory, answered by the database.

What a group is made of, and what a run or an edit is for.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.devices import inventory_filters as inside
from deployflow.devices.errors import FilterWrong
from deployflow.devices.filter_fields import FIELDS, OPERATORS, DeviceFilter, FilterField, FilterRule
from deployflow.devices.filter_values import values_of
from deployflow.devices.models import Device, DeviceGroup, DeviceGroupMember, DeviceTag
from deployflow.platform import clock
from deployflow.platform.versions import version_key, version_value

# "no device that …": found as the opposite of its counterpart, so that one without any value is found too.
_OPPOSITE = {"ne": "eq", "not_contains": "contains", "not_in": "in", "is_empty": "is_set"}


async def checked(session: AsyncSession, wanted: DeviceFilter) -> ColumnElement[bool]:
    """The condition on `Device` that a filter stands for.

    Raises:
        FilterWrong: 422, with the rule that is wrong and what it should be.
    """
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    conditions = []
    for number, rule in enumerate(wanted.rules, 1):
        known = _field(number, rule)
        values = values_of(number, rule, known)
        if known.kind == "group":
            await _require_static(session, number, values)
        conditions.append(_condition(rule, known, values, is_sqlite=is_sqlite))
    return and_(*conditions) if wanted.match == "all" else or_(*conditions)


def groups_named(wanted: DeviceFilter) -> set[UUID]:
    """The groups that its rules are about."""
    named: set[UUID] = set()
    for rule in wanted.rules:
        if rule.field == "group":
            given = rule.value if isinstance(rule.value, list) else [rule.value]
            named |= {UUID(str(value)) for value in given}
    return named


def _field(number: int, rule: FilterRule) -> FilterField:
    known = FIELDS.get(rule.field)
    if known is None:
        raise FilterWrong(f"Rule {number}: there is no field '{rule.field}'; known: {', '.join(FIELDS)}", rule=number)
    if rule.op not in OPERATORS[known.kind]:
        raise FilterWrong(
            f"Rule {number}: {known.label} has no operator '{rule.op}'; use {', '.join(OPERATORS[known.kind])}",
            rule=number,
        )
    return known


async def _require_static(session: AsyncSession, number: int, group_ids: Sequence[UUID]) -> None:
    statement = select(DeviceGroup.id, DeviceGroup.filter.is_not(None)).where(DeviceGroup.id.in_(group_ids))
    found = dict((await session.execute(statement)).all())
    for group_id in group_ids:
        if group_id not in found:
            raise FilterWrong(f"Rule {number}: there is no group {group_id}", rule=number)
        if found[group_id]:
            raise FilterWrong(
                f"Rule {number}: a rule can name static groups only; write the rules of the other one here", rule=number
            )


def _condition(rule: FilterRule, known: FilterField, values: list[Any], *, is_sqlite: bool) -> ColumnElement[bool]:
    opposite = _OPPOSITE.get(rule.op)
    if opposite is not None:
        met = _met(opposite, rule.field, known, values, is_sqlite=is_sqlite)
        return func.coalesce(met, false()).is_(False) if known.column is not None else ~met
    return _met(rule.op, rule.field, known, values, is_sqlite=is_sqlite)


def _met(op: str, name: str, known: FilterField, values: list[Any], *, is_sqlite: bool) -> ColumnElement[bool]:
    def compared(value: Any) -> ColumnElement[bool]:
        return _compared(op, value, known.kind, values, is_sqlite=is_sqlite)

    if known.inventory is not None:
        return inside.device_has(known.inventory, compared, is_sqlite=is_sqlite)
    if known.column is None:
        return _SPECIAL[name](op, values, compared)
    column: ColumnElement[Any] = known.column
    if op == "is_set":
        return column != "" if known.never_null else column.is_not(None)
    return compared(column)


_Compared = Callable[[Any], ColumnElement[bool]]


def _search(_op: str, values: list[Any], _compared: _Compared) -> ColumnElement[bool]:
    return and_(*(Device.search_text.contains(word, autoescape=True) for word in values[0].lower().split()))


def _status(_op: str, values: list[Any], _compared: _Compared) -> ColumnElement[bool]:
    # As the partial indexes say it.
    return or_(*(Device.online if value == "online" else ~Device.online for value in values))


def _tag(op: str, _values: list[Any], compared: _Compared) -> ColumnElement[bool]:
    tagged = select(DeviceTag.device_id)
    return Device.id.in_(tagged if op == "is_set" else tagged.where(compared(DeviceTag.tag)))


def _group(_op: str, values: list[Any], _compared: _Compared) -> ColumnElement[bool]:
    return Device.id.in_(select(DeviceGroupMember.device_id).where(DeviceGroupMember.group_id.in_(values)))


_SPECIAL: Mapping[str, Callable[[str, list[Any], _Compared], ColumnElement[bool]]] = {
    "search": _search,
    "status": _status,
    "tag": _tag,
    "group": _group,
}


def _compared(
    op: str, value: ColumnElement[Any], kind: str, given: list[Any], *, is_sqlite: bool
) -> ColumnElement[bool]:
    """`value op given`. Text without regard to case."""
    if op == "is_set":
        return and_(value.is_not(None), func.length(value) > 0) if kind in {"text", "version"} else value.is_not(None)
    if kind == "time":
        return _compared_time(op, value, given[0])
    if kind == "version" and op != "starts_with":
        left, right = version_key(value, is_sqlite=is_sqlite), version_value(given[0], is_sqlite=is_sqlite)
        return _ORDER[op](left, right)
    if kind in {"text", "version", "tag"}:
        return _compared_text(op, func.lower(value), [text.lower() for text in given])
    if op == "in":
        return value.in_(given) if given else false()
    return _ORDER[op](value, given[0])


def _compared_time(op: str, value: ColumnElement[Any], given: Any) -> ColumnElement[bool]:
    if op in {"within", "not_within"}:
        since = clock.now() - given
        return _ORDER["gte" if op == "within" else "lt"](value, since)
    return _ORDER["gt" if op == "after" else "lt"](value, given)


def _compared_text(op: str, value: ColumnElement[Any], given: list[str]) -> ColumnElement[bool]:
    if op == "in":
        return value.in_(given)
    if op == "eq":
        return value == given[0]
    if op == "contains":
        return value.contains(given[0], autoescape=True)
    return (value.startswith if op == "starts_with" else value.endswith)(given[0], autoescape=True)


_ORDER: Mapping[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "eq": lambda left, right: left == right,
    "gt": lambda left, right: left > right,
    "gte": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "lte": lambda left, right: left <= right,
}
