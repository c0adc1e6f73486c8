"""Tells the workers that there is a job, once what asked for it is stored."""

from __future__ import annotations

from django.db import transaction
from django_q.tasks import async_task


def wake(pk: int) -> None:
    """Queues a task for the job. If it is lost, the clock finds the job; a second one finds nothing to do."""
    transaction.on_commit(lambda: async_task("crm.jobs.running.run_job", pk), robust=True)
