"""Where the value at the end of a path lives, and how SQL reads it there.

Three forms: `raw` (only asked whether it is NULL), `native` (compared with a constant from `literal`, and
close to what an index holds) and `common` (compared with another field, whichever way that one is kept).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from django.db.models import (
    BigIntegerField,
    BooleanField,
    DateField,
    DateTimeField,
    DecimalField,
    F,
    TextField,
    Value,
)
from django.db.models import Field as Column

from crm.criteria.sql import (
    DayText,
    MomentText,
    NumberValue,
    RoundedNumber,
    ScaledNumber,
    Stored,
    StoredFlag,
    StoredNumber,
    StoredText,
    StoredValue,
)
from crm.criteria.text import Folded
from crm.modules.registry import FieldInfo

Prefix = str  # the way from the queried rows to the record over its foreign keys, such as "account__"


class Source(Protocol):
    """A value in SQL; `prefix` leads to the record that has it."""

    def raw(self, prefix: Prefix) -> Any:
        """The value, as it is."""

    def native(self, prefix: Prefix) -> Any:
        """The value, comparable with `literal`."""

    def literal(self, value: Any) -> Any:
        """A constant, comparable with `native`."""

    def common(self, prefix: Prefix) -> Any:
        """The value, comparable with that of any other source of the family."""


def scale_of(field: FieldInfo) -> int:
    """Digits after the point of a number field."""
    scale = getattr(field.type, "scale", None)
    return int(scale(field)) if scale else 0


Form = Callable[[Any, FieldInfo], Any]


def _plain(expression: Any, _field: FieldInfo) -> Any:
    return expression


FOLDED: Mapping[str, Form] = {"text": lambda expression, _field: Folded(expression)}
WORKED_OUT: Mapping[str, Form] = {
    **FOLDED,
    "number": lambda expression, field: RoundedNumber(expression, scale_of(field)),
}
COMMON: Mapping[str, Form] = {
    "text": lambda expression, _field: Folded(expression),
    "number": lambda expression, field: ScaledNumber(expression, scale_of(field), stored=False),
    "date": lambda expression, _field: DayText(expression),
    "datetime": lambda expression, _field: MomentText(expression),
}
CONSTANTS: Mapping[str, Callable[[], Column[Any, Any]]] = {
    "text": TextField,
    "choice": TextField,
    "boolean": BooleanField,
    "date": DateField,
    "datetime": DateTimeField,
    "user": BigIntegerField,
    "link": BigIntegerField,
    "any_link": BigIntegerField,
}


@dataclass(frozen=True)
class ColumnSource:
    """A column of the record's own table, or one that foreign keys lead to from it."""

    field: FieldInfo
    column: str  # as a lookup from the record

    def raw(self, prefix: Prefix) -> Any:
        return F(prefix + self.column)

    def native(self, prefix: Prefix) -> Any:
        return FOLDED.get(self.field.type.family, _plain)(self.raw(prefix), self.field)

    def literal(self, value: Any) -> Any:
        constant = CONSTANTS.get(self.field.type.family)
        return (
            Value(value, output_field=constant()) if constant else column_number(value, scale_of(self.field))
        )

    def common(self, prefix: Prefix) -> Any:
        return COMMON.get(self.field.type.family, _plain)(self.raw(prefix), self.field)


def column_number(value: Any, scale: int) -> Value:
    """A constant number as Django writes it into a column, so that SQLite reads it as the same number."""
    if isinstance(value, int) and not scale:
        return Value(value, output_field=BigIntegerField())
    return Value(Decimal(value), output_field=DecimalField(max_digits=15 + scale, decimal_places=scale))


@dataclass(frozen=True)
class ExpressionSource:
    """A value that a virtual field's expression works out."""

    field: FieldInfo
    expression: Callable[[Prefix], Any]

    def raw(self, prefix: Prefix) -> Any:
        return self.expression(prefix)

    def native(self, prefix: Prefix) -> Any:
        return WORKED_OUT.get(self.field.type.family, _plain)(self.raw(prefix), self.field)

    def literal(self, value: Any) -> Any:
        constant = CONSTANTS.get(self.field.type.family)
        return Value(value, output_field=constant()) if constant else NumberValue(value)

    def common(self, prefix: Prefix) -> Any:
        if self.field.type.family == "number":
            return self.native(prefix)
        return COMMON.get(self.field.type.family, _plain)(self.raw(prefix), self.field)


STORED: Mapping[str, type[Stored]] = {"text": StoredText, "choice": StoredText, "boolean": StoredFlag}
STORED_COMMON: Mapping[str, type[Stored]] = {
    **STORED,
    "number": StoredNumber,
    "date": StoredText,
    "datetime": StoredText,
    "user": StoredNumber,
    "link": StoredNumber,
}
PLAIN_CONSTANTS = ("text", "choice", "boolean")


@dataclass(frozen=True)
class StoredSource:
    """A custom field's value in the JSON column."""

    field: FieldInfo

    def raw(self, prefix: Prefix) -> Any:
        return STORED.get(self.field.type.family, Stored)(F(prefix + "custom"), self.field.key)

    def native(self, prefix: Prefix) -> Any:
        return FOLDED.get(self.field.type.family, _plain)(self.raw(prefix), self.field)

    def literal(self, value: Any) -> Any:
        family = self.field.type.family
        if family in PLAIN_CONSTANTS:
            return Value(value, output_field=CONSTANTS[family]())
        return StoredValue(self.field.type.store(value, self.field))

    def plain(self) -> Any:
        """The value as it is stored: a text that looks like a number stays a text when it is read."""
        return STORED_COMMON.get(self.field.type.family, Stored)(F("custom"), self.field.key)

    def common(self, prefix: Prefix) -> Any:
        kind = STORED_COMMON.get(self.field.type.family, Stored)
        value = kind(F(prefix + "custom"), self.field.key)
        if self.field.type.family == "number":
            return ScaledNumber(value, scale_of(self.field), stored=True)
        return FOLDED.get(self.field.type.family, _plain)(value, self.field)


def source_of(field: FieldInfo) -> Source:
    """Where a module's field lives."""
    return ColumnSource(field, field.columns[0]) if field.columns else StoredSource(field)


def stored_form(field: FieldInfo) -> Any:
    """What to read of a row to have the field's value as it is stored."""
    return F(field.columns[0]) if field.columns else StoredSource(field).plain()
