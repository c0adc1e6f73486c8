"""How deliveries are tried again, parked and sent again; slow receivers hold up nobody else."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.core import mail as outgoing
from django.db import connection
from django.utils import timezone

from crm.models import User
from crm.outgoing import Answer
from crm.space import _space
from tests.receiver import Receiver, Reply, broken_off, hanging, receiving, status
from tests.workflows import rules as r
from tests.workflows.endpoints import calls, endpoint, fired, later, receiver
from workflows import lanes, runs
from workflows.models import ActionRun, RunState, Webhook
from workflows.retries import RetryPolicy
from workflows.webhooks.sending import RETRIES, retry_after
from workflows.webhooks.verbs import send_again

__all__ = ["receiver"]
pytestmark = pytest.mark.django_db

RETRIED = {"done": 0, "retried": 1, "failed": 0}
FAILED = {"done": 0, "retried": 0, "failed": 1}
DONE = {"done": 1, "retried": 0, "failed": 0}


def the_run() -> ActionRun:
    return ActionRun.objects.get()


def wait_of(run: ActionRun) -> float:
    """Seconds until the next try."""
    return (run.due_at - timezone.now()).total_seconds()


@pytest.mark.parametrize("code", [500, 501, 502, 503, 504, 599, 408, 429])
def test_answers_that_may_pass_are_tried_again(ada: User, receiver: Receiver, code: int) -> None:
    receiver.replies = [status(code, b"later", X_Try="one")]
    endpoint(receiver.url)
    fired(ada, "shop")
    assert runs.drain() == RETRIED
    run = the_run()
    assert (run.state, run.attempts) == (RunState.WAITING, 1)
    assert run.answer["error"] == f"The answer was {code}."
    response = run.answer["response"]
    assert (response["status"], response["body"]) == (code, "later")
    assert ["X-Try", "one"] in response["headers"]
    assert 20 < wait_of(run) < 40
    assert runs.drain() == {"done": 0, "retried": 0, "failed": 0}, "not before its time"
    later()
    assert runs.drain() == DONE
    first, second = receiver.received
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    run = the_run()
    assert [one["status"] for one in run.answer["tries"]] == [code, 200]
    assert "error" not in run.answer


@pytest.mark.parametrize("code", [301, 302, 307, 400, 401, 403, 404, 409, 410, 422, 451])
def test_answers_that_will_not_change_are_parked_at_once(ada: User, receiver: Receiver, code: int) -> None:
    receiver.always = status(code, b"no", Location="http://127.0.0.1:1/")
    endpoint(receiver.url)
    fired(ada, "shop")
    assert runs.drain() == FAILED
    run = the_run()
    assert (run.state, run.attempts, run.answer["response"]["status"]) == (RunState.FAILED, 1, code)
    assert run.answer["response"]["body"] == "no"
    assert len(receiver.received) == 1


@pytest.mark.parametrize("code", [200, 201, 202, 204])
def test_answers_of_success_are_the_end(ada: User, receiver: Receiver, code: int) -> None:
    receiver.always = status(code)
    endpoint(receiver.url)
    fired(ada, "shop")
    assert runs.drain() == DONE
    assert the_run().answer["response"]["status"] == code


def test_a_connection_that_is_refused_is_tried_again(ada: User, receiver: Receiver) -> None:
    endpoint("http://127.0.0.1:1/")
    fired(ada, "shop")
    assert runs.drain() == RETRIED
    assert "took no connection" in the_run().answer["error"]


def test_one_that_breaks_off_is_tried_again(ada: User, receiver: Receiver) -> None:
    receiver.always = broken_off
    endpoint(receiver.url)
    fired(ada, "shop")
    assert runs.drain() == RETRIED


def test_a_receiver_that_says_nothing_is_tried_again(ada: User, receiver: Receiver) -> None:
    receiver.always = hanging(receiver)
    endpoint(receiver.url, seconds=1)
    fired(ada, "shop")
    assert runs.drain() == RETRIED
    [tried] = the_run().answer["tries"]
    assert tried["error"] == "127.0.0.1 did not answer in time."
    assert 0.9 < tried["seconds"] < 5


def test_a_host_that_is_not_allowed_is_parked_at_once(ada: User, receiver: Receiver, settings: Any) -> None:
    settings.OUTGOING_ALLOWED_HOSTS = []
    endpoint(receiver.url)
    fired(ada, "shop")
    assert runs.drain() == FAILED
    assert "private or reserved" in the_run().answer["error"]
    assert receiver.received == []


def test_after_the_last_try_it_is_parked_with_request_and_answer(ada: User, receiver: Receiver) -> None:
    receiver.always = status(503, b"x" * 10_000)
    endpoint(receiver.url, fields_sent=["company"])
    fired(ada, "shop", company="Navy")
    waits = []
    for _ in range(RETRIES.tries - 1):
        assert runs.drain() == RETRIED
        waits.append(wait_of(the_run()))
        later()
    assert runs.drain() == FAILED
    run = the_run()
    assert (run.state, run.attempts, len(run.answer["tries"])) == (RunState.FAILED, 8, 8)
    assert waits == sorted(waits)
    assert timedelta(hours=16).total_seconds() < sum(waits) < timedelta(hours=32).total_seconds()
    assert len({came.headers["webhook-id"] for came in receiver.received}) == 1
    assert len({came.body for came in receiver.received}) == 1
    assert '"company": "Navy"' in run.answer["request"]["body"]
    assert (len(run.answer["response"]["body"]), run.answer["response"]["cut"]) == (4096, True)


def test_waits_differ_at_random_within_bounds() -> None:
    random.seed(1)
    waits = {RETRIES.wait(3).total_seconds() for _ in range(200)}
    assert len(waits) > 100
    assert 480 <= min(waits) < 520
    assert 680 < max(waits) <= 720
    assert RetryPolicy((timedelta(minutes=1),)).wait(1) == timedelta(minutes=1)


@pytest.mark.parametrize("code", [429, 503])
def test_the_receiver_may_ask_for_a_longer_wait(ada: User, receiver: Receiver, code: int) -> None:
    receiver.always = status(code, Retry_After="600")
    endpoint(receiver.url)
    fired(ada, "shop")
    assert runs.drain() == RETRIED
    assert 590 < wait_of(the_run()) <= 600


@pytest.mark.parametrize(
    ("asked", "low", "high"),
    [("1", 24, 36), ("0", 24, 36), ("-5", 24, 36), ("soon", 24, 36), ("9999999999999", 86_390, 86_400)],
)
def test_a_wait_that_is_asked_for_is_bounded(
    ada: User, receiver: Receiver, asked: str, low: float, high: float
) -> None:
    receiver.always = status(429, Retry_After=asked)
    endpoint(receiver.url)
    fired(ada, "shop")
    assert runs.drain() == RETRIED
    assert low - 5 < wait_of(the_run()) <= high


def test_a_wait_may_be_asked_for_until_a_date() -> None:
    def asked(value: str) -> timedelta | None:
        return retry_after(Answer(429, (("retry-AFTER", value),)))

    until = datetime.now().astimezone() + timedelta(minutes=10)
    wait = asked(format_datetime(until))
    assert wait is not None
    assert 590 < wait.total_seconds() <= 600
    assert asked("Wed, 21 Oct 2015 07:28:00 GMT") == timedelta(0)
    assert asked("Wed, 99 Oct 2015") is None
    assert asked("١٢") is None
    assert retry_after(Answer(429)) is None


def test_a_webhook_that_is_switched_off_or_gone_is_not_called(ada: User, receiver: Receiver) -> None:
    endpoint(receiver.url)
    fired(ada, "shop")
    Webhook.objects.update(active=False)
    assert runs.drain() == FAILED
    send_again(ids=[the_run().pk], actor=_admin())
    Webhook.objects.all().delete()
    assert runs.drain() == FAILED
    assert "There is no webhook" in the_run().answer["error"]
    assert receiver.received == []


def _admin() -> User:
    return User.objects.get(email="dana@example.com")


def test_what_failed_and_what_was_done_can_be_sent_again_as_it_was(
    ada: User, admin: User, receiver: Receiver
) -> None:
    endpoint(receiver.url)
    receiver.replies = [status(200), status(400), status(200), status(200)]
    fired(ada, "shop")
    assert runs.drain() == DONE
    fired(ada)
    assert runs.drain() == FAILED
    fired(ada)
    waiting = ActionRun.objects.get(state=RunState.WAITING).pk
    ActionRun.objects.filter(pk=waiting).update(due_at=timezone.now() + timedelta(hours=1))
    ids = sorted(ActionRun.objects.values_list("pk", flat=True))
    assert send_again(ids=ids, actor=admin) == 2, "what waits is left alone"
    assert runs.drain() == {"done": 2, "retried": 0, "failed": 0}
    assert Counter(ActionRun.objects.values_list("state", flat=True)) == {"done": 3, "waiting": 1}
    sent = [(came.headers["webhook-id"], came.body) for came in receiver.received]
    assert Counter(sent) == {sent[0]: 2, sent[1]: 2}
    assert send_again(ids=ids[:1], actor=admin) == 1
    with pytest.raises(Exception, match="does not allow"):
        send_again(ids=ids, actor=ada)


def test_what_is_sent_again_many_times_stays_apart(ada: User, admin: User, receiver: Receiver) -> None:
    endpoint(receiver.url)
    fired(ada, "shop")
    runs.drain()
    for _ in range(3):
        send_again(ids=ActionRun.objects.values_list("pk", flat=True), actor=admin)
        runs.drain()
    assert ActionRun.objects.filter(state=RunState.DONE).count() == 8
    assert len({came.headers["webhook-id"] for came in receiver.received}) == 1


def test_outside_of_production_nothing_is_sent_and_the_request_is_kept(ada: User, receiver: Receiver) -> None:
    """Calls are made in threads, which have to know the space of the worker."""
    endpoint(receiver.url, fields_sent=["company"])
    fired(ada, "shop", company="Navy")
    token = _space.set("sandbox_1")
    try:
        assert runs.drain() == DONE
    finally:
        _space.reset(token)
    assert receiver.received == []
    run = the_run()
    assert run.answer["response"]["kept"] is True
    assert '"company": "Navy"' in run.answer["request"]["body"]


def test_a_receiver_that_hangs_holds_up_nobody_else(ada: User, receiver: Receiver) -> None:
    """Forty for one that hangs, before ten for another and a mail."""
    receiver.always = hanging(receiver)
    with receiving() as other:
        endpoint(receiver.url, "hangs", seconds=6)
        endpoint(other.url, "works")
        r.live_rule("slow", r.when(("city", "is", "A")), [calls("hangs")])
        r.live_rule("fast", r.when(("city", "is", "B")), [calls("works"), r.mail({"to": "owner"})])
        for city in "A" * 40 + "B" * 10:
            r.create(ada, owner=ada.pk, city=city).or_raise()
        begun = time.monotonic()
        ended: list[float] = []
        other.always = noted(status(200), lambda: ended.append(time.monotonic() - begun))
        counts = runs.drain()
        took = time.monotonic() - begun
    assert counts == {"done": 20, "retried": 1, "failed": 0}
    assert len(outgoing.outbox) == 10
    assert len(ended) == 10
    assert max(ended) < 6, "the others did not wait for the time-out"
    assert took < 20
    assert len(receiver.received) == 1, "one that hangs costs a drain one time-out"
    waiting = ActionRun.objects.filter(state=RunState.WAITING)
    assert Counter((run.attempts, run.lease_by) for run in waiting) == {(0, None): 39, (1, None): 1}


def noted(reply: Reply, note: Callable[[], None]) -> Reply:
    """The reply, with a note before."""

    def answer(handler: Any) -> None:
        note()
        reply(handler)

    return answer


def test_one_receiver_gets_few_at_once_and_in_the_end_all(ada: User, receiver: Receiver) -> None:
    under: list[int] = [0]
    most: list[int] = []

    def answer(handler: Any) -> None:
        under[0] += 1
        most.append(under[0])
        time.sleep(0.05)
        under[0] -= 1
        status(200)(handler)

    receiver.always = answer
    endpoint(receiver.url)
    fired(ada, "shop")
    for _ in range(29):
        fired(ada)
    assert runs.drain()["done"] == 30
    assert len({came.headers["webhook-id"] for came in receiver.received}) == 30
    assert 1 < max(most) <= lanes.AT_ONCE_PER_LANE


def test_a_drain_begins_no_calls_after_its_time(ada: User, receiver: Receiver) -> None:
    endpoint(receiver.url)
    fired(ada, "shop")
    assert runs.drain(seconds=0) == {"done": 0, "retried": 0, "failed": 0}
    assert receiver.received == []


WORKER = """
import django
django.setup()
from workflows import runs
print(runs.drain())
"""


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_of_a_delivery_delivers_again_under_the_same_id(
    ada: User, receiver: Receiver
) -> None:
    receiver.replies = [hanging(receiver)]
    endpoint(receiver.url, seconds=30)
    fired(ada, "shop")
    known = connection.settings_dict
    user = ":".join(quote(str(part), safe="") for part in (known["USER"], known["PASSWORD"]) if part)
    url = f"postgres://{user}@{known['HOST']}:{known['PORT'] or 5432}/{known['NAME']}"
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "crm.settings",
        "OUTGOING_ALLOWED_HOSTS": "127.0.0.1",
    }
    worker = subprocess.Popen([sys.executable, "-c", WORKER], cwd=django_settings.BASE_DIR, env=environment)
    deadline = time.monotonic() + 30
    while not receiver.received:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    run = the_run()
    assert (run.state, run.attempts, run.lease_by is not None) == (RunState.WAITING, 1, True)
    assert runs.drain() == {"done": 0, "retried": 0, "failed": 0}, "its lease still holds"
    later()
    assert runs.drain() == DONE
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == run.input["id"]
    assert first.body == second.body
    assert the_run().attempts == 2
