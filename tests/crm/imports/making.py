"""Imports as they stand at some point, for tests of pages."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from crm.imports.preparation import Preparation
from crm.imports.uploading import begin_import, propose_all
from crm.models import Job, JobRefusal, JobState, User
from crm.modules.loading import module

ROWS = "Name,Mail,Rating,Owner\nŁukasz,l@x.example,High,Ada Adler\n王小明,w@x.example,enormous,Ada Adlr\n"


def uploaded(actor: User, content: str = ROWS) -> Job:
    """An import in preparation, with what was proposed for its columns."""
    file = SimpleUploadedFile("leads.csv", content.encode())
    job = begin_import(module=module("leads"), actor=actor, upload=file, name="leads.csv")
    propose_all(Preparation(job), job.look)
    return job


def ended(actor: User, refused: int = 1) -> Job:
    """An import that is done, with refused rows."""
    now = timezone.now()
    job = Job.objects.create(
        kind="import",
        module="leads",
        person=actor,
        title="leads.csv",
        input={"table": {"columns": ["Name", "Mail"]}},
        state=JobState.DONE,
        done=2 + refused,
        total=2 + refused,
        tally={"created": 2, "refused": refused},
        asked_at=now,
        started_at=now,
        finished_at=now,
    )
    problems = [{"field": "Mail", "code": "email", "message": "This is no e-mail address."}]
    JobRefusal.objects.bulk_create(
        JobRefusal(job=job, place=n + 1, cells=["Jürgen", "no address"], problems=problems)
        for n in range(refused)
    )
    return job
