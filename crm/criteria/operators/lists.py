"""Meanings of lists (multi-picklists and tags), and of being empty."""

# ruff: noqa: ARG002 — one signature for all kinds
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crm.criteria.base import Context, Row, Test
from crm.criteria.operators.base import Meaning
from crm.criteria.paths import Operand
from crm.criteria.sql import HasItems, Infix, IsNull, NoItems


@dataclass(frozen=True)
class Contains(Meaning):
    """Any of some items, or every one of them."""

    every: bool

    def test(self, left: Operand, value: Any, context: Context) -> Test:
        path, wanted = left.path, frozenset(value)
        if self.every:
            return lambda row: wanted.issubset(row.value(path) or ())
        return lambda row: not wanted.isdisjoint(row.value(path) or ())

    def sql(self, left: Operand, value: Any, context: Context) -> Any:
        return HasItems(left.native(), list(value), every=self.every)


@dataclass(frozen=True)
class Empty(Meaning):
    """No value."""

    def test(self, left: Operand, value: Any, context: Context) -> Test:
        path = left.path
        return lambda row: row.value(path) is None

    def sql(self, left: Operand, value: Any, context: Context) -> Any:
        return IsNull(left.raw())


@dataclass(frozen=True)
class NothingInList(Empty):
    """No value, or a list of none."""

    def test(self, left: Operand, value: Any, context: Context) -> Test:
        path = left.path

        def test(row: Row) -> bool:
            return not row.value(path)

        return test

    def sql(self, left: Operand, value: Any, context: Context) -> Any:
        return NoItems(left.raw())


@dataclass(frozen=True)
class SameRecord(Meaning):
    """The same record of any module; record ids are unique across modules."""

    def test(self, left: Operand, value: Any, context: Context) -> Test:
        path, wanted = left.path, value.id

        def test(row: Row) -> bool:
            found = row.value(path)
            return found is not None and found.id == wanted

        return test

    def sql(self, left: Operand, value: Any, context: Context) -> Any:
        return Infix(left.native(), "=", left.literal(value.id))
