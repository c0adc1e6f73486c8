"""What the clock looks for: dates of records, and what comes again and again; none missed, none twice."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.test.utils import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.door import Change, Source, Verb, apply
from crm.models import User
from tests.workflows import rules as r
from workflows import sweeping
from workflows.calendar_days import MONTHLY, ONCE, YEARLY, Offset, sources_of
from workflows.kinds.create_task import CreateTask
from workflows.models import RuleSweep
from workflows.publishing import switch_off_rule

pytestmark = pytest.mark.django_db
NOON = datetime(2040, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    """The clock of the sweep; it stands still until it is set."""
    with patch("workflows.sweeping.timezone.now", return_value=NOON) as now:
        yield now


def live(config: dict[str, Any], criteria: dict[str, Any] | None = None, **fields: Any) -> None:
    """A live rule about deals whose mark is at noon on 1 March 2040."""
    trigger = fields.pop("trigger", "date")
    actions = fields.pop("actions", [r.task("Call {{name}}")])
    r.live_rule(
        "clock", criteria or {}, actions, module_key="deals", trigger=trigger, trigger_config=config, **fields
    )
    RuleSweep.objects.update(upto=NOON)


def deal(actor: User, name: str, **values: Any) -> int:
    """A deal."""
    return r.create(actor, "deals", name=name, owner=actor.pk, **values).or_raise().ids[0]


def names() -> list[str]:
    """The tasks, oldest first."""
    return [task.name for task in r.tasks()]


BEFORE = {"field": "close_date", "amount": 3, "unit": "days", "direction": "before", "time": "8:00"}


def test_a_record_is_due_at_its_time_and_once(ada: User, clock: Any) -> None:
    live(BEFORE)
    deal(ada, "A", close_date="2040-03-05")
    clock.return_value = datetime(2040, 3, 2, 7, 59, tzinfo=UTC)
    assert sweeping.sweep() == {"acted": 0}
    clock.return_value = datetime(2040, 3, 2, 8, 0, tzinfo=UTC)
    assert sweeping.sweep() == {"acted": 1}
    clock.return_value = datetime(2040, 3, 2, 8, 1, tzinfo=UTC)
    assert sweeping.sweep() == {"acted": 0}
    assert names() == ["Call A"]


def test_after_an_outage_everything_is_made_up_for(ada: User, clock: Any) -> None:
    live(BEFORE)
    for day in range(1, 29):
        deal(ada, f"{day}", close_date=f"2040-03-{day:02}")
    clock.return_value = NOON + timedelta(days=10)
    assert sweeping.sweep() == {"acted": 10}
    assert sorted(int(name.split()[1]) for name in names()) == list(range(5, 15))


def test_criteria_and_the_bin_count_when_it_is_due(ada: User, clock: Any) -> None:
    live(BEFORE, r.when(("stage", "is", "proposal")))
    deal(ada, "A", close_date="2040-03-05", stage="proposal")
    deal(ada, "B", close_date="2040-03-05", stage="qualification")
    gone = deal(ada, "C", close_date="2040-03-05", stage="proposal")
    apply([Change(Verb.BIN, "deals", gone)], actor=ada, source=Source.PAGE).or_raise()
    clock.return_value = NOON + timedelta(days=1)
    sweeping.sweep()
    assert names() == ["Call A"]


def test_the_first_block_that_fits_acts(ada: User, clock: Any) -> None:
    proposal = r.when(("stage", "is", "proposal"))
    r.live_rule(
        "clock",
        blocks=[(proposal, [r.task("Ask {{name}}")]), ({}, [r.task("Wait {{name}}")])],
        module_key="deals",
        trigger="date",
        trigger_config=BEFORE,
    )
    RuleSweep.objects.update(upto=NOON)
    deal(ada, "A", close_date="2040-03-05", stage="proposal")
    deal(ada, "B", close_date="2040-03-05", stage="qualification")
    clock.return_value = NOON + timedelta(days=1)
    sweeping.sweep()
    assert names() == ["Ask A", "Wait B"]


def test_a_rule_that_is_off_is_not_looked_for_and_begins_anew(ada: User, clock: Any) -> None:
    live(BEFORE)
    switch_off_rule("clock", actor=None)
    deal(ada, "A", close_date="2040-03-05")
    clock.return_value = NOON + timedelta(days=1)
    sweeping.sweep()
    assert (names(), RuleSweep.objects.count()) == ([], 0)


def test_many_records_are_taken_some_at_a_time_and_a_stop_loses_none(ada: User, clock: Any) -> None:
    live(BEFORE)
    changes = [
        Change(Verb.CREATE, "deals", values={"name": f"D{n}", "close_date": "2040-03-05", "owner": ada.pk})
        for n in range(25)
    ]
    apply(changes, actor=ada, source=Source.IMPORT).or_raise()
    clock.return_value = NOON + timedelta(days=1)
    with patch("workflows.sweeping.AT_ONCE", 10):
        real, calls = sweeping._act, []

        def dies(*args: Any) -> int:
            calls.append(1)
            done = real(*args)
            if len(calls) == 2:
                raise KeyboardInterrupt  # the worker is killed before the step is stored
            return done

        with patch("workflows.sweeping._act", dies), pytest.raises(KeyboardInterrupt):
            sweeping.sweep()
        assert len(names()) == 10
        clock.return_value = NOON + timedelta(days=1, hours=5)
        assert sweeping.sweep() == {"acted": 15}
    assert sorted(names()) == sorted(f"Call D{n}" for n in range(25))


def test_one_record_at_which_the_rule_fails_does_not_stop_the_others(ada: User, clock: Any) -> None:
    live(BEFORE)
    for name in "ABC":
        deal(ada, name, close_date="2040-03-05")
    real = CreateTask.decide

    def poisoned(self: Any, firing: Any, prepared: Any) -> None:
        if firing.draft.value("name") == "B":
            raise RuntimeError("poison")
        real(self, firing, prepared)

    clock.return_value = NOON + timedelta(days=1)
    with patch.object(CreateTask, "decide", poisoned):
        sweeping.sweep()
    assert sorted(names()) == ["Call A", "Call C"]


def test_every_year_with_29_february(ada: User, clock: Any) -> None:
    live({"field": "close_date", "amount": 0, "unit": "days", "repeat": "yearly", "time": "6:00"})
    deal(ada, "leap", close_date="2024-02-29")
    seen = []
    for year in (2041, 2042, 2044):
        RuleSweep.objects.update(upto=datetime(year, 2, 27, tzinfo=UTC), target=None)
        for day in range(4):
            clock.return_value = datetime(year, 2, 28, 7, tzinfo=UTC) + timedelta(days=day)
            if sweeping.sweep()["acted"]:
                seen.append(clock.return_value.date())
    assert seen == [date(2041, 2, 28), date(2042, 2, 28), date(2044, 2, 29)]


def test_the_owners_time_zone_can_count(ada: User, ben: User, clock: Any) -> None:
    User.objects.filter(pk=ben.pk).update(time_zone="Asia/Tokyo")
    live({**BEFORE, "zone": "owner"})
    deal(ada, "A", close_date="2040-03-06")
    deal(ben, "B", close_date="2040-03-06")
    clock.return_value = datetime(2040, 3, 2, 23, 30, tzinfo=UTC)
    sweeping.sweep()
    assert names() == ["Call B"]
    clock.return_value = datetime(2040, 3, 3, 12, tzinfo=UTC)
    sweeping.sweep()
    assert names() == ["Call B", "Call A"]


def test_minutes_are_counted_as_they_pass(ada: User, clock: Any) -> None:
    live({"field": "created_at", "amount": 90, "unit": "minutes"})
    pk = deal(ada, "A")
    r.module("deals").rows().filter(pk=pk)
    made = r.stored(pk, "deals").created_at
    RuleSweep.objects.update(upto=made)
    clock.return_value = made + timedelta(minutes=89)
    sweeping.sweep()
    assert names() == []
    clock.return_value = made + timedelta(minutes=90)
    sweeping.sweep()
    assert names() == ["Call A"]


def test_again_and_again_while_the_criteria_hold(ada: User, clock: Any) -> None:
    live({"amount": 7, "unit": "days"}, r.when(("stage", "is", "proposal")), trigger="cycle")
    pk = deal(ada, "A", stage="proposal")
    for hours in (1, 2, 24 * 7, 24 * 7 + 2, 24 * 14 + 3):
        clock.return_value = NOON + timedelta(hours=hours)
        sweeping.sweep()
    assert len(names()) == 3
    r.edit(ada, pk, "deals", stage="qualification").or_raise()
    clock.return_value = NOON + timedelta(days=60)
    sweeping.sweep()
    assert len(names()) == 3


def test_the_clock_set_back_brings_nothing_twice(ada: User, clock: Any) -> None:
    live(BEFORE)
    deal(ada, "A", close_date="2040-03-05")
    clock.return_value = datetime(2040, 3, 2, 8, 30, tzinfo=UTC)
    sweeping.sweep()
    clock.return_value = datetime(2040, 3, 2, 7, 30, tzinfo=UTC)
    sweeping.sweep()
    clock.return_value = datetime(2040, 3, 2, 8, 31, tzinfo=UTC)
    sweeping.sweep()
    assert names() == ["Call A"]


@override_settings(TIME_ZONE="Europe/Warsaw")
def test_a_time_that_the_clock_skips_comes_after_it(ada: User, clock: Any) -> None:
    live({"field": "close_date", "amount": 0, "unit": "days", "time": "2:30"})
    deal(ada, "A", close_date="2040-03-25")  # 2:00 to 3:00 does not exist that night
    RuleSweep.objects.update(upto=datetime(2040, 3, 25, 0, 59, tzinfo=UTC))
    hits = []
    for minute in range(0, 120, 10):
        clock.return_value = datetime(2040, 3, 25, 1, tzinfo=UTC) + timedelta(minutes=minute)
        hits += [clock.return_value] * sweeping.sweep()["acted"]
    assert [at.astimezone(ZoneInfo("Europe/Warsaw")).strftime("%H:%M") for at in hits] == ["03:30"]


@settings(max_examples=300, deadline=None)
@given(
    st.dates(date(2020, 1, 1), date(2032, 12, 31)),
    st.integers(-400, 400),
    st.sampled_from(["days", "weeks", "months"]),
    st.sampled_from([ONCE, MONTHLY, YEARLY]),
)
def test_days_are_counted_back_as_they_are_counted_on(due: date, amount: int, unit: str, repeat: str) -> None:
    """A slow count: each day of the last years, its anniversaries one by one."""
    offset = Offset(amount // (20 if unit == "weeks" else 10 if unit == "months" else 1), unit)
    found = sources_of(due, offset, repeat)
    steps = {ONCE: [0], MONTHLY: range(40), YEARLY: range(0, 41, 12)}[repeat]
    near = Offset(-offset.amount, unit).after(due)
    for back in range(-40, 1100):
        day = near - timedelta(days=back)
        comes = any(offset.after(Offset(months, "months").after(day)) == due for months in steps)
        assert (day in found) == comes, (day, due)
