"""Importing a file: the upload, how it is read, and what begins or ends its preparation."""

from __future__ import annotations

from codecs import lookup
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from crm.imports.problems import ImportProblem
from crm.imports.reader import Row
from crm.imports.uploading import begin_import, discard, first_rows, read_again
from crm.models import Job, JobState
from crm.views.asking import StaffRequest, asked_module
from crm.views.import_steps import Asked, asked_import, import_step

SHOWN_ROWS, SHOWN_CELL = 6, 80
ENCODINGS = (
    ("utf-8", "UTF-8"),
    ("utf-16-le", "UTF-16"),
    ("utf-16-be", "UTF-16 (big-endian)"),
    ("cp1252", gettext_lazy("Western European (Windows-1252)")),
    ("latin-1", gettext_lazy("Western European (Latin-1)")),
    ("cp1250", gettext_lazy("Central European (Windows-1250)")),
    ("iso8859-2", gettext_lazy("Central European (Latin-2)")),
    ("cp1251", gettext_lazy("Cyrillic (Windows-1251)")),
    ("gb18030", gettext_lazy("Chinese (GB 18030)")),
    ("big5", gettext_lazy("Chinese (Big5)")),
    ("shift_jis", gettext_lazy("Japanese (Shift JIS)")),
)
DELIMITERS = (
    (",", gettext_lazy("Comma ,")),
    (";", gettext_lazy("Semicolon ;")),
    ("\t", gettext_lazy("Tab")),
    ("|", gettext_lazy("Bar |")),
)


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: StaffRequest, key: str) -> HttpResponse:
    """Asks for a file, and shows the person's imports that were not finished."""
    module = asked_module(request.user, key, "import")
    problem = ""
    if request.method == "POST":
        try:
            return _begin(request, module)
        except ImportProblem as found:
            problem = found.message
    context = {
        "module": module,
        "problems": [("file", problem)] if problem else [],
        "unfinished": Job.objects.filter(
            person=request.user, kind="import", module=module.key, state=JobState.PREPARING
        )[:10],
        "most": settings.IMPORT_MAX_MB,
    }
    return render(request, "crm/imports/upload.html", context, status=422 if problem else 200)


def _begin(request: StaffRequest, module: Any) -> HttpResponse:
    given = request.FILES.get("file")
    if given is None or given.name is None:
        raise ImportProblem(_("Choose a file."), "missing")
    if "whole" not in request.POST:  # it comes after the file: without it, the upload was cut off
        raise ImportProblem(_("The upload stopped before its end. Nothing was kept; try again."), "cut")
    job = begin_import(module=module, actor=request.user, upload=given, name=given.name)
    return redirect("import_file", job.pk)


@require_POST
def throw_away(request: StaffRequest, pk: int) -> HttpResponse:
    """Ends the preparation of an import, and deletes its file."""
    module, job = asked_import(request, pk)
    if job.state != JobState.PREPARING:
        return redirect("job", pk)
    discard(job)
    messages.success(request, _("The import of “%s” was discarded.") % job.title)
    return redirect("import", module.key)


@import_step("import_file", looks=False)
def file(asked: Asked) -> HttpResponse:
    """How the file is read: encoding, delimiter, sheet, and how its first rows look then."""
    data, problem, status = asked.preparation.data, asked.problem, 200
    now = (data["table"]["encoding"]["codec"], data["table"]["delimiter"], data.get("sheet"))
    if asked.request.method == "POST":
        post = asked.request.POST
        chosen = (post.get("encoding", now[0]), post.get("delimiter", now[1]), post.get("sheet", now[2]))
        try:
            if chosen == now:
                return asked.next()
            if read_again(asked.preparation, encoding=chosen[0], delimiter=chosen[1], sheet=chosen[2]):
                messages.success(asked.request, _("The file was read again. Look whether it is right now."))
            return redirect("import_file", asked.job.pk)
        except ImportProblem as found:
            problem, now, status = found.message, chosen, 422
    return asked.page(
        "crm/imports/file.html",
        [("sheet" if data.get("sheets") else "encoding", problem)] if problem else [],
        status=status,
        table=asked.preparation.table,
        rows=[_short(row) for row in first_rows(asked.preparation, SHOWN_ROWS)],
        encodings=_choices(ENCODINGS, now[0]),
        delimiters=_choices(DELIMITERS, now[1]),
        sheets=[(name, name, name == now[2]) for name in data.get("sheets", ())],
    )


def _short(row: Row) -> Row:
    """The row with its long cells cut."""
    cells = [cell if len(cell) <= SHOWN_CELL else f"{cell[:SHOWN_CELL]}…" for cell in row.cells]
    return replace(row, cells=cells)


def _choices(known: Any, now: str) -> list[tuple[str, Any, bool]]:
    """The usual ones, and the present one if it is another."""
    shown = [(value, label, _same(value, now)) for value, label in known]
    return shown if any(chosen for _value, _label, chosen in shown) else [(now, now, True), *shown]


def _same(one: str, other: str) -> bool:
    try:
        return lookup(one).name == lookup(other).name
    except LookupError:
        return one == other
