"""Adding working time to moments, and measuring it between them.

Durations are real time in which it was open: an hour is 3,600 seconds on every day. Moments are aware
datetimes; a result has the zone of the moment that was given. In an empty calendar it is always open.
What ends exactly when work does is due then, not at the next opening: Friday 16:00 plus one hour is
Friday 17:00, Friday 17:00 minus one hour is Friday 16:00. Nothing added changes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from workflows.hours.calendar import Calendar
from workflows.hours.openings import EPOCH, MICROSECOND, ONE_DAY

YEARS = 10


class NeverOpen(ValueError):  # noqa: N818 — a refusal with a message for people, not an accident
    """A calendar that has periods, but none within ten years."""

    def __init__(self) -> None:
        super().__init__(_("These business hours have no open time within ten years."))


def add(calendar: Calendar, start: datetime, duration: timedelta) -> datetime:
    """The first moment up to which so much working time has passed since the start.

    Raises NeverOpen, and OverflowError beyond Python's dates.
    """
    if duration < timedelta():
        return subtract(calendar, start, -duration)
    moment, wanted = _moment(start), duration // MICROSECOND
    if calendar.empty or not wanted:
        return _told(moment + wanted, start)
    year = near = _years(calendar, start)[0]
    while True:
        openings = calendar.openings(year)
        before = openings.until(moment)
        gained = openings.total - before
        if gained >= wanted:
            return _told(openings.first(before + wanted), start)
        near = _nearest(year, near, gained)
        wanted -= gained
        year += 1


def subtract(calendar: Calendar, end: datetime, duration: timedelta) -> datetime:
    """The last moment from which so much working time passes until the end; raises as `add` does."""
    if duration < timedelta():
        return add(calendar, end, -duration)
    moment, wanted = _moment(end), duration // MICROSECOND
    if calendar.empty or not wanted:
        return _told(moment - wanted, end)
    year = near = _years(calendar, end)[-1]
    while True:
        openings = calendar.openings(year)
        gained = openings.until(moment)
        if gained >= wanted:
            return _told(openings.last(gained - wanted), end)
        near = _nearest(year, near, gained)
        wanted -= gained
        year -= 1


def between(calendar: Calendar, a: datetime, b: datetime) -> timedelta:
    """The working time from a to b; negative if b is earlier."""
    first, last = _moment(a), _moment(b)
    if first > last:
        return -between(calendar, b, a)
    if calendar.empty:
        return (last - first) * MICROSECOND
    found = 0
    for year in range(_years(calendar, a)[0], _years(calendar, b)[-1] + 1):
        openings = calendar.openings(year)
        found += openings.until(last) - openings.until(first)
    return found * MICROSECOND


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Whether work is done at that moment; the moment when a period ends is outside."""
    moment = _moment(at)
    if calendar.empty:
        return True
    return any(calendar.openings(year).opens(moment) == moment for year in _years(calendar, at))


def next_opening(calendar: Calendar, at: datetime) -> datetime:
    """The first open moment from this one on, which may be itself; raises as `add` does."""
    moment = _moment(at)
    if calendar.empty:
        return at
    first = _years(calendar, at)[0]
    for year in range(first, first + YEARS + 1):
        opening = calendar.openings(year).opens(moment)
        if opening is not None:
            return _told(opening, at)
    raise NeverOpen


def _years(calendar: Calendar, at: datetime) -> range:
    """The years whose periods a moment may be in: where clocks go back at midnight, not only its own."""
    here = at.astimezone(calendar.zone)
    return range((here - ONE_DAY).year, (here + ONE_DAY).year + 1)


def _nearest(year: int, near: int, gained: int) -> int:
    """The last year that had open time, given the year before it that had."""
    if gained:
        return year
    if abs(year - near) >= YEARS:
        raise NeverOpen
    return near


def _moment(at: datetime) -> int:
    if at.utcoffset() is None:
        raise ValueError("The moment needs a time zone.")
    return (at - EPOCH) // MICROSECOND


def _told(moment: int, like: datetime) -> datetime:
    return (EPOCH + moment * MICROSECOND).astimezone(like.tzinfo)
