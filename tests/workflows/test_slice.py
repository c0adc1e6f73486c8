"""The thinnest path: a published rule fires through the door, and the worker sends the mail."""

from typing import Any

import pytest
from django.core import mail as outgoing

from crm.models import Cause, History, User
from tests.workflows import rules as r
from workflows.models import ActionRun, RunState
from workflows.tasks import process_due

pytestmark = pytest.mark.django_db


@pytest.fixture
def high_priority(company: Any) -> Any:
    """Rating becomes High: status Contacted, task for the owner, mail to the superior."""
    return r.live_rule(
        "high_priority",
        r.when(("rating", "is", "high")),
        [
            r.update("status", "contacted"),
            r.task("Call {{name}}", owner="owner", due_in_days=1, priority="high"),
            r.mail({"to": "superior"}, subject="High: {{name}}", body="{{owner}} has it: {{rating}}"),
        ],
    )


def test_rating_becomes_high(ada: User, ben: User, lead: int, high_priority: Any) -> None:
    outcome = r.edit(ada, lead, rating="high").or_raise()
    assert outcome.notices == []
    assert r.stored(lead).status == "contacted"
    [task] = r.tasks()
    assert (task.name, task.owner_id, task.priority) == ("Call Grace Hopper", ada.pk, "high")
    assert (task.related_module, task.related_id) == ("leads", lead)
    assert outgoing.outbox == []
    assert process_due()["runs"] == {"done": 1, "retried": 0, "failed": 0}
    [letter] = outgoing.outbox
    assert (letter.to, letter.subject) == ([ben.email], "High: Grace Hopper")
    assert letter.body == "Ada Adler has it: High"
    assert ActionRun.objects.get().state == RunState.DONE


def test_every_effect_leads_to_the_rule_and_on_to_the_person(
    ada: User, lead: int, high_priority: Any
) -> None:
    r.edit(ada, lead, rating="high").or_raise()
    row = History.objects.filter(record_id=lead).first()
    assert row is not None
    assert row.changes["rating"][2] is None
    cause = Cause.objects.get(pk=row.changes["status"][2])
    assert (cause.kind, cause.label, cause.document_id) == ("rule", "High priority", high_priority.pk)
    assert cause.parent is not None
    assert cause.parent.actor == ada
    made = History.objects.get(record_id=r.tasks()[0].pk)
    assert made.cause == cause
    assert ActionRun.objects.get().cause == cause


def test_the_rule_does_not_fire_again_at_later_edits(ada: User, lead: int, high_priority: Any) -> None:
    r.edit(ada, lead, rating="high").or_raise()
    r.edit(ada, lead, company="Navy").or_raise()
    r.edit(ada, lead, rating="high").or_raise()
    assert len(r.tasks()) == 1
    r.edit(ada, lead, rating="low").or_raise()
    r.edit(ada, lead, rating="high").or_raise()
    assert len(r.tasks()) == 2
