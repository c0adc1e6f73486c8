"""A calendar: the periods of each weekday, the days that differ, and the time zone they are meant in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from zoneinfo import ZoneInfo

from workflows.hours.openings import Openings, openings_of
from workflows.hours.periods import Periods, checked

CLOSED: Periods = ()


@dataclass(frozen=True)
class Calendar:
    """When work is done. Weekdays begin with Monday; `days` replaces the periods of single dates.

    A date in `days` without periods is closed. A calendar without any periods at all is no calendar:
    time then passes as on the wall. Raises PeriodProblem for periods that a day cannot have.
    """

    zone: ZoneInfo
    week: tuple[Periods, ...] = (CLOSED,) * 7
    days: Mapping[date, Periods] = field(default_factory=dict, hash=False)
    _years: dict[int, Openings] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ValueError("A week has seven days.")
        object.__setattr__(self, "week", tuple(checked(given) for given in self.week))
        days = {day: checked(given) for day, given in self.days.items()}
        object.__setattr__(self, "days", MappingProxyType(days))

    @property
    def empty(self) -> bool:
        """Whether no day has any periods."""
        return not any(self.week) and not any(self.days.values())

    def periods_on(self, day: date) -> Periods:
        """What holds on a date."""
        found = self.days.get(day)
        return self.week[day.weekday()] if found is None else found

    def openings(self, year: int) -> Openings:
        """The real times of a year's periods, worked out once. Raises OverflowError beyond Python's dates."""
        found = self._years.get(year)
        if found is None:
            found = self._years[year] = openings_of(self.zone, year, self.periods_on)
        return found


WALL_TIME = Calendar(ZoneInfo("UTC"))
