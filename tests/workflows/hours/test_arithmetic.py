"""Claims about adding working time: hours, holidays, weekends, changing clocks, no calendar."""

from datetime import UTC, date, datetime, timedelta, timezone
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest

from tests.workflows.hours.calendars import NINE_TO_FIVE, OFFICE, WARSAW
from workflows.hours import (
    WALL_TIME,
    Calendar,
    NeverOpen,
    PeriodProblem,
    add,
    between,
    is_open,
    next_opening,
    subtract,
)
from workflows.hours.periods import Period, periods

HOUR = timedelta(hours=1)
ALL_DAY = (periods(("0:00", "24:00")),) * 7
HOLIDAYS = {
    date(2026, 5, 1): (),
    date(2026, 12, 24): periods(("9:00", "13:00")),
    date(2026, 12, 25): (),
    date(2026, 5, 9): periods(("10:00", "12:00")),
}
office = Calendar(WARSAW, OFFICE, HOLIDAYS)


def at(text: str, zone: ZoneInfo = WARSAW) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-04-27 10:00", 4, "2026-04-27 14:00"),
        ("2026-04-27 06:00", 4, "2026-04-27 13:00"),  # before work begins
        ("2026-04-27 15:00", 4, "2026-04-28 11:00"),  # overnight
        ("2026-04-27 15:00", 2, "2026-04-27 17:00"),  # due when work ends, not when it begins again
        ("2026-04-27 17:00", 1, "2026-04-28 10:00"),
        ("2026-04-24 16:00", 4, "2026-04-27 12:00"),  # over the weekend
        ("2026-04-30 16:00", 4, "2026-05-04 12:00"),  # a holiday and the weekend
        ("2026-05-08 16:00", 4, "2026-05-11 10:00"),  # a working Saturday of two hours
        ("2026-12-24 12:00", 4, "2026-12-28 12:00"),  # half a day, then a holiday
        ("2026-03-27 16:00", 4, "2026-03-30 12:00"),  # clocks go forward on the Sunday between
        ("2026-04-27 10:00", 0, "2026-04-27 10:00"),
        ("2026-04-25 10:00", 0, "2026-04-25 10:00"),
    ],
)
def test_hours_are_added_within_working_time(start: str, hours: int, due: str) -> None:
    found = add(office, at(start), hours * HOUR)
    assert found == at(due)
    assert found.tzinfo is WARSAW
    assert between(office, at(start), found) == hours * HOUR
    assert between(office, found, at(start)) == -hours * HOUR


@pytest.mark.parametrize(
    ("end", "hours", "begin"),
    [
        ("2026-04-27 14:00", 4, "2026-04-27 10:00"),
        ("2026-04-27 17:00", 8, "2026-04-27 09:00"),  # since work began, not since it ended the day before
        ("2026-04-27 09:00", 1, "2026-04-24 16:00"),
        ("2026-05-04 12:00", 4, "2026-04-30 16:00"),
    ],
)
def test_hours_are_taken_off_within_working_time(end: str, hours: int, begin: str) -> None:
    assert subtract(office, at(end), hours * HOUR) == at(begin)
    assert add(office, at(end), -hours * HOUR) == at(begin)
    assert between(office, at(begin), at(end)) == hours * HOUR
    assert subtract(office, at(begin), -hours * HOUR) == add(office, at(begin), hours * HOUR)


@pytest.mark.parametrize(
    ("period", "spring", "autumn"),
    [
        (("0:00", "24:00"), 23 * HOUR, 25 * HOUR),
        (("1:00", "3:00"), HOUR, 3 * HOUR),
        (("2:00", "3:00"), 0 * HOUR, 2 * HOUR),  # in spring that hour is skipped, in autumn it comes twice
        (("2:30", "5:00"), 2 * HOUR, 3.5 * HOUR),  # a beginning that never is, and one that is twice
        (("1:00", "2:30"), HOUR, 2.5 * HOUR),  # an end that never is, and one that is twice
        (("0:00", "2:00"), 2 * HOUR, 2 * HOUR),  # over when it is two for the first time
        (("3:00", "5:00"), 2 * HOUR, 2 * HOUR),
    ],
)
def test_the_days_when_clocks_change_are_as_long_as_they_are(
    period: tuple[str, str], spring: timedelta, autumn: timedelta
) -> None:
    calendar = Calendar(WARSAW, (periods(period),) * 7)
    for day, length in (("2026-03-29", spring), ("2026-10-25", autumn)):
        begin = at(f"{day} 00:00")
        end = begin + timedelta(days=1)  # midnight by the wall
        assert between(calendar, begin, end) == length
        assert not length or between(calendar, begin, add(calendar, begin, length)) == length


def test_periods_that_touch_in_an_hour_that_comes_twice_count_it_once() -> None:
    calendar = Calendar(WARSAW, (periods(("1:00", "2:30"), ("2:30", "5:00")),) * 7)
    assert between(calendar, at("2026-10-25 00:00"), at("2026-10-25 06:00")) == 5 * HOUR


def test_a_saturday_that_ends_when_sunday_begins_twice_ends_the_first_time() -> None:
    havana = ZoneInfo("America/Havana")
    saturdays = Calendar(havana, ((), (), (), (), (), *(periods(("20:00", "24:00")),), ()))
    assert between(saturdays, at("2024-11-02 12:00", havana), at("2024-11-03 12:00", havana)) == 4 * HOUR
    due = add(saturdays, at("2024-11-02 12:00", havana), 4 * HOUR)
    assert (due.replace(tzinfo=None), due.fold) == (datetime(2024, 11, 3), 0)


def test_a_start_that_the_clock_skips_is_moved_forward() -> None:
    everywhen = Calendar(WARSAW, ALL_DAY)
    assert add(everywhen, at("2026-03-29 02:30"), HOUR) == at("2026-03-29 04:30")


def test_the_result_has_the_zone_of_the_start() -> None:
    for zone in (ZoneInfo("America/New_York"), UTC, timezone(timedelta(hours=5, minutes=45))):
        start = at("2026-04-24 16:00").astimezone(zone)
        found = add(office, start, 4 * HOUR)
        assert found.tzinfo is zone
        assert found == at("2026-04-27 12:00")
        assert next_opening(office, found).tzinfo is subtract(office, found, HOUR).tzinfo is zone


@pytest.mark.parametrize("calendar", [WALL_TIME, Calendar(WARSAW, days={date(2026, 5, 1): ()})])
def test_without_any_periods_time_passes_as_on_the_wall(calendar: Calendar) -> None:
    start = at("2026-03-28 12:00")
    assert calendar.empty
    assert add(calendar, start, 24 * HOUR) == at("2026-03-29 13:00")  # that day has 23 hours
    assert subtract(calendar, start, 30 * HOUR) == at("2026-03-27 06:00")
    assert between(calendar, start, at("2026-03-29 12:00")) == 23 * HOUR
    assert is_open(calendar, start)
    assert next_opening(calendar, start) == start


def test_open_is_from_the_beginning_until_just_before_the_end() -> None:
    instant = timedelta(microseconds=1)
    opens, closes = at("2026-04-27 09:00"), at("2026-04-27 17:00")
    assert is_open(office, opens)
    assert not is_open(office, opens - instant)
    assert is_open(office, closes - instant)
    assert not is_open(office, closes)
    assert next_opening(office, closes) == at("2026-04-28 09:00")
    assert next_opening(office, closes - instant) == closes - instant
    assert next_opening(office, at("2026-04-30 20:00")) == at("2026-05-04 09:00")


def test_hours_that_are_never_open_again_say_so() -> None:
    one_day = Calendar(WARSAW, days={date(2026, 5, 9): NINE_TO_FIVE})
    start = at("2026-05-01 12:00")
    assert add(one_day, start, 8 * HOUR) == at("2026-05-09 17:00")
    assert next_opening(one_day, at("2016-06-01 12:00")) == at("2026-05-09 09:00")
    for never in (
        lambda: add(one_day, start, 9 * HOUR),
        lambda: subtract(one_day, start, HOUR),
        lambda: next_opening(one_day, at("2026-05-09 17:00")),
    ):
        with pytest.raises(NeverOpen, match="no open time within ten years"):
            never()
    assert not is_open(one_day, start)
    assert between(one_day, start, at("2040-01-01 00:00")) == 8 * HOUR


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        add(office, datetime(2026, 4, 27, 10), HOUR)


def test_a_moment_beyond_all_dates_is_refused() -> None:
    for far in (
        lambda: add(office, at("9998-06-01 12:00"), 9000 * HOUR),
        lambda: add(WALL_TIME, at("9998-06-01"), 9000 * HOUR * 2),
    ):
        with pytest.raises(OverflowError):
            far()


def test_a_calendar_refuses_periods_that_no_day_has() -> None:
    for wrong in ((Period(60, 60),), (Period(-1, 5),), (Period(0, 1441),), (Period(0, 60), Period(59, 90))):
        with pytest.raises(PeriodProblem):
            Calendar(WARSAW, (wrong, *OFFICE[1:]))
        with pytest.raises(PeriodProblem):
            Calendar(WARSAW, days={date(2026, 5, 1): wrong})
    with pytest.raises(ValueError, match="seven days"):
        Calendar(WARSAW, OFFICE[:5])


def test_a_calendar_does_not_change_and_equals_one_that_says_the_same() -> None:
    days = dict(HOLIDAYS)
    calendar = Calendar(WARSAW, OFFICE, days)
    days.clear()
    assert calendar == office
    assert hash(calendar) == hash(office)
    assert is_open(office, at("2026-05-09 11:00"))
    assert calendar == office  # what was worked out is no part of it
    assert calendar != Calendar(WARSAW, OFFICE)
    with pytest.raises(TypeError):
        calendar.days[date(2026, 5, 1)] = NINE_TO_FIVE  # type: ignore[index]


def test_ten_years_are_added_in_ten_milliseconds_and_a_week_thousands_of_times_a_second() -> None:
    """At least ten times the measured time is allowed: machines that run tests are busy."""
    start = at("2026-04-24 16:00")
    add(office, start, HOUR)
    fresh = min(_timed(lambda: add(Calendar(WARSAW, OFFICE), start, 20_000 * HOUR)) for _ in range(5))
    assert fresh < 0.05
    week = min(_timed(lambda: [add(office, start, 40 * HOUR) for _ in range(1000)]) for _ in range(5))
    assert week < 0.1


def _timed(what: object) -> float:
    began = perf_counter()
    what()  # type: ignore[operator]
    return perf_counter() - began
