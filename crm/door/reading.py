"""Reads records as values by field key, for the door and for everybody who shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from crm.fields.base import FieldType
from crm.modules.registry import FieldInfo, ModuleInfo

SYSTEM_COLUMNS = ("id", "version", "binned_at", "custom")


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as the database has it."""

    id: int
    version: int
    binned_at: datetime | None
    custom: dict[str, Any]
    values: dict[str, Any]


def columns_of(module: ModuleInfo) -> tuple[str, ...]:
    """The column attributes that hold a module's records."""
    own = (column for info in module.fields.values() for column in info.columns)
    return (*SYSTEM_COLUMNS, *own)


def read_rows(module: ModuleInfo, rows: Any) -> Iterator[Stored]:
    """The records of a queryset over the module's rows, with every field's value."""
    columns = columns_of(module)
    for row in rows.values_list(*columns).iterator(2000):
        yield _stored(module, row)


def read_records(module: ModuleInfo, ids: Iterable[int], *, lock: bool = False) -> dict[int, Stored]:
    """The records with these ids, by id; locked in order of id if asked for. One statement."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    plan = _plan(module)
    with connection.cursor() as cursor:
        cursor.execute(*plan.statement(wanted, lock=lock))
        rows = [list(row) for row in cursor.fetchall()]
    for place, convert in plan.converters:
        for row in rows:
            row[place] = convert(row[place])
    return {row[0]: _stored(module, row) for row in rows}


@dataclass(frozen=True)
class _Plan:
    """How a module's records are read: making SQL anew for each read costs more than reading one row."""

    select: str
    module: str | None  # of a custom module
    converters: tuple[tuple[int, Callable[[Any], Any]], ...]

    def statement(self, ids: list[int], *, lock: bool) -> tuple[str, list[Any]]:
        """SQL and parameters to read these ids, in order."""
        own = [] if self.module is None else [self.module]
        where = "module = %s AND id" if own else "id"
        if connection.vendor == "postgresql":
            locking = " FOR UPDATE" if lock else ""
            return f"{self.select} WHERE {where} = ANY(%s) ORDER BY id{locking}", [*own, ids]
        marks = ", ".join(["%s"] * len(ids))
        return f"{self.select} WHERE {where} IN ({marks}) ORDER BY id", [*own, *ids]


def _plan(module: ModuleInfo) -> _Plan:
    """The module's plan, made once for each registry and kind of database."""
    plans: dict[str, _Plan] = module.__dict__.setdefault("_plans", {})
    if connection.vendor not in plans:
        plans[connection.vendor] = _new_plan(module)
    return plans[connection.vendor]


def _new_plan(module: ModuleInfo) -> _Plan:
    rows = module.model._default_manager.order_by().values_list(*columns_of(module))
    compiler = rows.query.get_compiler(connection=connection)
    select, _no_parameters = compiler.as_sql()
    converters = compiler.get_converters([expression for expression, _sql, _alias in compiler.select])
    steps = tuple(
        (place, _converter(functions, expression)) for place, (functions, expression) in converters.items()
    )
    return _Plan(select, module.key if module.custom else None, steps)


def _converter(functions: Sequence[Callable[..., Any]], expression: Any) -> Callable[[Any], Any]:
    """Django's converters of one column as one function."""

    def convert(value: Any) -> Any:
        for function in functions:
            value = function(value, expression, connection)
        return value

    return convert


@dataclass(frozen=True)
class _Shape:
    """Where each field's value is in a row: most are the column itself."""

    plain: tuple[tuple[str, int], ...]
    others: tuple[tuple[FieldInfo, slice], ...]
    custom: tuple[FieldInfo, ...]


def _new_shape(module: ModuleInfo) -> _Shape:
    plain, others, place = [], [], len(SYSTEM_COLUMNS)
    for info in module.fields.values():
        if info.columns and type(info.type).from_columns is FieldType.from_columns:
            plain.append((info.key, place))
        elif info.columns:
            others.append((info, slice(place, place + len(info.columns))))
        place += len(info.columns)
    custom = tuple(info for info in module.fields.values() if info.custom)
    return _Shape(tuple(plain), tuple(others), custom)


def _stored(module: ModuleInfo, row: Sequence[Any]) -> Stored:
    shape: _Shape | None = module.__dict__.get("_shape")
    if shape is None:
        shape = module.__dict__["_shape"] = _new_shape(module)
    record_id, version, binned_at, custom = row[:4]
    values = {key: row[place] for key, place in shape.plain}
    for info, places in shape.others:
        values[info.key] = info.type.from_columns(tuple(row[places]), info)
    for info in shape.custom:
        stored = custom.get(info.key)
        values[info.key] = info.type.empty if stored is None else info.type.load(stored, info)
    return Stored(record_id, version, binned_at, custom, values)
