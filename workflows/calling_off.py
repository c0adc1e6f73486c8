"""Calls queued actions off: they are cancelled with the reason, but for those that a worker has in hand."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django_fsm import can_proceed

from workflows.models import ActionRun, RunState

CHUNK = 500


def call_off(wanted: QuerySet[ActionRun], reason: str) -> int:
    """Cancels those of the runs that wait, some at a time in order of id; returns how many."""
    count, after = 0, 0
    while True:
        with transaction.atomic():
            waiting = wanted.filter(state=RunState.WAITING, pk__gt=after).order_by("pk")
            runs = list(waiting.select_for_update()[:CHUNK])
            count += _cancel(runs, reason)
        if len(runs) < CHUNK:
            return count
        after = runs[-1].pk


def _cancel(runs: list[ActionRun], reason: str) -> int:
    now, off = timezone.now(), []
    for run in runs:
        busy = run.lease_until is not None and run.lease_until > now
        if not busy and can_proceed(run.cancel):
            run.cancel(reason)
            off.append(run)
    if not off:
        return 0
    waiting = ActionRun.objects.filter(pk__in=[run.pk for run in off], state=RunState.WAITING)
    return waiting.update(state=off[0].state, answer=off[0].answer, finished_at=now)
