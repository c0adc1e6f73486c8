"""Writing a note on a record."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.door import DoorRefused
from crm.door.attach import add_note
from crm.views.asking import StaffRequest, asked_record
from crm.views.records import record_context


@require_POST
def add(request: StaffRequest, key: str, pk: int) -> HttpResponse:
    """Adds the note; one that is refused comes back with the record page, as it was typed."""
    module, stored = asked_record(request.user, key, pk)
    text = request.POST.get("text", "")
    try:
        add_note(key, pk, text, actor=request.user)
    except DoorRefused as refused:
        context = record_context(request.user, module, stored)
        context |= {
            "note_text": text,
            "note_problems": [problem.message for problem in refused.outcome.problems],
        }
        return render(request, "crm/record.html", context, status=422)
    messages.success(request, _("The note was added."))
    return redirect("record", key, pk)
