"""Lists: filter, sort, search and cursor, the same for every one.

`?limit=50&cursor=…&sort=-last_check_in,hostname&q=word&filter[status][in]=failed,expired&total=true`

A cursor holds the sort keys of the last row, so a page costs the same however deep it lies, and rows that come
or go meanwhile neither repeat nor push others out.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import BaseModel, TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, Select, and_, false, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.base import ExecutableOption

from deployflow.platform.errors import BadRequest

MAX_LIMIT = 200
MAX_FILTERS = 20
MAX_LIST_VALUES = 200
_TOTAL = "_total"
_FILTER = re.compile(r"^filter\[([a-z_][a-z0-9_.]*)\](?:\[([a-z_]+)\])?$")

Item = TypeVar("Item")
Row = TypeVar("Row")


class WrongListParameter(BadRequest):
    code = "list_parameter_wrong"
    title = "A list parameter cannot be understood"


def contains(words: str, *columns: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Whether one of these texts has the words in it, in whatever case."""
    return or_(*(func.lower(column).contains(words.lower(), autoescape=True) for column in columns))


class Page(BaseModel, Generic[Item]):
    """One page. `total` only when it was asked for."""

    items: list[Item]
    next_cursor: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    field: str
    op: str
    value: str


@dataclass(frozen=True, slots=True)
class ListParams:
    """What was asked for, not yet checked against what the list offers."""

    limit: int = 50
    cursor: str | None = None
    sort: tuple[str, ...] = ()
    q: str | None = None
    total: bool = False
    filters: tuple[Filter, ...] = ()


# async: FastAPI sends a plain function through its thread pool, which costs more than the function.
async def _read_params(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
    sort: Annotated[str | None, Query(max_length=200, description="Fields, `-` before one for descending")] = None,
    q: Annotated[str | None, Query(max_length=200, description="Words to search for")] = None,
    total: Annotated[bool, Query(description="Count all that match")] = False,  # noqa: FBT002
) -> ListParams:
    filters = []
    for key, value in request.query_params.multi_items():
        if not key.startswith("filter"):
            continue
        match = _FILTER.match(key)
        if match is None:
            raise WrongListParameter(f"'{key[:80]}' is not of the form filter[field][op]")
        filters.append(Filter(field=match[1], op=match[2] or "eq", value=value))
    if len(filters) > MAX_FILTERS:
        raise WrongListParameter(f"At most {MAX_FILTERS} filters")
    return ListParams(
        limit=limit,
        cursor=cursor,
        sort=tuple(part for part in (sort or "").split(",") if part),
        q=q.strip() or None if q else None,
        total=total,
        filters=tuple(filters),
    )


Listing = Annotated[ListParams, Depends(_read_params)]


@dataclass(frozen=True, slots=True)
class ListField:
    """A field a list can be filtered and, where `sortable`, sorted by.

    Attributes:
        column: What it is compared with.
        kind: How values are read: str, int, bool, datetime or UUID.
        where: For fields that are no column: (op, values) → condition.
    """

    column: ColumnElement[Any] | Any
    kind: type = str
    sortable: bool = False
    where: Callable[[str, list[Any]], ColumnElement[bool]] | None = None


@dataclass(frozen=True, slots=True)
class ListSpec:
    """What a list offers.

    Attributes:
        key: The unique column that settles ties.
        default_sort: The order unless asked.
        scan_when_filtered: SQLite has an index that covers every field of this list, for a long table.
    """

    fields: Mapping[str, ListField]
    key: Any
    default_sort: str
    search: Callable[[str], ColumnElement[bool]] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    scan_when_filtered: bool = False


async def fetch_page(
    session: AsyncSession,
    statement: Select[Row],
    spec: ListSpec,
    params: ListParams,
    *,
    loading: Sequence[ExecutableOption] = (),
) -> tuple[list[Row], str | None, int | None]:
    """The rows of a page, the cursor of the next one, and the count if asked for.

    `loading` says what each row of the page brings along; the count does not pay for it.

    Raises:
        WrongListParameter: for a field, operator, value or cursor that this list does not know.
    """
    for condition in _conditions(spec, params):
        statement = statement.where(condition)
    order = _order(spec, params)
    keys = [column.label(f"_key_{index}") for index, (_n, column, _d, _k) in enumerate(order)]
    paged: Select[Any] = statement.options(*loading).add_columns(*keys)
    is_scanned = spec.scan_when_filtered and statement.whereclause is not None and _is_sqlite(session)
    if is_scanned:
        paged, order = _scanned(paged, order, counted=params.total)
    if params.cursor:
        paged = paged.where(_after(order, _decode_cursor(params.cursor, order)))
    for _name, column, descending, _kind in order:
        ordered = column.desc() if descending else column.asc()
        # Said needlessly, PostgreSQL would not take the index for a descending order.
        paged = paged.order_by(ordered.nulls_last() if _is_nullable(column) else ordered)
    found = (await session.execute(paged.limit(params.limit + 1))).all()
    rows = [row[0] for row in found[: params.limit]]
    cursor = None
    if len(found) > params.limit:
        last = found[params.limit - 1]._mapping  # noqa: SLF001  the public name of a row's columns by name
        cursor = _encode_cursor([last[f"_key_{index}"] for index in range(len(keys))], order)
    count = None
    if params.total:
        if is_scanned and found:
            count = found[0]._mapping[_TOTAL]  # noqa: SLF001  the same
        else:
            count = await session.scalar(select(func.count()).select_from(statement.order_by(None).subquery()))
    return rows, cursor, count


def _is_sqlite(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _scanned(paged: Select[Any], order: "_Order", *, counted: bool) -> tuple[Select[Any], "_Order"]:
    """The same rows, found first and ordered then; `counted` in the same scan where their number is asked for.

    SQLite walks the index of the order and looks up each row to see whether it matches: 100,000 look-ups for a
    word that no row has. A LIMIT of -1, which is none, keeps it from seeing the order, and so it scans the index
    that covers all fields.
    """
    found = paged.limit(-1).subquery()
    if counted:
        found = select(*found.c, func.count().over().label(_TOTAL)).subquery()
    columns = list(found.c)
    keys = [found.c[f"_key_{index}"] for index in range(len(order))]
    return select(*columns), [
        (name, key, descending, kind) for (name, _c, descending, kind), key in zip(order, keys, strict=True)
    ]


def _is_nullable(column: Any) -> bool:
    """Whether an order has to say where NULL stands. Expressions may be NULL."""
    return bool(getattr(getattr(column, "expression", column), "nullable", True))


_Order = list[tuple[str, Any, bool, type]]


def _order(spec: ListSpec, params: ListParams) -> _Order:
    order: _Order = []
    for part in params.sort or tuple(spec.default_sort.split(",")):
        name = part.lstrip("-")
        known = spec.fields.get(name)
        if known is None or not known.sortable:
            offered = ", ".join(sorted(name for name, f in spec.fields.items() if f.sortable))
            raise WrongListParameter(f"Cannot sort by '{name[:40]}'; this list sorts by {offered}")
        order.append((name, known.column, part.startswith("-"), known.kind))
    descending = order[0][2] if order else False
    return [*order, ("id", spec.key, descending, UUID)]


def _conditions(spec: ListSpec, params: ListParams) -> list[ColumnElement[bool]]:
    conditions = []
    for asked in params.filters:
        known = spec.fields.get(asked.field)
        if known is None:
            raise WrongListParameter(f"Cannot filter by '{asked.field[:40]}'; known: {', '.join(sorted(spec.fields))}")
        conditions.append(_condition(known, asked))
    if params.q is not None:
        if spec.search is None:
            raise WrongListParameter("This list has no search")
        conditions.append(spec.search(params.q))
    return conditions


def _condition(known: ListField, asked: Filter) -> ColumnElement[bool]:
    if asked.op == "is_null":
        wanted = _value(bool, asked, asked.value)
        condition: ColumnElement[bool] = known.column.is_(None) if wanted else known.column.is_not(None)
        return condition
    raw = asked.value.split(",") if asked.op == "in" else [asked.value]
    if len(raw) > MAX_LIST_VALUES:
        raise WrongListParameter(f"At most {MAX_LIST_VALUES} values in filter[{asked.field}]")
    values = [_value(known.kind, asked, value) for value in raw]
    if known.where is not None:
        return known.where(asked.op, values)
    column = known.column
    compare: dict[str, Callable[[], ColumnElement[bool]]] = {
        "eq": lambda: column == values[0],
        "ne": lambda: or_(column != values[0], column.is_(None)),
        "in": lambda: column.in_(values),
        "contains": lambda: func.lower(column).contains(str(values[0]).lower(), autoescape=True),
        "gt": lambda: column > values[0],
        "gte": lambda: column >= values[0],
        "lt": lambda: column < values[0],
        "lte": lambda: column <= values[0],
    }
    make = compare.get(asked.op)
    if make is None or (asked.op == "contains" and known.kind is not str):
        raise WrongListParameter(f"filter[{asked.field}] does not know the operator '{asked.op[:20]}'")
    return make()


def _value(kind: type, asked: Filter, raw: str) -> Any:
    try:
        return TypeAdapter(kind).validate_python(raw)
    except ValidationError as error:
        raise WrongListParameter(f"'{raw[:60]}' in filter[{asked.field}] is no {kind.__name__}") from error


def _after(order: _Order, values: Sequence[Any]) -> ColumnElement[bool]:
    """Rows behind the given sort keys; NULLs stand last whichever way the order goes."""
    directions = {descending for _name, _column, descending, _kind in order}
    if len(directions) == 1 and not any(_is_nullable(column) for _name, column, _d, _kind in order):
        # One comparison of rows, which an index over these columns answers however deep the page lies.
        here = tuple_(*(column for _name, column, _d, _kind in order))
        last = tuple_(*(literal(value, column.type) for value, (_n, column, _d, _k) in zip(values, order, strict=True)))
        return here < last if directions == {True} else here > last
    alternatives: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for (_name, column, descending, _kind), value in zip(order, values, strict=True):
        if value is None:
            beyond: ColumnElement[bool] = false()
            same: ColumnElement[bool] = column.is_(None)
        else:
            beyond = or_(column < value if descending else column > value, column.is_(None))
            same = column == value
        alternatives.append(and_(*equal, beyond))
        equal.append(same)
    return or_(*alternatives)


def _encode_cursor(values: list[Any], order: _Order) -> str:
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    names = ",".join(("-" if descending else "") + name for name, _c, descending, _k in order)
    text = json.dumps([names, *[str(value) if isinstance(value, UUID) else value for value in plain]])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode_cursor(cursor: str, order: _Order) -> list[Any]:
    names = ",".join(("-" if descending else "") + name for name, _c, descending, _k in order)
    try:
        made_for, *raw = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if made_for != names or len(raw) != len(order):
            raise WrongListParameter("This cursor belongs to another order: start from the first page")
        return [
            None if value is None else TypeAdapter(kind).validate_python(value)
            for value, (_n, _c, _d, kind) in zip(raw, order, strict=True)
        ]
    except (ValueError, TypeError) as error:
        raise WrongListParameter("This cursor cannot be read: start from the first page") from error
