"""What people asked for in the background: how far it is, how it went, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.jobs.kinds import JOB_KINDS, JobProblem
from crm.jobs.telling import mark_seen
from crm.jobs.verbs import cancel_job, continue_job, jobs_of, undo_job
from crm.models import Job
from crm.views.asking import StaffRequest, asked_module, not_found
from crm.views.job_figures import ShownJob
from crm.views.job_refusals import csv_lines, shown_refusals

SIZE = 30


def asked_job(request: StaffRequest, pk: int) -> Job:
    """The person's own job; 404 for everybody else."""
    found = jobs_of(request.user).select_related("undoes", "undone_by").filter(pk=pk).first()
    if found is None or found.kind not in JOB_KINDS:
        not_found()
    return found


def _listed() -> list[str]:
    return [key for key, kind in JOB_KINDS.items() if kind.listed]


@require_safe
def jobs(request: StaffRequest) -> HttpResponse:
    """The person's jobs, the latest first, or those before one of them."""
    rows = jobs_of(request.user).filter(kind__in=_listed()).select_related("undone_by")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdecimal() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: SIZE + 1])
    shown = [ShownJob(job) for job in found[:SIZE]]
    context = {
        "shown": shown,
        "older": found[SIZE - 1].pk if len(found) > SIZE else None,
        "running": any(job.is_running for job in shown),
    }
    return render(request, "crm/jobs/rows.html" if request.htmx else "crm/jobs/list.html", context)


@require_safe
def job(request: StaffRequest, pk: int) -> HttpResponse:
    """One job; htmx asks for its changing part while it is at work. Who sees its end need not be told."""
    asked = asked_job(request, pk)
    shown = ShownJob(asked)
    if not shown.is_running:
        mark_seen(asked)
    context: dict[str, Any] = {"shown": shown, "refusals": shown_refusals(asked)}
    return render(request, "crm/jobs/body.html" if request.htmx else "crm/jobs/job.html", context)


def _verb(request: StaffRequest, pk: int, verb: Callable[[Job], Job | None], done: str) -> HttpResponse:
    """Does it to the person's job, and tells how that went."""
    asked = asked_job(request, pk)
    try:
        new = verb(asked)
    except JobProblem as problem:
        messages.warning(request, str(problem))
        return redirect("job", pk)
    if done:
        messages.success(request, done)
    return redirect("job", new.pk if new else pk)


@require_POST
def job_cancel(request: StaffRequest, pk: int) -> HttpResponse:
    """Stops it after the step that it is at."""
    return _verb(request, pk, cancel_job, _("Cancelled. What was done until now stays."))


@require_POST
def job_continue(request: StaffRequest, pk: int) -> HttpResponse:
    """Lets it go on where it stopped."""
    return _verb(request, pk, continue_job, _("It goes on where it stopped."))


@require_POST
def job_undo(request: StaffRequest, pk: int) -> HttpResponse:
    """Takes back what it did, as a job of its own."""
    return _verb(request, pk, lambda asked: undo_job(asked, actor=request.user), "")


@require_safe
def job_file(request: StaffRequest, pk: int) -> FileResponse:
    """The file that it made; 403 for who may not export any more."""
    shown = ShownJob(asked_job(request, pk))
    if not shown.has_file:
        not_found()
    asked_module(request.user, shown.job.module, "export")
    try:
        content = default_storage.open(str(shown.job.file.name))
    except FileNotFoundError:
        not_found()
    return FileResponse(content, as_attachment=True, filename=shown.job.input["name"])


@require_safe
def job_refusals(request: StaffRequest, pk: int) -> StreamingHttpResponse:
    """Everything that was refused, as a CSV file."""
    asked = asked_job(request, pk)
    response = StreamingHttpResponse(csv_lines(asked), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="refused-{asked.pk}.csv"'
    return response
