"""What the workers and the clock call."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connections
from django_q.models import Schedule
from django_q.tasks import async_task

from crm.jobs import files, running
from crm.search.building import build_asked_texts
from crm.visibility.indexes import build_asked_indexes, indexes_are_asked
from workflows import runs, sweeping
from workflows.claims import due_runs
from workflows.models import Wake

CLOCK = "Everything that is due"
HOURS = 3600

# What the clock does every minute, in order; higher floors add their sweeps. Each returns counts.
DUE: dict[str, Callable[[], dict[str, int]]] = {
    "rules": sweeping.sweep,
    "runs": runs.drain,
    "jobs": running.drain,
    "files": files.clean_up,
    "indexes": build_asked_indexes,
    "search": build_asked_texts,
}

# What may take longer than a task does: whether there is something to do, and how many seconds it may take.
LONG: dict[str, tuple[Callable[[], bool], int]] = {"indexes": (indexes_are_asked, 12 * HOURS)}


def wake() -> None:
    """Queues one task for all runs that wait, unless one is queued that has not begun."""
    if Wake.objects.filter(pk=1, waiting=False).update(waiting=True):
        async_task("workflows.tasks.drain")


def drain() -> dict[str, int]:
    """Runs what is due. The mark is taken back first: who commits from now on queues another task."""
    Wake.objects.filter(pk=1, waiting=True).update(waiting=False)
    counts = runs.drain()
    if due_runs().exists():
        wake()
    return counts


def process_due() -> dict[str, dict[str, int]]:
    """Does once everything that is due, however long it takes; the counts by what was done."""
    Wake.objects.update_or_create(pk=1, defaults={"waiting": False})
    return {name: work() for name, work in DUE.items()}


def clock() -> dict[str, dict[str, int]]:
    """What the schedule calls each minute: everything that is due, but long work in a task of its own."""
    Wake.objects.update_or_create(pk=1, defaults={"waiting": False})
    return {name: _queue(name) if name in LONG else work() for name, work in DUE.items()}


def _queue(name: str) -> dict[str, int]:
    """Queues the work if there is some. A second task for it finds that somebody is at it already."""
    is_asked, seconds = LONG[name]
    if not is_asked():
        return {}
    async_task("workflows.tasks.long", name, q_options={"timeout": seconds})
    return {"queued": 1}


def long(name: str) -> dict[str, int]:
    """One piece of work that may take long, in a task of its own."""
    return DUE[name]()


def set_clock(using: str) -> None:
    """Makes the schedule of the clock and the row that wakes, where they are missing."""
    tables = connections[using].introspection.table_names()
    if Schedule._meta.db_table in tables:
        Schedule.objects.using(using).update_or_create(
            name=CLOCK,
            defaults={"func": "workflows.tasks.clock", "schedule_type": Schedule.MINUTES, "minutes": 1},
        )
    if Wake._meta.db_table in tables:
        Wake.objects.using(using).get_or_create(pk=1)
