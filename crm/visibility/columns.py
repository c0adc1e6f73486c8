"""A field as SQL: what criteria compare it by is also what rows are sorted by and what indexes hold.

Text is therefore sorted ignoring case, and one index serves a sort and a filter.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Value
from django.db.models.expressions import RawSQL
from django.db.models.sql import Query

from crm.criteria.sources import source_of
from crm.criteria.sql import StoredValue
from crm.criteria.text import Folded
from crm.models import Record
from crm.modules.registry import FieldInfo

SORTED_FAMILIES = frozenset({"text", "number", "date", "datetime", "boolean", "choice", "user", "link"})
NUMERIC_FAMILIES = frozenset({"number", "boolean", "user", "link"})
SEARCHED_FAMILIES = frozenset({"text", "choice"})
LONGEST_INDEXED = 600  # characters; PostgreSQL refuses index rows above 2,704 bytes


def field_value(field: FieldInfo) -> Any:
    """The expression that the field is sorted, filtered and indexed by."""
    return source_of(field).native("")


def searched_value(field: FieldInfo) -> Any:
    """The text of a field without upper case, as its search indexes hold it; look for `fold(text)` in it."""
    value = field_value(field)
    return value if isinstance(value, Folded) else Folded(value)


LoweredValue = searched_value


def stored_value(field: FieldInfo, row: Record) -> Any:
    """The field's value as its column, or the JSON column, holds it: what a cursor remembers."""
    if not field.custom:
        return getattr(row, field.columns[0])
    value = row.custom.get(field.key)
    return bool(value) if field.type.family == "boolean" else value


def comparable(field: FieldInfo, row_model: type[Record], value: Any) -> Any:
    """A value from `stored_value` as an expression that `field_value` compares with."""
    if field.type.family == "text":
        return Folded(RawSQL("%s", (value,)))
    if field.custom:
        return Value(value) if field.type.family in ("choice", "boolean") else StoredValue(value)
    column: Any = row_model._meta.get_field(field.columns[0])
    return Value(value, output_field=column.target_field if column.is_relation else column)


def can_be_empty(field: FieldInfo, row_model: type[Record]) -> bool:
    """Whether there can be rows without a value."""
    if field.custom:
        return field.type.family != "boolean"
    return bool(row_model._meta.get_field(field.columns[0]).null)


def spelt(expression: Any, model: type[Record]) -> str:
    """The expression as text for an index of the model's table: without a table name and parameters."""
    query = Query(model, alias_cols=False)
    compiler = query.get_compiler(connection=connection)
    text, params = compiler.compile(expression.resolve_expression(query))
    if params:
        raise ValueError(f"An index cannot hold an expression with parameters: {text}")
    return str(text).replace("%%", "%")


def can_be_sorted(field: FieldInfo) -> bool:
    """Whether rows can be put in order by this field."""
    return field.type.family in SORTED_FAMILIES and _fits(field)


def can_be_searched(field: FieldInfo) -> bool:
    """Whether the field's text can be found by index."""
    return field.type.family in SEARCHED_FAMILIES and _fits(field)


def _fits(field: FieldInfo) -> bool:
    return field.type.key != "long_text" and int(field.options.get("length", 0)) <= LONGEST_INDEXED
