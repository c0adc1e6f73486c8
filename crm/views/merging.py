"""Merging two records: choosing the other one, looking at both, and merging."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.door import DoorRefused, Outcome
from crm.door.merge import merge_records
from crm.door.reading import Stored, read_records
from crm.forms.lookups import Typed, resolve
from crm.modules.registry import ModuleInfo
from crm.views.asking import StaffRequest, asked_module, not_found
from crm.views.comparing import Comparison
from crm.views.duplicates import in_short
from crm.views.entering import tell_notices
from crm.views.showing import name_of
from crm.visibility import can, editable_ids, visible_ids


@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: StaffRequest, key: str, pk: int) -> HttpResponse:
    """Asks which other record is the same; with it in `with`, shows both, and merges them on POST.

    With `keep`, however it is sent, both are shown again with that one staying.
    """
    module = asked_module(request.user, key)
    data = request.POST if request.method == "POST" else request.GET
    other = data.get("with", "")
    number = int(other) if other.isascii() and other.isdecimal() and len(other) < 19 else None
    if number is None or number == pk:
        return _choose(request, module, pk, data, is_same=number == pk)
    pair = _asked_pair(request, module, [pk, number])
    comparison = Comparison(request.user, module, pair, data.dict())
    if request.method == "POST" and "keep" not in data:
        return _merge(request, module, comparison, data)
    template = "crm/verbs/merge_preview.html" if request.htmx else "crm/merge.html"
    return _page(request, comparison, template)


def _asked_pair(request: StaffRequest, module: ModuleInfo, ids: list[int]) -> list[Stored]:
    """The records; 404 for one that the person may not see, 403 if they may not be changed or deleted."""
    user = request.user
    visible = visible_ids(user, module, ids)
    if not visible.issuperset(ids):
        not_found()
    if not can(user, "delete", module):
        raise PermissionDenied(_("Your profile does not allow this in %s.") % module.label_plural)
    if not editable_ids(user, module, ids).issuperset(ids):
        raise PermissionDenied(_("You need the right to change both records to merge them."))
    stored = read_records(module, ids)
    return [stored[pk] for pk in ids if pk in stored]


def _choose(
    request: StaffRequest, module: ModuleInfo, pk: int, data: QueryDict, *, is_same: bool
) -> HttpResponse:
    """The page on which the other record is looked up; a name that only one has leads on at once."""
    stored = _asked_pair(request, module, [pk])[0]
    typed = Typed(module.key, data.get("name", "").strip(), data.get("pick", ""))
    resolve(request.user, [typed])
    if typed.value and typed.value != str(pk):
        return redirect(f"{request.path}?with={typed.value}")
    if is_same or typed.value:
        typed.problem = _("Choose another record than this one.")
    context = {
        "module": module,
        "record": stored,
        "name": name_of(request.user, module, stored),
        "typed": typed,
        "alike": in_short(request.user, module.key, stored.values, pk),
    }
    return render(request, "crm/merge_choose.html", context, status=422 if typed.problem else 200)


def _merge(
    request: StaffRequest, module: ModuleInfo, comparison: Comparison, data: QueryDict
) -> HttpResponse:
    winner, name = comparison.winner
    loser, gone = comparison.loser
    try:
        outcome = merge_records(
            module.key,
            winner,
            [loser],
            comparison.choices,
            actor=request.user,
            versions=_seen(data, comparison),
        )
    except DoorRefused as refused:
        comparison.report(refused.outcome.problems)
        return _page(request, comparison, "crm/merge.html", 422)
    _tell(request, module, winner, name, gone, outcome)
    return redirect("record", module.key, winner)


def _seen(data: QueryDict, comparison: Comparison) -> dict[int, int]:
    """The versions that the person saw; 0, which no record has, for what makes no sense."""
    given = {pk: data.get(f"version-{pk}", "") for pk in comparison.versions}
    return {
        pk: int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
        for pk, text in given.items()
    }


def _tell(
    request: StaffRequest, module: ModuleInfo, winner: int, name: str, gone: str, outcome: Outcome
) -> None:
    link = format_html('<a href="{}">{}</a>', reverse("record", args=[module.key, winner]), name)
    text = format_html(_("“{}” was merged into {}, and is in the bin."), gone, link)
    messages.success(request, text)
    tell_notices(request, outcome)


def _page(request: StaffRequest, comparison: Comparison, template: str, status: int = 200) -> HttpResponse:
    context = {
        "module": comparison.module,
        "record": comparison.pair[0],
        "other": comparison.pair[1],
        "comparison": comparison,
        "columns": list(zip(comparison.names, comparison.pair, strict=True)),
    }
    return render(request, template, context, status=status)
