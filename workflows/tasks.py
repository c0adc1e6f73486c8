"""What the workers and the clock call."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connections
from django_q.models import Schedule
from django_q.tasks import async_task

from crm.visibility.indexes import build_asked_indexes
from workflows import runs
from workflows.models import Wake

CLOCK = "Everything that is due"

# What the clock does every minute, in order; higher floors add their sweeps. Each returns counts.
DUE: dict[str, Callable[[], dict[str, int]]] = {"runs": runs.drain, "indexes": build_asked_indexes}


def wake() -> None:
    """Queues one task for all runs that wait, unless one is queued that has not begun."""
    if Wake.objects.filter(pk=1, waiting=False).update(waiting=True):
        async_task("workflows.tasks.drain")


def drain() -> dict[str, int]:
    """Runs what is due. The mark is taken back first: who commits from now on queues another task."""
    Wake.objects.filter(pk=1, waiting=True).update(waiting=False)
    counts = runs.drain()
    if runs.due_runs().exists():
        wake()
    return counts


def process_due() -> dict[str, dict[str, int]]:
    """Does once everything that is due; the counts by what was done."""
    Wake.objects.update_or_create(pk=1, defaults={"waiting": False})
    return {name: work() for name, work in DUE.items()}


def set_clock(using: str) -> None:
    """Makes the schedule of the clock and the row that wakes, where they are missing."""
    tables = connections[using].introspection.table_names()
    if Schedule._meta.db_table in tables:
        Schedule.objects.using(using).get_or_create(
            name=CLOCK,
            defaults={"func": "workflows.tasks.process_due", "schedule_type": Schedule.MINUTES, "minutes": 1},
        )
    if Wake._meta.db_table in tables:
        Wake.objects.using(using).get_or_create(pk=1)
