"""Asking before something is lost: in a dialog for htmx, on a page of its own without JavaScript."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse
from django.shortcuts import render

from crm.door.reading import Stored
from crm.modules.registry import ModuleInfo
from crm.views.asking import StaffRequest
from crm.views.showing import name_of


def ask(
    request: StaffRequest, module: ModuleInfo, stored: Stored, *,
    title: str, what: str, consequence: str, button: str, problems: Sequence[str] = (),
) -> HttpResponse:  # fmt: skip
    """The question, with what it is about and what will be lost; the answer is posted to the same address."""
    context = {
        "module": module,
        "record": stored,
        "name": name_of(request.user, module, stored),
        "title": title,
        "what": what,
        "consequence": consequence,
        "button": button,
        "problems": problems,
        "fragment": "crm/records/confirm.html",
    }
    template = "crm/records/confirm.html" if request.htmx else "crm/records/asked_page.html"
    return render(request, template, context, status=422 if problems else 200)
