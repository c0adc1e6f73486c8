"""Claims about how periods of a day are typed, stored and told."""

from typing import Any

import pytest
from hypothesis import given

from tests.workflows.hours.calendars import day_periods
from workflows.hours import Period, PeriodProblem, Periods
from workflows.hours.periods import as_pairs, read_periods, stored_periods, written


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("9-17", "09:00–17:00"),
        ("9:00–12:30, 13.00 - 17:00", "09:00–12:30, 13:00–17:00"),
        ("13:00—17:00; 9:00-12:30", "09:00–12:30, 13:00–17:00"),
        ("0-24", "00:00–24:00"),
        ("9-12, 12-17", "09:00–12:00, 12:00–17:00"),
        ("  ", ""),
    ],
)
def test_periods_are_typed_as_people_write_them(text: str, told: str) -> None:
    assert written(read_periods(text)) == told


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nine to five", "“nine to five” is not a period"),
        ("9", "“9” is not a period"),
        ("9-12-17", "“9-12-17” is not a period"),
        ("9-25", "“25” is not a time from 0:00 to 24:00"),
        ("9:61-12", "“9:61” is not a time"),
        ("9-24:01", "“24:01” is not a time"),
        ("9-x", "“x” is not a time"),
        ("17-9", "17:00–09:00 ends before it begins"),
        ("9-9", "09:00–09:00 ends before it begins"),
        ("9-13, 12-17", "09:00–13:00 and 12:00–17:00 overlap"),
    ],
)
def test_what_is_no_period_is_named(text: str, message: str) -> None:
    with pytest.raises(PeriodProblem, match=message):
        read_periods(text)


@given(day_periods())
def test_what_is_told_or_stored_is_read_as_the_same(given: Periods) -> None:
    assert read_periods(written(given)) == given
    assert stored_periods(as_pairs(given)) == given


@pytest.mark.parametrize("stored", ["9-17", 5, None, {"9:00": "17:00"}, [["9:00"]], ["9:00"], [5]])
def test_what_documents_cannot_hold_is_refused(stored: Any) -> None:
    with pytest.raises(PeriodProblem, match="list of pairs"):
        stored_periods(stored)


def test_an_end_of_day_is_a_time() -> None:
    assert stored_periods([["22:00", "24:00"]]) == (Period(1320, 1440),)
