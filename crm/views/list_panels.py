"""What opens above the rows of a list: the filter, with a way to ask why a record is in it, and the columns.

Each is a form that carries the list's address, and leads back to the list with another one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from crm.criteria import CriteriaProblems
from crm.forms.criteria import CriteriaEditor
from crm.forms.lookups import Typed, resolve
from crm.lists.columns import offered, with_name
from crm.lists.filters import write_text
from crm.lists.problems import ListProblem
from crm.lists.saved import views_of
from crm.lists.state import Asked, ListState, written
from crm.modules.registry import ModuleInfo
from crm.views.asking import StaffRequest, asked_module
from crm.views.lists import list_response, panel_response, read_asked

LONGEST_ADDRESS = 3_500  # characters of the query; web servers refuse longer ones


def to_list(module: ModuleInfo, query: str) -> HttpResponseRedirect:
    """Back to the list."""
    return HttpResponseRedirect(f"{reverse('list', args=[module.key])}?{query}")


@require_http_methods(["GET", "HEAD", "POST"])
def filter_panel(request: StaffRequest, key: str) -> HttpResponse:
    """The criteria of the list; a filter that the person may not use, or that is wrong, is told here."""
    module = asked_module(request.user, key)
    if request.method != "POST":
        asked = Asked.read(request.GET)
        return panel_response(request, module, asked, _filter(request, module, asked))
    asked = replace(Asked.read(request.POST), filter="")
    editor = CriteriaEditor.posted(request.user, module, request.POST)
    panel = {"panel": "filter", "editor": editor}
    if editor.wants_another_look:
        return list_response(request, module, asked, panel)
    try:
        chosen = {} if editor.is_empty else editor.data()
        return to_list(module, _short(read_asked(request, module, replace(asked, filter=write_text(chosen)))))
    except CriteriaProblems:
        return list_response(request, module, asked, panel, 422)
    except ListProblem as refused:
        return list_response(request, module, asked, panel | {"problem": refused.message}, 422)


def _filter(request: StaffRequest, module: ModuleInfo, asked: Asked) -> dict[str, Any]:
    """The filter as it is now; only one that is there can be explained."""
    editor = CriteriaEditor(request.user, module, _present(request, module, asked))
    return {"panel": "filter", "editor": editor, "explains": not editor.is_empty}


@require_safe
def explain_record(request: StaffRequest, key: str) -> HttpResponse:
    """Leads to why the list's filter holds for a record or not, by the name that was entered below it."""
    module = asked_module(request.user, key)
    asked = Asked.read(request.GET)
    typed = Typed(module.key, request.GET.get("name", "").strip(), request.GET.get("pick", ""))
    resolve(request.user, [typed])
    if typed.value:
        view = asked.view or views_of(request.user, module).default
        query = {"view": view} | {part: asked.shape[part] for part in ("q", "filter") if part in asked.shape}
        address = reverse("explain", args=[module.key, typed.value])
        return HttpResponseRedirect(f"{address}?{written(query)}")
    typed.problem = typed.problem or _("Enter the name of a record.")
    panel = _filter(request, module, asked) | {"explains": True, "typed": typed}
    return list_response(request, module, asked, panel, 422)


def _present(request: StaffRequest, module: ModuleInfo, asked: Asked) -> dict[str, Any]:
    """What the list is filtered by now; nothing if that can't be used, so that another can be chosen."""
    try:
        return read_asked(request, module, asked).criteria.data
    except ListProblem:
        return {}


def _short(state: ListState) -> str:
    query = state.query()
    if len(query) > LONGEST_ADDRESS:
        raise ListProblem(_("This filter is too long for an address: use fewer conditions or values."))
    return query


@require_http_methods(["GET", "HEAD", "POST"])
def columns_panel(request: StaffRequest, key: str) -> HttpResponse:
    """Which columns the list shows, and in which order."""
    module = asked_module(request.user, key)
    if request.method != "POST":
        asked = Asked.read(request.GET)
        return panel_response(request, module, asked, _chooser(request, module, asked))
    asked = replace(Asked.read(request.POST), columns=",".join(_chosen(request.POST)))
    try:
        return to_list(module, read_asked(request, module, asked).query())
    except ListProblem as refused:
        plain = replace(asked, columns="")
        panel = _chooser(request, module, plain) | {"problem": refused.message}
        return list_response(request, module, plain, panel, 422)


def _chosen(data: QueryDict) -> list[str]:
    """The keys that were ticked, by the numbers beside them; equal numbers stay as they stand."""

    def place(key: str) -> int:
        number = data.get(f"order-{key}", "")
        return int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else 999

    return sorted(data.getlist("show"), key=place) or ["name"]


def _chooser(request: StaffRequest, module: ModuleInfo, asked: Asked) -> dict[str, Any]:
    known = offered(request.user, module)
    try:
        state = read_asked(request, module, asked)
        keys, usual = state.keys, state.query(columns="")
    except ListProblem:
        keys, usual = tuple(with_name([], known)), ""
    others = (known[key] for key in known.keys() - {*keys, "name"})
    return {
        "panel": "columns",
        "chosen": [known[key] for key in keys if key != "name"],
        "others": sorted(others, key=lambda column: column.label.casefold()),
        "usual_query": usual,
    }
