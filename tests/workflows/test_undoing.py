"""Undoing a job calls off what its rules queued, and tells what cannot be called back."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from crm.jobs.running import drain
from crm.jobs.verbs import undo_job
from crm.models import Job, User
from tests.crm.door.making import make
from tests.crm.jobs.rating import ask, rating
from tests.people import Company
from tests.receiver import Receiver
from tests.workflows import rules
from tests.workflows.endpoints import calls, endpoint, receiver
from workflows.models import ActionRun, RunState
from workflows.runs import drain as carry_out

__all__ = ["rating", "receiver"]
pytestmark = pytest.mark.usefixtures("rating")


def rated(company: Company, count: int, action: rules.Action | None = None) -> Job:
    """A job that made leads hot, for which a rule sends a mail each, or does something else."""
    does = action or rules.mail({"to": "owner"})
    rules.live_rule("hot", rules.when(("rating", "is", "high")), [does])
    job = ask(company.ada, [make("leads", company.ada, last_name=f"Lead {n}") for n in range(count)])
    drain()
    job.refresh_from_db()
    assert ActionRun.objects.filter(state=RunState.WAITING).count() == count
    return job


def undone(job: Job, actor: User) -> Job:
    undo = undo_job(job, actor=actor)
    drain()
    undo.refresh_from_db()
    return undo


def test_waiting_actions_are_cancelled_with_the_reason(company: Company) -> None:
    job = rated(company, 2)
    undo = undone(job, company.ada)
    runs = ActionRun.objects.all()
    assert [run.state for run in runs] == [RunState.CANCELLED] * 2
    assert {run.answer["reason"] for run in runs} == {"What asked for this was undone."}
    assert all(run.finished_at for run in runs)
    assert undo.told == ["2 waiting actions were cancelled."]
    carry_out()
    assert mail.outbox == []


def test_mails_that_have_gone_are_told(company: Company) -> None:
    job = rated(company, 2)
    carry_out()
    assert len(mail.outbox) == 2
    assert undone(job, company.ada).told == ["2 mails have gone already; they cannot be called back."]


def test_webhooks_that_were_called_are_told(company: Company, receiver: Receiver) -> None:
    endpoint(receiver.url)
    job = rated(company, 2, calls())
    carry_out()
    assert len(receiver.received) == 2
    told = undone(job, company.ada).told
    assert told == ["2 webhooks have been called already; they cannot be called back."]


def test_what_a_worker_is_carrying_out_goes_on_and_is_told(company: Company) -> None:
    job = rated(company, 2)
    busy = ActionRun.objects.earliest("pk")
    soon = timezone.now() + timedelta(minutes=1)
    ActionRun.objects.filter(pk=busy.pk).update(lease_until=soon, lease_by="worker")
    undo = undone(job, company.ada)
    busy.refresh_from_db()
    assert busy.state == RunState.WAITING
    assert undo.told[0] == "1 waiting action was cancelled."
    assert "1 action was being carried out" in undo.told[1]


def test_actions_of_other_causes_stay(company: Company) -> None:
    job = rated(company, 1)
    make("leads", company.ben, last_name="Other", rating="high")
    undone(job, company.ada)
    assert ActionRun.objects.filter(state=RunState.WAITING).count() == 1
