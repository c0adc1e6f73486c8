"""The timeline by itself: older entries, and only some kinds of entries."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from crm.views.asking import StaffRequest, asked_record
from crm.views.showing import name_of
from crm.views.timeline import read_timeline


@require_safe
@vary_on_headers("HX-Request")
def timeline(request: StaffRequest, key: str, pk: int) -> HttpResponse:
    """The entries before `before`, or the latest of one sort (`show`); a page without JavaScript."""
    module, stored = asked_record(request.user, key, pk)
    text = request.GET.get("before", "")
    before = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
    context = {
        "module": module,
        "record": stored,
        "name": name_of(request.user, module, stored),
        "timeline": read_timeline(request.user, module, pk, before, request.GET.get("show", "")),
    }
    fragment = "crm/timeline_entries.html" if before else "crm/records/timeline.html"
    return render(request, fragment if request.htmx else "crm/timeline.html", context)
