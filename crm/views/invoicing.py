"""Making an invoice of a quote."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.door import DoorRefused, Outcome
from crm.door.invoicing import BILLABLE, invoice_from_quote
from crm.door.reading import Stored
from crm.models import RecordLink, User
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from crm.views.asking import StaffRequest, asked_module, asked_record
from crm.views.entering import tell_notices
from crm.views.showing import Cell, cell, load_names, name_of, pointers
from crm.visibility import readable, visible_to

TOLD = ("account", "contact", "total")


@require_http_methods(["GET", "HEAD", "POST"])
def invoice(request: StaffRequest, pk: int) -> HttpResponse:
    """Asks, with what goes over, then makes the invoice; POST alone does it at once."""
    module, quote = asked_record(request.user, "quotes", pk)
    asked_module(request.user, "invoices", "create")
    problems: list[str] = []
    if request.method == "POST":
        try:
            outcome = invoice_from_quote(pk, actor=request.user)
        except DoorRefused as refused:
            problems = [problem.message for problem in refused.outcome.problems]
        else:
            return _done(request, module, quote, outcome.ids[0], outcome)
    context = {
        "module": module,
        "record": quote,
        "name": name_of(request.user, module, quote),
        "problems": problems,
        "is_ready": quote.values.get("status") in BILLABLE,
        "cells": _cells(request.user, module, quote),
        "lines": len(quote.values.get("lines") or ()),
        "invoices": invoices_of(request.user, pk),
    }
    return render(request, "crm/verbs/invoice.html", context, status=422 if problems else 200)


def _done(
    request: StaffRequest, module: ModuleInfo, quote: Stored, invoice_id: int, outcome: Outcome
) -> HttpResponse:
    name = name_of(request.user, module, quote)
    link = format_html('<a href="{}">{}</a>', reverse("record", args=["quotes", quote.id]), name)
    messages.success(request, format_html(_("This invoice was made of the quote {}."), link))
    tell_notices(request, outcome)
    return redirect("record", "invoices", invoice_id)


def _cells(user: User, module: ModuleInfo, quote: Stored) -> list[Cell]:
    """What the invoice will say, as far as the person may read it."""
    allowed = [key for key in TOLD if key in module.fields and key in readable(user, module)]
    refs = load_names(user, pointers(module, quote.values, allowed))
    return [cell(module.fields[key], quote.values, refs) for key in allowed]


def invoices_of(user: User, quote_id: int) -> list[tuple[int, str]]:
    """The quote's invoices that the person may see: id and name or number."""
    module = registry().modules.get("invoices")
    if module is None:
        return []
    ids = RecordLink.objects.filter(to_id=quote_id, from_module="invoices", field="quote").values("from_id")
    rows = visible_to(user, module).filter(pk__in=ids).order_by("-id")[:5]
    label = "number" if "number" in readable(user, module) else "name"
    return [(pk, text or f"#{pk}") for pk, text in rows.values_list("pk", label)]
