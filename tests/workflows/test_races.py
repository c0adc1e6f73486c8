"""Several at once, with real connections, and workers that are killed: on PostgreSQL."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

from crm.documents.publishing import live_version
from crm.door import Change, Source, Verb, apply
from crm.models import DocumentVersion, User
from crm.modules.loading import module
from tests.people import Company, new_person
from tests.workflows import rules as r
from workflows import runs
from workflows.models import ActionRun, RunState
from workflows.publishing import publish_rule

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
AT_ONCE = 8


def together(work: Callable[[int], Any], count: int = AT_ONCE) -> list[Any]:
    """Runs the work in so many threads, each with its own connection, all starting at the same time."""
    barrier = Barrier(count)

    def one(number: int) -> Any:
        try:
            barrier.wait()
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def import_leads(actor: User, count: int, city: str = "Rome") -> None:
    """Imports so many leads."""
    changes = [Change(Verb.CREATE, "leads", values={"last_name": "L", "city": city}) for _ in range(count)]
    apply(changes, actor=actor, source=Source.IMPORT).or_raise()


@pytest.fixture
def reps(company: Company) -> list[User]:
    """Three people who share leads."""
    return [new_person(name, company.staff, company.reps) for name in ("James", "Kim", "Lou")]


def test_eight_at_once_share_fairly(admin: User, reps: list[User]) -> None:
    r.live_assignment("turns", {"users": reps})
    together(lambda number: [import_leads(admin, 5) for _time in range(4)])
    shares = Counter(module("leads").rows().values_list("owner_id", flat=True))
    assert sum(shares.values()) == 160
    assert set(shares) == {rep.pk for rep in reps}
    assert max(shares.values()) - min(shares.values()) <= 1


def test_several_turns_in_one_batch_do_not_deadlock(admin: User, reps: list[User]) -> None:
    entries = [
        {"users": reps, "criteria": r.when(("city", "is", city))} for city in ("Rome", "Paris", "Bonn")
    ]
    r.live_assignment("by_city", *entries)
    cities = ["Bonn", "Paris", "Rome"]

    def work(number: int) -> None:
        order = cities if number % 2 else cities[::-1]
        changes = [
            Change(Verb.CREATE, "leads", values={"last_name": "L", "city": city}) for city in order * 3
        ]
        for _time in range(4):
            apply(changes, actor=admin, source=Source.IMPORT).or_raise()

    together(work)
    for city in cities:
        shares = Counter(module("leads").rows().filter(city=city).values_list("owner_id", flat=True))
        assert sorted(shares.values()) == [32, 32, 32]


def test_of_many_publishers_at_once_each_makes_the_next_version(company: Company) -> None:
    rules = [r.draft_rule(f"draft_{number}", {}, [r.task(f"Task {number}")]) for number in range(AT_ONCE)]

    def work(number: int) -> int:
        rules[number].key = "shared"
        return publish_rule(rules[number], actor=None).number

    assert sorted(together(work)) == list(range(1, AT_ONCE + 1))
    live = live_version("rule", "shared")
    assert live is not None
    assert live.number == AT_ONCE
    assert DocumentVersion.objects.filter(state="retired").count() == AT_ONCE - 1


def test_a_rule_of_mode_once_acts_once_for_two_edits_at_once(company: Company) -> None:
    r.live_rule("once", r.when(("rating", "is", "high")), [r.task("Do it")], mode="once")
    lead = r.create(company.ada, owner=company.ada.pk).or_raise().ids[0]
    together(lambda number: r.edit(company.ada, lead, rating="high", employees=number).or_raise())
    assert len(r.tasks()) == 1


def test_many_workers_at_once_run_each_run_once(company: Company, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    from django.core import mail as outgoing

    r.live_rule("mails", {}, [r.mail({"to": "owner"})], trigger="created")
    changes = [
        Change(Verb.CREATE, "leads", values={"last_name": "L", "owner": company.ada.pk}) for _ in range(100)
    ]
    apply(changes, actor=company.ada, source=Source.API).or_raise()
    counts = together(lambda number: runs.drain(limit=7))
    assert sum(count["done"] for count in counts) == 100
    sent = [letter.extra_headers["Message-ID"] for letter in outgoing.outbox]
    assert len(sent) == len(set(sent)) == 100


WORKER = """
import sys
import django
django.setup()
from django.conf import settings
from django.db import connection
settings.EMAIL_BACKEND = "tests.workflows.post.Stuck"
settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = sys.argv[1]
from workflows import runs
print(runs.drain())
"""


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts worker processes on the test's database; its mail server is a folder."""
    started: list[subprocess.Popen[bytes]] = []

    def start(stuck_at: int = 0) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "crm.settings",
            "POST_FOLDER": str(tmp_path),
            "POST_STUCK_AT": str(stuck_at),
        }
        command = [sys.executable, "-c", WORKER, str(connection.settings_dict["NAME"])]
        started.append(subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Waits until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_worker_killed_in_the_middle_of_a_mail_changes_nothing_in_the_end(
    company: Company, tmp_path: Path, start_worker: Callable[..., subprocess.Popen[bytes]]
) -> None:
    """The second of three letters has just left when the worker is killed."""
    r.live_rule("mails", {}, [r.mail({"to": "owner"})], trigger="created")
    for name in ("One", "Two", "Three"):
        r.create(company.ada, last_name=name, owner=company.ada.pk).or_raise()
    worker = start_worker(stuck_at=2)
    wait_for(lambda: len(list(tmp_path.iterdir())) == 2)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    states = Counter((run.state, run.lease_by is not None) for run in ActionRun.objects.all())
    assert states == {(RunState.DONE, False): 1, (RunState.WAITING, True): 2}
    assert runs.drain() == {"done": 0, "retried": 0, "failed": 0}  # their lease still holds
    ActionRun.objects.filter(state=RunState.WAITING).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert start_worker().wait() == 0
    assert set(ActionRun.objects.values_list("state", "lease_by", "lease_until")) == {
        (RunState.DONE, None, None)
    }
    letters = [path.read_text().splitlines() for path in sorted(tmp_path.iterdir())]
    assert len(letters) == 4  # the one in the middle twice, under one Message-ID
    assert len({tuple(letter) for letter in letters}) == 3
    assert [run.answer for run in ActionRun.objects.order_by("id")] == [
        {"sent": [company.ada.email], "not_sent": []} for _number in range(3)
    ]
