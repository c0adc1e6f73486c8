"""Operators of dates and moments, with values and without, in the predicate and in SQL."""

from __future__ import annotations

from datetime import UTC, date, datetime

from crm.criteria import Context
from tests.crm.criteria.cases import Case, check, check_all_named
from tests.crm.criteria.judging import fits

DATES: list[Case] = [  # today is Wednesday, 15 May 2024
    ("is", "2024-05-15", date(2024, 5, 15), True),
    ("is", "2024-05-15", date(2024, 5, 16), False),
    ("is", "2024-05-15", None, False),
    ("is_not", "2024-05-15", date(2024, 5, 15), False),
    ("is_not", "2024-05-15", None, True),
    ("before", "2024-05-15", date(2024, 5, 14), True),
    ("before", "2024-05-15", date(2024, 5, 15), False),
    ("before", "2024-05-15", None, False),
    ("before", "0001-01-01", date.min, False),
    ("after", "2024-05-15", date(2024, 5, 16), True),
    ("after", "2024-05-15", date(2024, 5, 15), False),
    ("after", "9999-12-31", date.max, False),
    ("after", "2024-05-15", None, False),
    ("on_or_before", "2024-05-15", date(2024, 5, 15), True),
    ("on_or_before", "2024-05-15", date(2024, 5, 16), False),
    ("on_or_before", "9999-12-31", date.max, True),
    ("on_or_before", "9999-12-31", None, False),
    ("on_or_after", "2024-05-15", date(2024, 5, 15), True),
    ("on_or_after", "2024-05-15", date(2024, 5, 14), False),
    ("on_or_after", "2024-05-15", None, False),
    ("between", ["2024-05-14", "2024-05-15"], date(2024, 5, 15), True),
    ("between", ["2024-05-14", "2024-05-15"], date(2024, 5, 16), False),
    ("between", ["2024-05-14", "2024-05-15"], None, False),
    ("in_last", {"n": 3, "unit": "days"}, date(2024, 5, 12), True),
    ("in_last", {"n": 3, "unit": "days"}, date(2024, 5, 11), False),
    ("in_last", {"n": 3, "unit": "days"}, date(2024, 5, 15), True),
    ("in_last", {"n": 3, "unit": "days"}, date(2024, 5, 16), False),
    ("in_last", {"n": 3, "unit": "days"}, None, False),
    ("in_last", {"n": 2, "unit": "weeks"}, date(2024, 5, 1), True),
    ("in_last", {"n": 3, "unit": "months"}, date(2024, 2, 15), True),
    ("in_last", {"n": 3, "unit": "months"}, date(2024, 2, 14), False),
    ("in_last", {"n": 9999, "unit": "months"}, date(1191, 2, 15), True),
    ("in_last", {"n": 9999, "unit": "months"}, date(1191, 2, 14), False),
    ("in_next", {"n": 1, "unit": "weeks"}, date(2024, 5, 22), True),
    ("in_next", {"n": 1, "unit": "weeks"}, date(2024, 5, 23), False),
    ("in_next", {"n": 1, "unit": "weeks"}, date(2024, 5, 15), True),
    ("in_next", {"n": 1, "unit": "weeks"}, date(2024, 5, 14), False),
    ("in_next", {"n": 1, "unit": "weeks"}, None, False),
    ("longer_ago", {"n": 3, "unit": "days"}, date(2024, 5, 11), True),
    ("longer_ago", {"n": 3, "unit": "days"}, date(2024, 5, 12), False),
    ("longer_ago", {"n": 3, "unit": "days"}, None, False),
    ("further_ahead", {"n": 3, "unit": "days"}, date(2024, 5, 19), True),
    ("further_ahead", {"n": 3, "unit": "days"}, date(2024, 5, 18), False),
    ("further_ahead", {"n": 3, "unit": "days"}, None, False),
    ("today", None, date(2024, 5, 15), True),
    ("today", None, date(2024, 5, 14), False),
    ("today", None, None, False),
    ("yesterday", None, date(2024, 5, 14), True),
    ("tomorrow", None, date(2024, 5, 16), True),
    ("this_week", None, date(2024, 5, 13), True),
    ("this_week", None, date(2024, 5, 19), True),
    ("this_week", None, date(2024, 5, 12), False),
    ("this_week", None, date(2024, 5, 20), False),
    ("last_week", None, date(2024, 5, 6), True),
    ("last_week", None, date(2024, 5, 13), False),
    ("next_week", None, date(2024, 5, 26), True),
    ("next_week", None, date(2024, 5, 19), False),
    ("this_month", None, date(2024, 5, 31), True),
    ("this_month", None, date(2024, 6, 1), False),
    ("last_month", None, date(2024, 4, 30), True),
    ("last_month", None, date(2024, 3, 31), False),
    ("next_month", None, date(2024, 6, 30), True),
    ("next_month", None, date(2024, 7, 1), False),
    ("this_quarter", None, date(2024, 4, 1), True),
    ("this_quarter", None, date(2024, 7, 1), False),
    ("last_quarter", None, date(2024, 3, 31), True),
    ("next_quarter", None, date(2024, 9, 30), True),
    ("this_year", None, date(2024, 12, 31), True),
    ("this_year", None, date(2025, 1, 1), False),
    ("last_year", None, date(2023, 1, 1), True),
    ("next_year", None, date(2025, 12, 31), True),
    ("is_empty", None, None, True),
    ("is_empty", None, date(2024, 5, 15), False),
    ("is_not_empty", None, None, False),
    ("is_not_empty", None, date(2024, 5, 15), True),
]


def test_dates(context: Context) -> None:
    check_all_named("date", DATES)
    check(DATES, [("deals", "close_date"), ("machines", "x_date")], context)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


MOMENTS: list[
    Case
] = [  # now is 10:00 UTC on 15 May 2024; in Berlin it is noon, and the day began at 22:00 UTC
    ("is", "2024-05-15", at("2024-05-14 22:00:00"), True),
    ("is", "2024-05-15", at("2024-05-14 21:59:59"), False),
    ("is", "2024-05-15", at("2024-05-15 21:59:59"), True),
    ("is", "2024-05-15", at("2024-05-15 22:00:00"), False),
    ("is", "2024-05-15 10:00:00", at("2024-05-15 10:00:00"), True),
    ("is", "2024-05-15 10:00:00", at("2024-05-15 10:00:01"), False),
    ("is", "2024-05-15T12:00:00+02:00", at("2024-05-15 10:00:00"), True),
    ("is", "2024-05-15", None, False),
    ("is_not", "2024-05-15", at("2024-05-14 21:59:59"), True),
    ("is_not", "2024-05-15", None, True),
    ("before", "2024-05-15", at("2024-05-14 21:59:59"), True),
    ("before", "2024-05-15", at("2024-05-14 22:00:00"), False),
    ("before", "2024-05-15 10:00:00", at("2024-05-15 09:59:59"), True),
    ("after", "2024-05-15", at("2024-05-15 22:00:00"), True),
    ("after", "2024-05-15", at("2024-05-15 21:59:59"), False),
    ("after", "9999-12-31", at("9999-12-31 23:59:59"), False),
    ("on_or_before", "2024-05-15", at("2024-05-15 21:59:59"), True),
    ("on_or_before", "2024-05-15", None, False),
    ("on_or_after", "2024-05-15", at("2024-05-14 22:00:00"), True),
    ("between", ["2024-05-15", "2024-05-16"], at("2024-05-16 21:59:59"), True),
    ("between", ["2024-05-15", "2024-05-16"], at("2024-05-16 22:00:00"), False),
    ("in_last", {"n": 1, "unit": "days"}, at("2024-05-13 22:00:00"), True),
    ("in_last", {"n": 1, "unit": "days"}, at("2024-05-13 21:59:59"), False),
    ("in_last", {"n": 1, "unit": "days"}, at("2024-05-15 10:00:00"), True),
    ("in_last", {"n": 1, "unit": "days"}, at("2024-05-15 10:00:01"), False),
    ("in_next", {"n": 1, "unit": "days"}, at("2024-05-15 10:00:00"), True),
    ("in_next", {"n": 1, "unit": "days"}, at("2024-05-15 09:59:59"), False),
    ("in_next", {"n": 1, "unit": "days"}, at("2024-05-16 21:59:59"), True),
    ("in_next", {"n": 1, "unit": "days"}, at("2024-05-16 22:00:00"), False),
    ("longer_ago", {"n": 1, "unit": "days"}, at("2024-05-13 21:59:59"), True),
    ("longer_ago", {"n": 1, "unit": "days"}, at("2024-05-13 22:00:00"), False),
    ("further_ahead", {"n": 1, "unit": "days"}, at("2024-05-16 22:00:00"), True),
    ("further_ahead", {"n": 1, "unit": "days"}, at("2024-05-16 21:59:59"), False),
    ("today", None, at("2024-05-14 22:00:00"), True),
    ("today", None, at("2024-05-15 22:00:00"), False),
    ("this_week", None, at("2024-05-12 22:00:00"), True),
    ("this_month", None, at("2024-04-30 22:00:00"), True),
    ("is_empty", None, None, True),
    ("is_not_empty", None, None, False),
]


def test_moments(context: Context) -> None:
    check(MOMENTS, [("leads", "converted_at"), ("machines", "x_datetime")], context)


def test_the_month_before_the_31st_of_march_begins_on_the_last_of_february(world: list[int]) -> None:
    context = Context(datetime(2024, 3, 31, 12, tzinfo=UTC))
    month = {"n": 1, "unit": "months"}
    assert fits("deals", "close_date", date(2024, 2, 29), "in_last", month, context)
    assert not fits("deals", "close_date", date(2024, 2, 28), "in_last", month, context)


def test_a_day_of_23_hours_is_a_day(world: list[int]) -> None:
    context = Context(datetime(2024, 3, 31, 12, tzinfo=UTC), "Europe/Berlin")
    assert fits("machines", "x_datetime", at("2024-03-30 23:00:00"), "today", None, context)
    assert fits("machines", "x_datetime", at("2024-03-31 21:59:59"), "today", None, context)
    assert not fits("machines", "x_datetime", at("2024-03-31 22:00:00"), "today", None, context)
