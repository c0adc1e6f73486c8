"""Makes functions of a checked tree, which work a formula out in the process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from crm.criteria.base import Context
from crm.formulas.functions.base import Work
from crm.formulas.functions.numbers import stored
from crm.formulas.tree import Read, Typed, Value


def steps_of(tree: Typed) -> Work:
    """The formula as a function of its operands' values and the context; a number in its stored form."""
    work = _step(tree)
    if tree.kind.family != "number":
        return work
    return lambda row, context: stored(work(row, context))


def _step(tree: Typed) -> Work:
    if isinstance(tree, Value):
        constant = tree.value
        return lambda _row, _context: constant
    if isinstance(tree, Read):
        return _reading(tree.place, tree.kind.family)
    parts = [_step(part) for part in tree.parts]
    if tree.function.work:
        return tree.function.work(parts)
    if tree.function.timed:
        return _timed(tree.function.python, parts)
    return (_lenient if tree.function.lenient else _strict)(tree.function.python, parts)


def _reading(place: int, family: str) -> Work:
    if family != "number":
        return lambda row, _context: row[place]

    def number(row: Sequence[Any], _context: Context) -> Decimal | None:
        value = row[place]
        return value if value is None or type(value) is Decimal else Decimal(value)

    return number


def _timed(python: Callable[..., Any], parts: list[Work]) -> Work:
    """A function that asks when or where."""

    def work(row: Sequence[Any], context: Context) -> Any:
        values = [part(row, context) for part in parts]
        return None if None in values else python(context, *values)

    return work


def _lenient(python: Callable[..., Any], parts: list[Work]) -> Work:
    """A function that knows what to do with empty values."""
    return lambda row, context: python(*[part(row, context) for part in parts])


def _strict(python: Callable[..., Any], parts: list[Work]) -> Work:
    """A function of which the result is empty where a part is; one and two parts are the usual case."""
    if len(parts) == 1:
        return _strict_one(python, parts[0])
    if len(parts) == 2:
        return _strict_two(python, *parts)

    def work(row: Sequence[Any], context: Context) -> Any:
        values = [part(row, context) for part in parts]
        return None if any(value is None for value in values) else python(*values)

    return work


def _strict_one(python: Callable[..., Any], part: Work) -> Work:
    def work(row: Sequence[Any], context: Context) -> Any:
        value = part(row, context)
        return None if value is None else python(value)

    return work


def _strict_two(python: Callable[..., Any], first: Work, second: Work) -> Work:
    def work(row: Sequence[Any], context: Context) -> Any:
        left = first(row, context)
        if left is None:
            return None
        right = second(row, context)
        return None if right is None else python(left, right)

    return work
