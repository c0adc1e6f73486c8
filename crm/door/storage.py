"""Writes many rows at once: COPY and arrays on PostgreSQL, executemany on SQLite.

Statements grow with the number of calls, never with the number of rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import connection, models

COPY_FROM = 12  # below that many rows an INSERT is quicker than COPY


# One encoder for all: `json.dumps` would make one for each value.
dump_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""JSON text as the database gets it."""


def _converter(column: models.Field[Any, Any]) -> Callable[[Any], Any] | None:
    """How a Python value becomes what the driver takes; None if it already is."""
    if isinstance(column, models.JSONField):
        return dump_json
    if connection.vendor == "sqlite":
        if isinstance(column, models.DateTimeField):
            return connection.ops.adapt_datetimefield_value
        if isinstance(column, models.DateField):
            return connection.ops.adapt_datefield_value
        if isinstance(column, models.DecimalField):
            digits, places = column.max_digits, column.decimal_places
            return lambda value: connection.ops.adapt_decimalfield_value(value, digits, places)
    return None


def _prepared(columns: Sequence[models.Field[Any, Any]], rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    converters = [(place, convert) for place, column in enumerate(columns) if (convert := _converter(column))]
    prepared = []
    for row in rows:
        values = list(row)
        for place, convert in converters:
            if values[place] is not None:
                values[place] = convert(values[place])
        prepared.append(values)
    return prepared


def _columns(model: type[models.Model], names: Sequence[str]) -> list[models.Field[Any, Any]]:
    by_attname = {column.attname: column for column in model._meta.concrete_fields}
    return [by_attname[name] for name in names]


def insert_rows(model: type[models.Model], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Inserts rows given as values in the order of `names` (column attributes)."""
    if not rows:
        return
    columns = _columns(model, names)
    prepared = _prepared(columns, rows)
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    listed = ", ".join(quote(str(column.column)) for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and len(prepared) >= COPY_FROM:
            _copy(cursor, f"COPY {table} ({listed}) FROM STDIN", prepared)
            return
        marks = "(" + ", ".join(["%s"] * len(columns)) + ")"
        sql = f"INSERT INTO {table} ({listed}) VALUES "
        if connection.vendor == "postgresql":
            flat = [value for row in prepared for value in row]
            cursor.execute(sql + ", ".join([marks] * len(prepared)), flat)
        else:
            cursor.executemany(sql + marks, prepared)


def _copy(cursor: Any, sql: str, rows: list[list[Any]]) -> None:
    with connection.wrap_database_errors, cursor.copy(sql) as copy:
        for row in rows:
            copy.write_row(row)


def update_rows(model: type[models.Model], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Updates rows given as values in the order of `names`, of which the first is the primary key."""
    if not rows:
        return
    columns = _columns(model, names)
    prepared = _prepared(columns, rows)
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    key, *others = [quote(str(column.column)) for column in columns]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and len(prepared) > 1:
            cursor.execute(
                _array_update(table, columns), [list(values) for values in zip(*prepared, strict=True)]
            )
            return
        settings = ", ".join(f"{name} = %s" for name in others)
        sql = f"UPDATE {table} SET {settings} WHERE {key} = %s"
        cursor.executemany(sql, [[*row[1:], row[0]] for row in prepared])


def _array_update(table: str, columns: Sequence[models.Field[Any, Any]]) -> str:
    """One UPDATE that takes an array per column."""
    names = [connection.ops.quote_name(str(column.column)) for column in columns]
    types = [_type(column) for column in columns]
    arrays = ", ".join(f"%s::{'text' if kind == 'jsonb' else kind}[]" for kind in types)
    new = [
        f"new.{name}::jsonb" if kind == "jsonb" else f"new.{name}"
        for name, kind in zip(names, types, strict=True)
    ]
    settings = ", ".join(f"{name} = {value}" for name, value in zip(names[1:], new[1:], strict=True))
    return (
        f"UPDATE {table} AS old SET {settings} "
        f"FROM unnest({arrays}) AS new({', '.join(names)}) WHERE old.{names[0]} = new.{names[0]}"
    )


def _type(column: models.Field[Any, Any]) -> str:
    """The column's type, without a length that would cut silently in a cast."""
    kind = str(column.rel_db_type(connection) if column.primary_key else column.db_type(connection))
    return "text" if kind.startswith("varchar") else kind


def delete_rows(model: type[models.Model], column: str, ids: Sequence[int]) -> None:
    """Deletes the rows whose column (an attribute) has one of the ids; nothing follows them."""
    if not ids:
        return
    quote = connection.ops.quote_name
    name = quote(str(_columns(model, [column])[0].column))
    sql = f"DELETE FROM {quote(model._meta.db_table)} WHERE {name} "
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(sql + "= ANY(%s)", [list(ids)])
        else:
            cursor.execute(sql + "IN (SELECT value FROM json_each(%s))", [dump_json(list(ids))])
