"""Queued actions: claimed once, tried again, given back, and finished."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as outgoing
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.utils import timezone
from django_q.models import OrmQ, Schedule
from pytest_django import DjangoCaptureOnCommitCallbacks

from crm.models import Notification, User
from tests.workflows import rules as r
from workflows import runs, tasks
from workflows.models import ActionRun, RunState, Wake

pytestmark = pytest.mark.django_db
HIGH = r.when(("rating", "is", "high"))


class Moody(EmailBackend):
    """A mail server that refuses some addresses."""

    refused: set[str] = set()
    seen: list[str] = []

    def send_messages(self, messages: Sequence[Any]) -> int:
        for message in messages:
            self.seen.append(message.extra_headers["Message-ID"])
            if message.to[0] in self.refused:
                raise OSError("mail server is away")
        return super().send_messages(messages)


@pytest.fixture(autouse=True)
def moody(settings: Any) -> type[Moody]:
    """Mail goes through the moody server, which refuses nothing yet."""
    settings.EMAIL_BACKEND = f"{__name__}.Moody"
    Moody.refused, Moody.seen = set(), []
    return Moody


@pytest.fixture
def queued(ada: User, ben: User) -> list[ActionRun]:
    """Three mails that wait: to Ada, to Ben, to both."""
    to_ada, to_ben = {"to": "person", "person": ada.email}, {"to": "person", "person": ben.email}
    r.live_rule("mails", HIGH, [r.mail(to_ada), r.mail(to_ben), r.mail(to_ada, to_ben)])
    r.create(ada, owner=ada.pk, rating="high").or_raise()
    return list(ActionRun.objects.order_by("id"))


def later(**how: float) -> None:
    """Makes every waiting run due, and its lease over, as if so much time had gone by."""
    past = timezone.now() - timedelta(**how)
    ActionRun.objects.filter(state=RunState.WAITING).update(due_at=past)
    ActionRun.objects.filter(lease_until__isnull=False).update(lease_until=past)


def test_a_claimed_run_is_nobody_elses_until_its_lease_ends(queued: list[ActionRun]) -> None:
    assert [run.pk for run in runs.claim(2, "one")] == [queued[0].pk, queued[1].pk]
    assert [run.pk for run in runs.claim(9, "two")] == [queued[2].pk]
    assert runs.claim(9, "three") == []
    assert set(ActionRun.objects.values_list("state", "attempts")) == {(RunState.WAITING, 0)}
    later(minutes=1)
    assert len(runs.claim(9, "three")) == 3


def test_what_is_not_due_waits(queued: list[ActionRun]) -> None:
    ActionRun.objects.update(due_at=timezone.now() + timedelta(hours=1))
    assert runs.drain() == {"done": 0, "retried": 0, "failed": 0}


def test_a_run_that_fails_is_tried_three_times_and_keeps_its_error(
    queued: list[ActionRun], ben: User
) -> None:
    Moody.refused = {ben.email}
    assert runs.drain() == {"done": 1, "retried": 2, "failed": 0}
    waiting = ActionRun.objects.filter(state=RunState.WAITING)
    assert {run.attempts for run in waiting} == {1}
    assert all(run.due_at > timezone.now() + timedelta(seconds=50) for run in waiting)
    assert runs.drain() == {"done": 0, "retried": 0, "failed": 0}
    later(minutes=1)
    assert runs.drain()["retried"] == 2
    later(minutes=1)
    assert runs.drain() == {"done": 0, "retried": 0, "failed": 2}
    failed = ActionRun.objects.filter(state=RunState.FAILED)
    assert {run.answer["error"] for run in failed} == {"OSError: mail server is away"}
    assert all(run.finished_at is not None and run.lease_by is None for run in failed)


def test_a_later_try_repeats_no_letter_and_keeps_the_message_id(queued: list[ActionRun], ben: User) -> None:
    Moody.refused = {ben.email}
    runs.drain()
    Moody.refused = set()
    later(minutes=1)
    assert runs.drain() == {"done": 2, "retried": 0, "failed": 0}
    sent = [letter.extra_headers["Message-ID"] for letter in outgoing.outbox]
    assert len(sent) == len(set(sent)) == 4
    assert set(Moody.seen) == set(sent)


def test_an_admin_can_ask_for_another_try(queued: list[ActionRun], ada: User, ben: User) -> None:
    Moody.refused = {ada.email, ben.email}
    for _try in range(3):
        runs.drain()
        later(minutes=1)
    run = ActionRun.objects.filter(state=RunState.FAILED).first()
    assert run is not None
    Moody.refused = set()
    run.retry()
    run.save()
    assert runs.drain() == {"done": 1, "retried": 0, "failed": 0}


def test_a_run_whose_worker_dies_each_time_ends_too(queued: list[ActionRun]) -> None:
    for number in range(3):
        dying = runs.Worker(f"dying {number}", stop_at=0)
        [first, *_others] = runs.claim(9, dying.name)
        assert dying.begin([first]) == [first]
        later(minutes=1)
    assert runs.drain() == {"done": 2, "retried": 0, "failed": 1}
    assert "died" in ActionRun.objects.get(pk=queued[0].pk).answer["error"]


def test_a_worker_that_lost_its_lease_writes_nothing(queued: list[ActionRun]) -> None:
    slow = runs.Worker("slow", stop_at=0)
    claimed = runs.claim(9, slow.name)
    later(minutes=1)
    runs.drain()
    assert slow.begin(claimed) == []
    slow.settle_failed(claimed[0], "too late")
    assert set(ActionRun.objects.values_list("state", flat=True)) == {RunState.DONE}


def test_an_unknown_kind_fails_and_stops_nobody(queued: list[ActionRun]) -> None:
    ActionRun.objects.filter(pk=queued[0].pk).update(kind="fly")
    assert runs.drain() == {"done": 2, "retried": 0, "failed": 1}


def later_notifications(people: Sequence[Any], lead: int) -> None:
    """Runs that notify, one per entry of people ids."""
    cause = ActionRun.objects.values_list("cause_id", flat=True)[0]
    ActionRun.objects.all().delete()
    now = timezone.now()
    ActionRun.objects.bulk_create(
        ActionRun(
            kind="notify", input={"people": ids, "text": "Look"}, record_id=lead, module="leads",
            cause_id=cause, key=f"n{n}", due_at=now, created_at=now,
        )
        for n, ids in enumerate(people)
    )  # fmt: skip


def test_effects_in_this_database_happen_together_and_a_poisoned_one_is_isolated(
    queued: list[ActionRun], ada: User, lead: int
) -> None:
    later_notifications([[ada.pk], [None], [ada.pk]], lead)
    assert runs.drain() == {"done": 2, "retried": 1, "failed": 0}
    assert Notification.objects.count() == 2
    assert ActionRun.objects.get(state=RunState.WAITING).key == "n1"


def test_a_crash_between_effect_and_done_undoes_the_effect(
    queued: list[ActionRun], ada: User, lead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    later_notifications([[ada.pk]], lead)

    def crash(*_args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(runs, "update_rows", crash)
        with pytest.raises(KeyboardInterrupt):
            runs.drain()
    assert Notification.objects.count() == 0
    later(minutes=1)
    assert runs.drain()["done"] == 1
    assert Notification.objects.count() == 1


def test_statements_of_a_drain_do_not_grow_with_its_runs(
    queued: list[ActionRun], ada: User, lead: int, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for count in (20, 200):
        later_notifications([[ada.pk]] * count, lead)
        with CaptureQueriesContext(connection) as queries:
            assert runs.drain()["done"] == count
        r.create(ada, owner=ada.pk, rating="high").or_raise()
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_workers_are_woken_once_until_they_begin(
    ada: User, ben: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    Wake.objects.update_or_create(pk=1, defaults={"waiting": False})
    r.live_rule("mails", HIGH, [r.mail({"to": "owner"})])
    for _number in range(3):
        with django_capture_on_commit_callbacks(execute=True):
            r.create(ada, owner=ada.pk, rating="high").or_raise()
    assert OrmQ.objects.count() == 1
    assert tasks.drain() == {"done": 3, "retried": 0, "failed": 0}
    with django_capture_on_commit_callbacks(execute=True):
        r.create(ada, owner=ada.pk, rating="high").or_raise()
    assert OrmQ.objects.count() == 2


def test_a_wake_that_was_lost_is_made_up_for_by_the_clock(queued: list[ActionRun], capsys: Any) -> None:
    Wake.objects.update_or_create(pk=1, defaults={"waiting": True})
    call_command("process_due")
    assert json.loads(capsys.readouterr().out)["runs"] == {"done": 3, "retried": 0, "failed": 0}
    assert Wake.objects.get().waiting is False


def test_the_clock_looks_every_minute() -> None:
    tasks.set_clock("default")
    tasks.set_clock("default")
    [schedule] = Schedule.objects.filter(name=tasks.CLOCK)
    assert (schedule.func, schedule.minutes) == ("workflows.tasks.clock", 1)


def test_finished_runs_are_not_touched_again(queued: list[ActionRun]) -> None:
    runs.drain()
    before = list(ActionRun.objects.values())
    later(minutes=1)
    runs.drain()
    assert list(ActionRun.objects.values()) == before
