"""Moving a record to the bin, after a question."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.door import Change, Source, Verb, apply
from crm.models import Attachment, Note, RecordLink
from crm.views.asking import StaffRequest, asked_record
from crm.views.showing import name_of


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: StaffRequest, key: str, pk: int) -> HttpResponse:
    """Asks, with what hangs on the record, then moves it to the bin."""
    module, stored = asked_record(request.user, key, pk, "delete")
    name = name_of(request.user, module, stored)
    problems: list[str] = []
    if request.method == "POST":
        outcome = apply([Change(Verb.BIN, key, pk)], actor=request.user, source=Source.PAGE)
        if outcome.ok:
            messages.success(request, _("“%(name)s” is in the bin.") % {"name": name})
            return redirect("list", key)
        problems = [problem.message for problem in outcome.problems]
    context = {
        "module": module,
        "record": stored,
        "name": name,
        "problems": problems,
        "notes": Note.objects.filter(record_id=pk).count(),
        "files": Attachment.objects.filter(record_id=pk).count(),
        "links": RecordLink.objects.filter(to_id=pk).count(),
    }
    return render(request, "crm/delete.html", context, status=422 if problems else 200)
