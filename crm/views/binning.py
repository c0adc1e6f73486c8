"""Moving records to the bin, out of it again, and deleting for good; each asks before it destroys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from crm.bulk.purging import start_purge
from crm.door import Change, Outcome, Source, Verb, apply
from crm.door.bin import in_bin, purge, restore
from crm.door.reading import Stored
from crm.modules.registry import ModuleInfo
from crm.views.asking import StaffRequest, asked_module, asked_record, not_found
from crm.views.hanging import hanging_on
from crm.views.showing import name_of, stored_of
from crm.visibility import can

AT_ONCE = 100  # up to so many are deleted for good while the person waits, more by a job


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: StaffRequest, key: str, pk: int) -> HttpResponse:
    """Asks, with what hangs on the record, then moves it to the bin."""
    module, stored = asked_record(request.user, key, pk, "delete")
    name = name_of(request.user, module, stored)
    problems: list[str] = []
    if request.method == "POST":
        outcome = apply([Change(Verb.BIN, key, pk)], actor=request.user, source=Source.PAGE)
        if outcome.ok:
            tell_undo(request, module, [pk], _("“%(name)s” is in the bin.") % {"name": name})
            return redirect("list", key)
        problems = [problem.message for problem in outcome.problems]
    context = {
        "module": module,
        "record": stored,
        "name": name,
        "problems": problems,
        "hanging": hanging_on(request.user, module, [pk]),
    }
    return render(request, "crm/delete.html", context, status=422 if problems else 200)


def tell_undo(request: StaffRequest, module: ModuleInfo, ids: Sequence[int], text: str) -> None:
    """Says that records are in the bin, with a button that brings them back."""
    context = {"module": module, "ids": ids, "text": text}
    messages.success(request, render_to_string("crm/verbs/undo.html", context, request))


@require_POST
def bring_back(request: StaffRequest, key: str) -> HttpResponse:
    """Restores the chosen records; those that can't be restored are named, with the reason."""
    module = asked_module(request.user, key, "delete")
    names = chosen(request, module, request.POST)
    if not names:
        messages.warning(request, _("Choose at least one record."))
        return redirect("bin", key)
    outcome = restore(key, list(names), actor=request.user, mode="each")
    _tell_refused(request, outcome, names)
    back = outcome.ids
    if len(back) == 1:
        link = format_html('<a href="{}">{}</a>', reverse("record", args=[key, back[0]]), names[back[0]])
        messages.success(request, format_html(_("{} is back."), link))
    elif back:
        text = ngettext("%s record is back.", "%s records are back.", len(back))
        messages.success(request, text % len(back))
    if "undo" in request.POST and len(back) == 1 and can(request.user, "view", module, back[0]):
        return redirect("record", key, back[0])
    return redirect("bin", key)


@require_http_methods(["GET", "HEAD", "POST"])
def delete_for_good(request: StaffRequest, key: str) -> HttpResponse:
    """Asks, with what will be lost and what points at it, then deletes for good."""
    module = asked_module(request.user, key, "delete")
    data = request.POST if request.method == "POST" else request.GET
    names = chosen(request, module, data)
    if not names:
        messages.warning(request, _("Choose at least one record."))
        return redirect("bin", key)
    if request.method == "POST" and "confirmed" in data:
        if len(names) > AT_ONCE:
            return redirect(
                "job", start_purge(module, actor=request.user, ids=list(names), total=len(names)).pk
            )
        outcome = purge(key, list(names), actor=request.user, mode="each")
        _tell_refused(request, outcome, names)
        if count := len(outcome.ids):
            text = ngettext("%s record was deleted for good.", "%s records were deleted for good.", count)
            messages.success(request, text % count)
        return redirect("bin", key)
    context = {"module": module, "names": names, "hanging": hanging_on(request.user, module, list(names))}
    return render(request, "crm/purge.html", context)


def chosen(request: StaffRequest, module: ModuleInfo, data: QueryDict) -> dict[int, str]:
    """The chosen records by id, with their names; 404 if there is none of them in the person's bin."""
    given = data.getlist("one") or data.getlist("ids")
    ids = [int(text) for text in given if text.isascii() and text.isdecimal() and len(text) < 19]
    if not ids:
        return {}
    rows: Any = in_bin(request.user, module).filter(pk__in=ids)
    found = [stored_of(module, row) for row in rows]
    if not found:
        not_found()
    return {stored.id: _name(request, module, stored) for stored in found}


def _name(request: StaffRequest, module: ModuleInfo, stored: Stored) -> str:
    return name_of(request.user, module, stored)


def _tell_refused(request: StaffRequest, outcome: Outcome, names: dict[int, str]) -> None:
    for result in outcome.results:
        for problem in result.problems:
            name = names.get(result.change.id or 0, "")
            messages.error(request, f"{name}: {problem.message}")
