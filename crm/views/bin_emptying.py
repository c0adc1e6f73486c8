"""Emptying a module's bin: asked on a page that says how much is lost, done by a job."""

from __future__ import annotations

from babel.numbers import format_decimal
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.bulk.purging import start_purge
from crm.door.bin import in_bin
from crm.fields.numbers import babel_locale
from crm.models import User
from crm.modules.registry import ModuleInfo
from crm.views.asking import StaffRequest, asked_module
from crm.views.finding import clean_query
from crm.visibility import TooSlow
from crm.visibility.limits import in_time


@require_http_methods(["GET", "HEAD", "POST"])
def empty_bin(request: StaffRequest, key: str) -> HttpResponse:
    """Asks, then deletes for good what the person finds in the bin, or what matches a search there."""
    module = asked_module(request.user, key, "delete")
    data = request.POST if request.method == "POST" else request.GET
    text = clean_query(data.get("q", ""))
    number = _count(request.user, module, text)
    if number == 0:
        messages.info(request, _("There is nothing to delete."))
        return redirect("bin", key)
    if request.method == "POST" and "confirmed" in data:
        job = start_purge(module, actor=request.user, q=text, total=number)
        return redirect("job", job.pk)
    shown = "" if number is None else format_decimal(number, locale=babel_locale())
    return render(request, "crm/purge_all.html", {"module": module, "q": text, "n": number, "number": shown})


def _count(user: User, module: ModuleInfo, text: str) -> int | None:
    """How many there are; None if counting takes too long."""
    try:
        with in_time():
            return int(in_bin(user, module, text).order_by().count())
    except TooSlow:
        return None
