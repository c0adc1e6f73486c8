"""Converting a lead into account, contact and deal; of a converted lead, what it became."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.door import DoorRefused
from crm.door.convert import PARTS, convert_lead
from crm.door.reading import Stored
from crm.fields.links import Ref
from crm.forms.conversion import ConversionForm, compared
from crm.models import User
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from crm.views.asking import StaffRequest, asked_record
from crm.views.context import icon_of
from crm.views.duplicates import in_short
from crm.views.entering import tell_notices
from crm.views.hanging import counts_by_record
from crm.views.record_panels import Panel, Place, register_panel
from crm.views.showing import load_names, name_of
from crm.visibility import editable_ids


@require_http_methods(["GET", "HEAD", "POST"])
def convert(request: StaffRequest, pk: int) -> HttpResponse:
    """Asks what the lead shall become, then converts it; of a converted lead, shows what it became."""
    module, lead = asked_record(request.user, "leads", pk)
    if lead.values.get("converted_at") is not None:
        return _became(request, module, lead)
    if pk not in editable_ids(request.user, module, [pk]):
        raise PermissionDenied(_("You may read this record, but not change it."))
    looked = {
        key: in_short(request.user, key, compared(lead.values, key)) for key in ("accounts", "contacts")
    }
    alike = {key: found or [] for key, found in looked.items()}
    unchecked = None in looked.values()
    data = request.POST if request.method == "POST" else None
    form = ConversionForm(request.user, lead, alike, data)
    if data is None or form.own_problems:
        return _page(request, module, form, 422 if data is not None else 200, unchecked=unchecked)
    try:
        done = convert_lead(pk, actor=request.user, **form.values)
    except DoorRefused as refused:
        form.report(refused.outcome)
        return _page(request, module, form, 422, unchecked=unchecked)
    messages.success(request, _("“%s” was converted.") % name_of(request.user, module, lead))
    tell_notices(request, done.outcome)
    return redirect("convert", pk)


def _page(
    request: StaffRequest, module: ModuleInfo, form: ConversionForm, status: int, *, unchecked: bool
) -> HttpResponse:
    form.load_shown()
    context = {
        "module": module,
        "record": form.lead,
        "name": name_of(request.user, module, form.lead),
        "form": form,
        "unchecked": unchecked,
        "hanging": counts_by_record([form.lead.id])[form.lead.id],
    }
    return render(request, "crm/convert.html", context, status=status)


def _became(request: StaffRequest, module: ModuleInfo, lead: Stored) -> HttpResponse:
    context = {
        "module": module,
        "record": lead,
        "name": name_of(request.user, module, lead),
        "at": lead.values["converted_at"],
        "became": what_it_became(request.user, lead),
    }
    return render(request, "crm/converted.html", context, status=409 if request.method == "POST" else 200)


def what_it_became(user: User, lead: Stored) -> list[dict[str, Any]]:
    """Account, contact and deal of a converted lead: module, icon, name, and id if the person may see it."""
    refs = [
        Ref(key, pk)
        for key, part in PARTS.items()
        if (pk := lead.values.get(f"converted_{part}")) is not None
    ]
    names = load_names(user, refs)
    modules = registry().modules
    return [
        {
            "module": modules[ref.module],
            "icon": icon_of(modules[ref.module]),
            "name": names.record(ref),
            "id": ref.id if ref in names.records else None,
        }
        for ref in refs
        if ref.module in modules
    ]


@register_panel
class Became(Panel):
    """On the page of a converted lead: when it was converted, and to what."""

    key, template, position = "converted", "crm/verbs/converted.html", 5
    place: ClassVar[Place] = "top"

    def context(self, user: User, module: ModuleInfo, stored: Stored) -> dict[str, Any] | None:
        at = stored.values.get("converted_at") if module.key == "leads" else None
        return None if at is None else {"at": at, "became": what_it_became(user, stored)}
