"""A batch that the database sacrifices to break a deadlock is done again, and nobody notices."""

import threading
import time
from collections.abc import Callable
from typing import Any, Literal

import pytest
from django.db import OperationalError, connection, transaction

from crm.door import Batch, Change, Outcome, Source, Verb, apply
from crm.door.merge import merge_records
from crm.door.stages.base import Stage
from crm.models import Cause, History, Lead
from tests.crm.door.making import chain, history, make, value
from tests.crm.door.racing import together
from tests.people import Company

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def people(transactional_db: None, company: Company) -> Company:
    """The people, stored for other connections to see."""
    return company


def lock_timeouts(seconds: int) -> None:
    """After how long a wait this connection looks for deadlocks; who looks first is the one sacrificed."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET deadlock_timeout = '{seconds}s'")


def lock(pk: int) -> None:
    Lead.objects.select_for_update().values_list("pk").get(pk=pk)


def wait_for_a_waiting(backend: int) -> None:
    """Until that connection waits for a lock."""
    deadline = time.monotonic() + 15
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted", [backend])
            if cursor.fetchone():
                return
            time.sleep(0.01)
    raise AssertionError("the batch never waited")


def entangled(held_first: int, held_by_work: int, work: Callable[[], Any]) -> Any:
    """Runs work that locks `held_by_work` and then wants `held_first`, which another connection holds.

    The other one wants them the other way round, never looks for deadlocks and so always survives. Returns
    what the work returned or raised.
    """
    holding, begun = threading.Event(), threading.Event()
    backends: list[int] = []

    def other() -> None:
        lock_timeouts(3600)
        with transaction.atomic():
            lock(held_first)
            holding.set()
            assert begun.wait(15)
            wait_for_a_waiting(backends[0])
            lock(held_by_work)  # now each waits for the other

    def sacrificed() -> Any:
        assert holding.wait(15)
        lock_timeouts(1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backends.append(cursor.fetchone()[0])
        begun.set()
        return work()

    with together() as threads:
        threads.start("other", other)
        threads.start("work", sacrificed)
    assert threads.answers["other"] is None, threads.answers
    return threads.answers["work"]


class LocksLate(Stage):
    """Locks a record when causes and history are written already."""

    def __init__(self, pk: int) -> None:
        self.pk = pk
        self.tries = 0

    def write(self, batch: Batch) -> None:
        self.tries += 1
        lock(self.pk)


@pytest.mark.parametrize("mode", ["all", "each"])
def test_a_batch_that_lost_a_deadlock_goes_in(people: Company, mode: Literal["all", "each"]) -> None:
    first, second = make("leads", people.ada), make("leads", people.ada)
    changes = [Change(Verb.EDIT, "leads", pk, {"company": "b"}) for pk in (second, first)]
    outcome = entangled(
        second, first, lambda: apply(changes, actor=people.ada, source=Source.LIST, mode=mode)
    )
    assert isinstance(outcome, Outcome), outcome
    assert outcome.ok
    assert [value("leads", pk, "company") for pk in (first, second)] == ["b", "b"]
    assert [row.kind for pk in (first, second) for row in history(pk)] == ["create", "edit"] * 2


def test_what_the_first_try_had_written_is_written_once(people: Company, stages: list[Stage]) -> None:
    first, second = make("leads", people.ada), make("leads", people.ada)
    late = LocksLate(first)
    stages.append(late)
    changes = [Change(Verb.EDIT, "leads", second, {"company": "b"})]
    causes = Cause.objects.count()
    outcome = entangled(first, second, lambda: apply(changes, actor=people.ada, source=Source.PAGE))
    assert isinstance(outcome, Outcome), outcome
    assert outcome.ok
    assert late.tries == 2
    row = history(second)[-1]
    assert (row.kind, row.version, row.cause_id) == ("edit", 2, outcome.cause_id)
    assert chain(row.cause) == [("page", "Ada Adler")]
    assert Cause.objects.count() == causes + 1


def test_a_merge_that_lost_a_deadlock_goes_in(people: Company) -> None:
    winner, loser = make("leads", people.ada), make("leads", people.ada)
    outcome = entangled(loser, winner, lambda: merge_records("leads", winner, [loser], {}, actor=people.ada))
    assert isinstance(outcome, Outcome), outcome
    assert Lead.objects.get(pk=loser).binned_at is not None


def test_inside_somebody_s_transaction_the_deadlock_is_theirs(people: Company) -> None:
    first, second = make("leads", people.ada), make("leads", people.ada)
    before = History.objects.count()

    def work() -> Outcome:
        with transaction.atomic():
            changes = [Change(Verb.EDIT, "leads", pk, {"company": "b"}) for pk in (first, second)]
            return apply(changes, actor=people.ada, source=Source.LIST)

    error = entangled(second, first, work)
    assert isinstance(error, OperationalError)
    assert "deadlock" in str(error)
    assert History.objects.count() == before
