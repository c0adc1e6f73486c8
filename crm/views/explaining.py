"""Why a record meets criteria or not: those of an address, of a view, or of a list as it is filtered now."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from crm.door.reading import Stored
from crm.forms.criteria import CriteriaEditor, read_json
from crm.forms.criteria_explain import explain
from crm.lists.problems import ListProblem
from crm.lists.saved import views_of
from crm.lists.state import Asked, read_state
from crm.modules.registry import ModuleInfo
from crm.views.asking import StaffRequest, asked_record
from crm.views.showing import name_of


@require_safe
def explained(request: StaffRequest, key: str, pk: int) -> HttpResponse:
    """Criteria against one record, condition by condition; without any, a choice of the person's views."""
    module, stored = asked_record(request.user, key, pk)
    if "criteria" in request.GET:
        return _page(request, module, stored, **_of_criteria(request, module, stored))
    asked = Asked.read(request.GET)
    views = views_of(request.user, module)
    shown: dict[str, Any] = {"views": views.by_key.values(), "asked": asked}
    if asked.view or asked.filter:
        try:
            state = read_state(request.user, module, asked, views)
        except ListProblem as problem:
            shown["problems"] = [problem]
        else:
            shown |= {"view": state.view, "told": explain(request.user, module, state.criteria, stored)}
    return _page(request, module, stored, **shown)


def _of_criteria(request: StaffRequest, module: ModuleInfo, stored: Stored) -> dict[str, Any]:
    asked = read_json(request.GET["criteria"])
    everything = CriteriaEditor(None, module, asked)
    if everything.problems:  # told as to somebody who knows nothing of hidden fields
        return {"problems": CriteriaEditor(request.user, module, asked).problems}
    return {"told": explain(request.user, module, everything.criteria(), stored)}


def _page(request: StaffRequest, module: ModuleInfo, stored: Stored, **shown: Any) -> HttpResponse:
    context = {"module": module, "record": stored, "name": name_of(request.user, module, stored)}
    status = 400 if "problems" in shown else 200
    return render(request, "crm/criteria/explain.html", context | shown, status=status)
