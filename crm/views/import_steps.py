"""The steps of preparing an import: which one is asked for, by whom, and where it leads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from crm.imports.preparation import Preparation
from crm.models import ImportLook, Job, JobState
from crm.modules.registry import ModuleInfo
from crm.views.asking import StaffRequest, asked_module, not_found

STEPS: Sequence[tuple[str, Any]] = (
    ("import_file", _("File")),
    ("import_columns", _("Columns")),
    ("import_values", _("Values")),
    ("import_options", _("Options")),
    ("import_preview", _("Preview")),
)
NAMES = [name for name, _label in STEPS]
Problems = Sequence[tuple[str, str]]  # the anchor of a control ("": none), and what is wrong


@dataclass(frozen=True)
class StepLink:
    """One step above the form."""

    label: Any
    url: str
    now: bool
    done: bool


@dataclass
class Asked:
    """A step of one import."""

    request: StaffRequest
    module: ModuleInfo
    preparation: Preparation
    name: str
    problem: str = ""  # why the sheet that was asked for last could not be read

    @property
    def job(self) -> Job:
        """The import."""
        return self.preparation.job

    @property
    def look(self) -> ImportLook:
        """What was seen in the whole file."""
        return self.job.look

    def next(self) -> HttpResponse:
        """To the step after this one."""
        return redirect(NAMES[NAMES.index(self.name) + 1], self.job.pk)

    def back(self) -> HttpResponse:
        """To the step before this one."""
        return redirect(NAMES[NAMES.index(self.name) - 1], self.job.pk)

    def page(
        self, template: str, problems: Problems = (), *, status: int | None = None, **context: Any
    ) -> HttpResponse:
        """The step's page; 422 if something is wrong, unless the status is given."""
        place = NAMES.index(self.name)
        steps = [
            StepLink(label, reverse(name, args=[self.job.pk]), number == place, number < place)
            for number, (name, label) in enumerate(STEPS)
        ]
        whole = {
            "module": self.module,
            "job": self.job,
            "steps": steps,
            "number": place + 1,
            "problems": problems,
            "back": steps[place - 1].url if place else "",
        } | context
        return render(self.request, template, whole, status=status or (422 if problems else 200))


def asked_import(request: StaffRequest, pk: int) -> tuple[ModuleInfo, Job]:
    """The person's own import; 404 for everybody else, 403 without the right to import."""
    job = Job.objects.filter(pk=pk, person=request.user, kind="import").first()
    if job is None:
        not_found()
    return asked_module(request.user, job.module, "import"), job


View = Callable[[Asked], HttpResponse]


def import_step(name: str, *, looks: bool = True) -> Callable[[View], Callable[..., HttpResponse]]:
    """Makes a view of a step of it: an import that has begun is shown as a job, an unread file waited for."""

    def decorate(view: View) -> Callable[..., HttpResponse]:
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def asked_view(request: StaffRequest, pk: int) -> HttpResponse:
            module, job = asked_import(request, pk)
            if job.state != JobState.PREPARING:
                return redirect("job", pk)
            asked = Asked(request, module, Preparation(job), name)
            if "opening" in job.input:
                reader = reader_of(job, "import_workbook")
                if reader is None or reader.state == JobState.WAITING or "table" not in job.input:
                    return waiting(asked, reader)
                asked.problem = reader.error
            if looks and not ImportLook.objects.filter(job=job).exists():
                return waiting(asked, reader_of(job, "import_look"))
            return view(asked)

        return asked_view

    return decorate


def reader_of(job: Job, kind: str) -> Job | None:
    """The last job of this kind that read the import's file."""
    readers = Job.objects.filter(kind=kind, person=job.person, input__import=job.pk)
    return readers.order_by("-pk").first()


def waiting(asked: Asked, reader: Job | None) -> HttpResponse:
    """The file is being read: how far, and what to do if it cannot be."""
    at = reader.position if reader else {}
    return asked.page(
        "crm/imports/reading.html",
        reader=reader,
        opens="opening" in asked.job.input,
        percent=at.get("percent", 0),
        written=at.get("bytes", 0),
    )
