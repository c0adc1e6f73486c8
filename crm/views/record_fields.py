"""Fields edited in place: one field's control where its value was, saved with the version that was seen."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import reswap, retarget

from crm.door import Change, Source, Verb, apply
from crm.door.reading import Stored, read_records
from crm.forms.form import Control, RecordForm
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.views.asking import StaffRequest, asked_record, not_found
from crm.views.record_values import editable_in_place
from crm.views.records import answer_change, tell_notices
from crm.views.showing import cell, load_names, name_of, pointers
from crm.visibility import readable


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def edit_field(request: StaffRequest, key: str, pk: int, field: str) -> HttpResponse:
    """The field's control (or its value again, with `?cancel`), and saving what was entered."""
    module, stored = asked_record(request.user, key, pk, "edit")
    info = _asked_field(request, module, field)
    if request.method == "POST":
        return _save(request, module, stored, info)
    if not request.htmx:
        return redirect(f"{reverse('edit', args=[key, pk])}#id_{field}")
    if "cancel" in request.GET:
        return _value(request, module, stored, info)
    return _control(request, RecordForm(request.user, module, stored, only=[field]), info)


def _asked_field(request: StaffRequest, module: ModuleInfo, field: str) -> FieldInfo:
    """The field; 404 if the person may not read it, 403 if it is not for editing."""
    if field not in readable(request.user, module):
        not_found()
    if field not in editable_in_place(request.user, module):
        raise PermissionDenied(_("You may read this field, but not change it."))
    return module.fields[field]


def _save(request: StaffRequest, module: ModuleInfo, stored: Stored, info: FieldInfo) -> HttpResponse:
    form = RecordForm.posted(request.user, module, stored, request.POST, only=[info.key])
    if form.unchosen:
        return _control(request, form, info, 422)
    if values := form.changes():
        change = Change(Verb.EDIT, module.key, stored.id, values, version=form.version)
        outcome = apply([change], actor=request.user, source=Source.PAGE)
        if not outcome.ok:
            # Somebody may have written between our reading and the door's.
            form.stored = read_records(module, [stored.id]).get(stored.id, stored)
            form.report(outcome.problems)
            _tell_conflict(form.controls[info.key])
            return _control(request, form, info, 422)
        tell_notices(request, outcome)
        messages.success(request, _("%s was saved.") % info.label)
    return answer_change(request, module, stored, extra={"own": frozenset({info.key})})


def _tell_conflict(control: Control) -> None:
    """Says in one sentence, with names, what somebody else made of the field."""
    if control.conflict is not None:
        message = _("%(who)s changed this to “%(value)s” while you were editing.")
        told = {"who": control.conflict.who, "value": control.conflict.theirs or _("empty")}
        control.errors = [message % told]


def _control(request: StaffRequest, form: RecordForm, info: FieldInfo, status: int = 200) -> HttpResponse:
    form.load_shown()
    stored, module = form.stored, form.module
    assert stored is not None
    context = {
        "module": module,
        "record": stored,
        "name": name_of(request.user, module, stored),
        "form": form,
        "control": form.controls[info.key],
        "title": info.label,
        "fragment": "crm/records/field_form.html",
    }
    if not request.htmx:
        return render(request, "crm/records/asked_page.html", context, status=status)
    response = render(request, "crm/records/field.html", context, status=status)
    return retarget(reswap(response, "outerHTML"), f"#cell-{info.key}")


def _value(request: StaffRequest, module: ModuleInfo, stored: Stored, info: FieldInfo) -> HttpResponse:
    names = load_names(request.user, pointers(module, stored.values, [info.key]))
    context = {
        "module": module,
        "record": stored,
        "cell": cell(info, stored.values, names),
        "editable": frozenset({info.key}),
    }
    return render(request, "crm/records/cell.html", context)
