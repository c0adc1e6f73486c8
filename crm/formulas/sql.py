"""A formula as an expression for `annotate` and `filter`.

PostgreSQL counts in decimals, and gets the formula as SQL. SQLite has no decimals: there a function of the
process (`crm_formula`) works out the row, by the same steps as in memory.
"""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    DateField,
    DateTimeField,
    DecimalField,
    Func,
    TextField,
    When,
)
from django.db.models import Field as Column

from crm.criteria.base import Context
from crm.criteria.paths import Operand
from crm.criteria.sources import StoredSource
from crm.fields.time import load_moment, store_moment
from crm.formulas.functions.base import Sql
from crm.formulas.functions.numbers import stored_sql
from crm.formulas.tree import Read, Typed, Value

if TYPE_CHECKING:
    from crm.formulas.formula import Formula

TYPES: Mapping[str, str] = {
    "number": "numeric", "text": "text", "choice": "text", "boolean": "boolean", "date": "date",
    "datetime": "timestamptz", "user": "bigint", "link": "bigint", "nothing": "text",
}  # fmt: skip
OUTPUTS: Mapping[str, Callable[[], Column[Any, Any]]] = {
    "number": lambda: DecimalField(max_digits=25, decimal_places=10),
    "text": TextField, "choice": TextField, "boolean": BooleanField, "date": DateField,
    "datetime": DateTimeField, "user": BigIntegerField, "link": BigIntegerField,
}  # fmt: skip


def as_source(operand: Operand, module: str, prefix: str) -> Any:
    """An operand's value in SQL; of a custom module only in the module's own rows, since others share the
    table and may keep something else under the same key."""
    custom = isinstance(operand.source, StoredSource)
    if operand.family in ("number", "user", "link"):
        return operand.common(prefix)
    if not custom or operand.family not in ("date", "datetime"):
        return operand.raw(prefix)
    value = operand.common(prefix)
    if operand.hops or not module:
        return value
    return Case(When(**{f"{prefix}module": module}, then=value), output_field=TextField())


def _read(operand: Operand, sql: str) -> str:
    """An operand's SQL with the type that PostgreSQL counts with."""
    if operand.family == "boolean":
        return sql
    if operand.family == "datetime" and isinstance(operand.source, StoredSource):
        return f"(({sql})::timestamp AT TIME ZONE 'UTC')"
    return f"({sql})::{TYPES[operand.family]}"


def written(tree: Typed, context: Context, operands: Sequence[Sql]) -> Sql:
    """A part of a formula for PostgreSQL; `operands` are the compiled sources."""
    if isinstance(tree, Value):
        return _constant(tree)
    if isinstance(tree, Read):
        sql, parameters = operands[tree.place]
        return _read(tree.operand, sql), parameters
    return tree.function.sql(context, [written(part, context, operands) for part in tree.parts])


def _constant(part: Value) -> Sql:
    if part.value is None:
        return f"NULL::{TYPES[part.kind.family]}", []
    if isinstance(part.value, bool):
        return ("TRUE" if part.value else "FALSE"), []
    value = f"{part.value:f}" if isinstance(part.value, Decimal) else part.value
    return f"%s::{TYPES[part.kind.family]}", [value]


class Bound:
    """A formula in a context, as `crm_formula` looks it up."""

    def __init__(self, formula: Formula, context: Context) -> None:
        self.formula = formula
        self.context = context
        self.token = next(_tokens)
        _bound[self.token] = self

    def __call__(self, values: Sequence[Any]) -> Any:
        """The result for the operands' values, all as SQLite has them."""
        pairs = zip(self.formula.operands, values, strict=True)
        row = [None if value is None else FROM_SQLITE[one.family](value) for one, value in pairs]
        result = self.formula.work(row, self.context)
        return None if result is None else TO_SQLITE.get(self.formula.family, _same)(result)


_tokens = count(1)
_bound: WeakValueDictionary[int, Bound] = WeakValueDictionary()


def crm_formula(token: int, *values: Any) -> Any:
    """The function of SQLite connections: the formula that the statement was made with, on one row."""
    return _bound[token](values)


def _same(value: Any) -> Any:
    return value


def _number(value: int | float) -> Decimal:
    """A double of SQLite stands for the decimal with at most 15 digits that it is nearest to."""
    return Decimal(value) if isinstance(value, int) else Decimal(f"{value:.15g}")


FROM_SQLITE: Mapping[str, Callable[[Any], Any]] = {
    "number": _number, "text": str, "choice": str, "boolean": bool, "date": date.fromisoformat,
    "datetime": lambda value: load_moment(value[:19]), "user": int, "link": int,
}  # fmt: skip
TO_SQLITE: Mapping[str, Callable[[Any], Any]] = {
    "number": float, "date": date.isoformat, "datetime": store_moment,
}  # fmt: skip


class FormulaSql(Func):
    """The formula's value; its sources are the operands of the record that `prefix` leads to."""

    def __init__(self, formula: Formula, context: Context, module: str, prefix: str = "") -> None:
        sources = [as_source(operand, module, prefix) for operand in formula.operands]
        super().__init__(*sources, output_field=OUTPUTS[formula.family]())
        self.bound = Bound(formula, context)

    def as_postgresql(self, compiler: Any, connection: Any, **_extra: Any) -> Any:
        formula, context = self.bound.formula, self.bound.context
        compiled = [compiler.compile(source) for source in self.get_source_expressions()]
        operands = [(sql, [*parameters]) for sql, parameters in compiled]
        sql, parameters = written(formula.tree, context, operands)
        return (stored_sql(sql) if formula.family == "number" else f"({sql})"), parameters

    def as_sqlite(self, compiler: Any, connection: Any, **_extra: Any) -> Any:
        compiled = [compiler.compile(source) for source in self.get_source_expressions()]
        parameters = [self.bound.token, *(value for _sql, values in compiled for value in values)]
        sql = f"crm_formula({', '.join(['%s', *(sql for sql, _values in compiled)])})"
        return (f"CAST({sql} AS NUMERIC)" if self.bound.formula.family == "number" else sql), parameters
