"""Actions of rules that come later: due, asked again, called off, replaced."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from crm.door import Change, Source, Verb, apply
from crm.models import Cause, History, User
from tests.workflows import rules as r
from workflows.later import read_later
from workflows.models import ActionRun, Rule, RuleAction, RunState
from workflows.publishing import publish_rule, switch_off_rule
from workflows.runs import drain

pytestmark = pytest.mark.django_db
HIGH = r.when(("rating", "is", "high"))
IN_TWO_DAYS = {"amount": 2, "unit": "days"}


def live(later: dict[str, Any], *actions: r.Action, **fields: Any) -> Rule:
    """A live rule about a high rating whose actions all come later."""
    rule = r.draft_rule("later", fields.pop("criteria", HIGH), actions or [r.task("Call")], **fields)
    RuleAction.objects.filter(block__rule=rule).update(later=later)
    publish_rule(rule, actor=None)
    return rule


def let_time_pass(**span: float) -> None:
    """Makes everything that waits come so much earlier."""
    for run in ActionRun.objects.filter(state=RunState.WAITING):
        ActionRun.objects.filter(pk=run.pk).update(due_at=run.due_at - timedelta(**span))


def states() -> list[tuple[str, str]]:
    """How each run is, and why it was called off."""
    return [(run.state, run.answer.get("reason", "")) for run in ActionRun.objects.order_by("pk")]


def test_an_action_comes_when_it_is_due_and_not_before(ada: User, lead: int) -> None:
    live(IN_TWO_DAYS)
    r.edit(ada, lead, rating="high").or_raise()
    run = ActionRun.objects.get()
    assert (run.kind, run.asked_by, run.record_id) == ("scheduled", "rule:later", lead)
    assert timedelta(days=1, hours=23) < run.due_at - timezone.now() <= timedelta(days=2)
    drain()
    assert r.tasks() == []
    let_time_pass(days=3)
    drain()
    assert [task.name for task in r.tasks()] == ["Call"]
    assert states() == [("done", "")]
    drain()
    assert len(r.tasks()) == 1


def test_its_effects_lead_back_to_the_person_who_made_the_rule_act(ada: User, lead: int) -> None:
    live(IN_TWO_DAYS, r.update("status", "contacted"))
    first = r.edit(ada, lead, rating="high").or_raise()
    let_time_pass(days=3)
    drain()
    entry = History.objects.filter(record_id=lead, changes__has_key="status").latest("pk")
    cause = Cause.objects.get(pk=entry.changes["status"][2])
    chain = []
    while cause is not None:
        chain.append((cause.kind, cause.label))
        last, cause = cause, cause.parent  # type: ignore[assignment]
    assert chain == [("rule", "Later"), ("rule", "Later"), ("page", "Ada Adler")]
    assert last.pk == first.cause_id


def test_criteria_are_asked_again_under_the_lock(ada: User, lead: int) -> None:
    live(IN_TWO_DAYS)
    r.edit(ada, lead, rating="high").or_raise()
    r.edit(ada, lead, rating="low").or_raise()
    let_time_pass(days=3)
    drain()
    assert r.tasks() == []
    assert states() == [("cancelled", "The record no longer meets the rule's criteria.")]


def test_unless_the_action_comes_always(ada: User, lead: int) -> None:
    live({**IN_TWO_DAYS, "always": True})
    r.edit(ada, lead, rating="high").or_raise()
    r.edit(ada, lead, rating="low").or_raise()
    let_time_pass(days=3)
    drain()
    assert len(r.tasks()) == 1


def test_what_changed_is_not_asked_again(ada: User, lead: int) -> None:
    live(IN_TWO_DAYS, criteria=r.when(("rating", "changed")), mode="every")
    r.edit(ada, lead, rating="high").or_raise()
    let_time_pass(days=3)
    drain()
    assert len(r.tasks()) == 1


def test_a_deleted_record_gets_nothing_and_the_run_says_why(ada: User, lead: int) -> None:
    live(IN_TWO_DAYS)
    r.edit(ada, lead, rating="high").or_raise()
    apply([Change(Verb.BIN, "leads", lead)], actor=ada, source=Source.PAGE).or_raise()
    let_time_pass(days=3)
    drain()
    assert states() == [("cancelled", "The record is no longer there.")]


def test_switching_the_rule_off_calls_everything_off(ada: User, lead: int) -> None:
    live(IN_TWO_DAYS)
    r.edit(ada, lead, rating="high").or_raise()
    switch_off_rule("later", actor=None)
    assert states() == [("cancelled", "The rule was switched off.")]


def test_what_waits_goes_on_by_the_version_that_asked_for_it(ada: User, lead: int) -> None:
    rule = live(IN_TWO_DAYS)
    r.edit(ada, lead, rating="high").or_raise()
    RuleAction.objects.filter(block__rule=rule).update(config={"subject": "Write"})
    publish_rule(rule, actor=None)
    let_time_pass(days=3)
    drain()
    assert [task.name for task in r.tasks()] == ["Call"]


def test_acting_again_takes_the_place_of_what_waits(ada: User, lead: int) -> None:
    live(IN_TWO_DAYS)
    for rating in ("high", "low", "high"):
        r.edit(ada, lead, rating=rating).or_raise()
    assert states() == [("cancelled", "The rule acted on the record again."), ("waiting", "")]


def test_two_actions_of_one_rule_do_not_replace_each_other(ada: User, lead: int) -> None:
    live(IN_TWO_DAYS, r.task("One"), r.task("Two"))
    r.edit(ada, lead, rating="high").or_raise()
    let_time_pass(days=3)
    drain()
    assert [task.name for task in r.tasks()] == ["One", "Two"]


def test_it_does_not_fire_its_own_rule_but_others(ada: User, lead: int) -> None:
    live(IN_TWO_DAYS, r.update("status", "contacted"), mode="every")
    r.live_rule("other", r.when(("status", "is", "contacted")), [r.task("Contacted")])
    r.edit(ada, lead, rating="high").or_raise()
    let_time_pass(days=3)
    drain()
    assert [task.name for task in r.tasks()] == ["Contacted"]
    assert [state for state, _reason in states()] == ["done"]


def test_a_mail_that_is_due_later_goes_out_once(ada: User, lead: int, mailoutbox: list[Any]) -> None:
    live(IN_TWO_DAYS, r.mail({"to": "owner"}))
    r.edit(ada, lead, rating="high").or_raise()
    drain()
    assert mailoutbox == []
    let_time_pass(days=3)
    drain()
    drain()
    assert [letter.subject for letter in mailoutbox] == ["About Grace Hopper"]


def test_a_date_of_the_record_can_say_when(ada: User) -> None:
    later = {"amount": 3, "unit": "days", "field": "close_date", "direction": "before", "time": "8:30"}
    rule = r.draft_rule("later", {}, [r.task("Ask")], module_key="deals", mode="every", trigger="created")
    RuleAction.objects.filter(block__rule=rule).update(later=later)
    publish_rule(rule, actor=None)
    r.create(ada, "deals", owner=ada.pk, close_date="2040-03-10").or_raise()
    assert ActionRun.objects.get().due_at == datetime(2040, 3, 7, 8, 30, tzinfo=UTC)
    told = r.create(ada, "deals", owner=ada.pk).or_raise()
    assert ActionRun.objects.count() == 1
    assert [notice.message for notice in told.notices] == [
        "Close date is empty, so “Create task” was not scheduled."
    ]


@pytest.mark.parametrize(
    ("later", "value", "due"),
    [
        ({"amount": 1, "unit": "months"}, None, datetime(2024, 2, 29, 10, tzinfo=UTC)),
        ({"amount": 90, "unit": "minutes"}, None, datetime(2024, 1, 31, 11, 30, tzinfo=UTC)),
        ({"amount": 1, "unit": "weeks", "field": "x"}, date(2024, 1, 1), datetime(2024, 1, 8, 9, tzinfo=UTC)),
        ({"amount": 0, "unit": "days", "field": "x"}, None, None),
    ],
)
def test_when_something_is_due(later: dict[str, Any], value: Any, due: datetime | None) -> None:
    assert read_later(later).due(value, datetime(2024, 1, 31, 10, tzinfo=UTC)) == due


def test_many_runs_take_few_statements(ada: User, django_assert_max_num_queries: Callable[..., Any]) -> None:
    live(IN_TWO_DAYS, r.update("status", "contacted"))
    changes = [
        Change(Verb.CREATE, "leads", values={"last_name": f"L{n}", "rating": "high"}) for n in range(300)
    ]
    apply(changes, actor=ada, source=Source.IMPORT).or_raise()
    let_time_pass(days=3)
    with django_assert_max_num_queries(45):
        drain()
    assert ActionRun.objects.filter(state=RunState.DONE).count() == 300
