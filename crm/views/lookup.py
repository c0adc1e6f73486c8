"""What the fields with a list to choose from offer, as somebody types."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from crm.forms.lookups import PEOPLE, search
from crm.views.asking import StaffRequest, asked_module
from crm.visibility import TooSlow


@require_safe
def lookup(request: StaffRequest, key: str) -> HttpResponse:
    """The first people or visible records whose name contains `q`, as options of a list."""
    if key != PEOPLE:
        asked_module(request.user, key)
    context: dict[str, object] = {"list_id": request.GET.get("list", "")}
    try:
        context["found"] = search(request.user, key, request.GET.get("q", ""))
    except TooSlow as slow:
        context["refused"] = str(slow)
    return render(request, "crm/lookup_options.html", context)
