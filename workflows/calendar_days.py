"""Days by the calendar: from which day of a record a day on which something is due is counted."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from workflows.later import day_after

ONCE, MONTHLY, YEARLY = "once", "monthly", "yearly"
MONTHS_BACK = {ONCE: [0], MONTHLY: range(12 * 50), YEARLY: range(0, 12 * 120, 12)}


@dataclass(frozen=True)
class Offset:
    """So many units after a day; negative: before."""

    amount: int
    unit: str

    @property
    def delta(self) -> timedelta:
        """Of units that are always equally long."""
        return timedelta(**{self.unit: self.amount})

    def after(self, day: date) -> date:
        """The day that is so long after this one; at the end of a shorter month its last."""
        return day_after(day, self.amount, self.unit)


@lru_cache(maxsize=4_000)
def sources_of(due: date, offset: Offset, repeat: str) -> frozenset[date]:
    """The days of records that are due on this day."""
    return frozenset(
        source
        for anniversary in _before(due, offset)
        for months in MONTHS_BACK[repeat]
        for source in _that_come(anniversary, months)
    )


def _before(due: date, offset: Offset) -> list[date]:
    """Every day that is so long before the due day; several where months end."""
    near = Offset(-offset.amount, offset.unit).after(due)
    around = (near + timedelta(days=number) for number in range(-4, 5))
    return [day for day in around if offset.after(day) == due]


def _that_come(anniversary: date, months: int) -> Iterator[date]:
    """Days so many months before whose anniversary it is."""
    count = anniversary.year * 12 + anniversary.month - 1 - months
    year, month = divmod(count, 12)
    if year < 1:
        return
    last = monthrange(anniversary.year, anniversary.month)[1]
    upto = 31 if anniversary.day == last else anniversary.day
    for day in range(anniversary.day, min(upto, monthrange(year, month + 1)[1]) + 1):
        yield date(year, month + 1, day)
