"""One change leads to another: rounds, rings, limits, and causes that tell."""

import pytest
from django.conf import settings

from crm.models import Cause, History, User
from tests.workflows import rules as r

pytestmark = pytest.mark.django_db


def chain_of(record_id: int, field: str) -> list[str]:
    """The labels of the causes of a field's last change, the nearest first."""
    row = History.objects.filter(record_id=record_id, **{f"changes__{field}__isnull": False}).latest("id")
    cause: Cause | None = Cause.objects.get(pk=row.changes[field][2])
    labels = []
    while cause is not None:
        labels.append(cause.label)
        cause = cause.parent
    return labels


def test_a_rule_fires_what_comes_before_it_in_the_next_round(ada: User, lead: int) -> None:
    r.live_rule("late", r.when(("status", "is", "contacted")), [r.update("source", "web")], position=1)
    r.live_rule("early", r.when(("rating", "is", "high")), [r.update("status", "contacted")], position=2)
    outcome = r.edit(ada, lead, rating="high").or_raise()
    assert (r.stored(lead).source, outcome.notices) == ("web", [])
    assert chain_of(lead, "source") == ["Late", "Early", str(ada)]


def test_a_rule_acts_at_most_once_per_change(ada: User, lead: int) -> None:
    r.live_rule("every", r.when(("rating", "is", "high")), [r.task("Do it")], mode="every", position=1)
    r.live_rule("next", r.when(("rating", "is", "high")), [r.update("status", "contacted")], position=2)
    r.edit(ada, lead, rating="high").or_raise()
    assert len(r.tasks()) == 1


def test_a_ring_stops_and_is_reported(ada: User, lead: int) -> None:
    r.live_rule("to_contacted", r.when(("status", "is", "attempted")), [r.update("status", "contacted")])
    r.live_rule("to_attempted", r.when(("status", "is", "contacted")), [r.update("status", "attempted")])
    outcome = r.edit(ada, lead, status="attempted").or_raise()
    assert r.stored(lead).status == "attempted"
    [notice] = outcome.notices
    assert (notice.record_id, notice.label) == (lead, "To contacted")
    assert "stopped" in notice.message


def test_rules_that_do_not_disturb_each_other_report_nothing(ada: User, lead: int) -> None:
    high = r.when(("rating", "is", "high"))
    r.live_rule("one", high, [r.update("status", "contacted")], mode="every")
    r.live_rule("two", high, [r.update("source", "web")], mode="every")
    assert r.edit(ada, lead, rating="high").or_raise().notices == []


def test_a_rule_does_not_fire_itself_by_what_it_makes(ada: User) -> None:
    r.live_rule("more", {}, [r.task("One more", owner="owner")], module_key="tasks", trigger="created")
    r.create(ada, "tasks", name="First", owner=ada.pk).or_raise()
    assert [task.name for task in r.tasks()] == ["First", "One more"]


def test_what_a_rule_makes_fires_other_rules(ada: User, ben: User, lead: int) -> None:
    r.live_rule("call", r.when(("rating", "is", "high")), [r.task("Call", priority="high")])
    urgent = r.when(("priority", "is", "high"))
    r.live_rule("urgent", urgent, [r.update("owner", ben.email)], module_key="tasks")
    r.edit(ada, lead, rating="high").or_raise()
    [task] = r.tasks()
    assert task.owner_id == ben.pk
    made = History.objects.get(record_id=task.pk)
    labels = [cause.label for cause in Cause.objects.filter(kind="rule").order_by("id")]
    assert labels == ["Call", "Urgent"]
    assert Cause.objects.get(label="Urgent").parent == made.cause


def test_two_rules_that_make_records_for_each_other_stop(ada: User) -> None:
    r.live_rule("a", r.when(("priority", "is", "high")), [r.task("B", priority="low")], module_key="tasks")
    r.live_rule("b", r.when(("priority", "is", "low")), [r.task("A", priority="high")], module_key="tasks")
    r.create(ada, "tasks", name="First", priority="high", owner=ada.pk).or_raise()
    assert [task.name for task in r.tasks()] == ["First", "B", "A"]


def test_reaching_the_depth_limit_is_reported(ada: User, lead: int) -> None:
    """Each rule prepares the one before it, so that each round lets one act."""
    count = settings.CRM_MAX_ROUNDS + 2
    for number in range(count):
        city = r.when(("city", "is", f"c{number}"))
        r.live_rule(f"step_{number}", city, [r.update("city", f"c{number + 1}")], position=count - number)
    outcome = r.edit(ada, lead, city="c0").or_raise()
    assert r.stored(lead).city == f"c{settings.CRM_MAX_ROUNDS}"
    assert [(notice.record_id, notice.label) for notice in outcome.notices] == [(lead, "Depth limit")]


def test_a_switched_off_field_leaves_its_rule_out_and_the_change_goes_in(
    ada: User, lead: int, caplog: pytest.LogCaptureFixture
) -> None:
    from crm.documents.generation import configuration_changed
    from crm.models import Field

    r.live_rule("gone", r.when(("rating", "is", "high")), [r.task("Do it")])
    r.live_rule("stays", r.when(("company", "is", "Navy")), [r.update("source", "web")])
    Field.objects.filter(module__key="leads", key="rating").update(active=False)
    configuration_changed(actor=None, kind="field", key="leads.rating", what="switched off")
    r.edit(ada, lead, company="Navy").or_raise()
    assert r.stored(lead).source == "web"
    assert "gone cannot run" in caplog.text
