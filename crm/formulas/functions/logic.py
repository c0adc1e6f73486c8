"""Conditions and comparisons: the truth table of criteria, so that each is true or false, never unknown."""

from __future__ import annotations

import operator as python
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from crm.criteria.text import fold
from crm.formulas.base import BOOLEAN, KindProblem
from crm.formulas.functions.base import (
    Checked,
    Function,
    Parts,
    Work,
    alike,
    common_kind,
    count,
    function,
    listed,
    need,
    operator,
    takes,
    template,
)
from crm.formulas.functions.numbers import joined
from crm.formulas.functions.texts import fold_sql
from crm.formulas.tree import Read, Typed, Value, as_kind

EVERY = "number|text|boolean|date|datetime|choice|user|link"
ORDERED = "number|date|datetime"


def _if(parts: Parts) -> Checked:
    """A condition, and two values of one kind."""
    count(parts, 3, 3)
    kind = common_kind(parts[1:], 1)
    return (need(parts[0], "boolean", 0), as_kind(parts[1], kind), as_kind(parts[2], kind)), kind


def _if_work(steps: Sequence[Work]) -> Work:
    condition, then, otherwise = steps
    return lambda row, context: then(row, context) if condition(row, context) else otherwise(row, context)


def _and_work(steps: Sequence[Work]) -> Work:
    first, second = steps
    return lambda row, context: bool(first(row, context)) and bool(second(row, context))


def _or_work(steps: Sequence[Work]) -> Work:
    first, second = steps
    return lambda row, context: bool(first(row, context)) or bool(second(row, context))


def _is_empty(parts: Parts) -> Checked:
    """Anything but yes or no, which is never empty."""
    count(parts, 1, 1)
    return (need(parts[0], EVERY.replace("boolean|", ""), 0),), BOOLEAN


def _compared(families: str) -> Callable[[Parts], Checked]:
    """Two values of one kind; a text that is written out beside a picklist is one of its values."""

    def check(parts: Parts) -> Checked:
        for place, part in enumerate(parts):
            if isinstance(part, Value) and part.value is None:
                raise KindProblem(_("Ask is_empty(…) whether a value is missing."), place)
            if isinstance(part, Value) and isinstance(part.value, str):
                _known(part.value, parts[1 - place], place)
        kind = common_kind(parts)
        for place, part in enumerate(parts):
            need(part, families, place)
        return tuple(as_kind(part, kind) for part in parts), BOOLEAN

    return check


def _known(text: str, other: Typed, place: int) -> None:
    """Raises KindProblem if the text is none of the keys of the picklist that it is compared with."""
    choices = other.operand.field.choices if isinstance(other, Read) and other.kind.family == "choice" else {}
    if choices and text not in choices:
        raise KindProblem(
            _("“%(value)s” is not one of the values: %(allowed)s.")
            % {"value": text[:80], "allowed": ", ".join(choices)[:400]},
            place,
        )


def _same_text(left: str, right: str) -> bool:
    return fold(left) == fold(right)


def comparison(key: str, sign: str, test: Callable[[Any, Any], bool], words: Callable[[], str]) -> Function:
    """A comparison that is false where a value is missing."""

    def compare(left: Any, right: Any) -> bool:
        return left is not None and right is not None and test(left, right)

    return Function(
        key, _compared(ORDERED), compare, template(f"(({{0}} {sign} {{1}}) IS TRUE)"),
        lambda told: f"{told[0]} {words()} {told[1]}", lenient=True,
    )  # fmt: skip


def equality(key: str, wanted: bool, words: Callable[[], str]) -> Function:
    """Equal or not; where a value is missing they are not. Texts ignore case, keys of picklists do not."""
    truth = "IS TRUE" if wanted else "IS NOT TRUE"

    def made(same: Callable[[Any, Any], bool], left: str, right: str) -> Function:
        def compare(one: Any, other: Any) -> bool:
            return (one is not None and other is not None and same(one, other)) is wanted

        return Function(
            key, _compared(EVERY), compare, template(f"(({left} = {right}) {truth})"),
            lambda told: f"{told[0]} {words()} {told[1]}", lenient=True,
        )  # fmt: skip

    folded = made(_same_text, fold_sql("{0}"), fold_sql("{1}"))
    return replace(
        made(python.eq, "{0}", "{1}"),
        variant=lambda parts: folded if all(part.kind.family == "text" for part in parts) else None,
    )


def _not(value: bool | None) -> bool:
    return not value


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _if_words(words: Sequence[str]) -> str:
    return _("(if %(condition)s, then %(then)s, otherwise %(otherwise)s)") % {
        "condition": words[0], "then": words[1], "otherwise": words[2],
    }  # fmt: skip


def _nothing(*_values: Any) -> None:
    """For functions that are worked out by their `work`."""


conditions = takes("boolean", "boolean", gives=BOOLEAN)

operator(
    Function(
        "and", conditions, _nothing, template("(({0} IS TRUE) AND ({1} IS TRUE))"),
        lambda words: f" {_('and')} ".join(words), work=_and_work,
    ),
    Function(
        "or", conditions, _nothing, template("(({0} IS TRUE) OR ({1} IS TRUE))"),
        lambda words: f" {_('or')} ".join(words), work=_or_work,
    ),
    Function(
        "not", takes("boolean", gives=BOOLEAN), _not, template("({0} IS NOT TRUE)"),
        lambda words: _("not %s") % words[0], lenient=True,
    ),
    equality("=", True, lambda: _("is")),
    equality("!=", False, lambda: _("is not")),
    comparison("<", "<", python.lt, lambda: _("is less than")),
    comparison("<=", "<=", python.le, lambda: _("is at most")),
    comparison(">", ">", python.gt, lambda: _("is greater than")),
    comparison(">=", ">=", python.ge, lambda: _("is at least")),
)  # fmt: skip
function(
    Function(
        "if", _if, _nothing, template("(CASE WHEN {0} THEN {1} ELSE {2} END)"), _if_words, work=_if_work,
        outcomes=lambda parts: parts[1:],
    ),
    Function(
        "coalesce", alike(2, EVERY), _first, listed("COALESCE({0})"),
        lambda words: _("the first of (%s) that is not empty") % joined(words), lenient=True,
        outcomes=lambda parts: parts,
    ),
    Function(
        "is_empty", _is_empty, lambda value: value is None, template("({0} IS NULL)"),
        lambda words: _("%s is empty") % words[0], lenient=True,
    ),
)  # fmt: skip
