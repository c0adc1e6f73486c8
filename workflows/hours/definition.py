"""What business hours say, apart from the database, and the calendar that they come to in some years."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils import timezone

from workflows.hours.calendar import WALL_TIME, Calendar
from workflows.hours.periods import Periods
from workflows.hours.public import public_holidays

YEARS_AHEAD = 10


@dataclass(frozen=True)
class SpecialPeriods:
    """A date on which it is closed, or open: at its own periods, else as usual on its weekday."""

    day: date
    open: bool = False
    periods: Periods = ()


@dataclass(frozen=True)
class Hours:
    """Business hours: a week that begins with Monday, a country with its holidays, and days that differ."""

    key: str
    name: str
    time_zone: str
    week: tuple[Periods, ...]
    country: str = ""
    region: str = ""
    special: tuple[SpecialPeriods, ...] = ()


def calendar_of(hours: Hours | None, years: range | None = None) -> Calendar:
    """The calendar of business hours, kept in the process; without hours, one in which it is always open.

    Public holidays are known in `years`, by default from last year to ten years ahead; in other years
    only the week and the special days hold. What is kept belongs to what the hours say, so it is right
    under every configuration generation.
    """
    if hours is None:
        return WALL_TIME
    this_year = timezone.now().year
    return _calendar(hours, years or range(this_year - 1, this_year + YEARS_AHEAD + 1))


@lru_cache(maxsize=256)
def _calendar(hours: Hours, years: range) -> Calendar:
    """On one date a special day counts first, then a public holiday, then the week."""
    days: dict[date, Periods] = {}
    for year in years:
        days |= dict.fromkeys(public_holidays(hours.country, hours.region, year), ())
    for special in hours.special:
        usual = hours.week[special.day.weekday()]
        days[special.day] = (special.periods or usual) if special.open else ()
    return Calendar(ZoneInfo(hours.time_zone), hours.week, days)
