"""Expressions that conditions are built from, on PostgreSQL and SQLite.

A positive expression may be NULL, which counts as false under and/or; `NotTrue` makes its opposite, which
is never NULL. Keys stand in the SQL as they are (they are letters, digits and underscores), since an index
on an expression is used only where the query has the same text.
"""

# ruff: noqa: ARG002 — one signature for all kinds
from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django.db.models import (
    BooleanField,
    Expression,
    FloatField,
    Func,
    IntegerField,
    JSONField,
    TextField,
    Value,
)

Compiled = tuple[str, Any]


class Constant(Expression):
    """True or false, whatever the record."""

    def __init__(self, truth: bool) -> None:
        super().__init__(output_field=BooleanField())
        self.truth = truth

    def as_sql(self, compiler: Any, connection: Any) -> Compiled:
        return ("1 = 1" if self.truth else "1 = 0"), []


class Infix(Func):
    """Two expressions with an operator of SQL between them."""

    template = "(%(expressions)s)"

    def __init__(self, left: Any, operator: str, right: Any) -> None:
        super().__init__(left, right, output_field=BooleanField(), arg_joiner=f" {operator} ")


class Both(Infix):
    """Two conditions that hold at once."""

    def __init__(self, left: Any, right: Any) -> None:
        super().__init__(left, "AND", right)


class NotTrue(Func):
    """The opposite of a condition; true where it is unknown."""

    template = "((%(expressions)s) IS NOT TRUE)"

    def __init__(self, condition: Any) -> None:
        super().__init__(condition, output_field=BooleanField())


class IsNull(Func):
    """Whether there is no value."""

    template = "(%(expressions)s IS NULL)"

    def __init__(self, expression: Any, *, null: bool = True) -> None:
        super().__init__(expression, output_field=BooleanField())
        if not null:
            self.extra["template"] = "(%(expressions)s IS NOT NULL)"


class AnyOf(Func):
    """Whether the first expression is one of the others."""

    def __init__(self, left: Any, *values: Any) -> None:
        super().__init__(left, *values, output_field=BooleanField())

    def as_sql(self, compiler: Any, connection: Any, **_extra: Any) -> Compiled:  # type: ignore[override]
        compiled = [compiler.compile(source) for source in self.get_source_expressions()]
        parameters = [parameter for _sql, values in compiled for parameter in values]
        return f"({compiled[0][0]} IN ({', '.join(sql for sql, _values in compiled[1:])}))", parameters


class Like(Infix):
    """Whether a text fits a pattern made by `like_pattern`."""

    template = "(%(expressions)s ESCAPE '\\')"

    def __init__(self, left: Any, pattern: str) -> None:
        super().__init__(left, "LIKE", Value(pattern, output_field=TextField()))


class Stored(Func):
    """A custom value as it is kept in the JSON column: JSON on PostgreSQL, its plain value on SQLite."""

    arrow = "->"

    def __init__(self, column: Any, key: str) -> None:
        super().__init__(column, output_field=JSONField())
        self.key = key

    def as_postgresql(self, compiler: Any, connection: Any, **_extra: Any) -> Compiled:
        return self.as_sql(compiler, connection, template=f"(%(expressions)s {self.arrow} '{self.key}')")

    def as_sqlite(self, compiler: Any, connection: Any, **_extra: Any) -> Compiled:
        return self.as_sql(
            compiler, connection, template=f"JSON_EXTRACT(%(expressions)s, '$.\"{self.key}\"')"
        )


class StoredText(Stored):
    """A custom text, picklist value, date or moment as text."""

    arrow = "->>"

    def __init__(self, column: Any, key: str) -> None:
        super().__init__(column, key)
        self.output_field = TextField()


class StoredNumber(Stored):
    """A custom number or id, which are kept as whole numbers.

    A value of another kind is none: rows of other modules share the column.
    """

    def __init__(self, column: Any, key: str) -> None:
        super().__init__(column, key)
        self.output_field = IntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **_extra: Any) -> Compiled:
        value = f"%(expressions)s -> '{self.key}'"
        number = f"(%(expressions)s ->> '{self.key}')::bigint"
        template = f"(CASE WHEN jsonb_typeof({value}) = 'number' THEN {number} END)"
        return self.as_sql(compiler, connection, template=template)


class StoredFlag(Stored):
    """A custom yes or no: no where it is missing, and none where there is no record."""

    def __init__(self, column: Any, key: str) -> None:
        super().__init__(column, key)
        self.output_field = BooleanField()

    def as_postgresql(self, compiler: Any, connection: Any, **_extra: Any) -> Compiled:
        value = f"COALESCE(%(expressions)s -> '{self.key}' = 'true'::jsonb, false)"
        template = f"(CASE WHEN %(expressions)s IS NOT NULL THEN {value} END)"
        return self.as_sql(compiler, connection, template=template)

    def as_sqlite(self, compiler: Any, connection: Any, **_extra: Any) -> Compiled:
        value = f"COALESCE(JSON_EXTRACT(%(expressions)s, '$.\"{self.key}\"'), 0) = 1"
        template = f"(CASE WHEN %(expressions)s IS NOT NULL THEN {value} END)"
        return self.as_sql(compiler, connection, template=template)


class StoredValue(Value):
    """A constant that a `Stored` is compared with."""

    def __init__(self, value: Any) -> None:
        super().__init__(value, output_field=JSONField())

    def as_sql(self, compiler: Any, connection: Any) -> Compiled:
        return "%s", [self.value]

    def as_postgresql(self, compiler: Any, connection: Any) -> Compiled:
        return "%s::jsonb", [json.dumps(self.value)]


class NumberValue(Value):
    """A constant number that an expression which is no column is compared with."""

    def __init__(self, value: Decimal | int) -> None:
        super().__init__(value, output_field=FloatField())

    def as_sql(self, compiler: Any, connection: Any) -> Compiled:
        whole = self.value == int(self.value)
        return "%s", [int(self.value) if whole else float(self.value)]

    def as_postgresql(self, compiler: Any, connection: Any) -> Compiled:
        return "%s", [Decimal(self.value)]


class ScaledNumber(Func):
    """A number with `scale` digits after the point in the form in which any two numbers compare exactly.

    PostgreSQL counts in decimals. On SQLite it is the double nearest to the number, by way of the scaled
    integer: numbers of at most 15 digits are then equal as doubles exactly if they are equal.
    """

    def __init__(self, number: Any, scale: int, *, stored: bool) -> None:
        super().__init__(number, output_field=FloatField())
        self.scale = scale
        self.stored = stored  # already an integer

    def as_postgresql(self, compiler: Any, connection: Any, **_extra: Any) -> Compiled:
        factor = f"{Decimal(1).scaleb(-self.scale):f}"
        template = f"(%(expressions)s * {factor})" if self.stored and self.scale else "%(expressions)s"
        return self.as_sql(compiler, connection, template=template)

    def as_sqlite(self, compiler: Any, connection: Any, **_extra: Any) -> Compiled:
        factor = f"{10**self.scale}.0"
        whole = "%(expressions)s" if self.stored else f"CAST(ROUND(%(expressions)s * {factor}) AS INTEGER)"
        template = f"({whole} / {factor})" if self.scale else "%(expressions)s"
        return self.as_sql(compiler, connection, template=template)


class RoundedNumber(ScaledNumber):
    """A number that an expression worked out, rounded to its scale, in the form of `ScaledNumber`."""

    def __init__(self, number: Any, scale: int) -> None:
        super().__init__(number, scale, stored=False)

    def as_postgresql(self, compiler: Any, connection: Any, **_extra: Any) -> Compiled:
        return self.as_sql(compiler, connection, template=f"ROUND((%(expressions)s)::numeric, {self.scale})")

    def as_sqlite(self, compiler: Any, connection: Any, **_extra: Any) -> Compiled:
        factor = f"{10**self.scale}.0"
        template = f"(CAST(ROUND((%(expressions)s) * {factor}) AS INTEGER) / {factor})"
        return self.as_sql(compiler, connection, template=template)


class DayText(Func):
    """A date column as text, as custom dates are kept."""

    def __init__(self, column: Any) -> None:
        super().__init__(column, output_field=TextField())

    def as_postgresql(self, compiler: Any, connection: Any, **_extra: Any) -> Compiled:
        return self.as_sql(compiler, connection, template="to_char(%(expressions)s, 'YYYY-MM-DD')")

    def as_sqlite(self, compiler: Any, connection: Any, **_extra: Any) -> Compiled:
        return self.as_sql(compiler, connection, template="%(expressions)s")


class MomentText(DayText):
    """A moment column as text in UTC, as custom moments are kept."""

    def as_postgresql(self, compiler: Any, connection: Any, **_extra: Any) -> Compiled:
        template = "to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"
        return self.as_sql(compiler, connection, template=template)


class NoItems(Func):
    """Whether a list is missing or has nothing in it."""

    def __init__(self, items: Any) -> None:
        super().__init__(items, output_field=BooleanField())

    def as_postgresql(self, compiler: Any, connection: Any, **_extra: Any) -> Compiled:
        template = "(COALESCE(%(expressions)s, '[]'::jsonb) IN ('[]'::jsonb, 'null'::jsonb))"
        return self.as_sql(compiler, connection, template=template)

    def as_sqlite(self, compiler: Any, connection: Any, **_extra: Any) -> Compiled:
        template = "(COALESCE(JSON_ARRAY_LENGTH(%(expressions)s), 0) = 0)"
        return self.as_sql(compiler, connection, template=template)


class HasItems(Func):
    """Whether a list has any (or all) of some items."""

    def __init__(self, items: Any, wanted: list[str], *, every: bool) -> None:
        super().__init__(items, output_field=BooleanField())
        self.wanted = wanted
        self.every = every

    def as_postgresql(self, compiler: Any, connection: Any, **_extra: Any) -> Compiled:
        sql, parameters = compiler.compile(self.source_expressions[0])
        return f"({sql} {'?&' if self.every else '?|'} %s::text[])", [*parameters, self.wanted]

    def as_sqlite(self, compiler: Any, connection: Any, **_extra: Any) -> Compiled:
        sql, parameters = compiler.compile(self.source_expressions[0])
        places = ", ".join(["%s"] * len(self.wanted))
        found = f"FROM json_each({sql}) WHERE value IN ({places})"
        if self.every:
            count = f"((SELECT COUNT(DISTINCT value) {found}) = {len(set(self.wanted))})"
            return count, [*parameters, *self.wanted]
        return f"(EXISTS (SELECT 1 {found}))", [*parameters, *self.wanted]
