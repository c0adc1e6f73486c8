"""Time zones as lists of offsets, so that Python and PostgreSQL agree on the day of every moment.

The two may know different editions of the time zone data; here PostgreSQL is given Python's.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise

FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
DAY = 86_400
Offsets = tuple[tuple[int, ...], tuple[int, ...]]  # since when (seconds since 1970), and seconds east of UTC
ALWAYS = -(10**12)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def seconds_of(moment: datetime) -> int:
    """Seconds since 1970, exact for every year."""
    return (moment - EPOCH) // SECOND


@lru_cache(maxsize=64)
def offsets_of(zone: tzinfo) -> Offsets:
    """All offsets of a zone from 1900 to 2200; before and after, the first and the last one hold."""

    def offset(second: int) -> int:
        found = (EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()
        return found // SECOND if found is not None else 0

    days = range(seconds_of(FIRST), seconds_of(LAST), DAY)
    since, offsets = [ALWAYS], [offset(days[0])]
    for start, end in pairwise(days):
        if offset(end) != offsets[-1]:
            since.append(_change(start, end, offset, offsets[-1]))
            offsets.append(offset(end))
    return tuple(since), tuple(offsets)


def _change(start: int, end: int, offset: Callable[[int], int], before: int) -> int:
    """The first second of another offset than `before`."""
    while end - start > 1:
        middle = (start + end) // 2
        if offset(middle) == before:
            start = middle
        else:
            end = middle
    return end


def local_seconds(moment: datetime, zone: tzinfo) -> int:
    """What clocks of the zone show at the moment, as seconds since 1970."""
    second = seconds_of(moment)
    since, offsets = offsets_of(zone)
    return second + offsets[bisect_right(since, second) - 1]
