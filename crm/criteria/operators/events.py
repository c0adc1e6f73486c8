"""Meanings of events: what the change that is being judged did. A new record has changed nothing."""

# ruff: noqa: ARG002 — one signature for all kinds
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crm.criteria.base import Context, Row, Test
from crm.criteria.operators.base import Meaning, NotInSql, operators_of
from crm.criteria.paths import Operand


class RowBefore:
    """A row as it was before the change."""

    is_new = False
    __slots__ = ("before", "value")

    def __init__(self, row: Row) -> None:
        self.value: Callable[[str], Any] = row.before
        self.before = row.before


def _is(left: Operand, value: Any, context: Context) -> Test:
    """Whether the field is the value, as the operator "is" says; None is an empty one."""
    known = operators_of(left.family)
    return known["is_empty" if value is None else "is"].meaning.test(left, value, context)


@dataclass(frozen=True)
class Changed(Meaning):
    """The value is another one now; a text also if only its case changed."""

    def test(self, left: Operand, value: Any, context: Context) -> Test:
        path = left.path
        if left.family == "boolean":
            return lambda row: not row.is_new and bool(row.before(path)) != bool(row.value(path))
        return lambda row: not row.is_new and row.before(path) != row.value(path)

    def sql(self, left: Operand, value: Any, context: Context) -> Any:
        raise NotInSql("“changed” has no meaning in a query")


@dataclass(frozen=True)
class ChangedTo(Changed):
    """The value was not this one and is now."""

    def test(self, left: Operand, value: Any, context: Context) -> Test:
        wanted = _is(left, value, context)
        return lambda row: not row.is_new and wanted(row) and not wanted(RowBefore(row))


@dataclass(frozen=True)
class ChangedFromTo(Changed):
    """The value was the first one and is the second one now."""

    def test(self, left: Operand, value: Any, context: Context) -> Test:
        was, wanted = _is(left, value[0], context), _is(left, value[1], context)
        return lambda row: not row.is_new and wanted(row) and was(RowBefore(row))
