"""Claims that hold for any calendar and moment; what the arithmetic says, counting minutes says too."""

import os
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workflows.hours.calendars import durations, worlds
from tests.workflows.hours.oracle import MINUTE, Minutes
from workflows.hours import Calendar, NeverOpen, add, between, is_open, next_opening, subtract

World = tuple[Calendar, datetime]
EXAMPLES = int(os.environ.get("HOURS_EXAMPLES", "50"))
slowly = settings(max_examples=EXAMPLES, deadline=None)
quickly = settings(max_examples=4 * EXAMPLES, deadline=None)


def in_utc(at: datetime) -> datetime:
    """The moment in UTC: Python calls moments of an hour that comes twice unequal to those of other zones."""
    return at.astimezone(UTC)


@slowly
@given(worlds(), durations)
def test_adding_agrees_with_counting_minutes(world: World, duration: timedelta) -> None:
    calendar, start = world
    minutes = Minutes(calendar, start)
    counted = minutes.add(start, duration)
    try:
        found = add(calendar, start, duration)
    except NeverOpen:
        assert counted is None
        return
    assert found.tzinfo is start.tzinfo
    assert in_utc(found) == counted if counted else in_utc(found) > minutes.last


@slowly
@given(worlds(), durations)
def test_subtracting_agrees_with_counting_minutes(world: World, duration: timedelta) -> None:
    calendar, end = world
    minutes = Minutes(calendar, end)
    counted = minutes.subtract(end, duration)
    try:
        found = subtract(calendar, end, duration)
    except NeverOpen:
        assert counted is None
        return
    assert found.tzinfo is end.tzinfo
    assert in_utc(found) == counted if counted else in_utc(found) < minutes.first


@slowly
@given(worlds(), st.timedeltas(timedelta(), timedelta(days=5)))
def test_measuring_agrees_with_counting_minutes(world: World, apart: timedelta) -> None:
    calendar, a = world
    b = (a.astimezone(UTC) + apart).astimezone(a.tzinfo)
    counted = Minutes(calendar, a).between(a, b)
    assert between(calendar, a, b) == counted
    assert between(calendar, b, a) == -counted


@slowly
@given(worlds())
def test_every_minute_is_open_where_counting_says_so(world: World) -> None:
    calendar, at = world
    minutes = Minutes(calendar, at)
    now = minutes.first
    while now < minutes.last:
        assert is_open(calendar, now) is minutes.is_open(now), now.astimezone(calendar.zone)
        now += 7 * MINUTE
    counted = minutes.next_opening(at)
    try:
        found = next_opening(calendar, at)
    except NeverOpen:
        assert counted is None
        return
    assert in_utc(found) == counted if counted else in_utc(found) >= minutes.last


@quickly
@given(worlds(), durations)
def test_measuring_takes_back_what_adding_did(world: World, duration: timedelta) -> None:
    calendar, start = world
    try:
        end = add(calendar, start, duration)
        begin = subtract(calendar, start, duration)
    except NeverOpen:
        return
    assert between(calendar, start, end) == duration
    assert between(calendar, begin, start) == duration
    assert in_utc(add(calendar, start, -duration)) == in_utc(begin)
    assert in_utc(subtract(calendar, end, duration)) >= in_utc(start)
    assert in_utc(add(calendar, begin, duration)) <= in_utc(start)


@quickly
@given(worlds(), durations, durations)
def test_adding_twice_is_adding_the_sum(world: World, first: timedelta, second: timedelta) -> None:
    calendar, start = world
    try:
        whole = add(calendar, start, first + second)
    except NeverOpen:
        return
    assert in_utc(add(calendar, add(calendar, start, first), second)) == in_utc(whole)


@quickly
@given(worlds(), durations, durations, st.timedeltas(timedelta(), timedelta(days=3)))
def test_later_and_longer_is_never_earlier(
    world: World, duration: timedelta, more: timedelta, wait: timedelta
) -> None:
    calendar, start = world
    later = (start.astimezone(UTC) + wait).astimezone(start.tzinfo)
    try:
        due = in_utc(add(calendar, start, duration))
        assert in_utc(add(calendar, later, duration)) >= due
        assert in_utc(add(calendar, start, duration + more)) >= due
        assert in_utc(next_opening(calendar, later)) >= in_utc(next_opening(calendar, start))
    except NeverOpen:
        return
    assert between(calendar, start, later) >= timedelta()


@quickly
@given(worlds())
def test_the_next_opening_is_open_and_nothing_is_open_before_it(world: World) -> None:
    calendar, at = world
    try:
        found = next_opening(calendar, at)
    except NeverOpen:
        assert not is_open(calendar, at)
        return
    assert is_open(calendar, found)
    assert between(calendar, at, found) == timedelta()
    assert is_open(calendar, at) is (in_utc(found) == in_utc(at))
