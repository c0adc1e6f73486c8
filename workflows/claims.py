"""Leases of queued actions: a worker that dies gives its rows back when the lease ends."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from workflows.models import ActionRun, RunState

LEASE = timedelta(minutes=10)


def due_runs() -> QuerySet[ActionRun]:
    """Waiting runs whose time has come and that no living worker holds."""
    now = timezone.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    return ActionRun.objects.filter(free, state=RunState.WAITING, due_at__lte=now).order_by("due_at", "id")


def claim(limit: int, worker: str, due: QuerySet[ActionRun] | None = None) -> list[ActionRun]:
    """Leases up to `limit` due runs to a worker; no two get the same. Writes lease columns only."""
    with transaction.atomic():
        rows = due_runs() if due is None else due
        runs = list(rows.select_for_update(skip_locked=True)[:limit])
        until = timezone.now() + LEASE
        ActionRun.objects.filter(pk__in=[run.pk for run in runs]).update(lease_until=until, lease_by=worker)
    for run in runs:
        run.lease_until, run.lease_by = until, worker
    return runs
