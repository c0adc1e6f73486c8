"""The operators of each family of fields, in the order in which an editor offers them."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.criteria.inputs import FromToInput, NoInput, PeriodInput, RangeInput, ValueInput, ValuesInput, both
from crm.criteria.operators.base import Meaning, NotInSql, Operator, operators_of, register_operators
from crm.criteria.operators.calendar import around_today, day, month, quarter, week, year
from crm.criteria.operators.compare import Between, OneOf, Ordered, Same, YesOrNo
from crm.criteria.operators.events import Changed, ChangedFromTo, ChangedTo
from crm.criteria.operators.lists import Contains, Empty, NothingInList, SameRecord
from crm.criteria.operators.text import OneText, PartOfText, SameText
from crm.criteria.operators.time import (
    InTime,
    after,
    before,
    between,
    further_ahead,
    in_last,
    in_next,
    longer_ago,
    on,
    on_or_after,
    on_or_before,
)

__all__ = ["Meaning", "NotInSql", "Operator", "operators_of", "register_operators"]

NONE, VALUE, COMPARED = NoInput(), ValueInput(), ValueInput(fields=True)
VALUES, RANGE, PERIOD, FROM_TO = ValuesInput(), RangeInput(), PeriodInput(), FromToInput()


def same(meaning: Meaning) -> tuple[Operator, ...]:
    """Is and is not."""
    return (
        Operator("is", _("is"), COMPARED, meaning),
        Operator("is_not", _("is not"), COMPARED, meaning, negative=True),
    )


def one_of(meaning: Meaning) -> tuple[Operator, ...]:
    """Is any of and is none of."""
    return (
        Operator("is_any_of", _("is any of"), VALUES, meaning),
        Operator("is_none_of", _("is none of"), VALUES, meaning, negative=True),
    )


def emptiness(meaning: Meaning) -> tuple[Operator, ...]:
    """Is empty and is not empty."""
    return (
        Operator("is_empty", _("is empty"), NONE, meaning),
        Operator("is_not_empty", _("is not empty"), NONE, meaning, negative=True),
    )


def calendar(key: str, words: str | Promise, meaning: InTime) -> Operator:
    """A stretch of the calendar."""
    return Operator(key, words, NONE, meaning, asks_context=True)


CONTAINS = PartOfText(lambda text, part: part in text, "%", "%")
EMPTY = emptiness(Empty())
CHANGED = Operator("changed", _("changed"), NONE, Changed(), event=True)
CHANGES = (
    CHANGED,
    Operator("changed_to", _("changed to"), VALUE, ChangedTo(), event=True, asks_context=True),
    Operator("changed_from_to", _("changed from"), FROM_TO, ChangedFromTo(), event=True, asks_context=True),
)

register_operators(
    ["text"],
    (
        *same(SameText()),
        Operator("contains", _("contains"), VALUE, CONTAINS),
        Operator("not_contains", _("does not contain"), VALUE, CONTAINS, negative=True),
        Operator("starts_with", _("starts with"), VALUE, PartOfText(str.startswith, "", "%")),
        Operator("ends_with", _("ends with"), VALUE, PartOfText(str.endswith, "%", "")),
        *one_of(OneText()),
        *EMPTY,
        *CHANGES,
    ),
)
register_operators(
    ["number"],
    (
        *same(Same()),
        Operator("greater", _("is greater than"), COMPARED, Ordered(">")),
        Operator("greater_or_equal", _("is at least"), COMPARED, Ordered(">=")),
        Operator("less", _("is less than"), COMPARED, Ordered("<")),
        Operator("less_or_equal", _("is at most"), COMPARED, Ordered("<=")),
        Operator("between", _("is between"), RANGE, Between()),
        *EMPTY,
        *CHANGES,
    ),
)
register_operators(
    ["date", "datetime"],
    (
        Operator("is", _("is"), COMPARED, InTime(on, "="), asks_context=True),
        Operator("is_not", _("is not"), COMPARED, InTime(on, "="), negative=True, asks_context=True),
        Operator("before", _("is before"), COMPARED, InTime(before, "<"), asks_context=True),
        Operator("after", _("is after"), COMPARED, InTime(after, ">"), asks_context=True),
        Operator(
            "on_or_before", _("is on or before"), COMPARED, InTime(on_or_before, "<="), asks_context=True
        ),
        Operator("on_or_after", _("is on or after"), COMPARED, InTime(on_or_after, ">="), asks_context=True),
        Operator("between", _("is between"), RANGE, InTime(between), asks_context=True),
        Operator("in_last", _("is in the last"), PERIOD, InTime(in_last), asks_context=True),
        Operator("in_next", _("is in the next"), PERIOD, InTime(in_next), asks_context=True),
        Operator("longer_ago", _("is longer ago than"), PERIOD, InTime(longer_ago), asks_context=True),
        Operator(
            "further_ahead", _("is further ahead than"), PERIOD, InTime(further_ahead), asks_context=True
        ),
        calendar("today", _("is today"), InTime(around_today(day, 0))),
        calendar("yesterday", _("is yesterday"), InTime(around_today(day, -1))),
        calendar("tomorrow", _("is tomorrow"), InTime(around_today(day, 1))),
        calendar("this_week", _("is in this week"), InTime(around_today(week, 0))),
        calendar("last_week", _("is in last week"), InTime(around_today(week, -1))),
        calendar("next_week", _("is in next week"), InTime(around_today(week, 1))),
        calendar("this_month", _("is in this month"), InTime(around_today(month, 0))),
        calendar("last_month", _("is in last month"), InTime(around_today(month, -1))),
        calendar("next_month", _("is in next month"), InTime(around_today(month, 1))),
        calendar("this_quarter", _("is in this quarter"), InTime(around_today(quarter, 0))),
        calendar("last_quarter", _("is in last quarter"), InTime(around_today(quarter, -1))),
        calendar("next_quarter", _("is in next quarter"), InTime(around_today(quarter, 1))),
        calendar("this_year", _("is in this year"), InTime(around_today(year, 0))),
        calendar("last_year", _("is in last year"), InTime(around_today(year, -1))),
        calendar("next_year", _("is in next year"), InTime(around_today(year, 1))),
        *EMPTY,
        *CHANGES,
    ),
)
register_operators(["boolean"], (Operator("is", _("is"), COMPARED, YesOrNo()), *CHANGES))
register_operators(["choice", "user", "link"], (*same(Same()), *one_of(OneOf()), *EMPTY, *CHANGES))
register_operators(
    ["choices"],
    (
        Operator("contains_any", _("contains any of"), VALUES, Contains(every=False)),
        Operator("contains_all", _("contains all of"), ValuesInput(both), Contains(every=True)),
        Operator("contains_none", _("contains none of"), VALUES, Contains(every=False), negative=True),
        *emptiness(NothingInList()),
        CHANGED,
    ),
)
register_operators(
    ["any_link"],
    (
        Operator("is", _("is"), VALUE, SameRecord()),
        Operator("is_not", _("is not"), VALUE, SameRecord(), negative=True),
        *EMPTY,
        CHANGED,
    ),
)
register_operators(["lines"], (*emptiness(NothingInList()), CHANGED))
