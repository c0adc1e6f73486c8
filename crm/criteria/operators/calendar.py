"""Stretches of the calendar around today: today, this week, last month … Weeks begin on Monday."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from crm.criteria.base import Context
from crm.criteria.operators.time import Interval, between, moved
from crm.criteria.paths import Operand
from crm.criteria.sides import Period

Days = tuple[date, date]  # the first and the last one


def day(today: date, away: int) -> Days:
    """The day so many days away."""
    there = _moved(today, away, "days")
    return there, there


def week(today: date, away: int) -> Days:
    """The week so many weeks away."""
    monday = _moved(_moved(today, away, "weeks"), -today.weekday(), "days")
    return monday, _moved(monday, 6, "days")


def month(today: date, away: int) -> Days:
    """The month so many months away."""
    first = _moved(today.replace(day=1), away, "months")
    return first, _moved(_moved(first, 1, "months"), -1, "days")


def quarter(today: date, away: int) -> Days:
    """The quarter so many quarters away."""
    first = _moved(today.replace(day=1, month=today.month - (today.month - 1) % 3), 3 * away, "months")
    return first, _moved(_moved(first, 3, "months"), -1, "days")


def year(today: date, away: int) -> Days:
    """The year so many years away."""
    first = _moved(today.replace(day=1, month=1), 12 * away, "months")
    return first, first.replace(month=12, day=31)


def _moved(there: date, by: int, unit: str) -> date:
    return moved(there, Period(abs(by), unit), 1 if by > 0 else -1) if by else there


def around_today(
    stretch: Callable[[date, int], Days], away: int
) -> Callable[[Any, Operand, Context], Interval]:
    """The interval of a stretch of the calendar, `away` from the one that today is in."""

    def interval(_value: Any, left: Operand, context: Context) -> Interval:
        return between(stretch(context.today, away), left, context)

    return interval
