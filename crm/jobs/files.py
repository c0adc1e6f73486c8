"""The files of jobs on the disk: where they are, how long they are kept, and what is removed by the clock.

A file is written before its job is stored, and removed after its job has forgotten it; what a crash in
between leaves behind, no job knows, and goes after a day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from crm.door.files import delete_now, folders
from crm.jobs.kinds import JOB_KINDS
from crm.models import Job, JobState
from crm.space import current_space

ENDED = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)
LONGEST_NAME = 100
YOUNG = timedelta(days=1)  # a younger file may belong to a job that is not stored yet
AT_ONCE = 500


def new_name(name: str) -> str:
    """A name in the storage, not taken yet, for a job's file that people call so."""
    wanted = timezone.now().strftime(f"{_top()}/%Y/%m/") + default_storage.get_valid_name(name)
    return default_storage.get_available_name(wanted, max_length=LONGEST_NAME)


def files_of(job: Job) -> list[str]:
    """The names in the storage of everything that belongs to the job."""
    kind = JOB_KINDS.get(job.kind)
    return kind.files(job) if kind else [str(job.file.name)] if job.file else []


def kept_until(job: Job) -> datetime | None:
    """When the files of an ended job may go; None if it has none, or has not ended."""
    if not job.file or job.finished_at is None:
        return None
    return job.finished_at + timedelta(days=settings.JOB_FILE_DAYS)


def clean_up(now: datetime | None = None) -> dict[str, int]:
    """Removes what is no longer kept: how many preparations, files of ended jobs and lost files."""
    moment = now or timezone.now()
    return {
        "preparations": remove_abandoned(moment),
        "files": remove_kept(moment),
        "lost": remove_lost(moment),
    }


def remove_abandoned(now: datetime) -> int:
    """Deletes preparations that nobody has touched for IMPORT_DRAFT_DAYS, with their files; how many."""
    before = now - timedelta(days=settings.IMPORT_DRAFT_DAYS)
    old = Job.objects.filter(state=JobState.PREPARING, touched_at__lt=before).order_by("touched_at")
    removed = 0
    for pk in list(old.values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            job = old.select_for_update().filter(pk=pk).first()
            if job is None:  # somebody went on with it
                continue
            names = files_of(job)
            job.delete()
        delete_now(names)
        removed += 1
    return removed


def remove_kept(now: datetime) -> int:
    """Deletes the files of jobs that ended more than JOB_FILE_DAYS ago; how many jobs had some."""
    before = now - timedelta(days=settings.JOB_FILE_DAYS)
    old = Job.objects.filter(file__gt="", state__in=ENDED, finished_at__lt=before).order_by("finished_at")
    removed = 0
    for pk in list(old.values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            job = old.select_for_update().filter(pk=pk).first()
            if job is None:  # it goes on
                continue
            names = files_of(job)
            job.file, job.files_removed_at = None, now
            job.save(update_fields=["file", "files_removed_at"])
        delete_now(names)
        removed += 1
    return removed


def remove_lost(now: datetime) -> int:
    """Deletes this space's files that no job knows, but young ones; how many."""
    old = {
        f"{folder}/{name}"
        for folder in folders(_top(), depth=2)
        for name in default_storage.listdir(folder)[1]
        if default_storage.get_modified_time(f"{folder}/{name}") < now - YOUNG
    }
    lost = old - _known() if old else old
    delete_now(lost)
    return len(lost)


def _known() -> set[str]:
    jobs: Iterable[Job] = Job.objects.filter(file__gt="").only("kind", "file", "input").iterator()
    return {name for job in jobs for name in files_of(job)}


def _top() -> str:
    return f"{current_space()}/jobs"
