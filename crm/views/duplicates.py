"""The warning that a record may be there already: while it is typed, and once more before it is saved."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_POST

from crm.door.duplicates import CONTACT_KINDS, WITH_NAME, Duplicate, find_duplicates
from crm.forms.form import RecordForm
from crm.models import User
from crm.modules.registry import ModuleInfo
from crm.views.asking import StaffRequest, asked_module
from crm.visibility import TooSlow, can
from crm.visibility.limits import in_time

SECONDS = 1.0  # a form waits no longer for a warning
SHOWN = 5


def compared_keys(module: ModuleInfo) -> frozenset[str]:
    """The fields by which duplicates are found."""
    named = {"name", "first_name", "last_name", WITH_NAME.get(module.key, "name")}
    kinds = {info.key for info in module.fields.values() if info.type.key in CONTACT_KINDS}
    return frozenset(kinds | named & module.fields.keys())


def looked_up(form: RecordForm) -> list[Duplicate] | None:
    """Records that look like what is in the form, if something that is compared was typed or changed.

    None if it takes too long to find out.
    """
    keys = compared_keys(form.module)
    typed = {key: control for key, control in form.controls.items() if key in keys}
    if not any(control.touched for control in typed.values()):
        return []
    values: dict[str, Any] = {key: form.seen_values.get(key) for key in keys}
    values |= {key: control.entered for key, control in typed.items()}
    without = form.stored.id if form.stored else None
    return in_short(form.user, form.module.key, values, without)


def in_short(
    user: User, module: str, values: dict[str, Any], without: int | None = None
) -> list[Duplicate] | None:
    """Records that look like these values; None if it takes too long to find out, since it is a service."""
    try:
        with in_time(SECONDS):
            return find_duplicates(module, values, user=user, without=without)
    except TooSlow:
        return None


def unconfirmed(found: Collection[Duplicate] | None, data: QueryDict) -> bool:
    """Whether there are some that the person has not been shown, or has not wanted to pass over."""
    confirmed = set(data.get("anyway", "").split(","))
    return not confirmed.issuperset(str(one.id) for one in found or ())


def warning(form: RecordForm, found: list[Duplicate] | None) -> dict[str, Any]:
    """What the warning shows: the records, or that it could not be checked."""
    unchecked, found = found is None, found or []
    return {
        "module": form.module,
        "record": form.stored,
        "duplicates": found[:SHOWN],
        "more": len(found) - SHOWN if len(found) > SHOWN else 0,
        "anyway": ",".join(str(one.id) for one in found),
        "unchecked": unchecked,
        "may_merge": form.stored is not None and can(form.user, "delete", form.module),
    }


@require_POST
def duplicates(request: StaffRequest, key: str) -> HttpResponse:
    """The warning for what is in a form just now; an empty answer where nothing looks the same."""
    module = asked_module(request.user, key)
    form = RecordForm.posted(request.user, module, None, request.POST)
    without = request.POST.get("record", "")
    found = looked_up(form)
    if found is not None:
        found = [one for one in found if str(one.id) != without]
    return render(request, "crm/verbs/duplicates.html", warning(form, found))
