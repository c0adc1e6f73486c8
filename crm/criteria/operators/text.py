"""Meanings of text, ignoring case."""

# ruff: noqa: ARG002 — one signature for all kinds
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crm.criteria.base import Context, Row, Test
from crm.criteria.operators.base import Meaning, pairwise
from crm.criteria.paths import Operand
from crm.criteria.sql import AnyOf, Infix, Like
from crm.criteria.text import fold, like_pattern


def _same(one: str, other: str) -> bool:
    return fold(one) == fold(other)


@dataclass(frozen=True)
class SameText(Meaning):
    """The same text, or the same as another field's."""

    def test(self, left: Operand, value: Any, context: Context) -> Test:
        path = left.path
        if isinstance(value, Operand):
            return pairwise(path, value.path, _same)
        wanted = fold(value)

        def test(row: Row) -> bool:
            found = row.value(path)
            return found is not None and fold(found) == wanted

        return test

    def sql(self, left: Operand, value: Any, context: Context) -> Any:
        if isinstance(value, Operand):
            return Infix(left.common(), "=", value.common())
        return Infix(left.native(), "=", left.literal(fold(value)))


@dataclass(frozen=True)
class OneText(Meaning):
    """One of several texts."""

    def test(self, left: Operand, value: Any, context: Context) -> Test:
        path, wanted = left.path, frozenset(fold(text) for text in value)

        def test(row: Row) -> bool:
            found = row.value(path)
            return found is not None and fold(found) in wanted

        return test

    def sql(self, left: Operand, value: Any, context: Context) -> Any:
        return AnyOf(left.native(), *(left.literal(text) for text in dict.fromkeys(map(fold, value))))


@dataclass(frozen=True)
class PartOfText(Meaning):
    """A text within the text; `before` and `after` are what LIKE allows around it."""

    fits: Callable[[str, str], bool]
    before: str
    after: str

    def test(self, left: Operand, value: Any, context: Context) -> Test:
        path, fits, wanted = left.path, self.fits, fold(value)

        def test(row: Row) -> bool:
            found = row.value(path)
            return found is not None and fits(fold(found), wanted)

        return test

    def sql(self, left: Operand, value: Any, context: Context) -> Any:
        return Like(left.native(), like_pattern(fold(value), self.before, self.after))
