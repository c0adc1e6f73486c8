"""Making and editing a record in a form."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.door import Change, Outcome, Source, Verb, apply
from crm.door.duplicates import Duplicate
from crm.door.reading import Stored, read_records
from crm.forms.form import RecordForm
from crm.forms.lines import LineRows
from crm.modules.registry import ModuleInfo
from crm.views.asking import StaffRequest, asked_module, asked_record
from crm.views.duplicates import compared_keys, looked_up, unconfirmed, warning
from crm.views.showing import name_of
from crm.visibility import can


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: StaffRequest, key: str) -> HttpResponseBase:
    """A form for a new record; fields can be filled from the address."""
    module = asked_module(request.user, key, "create")
    if request.method != "POST":
        form = RecordForm(request.user, module)
        form.prefill(request.GET.dict())
        return _page(request, form)
    form = RecordForm.posted(request.user, module, None, request.POST)
    if "add_line" in request.POST:
        return _page(request, form)
    if unconfirmed(found := looked_up(form), request.POST):
        return _page(request, form, 422, found)
    outcome = apply([Change(Verb.CREATE, key, values=form.changes())], actor=request.user, source=Source.PAGE)
    if not outcome.ok:
        form.report(outcome.problems)
        return _page(request, form, 422)
    _tell_unchecked(request, module, outcome.ids[0], found)
    return _created(request, module, outcome)


def _created(request: StaffRequest, module: ModuleInfo, outcome: Outcome) -> HttpResponseBase:
    """Goes on to the record, or to the next one if that was asked for."""
    pk = outcome.ids[0]
    if "and_new" not in request.POST:
        messages.success(request, _("The record was created."))
        tell_notices(request, outcome)
        return redirect("record", module.key, pk)
    name = name_of(request.user, module, read_records(module, [pk])[pk])
    link = format_html('<a href="{}">{}</a>', reverse("record", args=[module.key, pk]), name)
    messages.success(request, format_html(_("{} was created. Here is the form for the next one."), link))
    tell_notices(request, outcome)
    return redirect("new", module.key)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: StaffRequest, key: str, pk: int) -> HttpResponseBase:
    """A form for an existing record. What others changed since it was opened is never overwritten."""
    module, stored = asked_record(request.user, key, pk, "edit")
    if request.method != "POST":
        return _page(request, RecordForm(request.user, module, stored))
    form = RecordForm.posted(request.user, module, stored, request.POST)
    if "add_line" in request.POST:
        return _page(request, form)
    if form.unchosen:
        return _page(request, form, 422)
    if unconfirmed(found := looked_up(form), request.POST):
        return _page(request, form, 422, found)
    return _save(request, module, stored, form, found)


def _save(
    request: StaffRequest,
    module: ModuleInfo,
    stored: Stored,
    form: RecordForm,
    found: list[Duplicate] | None,
) -> HttpResponseBase:
    values = form.changes()
    if not values:
        messages.info(request, _("Nothing was changed."))
        return redirect("record", module.key, stored.id)
    change = Change(Verb.EDIT, module.key, stored.id, values, version=form.version)
    outcome = apply([change], actor=request.user, source=Source.PAGE)
    if not outcome.ok:
        # Somebody may have written between our reading and the door's.
        form.stored = read_records(module, [stored.id]).get(stored.id, stored)
        form.report(outcome.problems)
        return _page(request, form, 422)
    messages.success(request, _("Saved."))
    _tell_unchecked(request, module, stored.id, found)
    tell_notices(request, outcome)
    return redirect("record", module.key, stored.id)


def _tell_unchecked(
    request: StaffRequest, module: ModuleInfo, pk: int, found: list[Duplicate] | None
) -> None:
    """Says of a record that was saved that nobody knows whether it was there already."""
    if found is not None:
        return
    told = _("It took too long to find out whether this is there already.")
    if can(request.user, "delete", module):  # where two are merged, those that look the same are listed
        link = format_html('<a href="{}">{}</a>', reverse("merge", args=[module.key, pk]), _("Check again"))
        told = format_html("{} {}", told, link)
    messages.warning(request, told)


def tell_notices(request: StaffRequest, outcome: Outcome) -> None:
    """Says what rules wanted and could not do."""
    for notice in outcome.notices:
        messages.warning(request, f"{notice.label}: {notice.message}")


def _page(
    request: StaffRequest, form: RecordForm, status: int = 200, found: list[Duplicate] | None = None
) -> HttpResponse:
    form.load_shown()
    stored, module = form.stored, form.module
    context = warning(form, found or []) | {
        "form": form,
        "name": name_of(request.user, module, stored) if stored else "",
        "has_lines": any(isinstance(control.kind, LineRows) for control in form.controls.values()),
        "compared": compared_keys(module),
        "is_unsaved": request.method == "POST",
    }
    return render(request, "crm/form.html", context, status=status)
