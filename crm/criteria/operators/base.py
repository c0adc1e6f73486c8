"""What an operator is: how a condition with it is read, judged, put into SQL and told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from crm.criteria.base import Context, Row, Test
from crm.criteria.inputs import Input
from crm.criteria.paths import Operand
from crm.criteria.sql import Constant


class NotInSql(TypeError):  # noqa: N818
    """Criteria that ask what changed have a meaning only in an event, not in a query."""


@dataclass(frozen=True)
class Meaning:
    """When a condition is true, in Python and in SQL; never true for an empty value, but for "is empty".

    `value` is what the right side is in the context: a value, or an Operand for another field.
    """

    def test(self, left: Operand, value: Any, context: Context) -> Test:
        """The predicate."""
        raise NotImplementedError

    def sql(self, left: Operand, value: Any, context: Context) -> Any:
        """The expression; NULL counts as false."""
        raise NotImplementedError


@dataclass(frozen=True)
class Operator:
    """A meaning, or its opposite, under a key and in words, with what is entered on the right."""

    key: str
    words: str | Promise
    input: Input
    meaning: Meaning
    negative: bool = False
    event: bool = False  # asks what changed
    asks_context: bool = False  # its meaning depends on when


_operators: dict[str, dict[str, Operator]] = {}


def register_operators(families: Iterable[str], operators: Iterable[Operator]) -> None:
    """Gives families of fields their operators, in the order in which editors offer them."""
    known = list(operators)
    for family in families:
        _operators.setdefault(family, {}).update((operator.key, operator) for operator in known)


def operators_of(family: str) -> dict[str, Operator]:
    """The family's operators by key."""
    return _operators.get(family, {})


def never(_row: Row) -> bool:
    """A test that nothing passes."""
    return False


def refused() -> Any:
    """An expression that nothing fits."""
    return Constant(False)


def pairwise(left: str, right: str, fits: Callable[[Any, Any], bool]) -> Test:
    """Compares two fields of the row; an empty one fits nothing."""

    def test(row: Row) -> bool:
        found = row.value(left)
        if found is None:
            return False
        other = row.value(right)
        return other is not None and fits(found, other)

    return test
