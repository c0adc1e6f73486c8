"""What people do with jobs: ask for one, cancel it, let it go on, undo it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.jobs.kinds import JOB_KINDS, JobProblem
from crm.jobs.telling import tell_end
from crm.jobs.waking import wake
from crm.models import Job, JobState, User


def jobs_of(user: User) -> QuerySet[Job]:
    """The jobs that the person may see: their own, since others' may tell of records that are not theirs."""
    return Job.objects.filter(person=user).exclude(state=JobState.PREPARING)


def start_job(
    kind: str,
    *,
    actor: User,
    module: str,
    title: str,
    input: Mapping[str, Any],  # noqa: A002 — the field's name
    total: int | None = None,
    prepare: bool = False,
    undoes: Job | None = None,
) -> Job:
    """A new job, which the workers begin as soon as it is stored; `prepare` leaves it until `ask_for`."""
    if kind not in JOB_KINDS:
        raise ValueError(f"There is no kind of job {kind}.")
    with transaction.atomic():
        job = Job.objects.create(
            kind=kind,
            module=module,
            person=actor,
            title=title[:255],
            input=dict(input),
            total=total,
            undoes=undoes,
            state=JobState.PREPARING if prepare else JobState.WAITING,
            asked_at=timezone.now(),
        )
        if not prepare:
            wake(job.pk)
    return job


def ask_for(job: Job) -> Job:
    """Ends a job's preparation: the workers begin. A second click finds it asked for already."""
    with transaction.atomic():
        locked = Job.objects.select_for_update().get(pk=job.pk)
        if locked.state == JobState.PREPARING:
            locked.ask()
            locked.asked_at = timezone.now()
            locked.save(update_fields=["state", "asked_at"])
            wake(locked.pk)
    return locked


def cancel_job(job: Job) -> None:
    """Stops the job after the step it is at; raises JobProblem if it has ended."""
    with transaction.atomic():
        locked = Job.objects.select_for_update().get(pk=job.pk)
        if locked.state not in (JobState.WAITING, JobState.PREPARING):
            raise JobProblem(_("This has ended already."))
        if locked.lease_until is not None and locked.lease_until > timezone.now():
            locked.cancel_asked = True
        else:
            locked.cancel()
            locked.finished_at = timezone.now()
        locked.save(update_fields=["state", "cancel_asked", "finished_at"])
        if locked.state == JobState.CANCELLED:
            tell_end(locked)


def continue_job(job: Job) -> None:
    """Lets a job go on that an error or its person stopped; raises JobProblem if it did not stop."""
    with transaction.atomic():
        locked = Job.objects.select_for_update().get(pk=job.pk)
        if locked.state not in (JobState.FAILED, JobState.CANCELLED):
            raise JobProblem(_("This is not stopped."))
        if Job.objects.filter(undoes=locked).exists():
            raise JobProblem(_("This was undone."))
        if locked.files_removed_at is not None:
            raise JobProblem(_("Its file is no longer kept."))
        locked.go_on()
        locked.save(update_fields=["state", "error", "attempts", "cancel_asked", "finished_at"])
        wake(locked.pk)


def can_be_undone(job: Job) -> bool:
    """Whether the job changed records in a way that can be taken back, and has ended."""
    ended = job.state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)
    return ended and JOB_KINDS[job.kind].can_undo and job.cause_id is not None


def undo_job(job: Job, *, actor: User) -> Job:
    """Takes back what the job did; raises JobProblem if that is not possible or was asked for already."""
    try:
        with transaction.atomic():
            locked = Job.objects.select_for_update().get(pk=job.pk)
            if not can_be_undone(locked):
                raise JobProblem(_("This cannot be undone."))
            return start_job(
                "undo",
                actor=actor,
                module=job.module,
                title=_("Undo: %s") % job.title,
                input={},
                total=job.done,
                undoes=locked,
            )
    except IntegrityError:
        raise JobProblem(_("This was undone already.")) from None
