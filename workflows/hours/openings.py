"""From periods on the wall to real time: what a year's periods are on days when clocks change, too.

A period lasts from the first moment when the clock shows its beginning or more, until the last moment
before the clock shows its end. So a beginning or end that the clock skips is the moment of the change;
one that comes twice is the first time for a beginning and the second for an end; and a period across the
change is shorter or longer in real time. What two periods then have in common counts once.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from workflows.hours.periods import DAY, Periods

MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
MINUTE = 60 * SECOND
ONE_DAY = timedelta(days=1)
ONE_MINUTE = timedelta(minutes=1)
# Days looked at together: where the clock is the same at both ends, it did not change in between. No zone
# has changed its clock and back in less than seven days since 1970.
BLOCK = 5
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WALL_EPOCH = EPOCH.replace(tzinfo=None)
EPOCH_DAY = WALL_EPOCH.toordinal()


@dataclass(frozen=True)
class Openings:
    """A year's openings in order, as microseconds since 1970 in UTC; `worked[i]` is open time before i."""

    starts: list[int]
    ends: list[int]
    worked: list[int]

    @property
    def total(self) -> int:
        """All open time."""
        return self.worked[-1]

    def until(self, moment: int) -> int:
        """Open time before a moment."""
        place = bisect_right(self.starts, moment) - 1
        if place < 0:
            return 0
        return self.worked[place] + min(moment, self.ends[place]) - self.starts[place]

    def first(self, worked: int) -> int:
        """The first moment up to which there is that much open time: more than none, at most the total."""
        place = bisect_left(self.worked, worked) - 1
        return self.starts[place] + worked - self.worked[place]

    def last(self, worked: int) -> int:
        """The last moment up to which there is that much open time: less than the total."""
        place = bisect_right(self.worked, worked) - 1
        return self.starts[place] + worked - self.worked[place]

    def opens(self, moment: int) -> int | None:
        """The first open moment from this one on, None if the year has no more."""
        place = bisect_right(self.ends, moment)
        return max(moment, self.starts[place]) if place < len(self.starts) else None


def openings_of(zone: ZoneInfo, year: int, periods_on: Callable[[date], Periods]) -> Openings:
    """The openings of the dates of a year."""
    if not MINYEAR < year < MAXYEAR:
        raise OverflowError("The year is out of range.")
    first, end = date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()
    # The day before may reach into the year where clocks went back at midnight.
    reached = max(
        (closes for _opens, closes in _days(zone, range(first - 1, first), periods_on)), default=None
    )
    starts, ends, worked, total = [], [], [0], 0
    for block in range(first, end, BLOCK):
        for opens, closes in _days(zone, range(block, min(block + BLOCK, end)), periods_on):
            if reached is not None and opens < reached:
                opens = reached
            if opens < closes:
                reached = closes
                total += closes - opens
                starts.append(opens)
                ends.append(closes)
                worked.append(total)
    return Openings(starts, ends, worked)


def _days(zone: ZoneInfo, days: range, periods_on: Callable[[date], Periods]) -> Iterator[tuple[int, int]]:
    """The real beginnings and ends of some days' periods, given by the days' ordinals."""
    offset = _offset(zone, datetime.fromordinal(days.start))
    steady = offset == _offset(zone, datetime.fromordinal(days.stop).replace(fold=1))
    for ordinal in days:
        for opens, closes in periods_on(date.fromordinal(ordinal)):
            if steady:
                start = (ordinal - EPOCH_DAY) * DAY * MINUTE - offset
                yield start + opens * MINUTE, start + closes * MINUTE
            else:
                wall = datetime.fromordinal(ordinal)
                yield _begins(zone, wall + opens * ONE_MINUTE), _ends(zone, wall + closes * ONE_MINUTE)


def _begins(zone: ZoneInfo, wall: datetime) -> int:
    """The first moment when the clock shows this or more."""
    first, second = _offset(zone, wall), _offset(zone, wall.replace(fold=1))
    since = (wall - WALL_EPOCH) // MICROSECOND
    return _change(zone, since - second, since - first) if first < second else since - first


def _ends(zone: ZoneInfo, wall: datetime) -> int:
    """The last moment before the clock shows this; the end itself is outside, so it is asked just before."""
    before = wall - MICROSECOND
    first, second = _offset(zone, before), _offset(zone, before.replace(fold=1))
    since = (wall - WALL_EPOCH) // MICROSECOND
    return _change(zone, since - second, since - first) if first < second else since - second


def _change(zone: ZoneInfo, before: int, after: int) -> int:
    """The moment, in whole seconds, at which clocks change: between two moments or at one of them."""
    low, high = before // SECOND - 1, after // SECOND
    old = _offset_at(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset_at(zone, middle) == old else (low, middle)
    return high * SECOND


def _offset(zone: ZoneInfo, wall: datetime) -> int:
    """What the zone's clock is ahead of UTC when it shows this; the fold says which time, if it is twice."""
    ahead = zone.utcoffset(wall)
    assert ahead is not None
    return ahead // MICROSECOND


def _offset_at(zone: ZoneInfo, second: int) -> timedelta | None:
    return (EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()
