"""Meanings that compare one value with one: equal, less, greater, between, one of several."""

# ruff: noqa: ARG002 — one signature for all kinds
from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crm.criteria.base import Context, Row, Test
from crm.criteria.operators.base import Meaning, never, pairwise, refused
from crm.criteria.paths import Operand
from crm.criteria.sql import AnyOf, Both, Infix

PYTHON: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Same(Meaning):
    """Equal to a value or to another field."""

    def test(self, left: Operand, value: Any, context: Context) -> Test:
        path = left.path
        if value is None:
            return never
        if isinstance(value, Operand):
            return pairwise(path, value.path, operator.eq)
        return lambda row: row.value(path) == value

    def sql(self, left: Operand, value: Any, context: Context) -> Any:
        if value is None:
            return refused()
        if isinstance(value, Operand):
            return Infix(left.common(), "=", value.common())
        return Infix(left.native(), "=", left.literal(value))


@dataclass(frozen=True)
class Ordered(Meaning):
    """Before or after a value or another field, by the order of SQL's `sign`."""

    sign: str

    def test(self, left: Operand, value: Any, context: Context) -> Test:
        path, fits = left.path, PYTHON[self.sign]
        if isinstance(value, Operand):
            return pairwise(path, value.path, fits)

        def test(row: Row) -> bool:
            found = row.value(path)
            return found is not None and fits(found, value)

        return test

    def sql(self, left: Operand, value: Any, context: Context) -> Any:
        if isinstance(value, Operand):
            return Infix(left.common(), self.sign, value.common())
        return Infix(left.native(), self.sign, left.literal(value))


@dataclass(frozen=True)
class Between(Meaning):
    """From the first value to the second, both included."""

    def test(self, left: Operand, value: Any, context: Context) -> Test:
        path = left.path
        lowest, highest = value

        def test(row: Row) -> bool:
            found = row.value(path)
            return found is not None and lowest <= found <= highest

        return test

    def sql(self, left: Operand, value: Any, context: Context) -> Any:
        lowest, highest = value
        return Both(
            Infix(left.native(), ">=", left.literal(lowest)),
            Infix(left.native(), "<=", left.literal(highest)),
        )


@dataclass(frozen=True)
class OneOf(Meaning):
    """Equal to one of several values."""

    def test(self, left: Operand, value: Any, context: Context) -> Test:
        path, wanted = left.path, frozenset(value)
        return lambda row: row.value(path) in wanted

    def sql(self, left: Operand, value: Any, context: Context) -> Any:
        return AnyOf(left.native(), *(left.literal(item) for item in value))


@dataclass(frozen=True)
class YesOrNo(Meaning):
    """Equal to yes or no. A record's own flag is never empty; without a linked record nothing is equal."""

    def test(self, left: Operand, value: Any, context: Context) -> Test:
        path = left.path
        if isinstance(value, Operand):
            return self.fields(left, value)
        if left.own and not value:
            return lambda row: not row.value(path)
        return lambda row: row.value(path) is value

    def fields(self, left: Operand, right: Operand) -> Test:
        """Compares two flags."""

        def test(row: Row) -> bool:
            one, other = row.value(left.path), row.value(right.path)
            if (one is None and not left.own) or (other is None and not right.own):
                return False
            return bool(one) == bool(other)

        return test

    def sql(self, left: Operand, value: Any, context: Context) -> Any:
        if isinstance(value, Operand):
            return Infix(left.common(), "=", value.common())
        return Infix(left.native(), "=", left.literal(value))
