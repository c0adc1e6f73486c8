"""Dates as files have them: which order a column uses is found from the whole column, never per row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils.translation import gettext as _

from crm.fields import ValueProblem

ISO, DAY_FIRST, MONTH_FIRST = "ISO", "D/M/Y", "M/D/Y"
FORMATS = (ISO, DAY_FIRST, MONTH_FIRST)
PIVOT = 69  # 69 to 99 are of the last century, as POSIX has it

_NUMBERS = re.compile(
    r"(\d{1,4})([./-]) ?(\d{1,2})\2 ?(\d{1,4})"
    r"(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?: ?([AaPp])\.?[Mm]\.?)?(Z|[+-]\d{2}:?\d{2})?)?"
)


@dataclass(slots=True)
class DateEvidence:
    """What the values of a column say about the order of day and month."""

    values: int = 0
    year_first: int = 0
    day_first: int = 0
    month_first: int = 0
    either: int = 0
    same: int = 0  # such as 5/5/2017, which reads alike both ways
    example: str = ""

    def add(self, text: str) -> None:
        """Looks at one value."""
        self.values += 1
        match = _NUMBERS.fullmatch(text)
        if match is None:
            return
        first, mark, second = match[1], match[2], match[3]
        if len(first) > 2:
            self.year_first += 1
        elif mark == "." or (int(first) > 12 >= int(second)):
            self.day_first += 1
        elif int(second) > 12 >= int(first):
            self.month_first += 1
        elif first == second:
            self.same += 1
        else:
            self.either += 1
            self.example = self.example or text

    @property
    def all_dates(self) -> bool:
        """Whether every value looks like a date."""
        seen = self.year_first + self.day_first + self.month_first + self.either + self.same
        return self.values > 0 and seen == self.values

    def format(self) -> str | None:
        """The column's format; None if its values don't tell whether the day or the month comes first."""
        if self.day_first and self.month_first:
            return None
        if self.day_first or self.month_first:
            return DAY_FIRST if self.day_first else MONTH_FIRST
        if self.either:
            return None
        return DAY_FIRST if self.same else ISO

    def question(self) -> str:
        """What to ask a person where the values don't tell."""
        if self.day_first and self.month_first:
            return _("some dates have the day first, some the month: choose one, others are reported")
        return _("“%s” can have the day or the month first") % self.example


def parse_date(text: str, order: str) -> date | datetime:
    """A date, or a moment where the text has a time; years first are always understood."""
    match = _NUMBERS.fullmatch(text)
    if match is None:
        raise ValueProblem(
            _("“%(text)s” is not a date as %(format)s.") % {"text": text[:40], "format": order}
        )
    first, third = match[1], match[4]
    if len(first) == 4:
        year, month, day = first, match[3], third
    elif order == MONTH_FIRST:
        month, day, year = first, match[3], third
    elif order == DAY_FIRST:
        day, month, year = first, match[3], third
    else:
        raise ValueProblem(
            _("“%(text)s” is not a date as %(format)s.") % {"text": text[:40], "format": "YYYY-MM-DD"}
        )
    try:
        found = date(_year(year), int(month), int(day))
        return found if match[5] is None else datetime.combine(found, _time(match))
    except ValueError:
        raise ValueProblem(_("“%s” is a date that does not exist.") % text[:40], "no_such_date") from None


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 3:
        raise ValueError
    if len(text) < 3:
        year += 1900 if year >= PIVOT else 2000
    return year


def _time(match: re.Match[str]) -> time:
    hour = int(match[5])
    if match[8]:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if match[8] in "Pp" else 0)
    zone = None
    if match[9]:
        zone = datetime.fromisoformat(f"2000-01-01T00:00{match[9]}").tzinfo
    return time(hour, int(match[6]), int(match[7] or 0), tzinfo=zone)
