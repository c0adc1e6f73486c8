"""Calendars and moments, drawn for property tests, most of them near days when clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from workflows.hours import Calendar, Period, Periods
from workflows.hours.periods import DAY, periods

WARSAW = ZoneInfo("Europe/Warsaw")
NINE_TO_FIVE = periods(("9:00", "17:00"))
OFFICE = (NINE_TO_FIVE,) * 5 + ((),) * 2

# A day near which clocks change, or around which something else is odd.
ODD_DAYS = {
    "Europe/Warsaw": [date(2026, 3, 29), date(2026, 10, 25)],
    "America/New_York": [date(2026, 3, 8), date(2026, 11, 1)],
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4)],  # by half an hour
    "Asia/Shanghai": [date(1991, 4, 14), date(1991, 9, 15), date(2026, 12, 31)],
    "UTC": [date(2027, 1, 1), date(2024, 2, 29)],
    "Africa/Casablanca": [date(2025, 2, 23), date(2025, 4, 6)],  # back in Ramadan
    "America/Havana": [date(2024, 3, 10), date(2024, 11, 3)],  # at midnight
    "America/St_Johns": [date(2010, 3, 14), date(2010, 11, 7)],  # a minute after midnight
    "Pacific/Apia": [date(2011, 12, 30)],  # a day that never was
    "America/Noronha": [date(2000, 10, 8), date(2000, 10, 15)],  # forth and back within a week
}


@st.composite
def day_periods(draw: st.DrawFn) -> Periods:
    """None to three periods; ends and beginnings may touch, and are often near changes of clocks."""
    near = st.sampled_from([0, 1, 30, 60, 90, 120, 150, 180, 1380, 1410, 1439, DAY])
    times = sorted(draw(st.sets(near | st.integers(0, DAY), max_size=6)))
    pairs = zip(times[::2], times[1::2], strict=False)
    found = [Period(opens, closes) for opens, closes in pairs]
    if len(found) > 1 and draw(st.booleans()):
        found[1] = Period(found[0].closes, found[1].closes)
    return tuple(found)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    """A calendar and a moment in it, in the zone of the calendar or another one."""
    zone = draw(st.sampled_from(sorted(ODD_DAYS)))
    middle = draw(st.sampled_from(ODD_DAYS[zone]))
    near = st.integers(-6, 6).map(lambda number: middle + timedelta(days=number))
    usual = st.sampled_from([OFFICE, (periods(("0:00", "24:00")),) * 7, ((),) * 7])
    week = draw(usual | st.tuples(*[day_periods()] * 7))
    days = draw(st.dictionaries(near, day_periods() | st.just(()), max_size=3))
    wall = datetime.combine(draw(near), time(draw(st.integers(0, 23)), draw(st.integers(0, 59))), UTC)
    moment = wall + timedelta(seconds=draw(st.integers(0, 59)), microseconds=draw(st.sampled_from([0, 1])))
    shown = ZoneInfo(draw(st.sampled_from([zone, zone, *sorted(ODD_DAYS)])))
    return Calendar(ZoneInfo(zone), week, days), moment.astimezone(shown)


durations = st.timedeltas(timedelta(), timedelta(hours=60)) | st.integers(0, 40).map(
    lambda number: timedelta(hours=number)
)
