"""Meanings of dates and moments: each is an interval, worked out once per context.

An interval is half open: from its first date or moment up to, but without, `end`. `None` is no limit.
A date is one day of the calendar. Among moments, a date is that day in the context's time zone, and a
moment is its whole second.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from crm.criteria.base import Context, Row, Test
from crm.criteria.operators.base import Meaning, never, refused
from crm.criteria.operators.compare import Ordered
from crm.criteria.paths import Operand
from crm.criteria.sides import Period
from crm.criteria.sql import Both, Infix, IsNull

FIRST_MOMENT = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Interval:
    """From `start` up to `end`; `empty` has nothing in it."""

    start: Any = None
    end: Any = None
    empty: bool = False


NEVER = Interval(empty=True)


def next_day(day: date) -> date | None:
    """The day after; None after the last one there is."""
    return None if day == date.max else day + timedelta(days=1)


def day_begins(day: date, context: Context) -> datetime:
    """The moment at which a day begins in the context's time zone."""
    try:
        return datetime.combine(day, time.min, tzinfo=context.zone).astimezone(UTC)
    except OverflowError:
        return FIRST_MOMENT if day.year < 5000 else datetime.max.replace(tzinfo=UTC)


def span(value: date | datetime, left: Operand, context: Context) -> Interval:
    """What a date or moment covers among the values of the field."""
    if isinstance(value, datetime):
        try:
            return Interval(value, value + timedelta(seconds=1))
        except OverflowError:
            return Interval(value, None)
    after = next_day(value)
    if left.family == "date":
        return Interval(value, after)
    return Interval(day_begins(value, context), day_begins(after, context) if after else None)


def moved(day: date, period: Period, sign: int) -> date:
    """The day a period later (or earlier); at a month's end the last day of the month it falls into."""
    if period.unit == "months":
        months = day.year * 12 + day.month - 1 + sign * period.n
        year, month = divmod(months, 12)
        if not date.min.year <= year <= date.max.year:
            return date.max if sign > 0 else date.min
        return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
    try:
        return day + timedelta(days=sign * period.n * (7 if period.unit == "weeks" else 1))
    except OverflowError:
        return date.max if sign > 0 else date.min


@dataclass(frozen=True)
class InTime(Meaning):
    """Within the interval that `interval` makes of the right side."""

    interval: Callable[[Any, Operand, Context], Interval]
    sign: str = ""  # how two fields are compared

    def test(self, left: Operand, value: Any, context: Context) -> Test:
        if isinstance(value, Operand):
            return Ordered(self.sign).test(left, value, context)
        interval = self.interval(value, left, context)
        return never if interval.empty else within(left.path, interval.start, interval.end)

    def sql(self, left: Operand, value: Any, context: Context) -> Any:
        if isinstance(value, Operand):
            return Ordered(self.sign).sql(left, value, context)
        interval = self.interval(value, left, context)
        if interval.empty:
            return refused()
        limits = [
            Infix(left.native(), sign, left.literal(limit))
            for sign, limit in ((">=", interval.start), ("<", interval.end))
            if limit is not None
        ]
        if not limits:
            return IsNull(left.raw(), null=False)
        return Both(*limits) if len(limits) == 2 else limits[0]


def within(path: str, start: Any, end: Any) -> Test:
    """The predicate of an interval."""

    def test(row: Row) -> bool:
        found = row.value(path)
        return found is not None and (start is None or found >= start) and (end is None or found < end)

    return test


def on(value: Any, left: Operand, context: Context) -> Interval:
    """On that day, or at that second."""
    return span(value, left, context)


def before(value: Any, left: Operand, context: Context) -> Interval:
    """Before it begins."""
    return Interval(None, span(value, left, context).start)


def after(value: Any, left: Operand, context: Context) -> Interval:
    """When it is over."""
    end = span(value, left, context).end
    return NEVER if end is None else Interval(end, None)


def on_or_before(value: Any, left: Operand, context: Context) -> Interval:
    """Until it is over."""
    end = span(value, left, context).end
    return Interval(None, end)


def on_or_after(value: Any, left: Operand, context: Context) -> Interval:
    """From its beginning."""
    return Interval(span(value, left, context).start, None)


def between(value: Any, left: Operand, context: Context) -> Interval:
    """From the beginning of the first until the second is over."""
    return Interval(span(value[0], left, context).start, span(value[1], left, context).end)


def _now(left: Operand, context: Context) -> Interval:
    return span(context.today if left.family == "date" else context.moment, left, context)


def in_last(value: Period, left: Operand, context: Context) -> Interval:
    """From the beginning of the day a period ago until today (dates) or this second (moments)."""
    first = span(moved(context.today, value, -1), left, context)
    return Interval(first.start, _now(left, context).end)


def in_next(value: Period, left: Operand, context: Context) -> Interval:
    """From today (dates) or this second (moments) until the end of the day a period ahead."""
    last = span(moved(context.today, value, 1), left, context)
    return Interval(_now(left, context).start, last.end)


def longer_ago(value: Period, left: Operand, context: Context) -> Interval:
    """Before the day a period ago."""
    return before(moved(context.today, value, -1), left, context)


def further_ahead(value: Period, left: Operand, context: Context) -> Interval:
    """After the day a period ahead."""
    return after(moved(context.today, value, 1), left, context)
