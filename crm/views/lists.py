"""The list of a module's records, page by page, how many there are, and what their numbers add up to."""

from __future__ import annotations

from typing import Any

from babel.numbers import format_decimal
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from crm.fields.numbers import babel_locale
from crm.lists.builtin import ALL, View
from crm.lists.filters import parts_of, write_text
from crm.lists.problems import ListProblem
from crm.lists.rows import headings, least_width, shown_page
from crm.lists.saved import Views, may_change, views_of
from crm.lists.state import Asked, ListState, read_state, written
from crm.lists.totals import has_totals, totals_of
from crm.modules.registry import ModuleInfo
from crm.views.asking import StaffRequest, asked_module
from crm.views.bulk_actions import actions_for
from crm.visibility import BadCursor, FieldRefused, TooSlow, can, count

SIZE = 50
TABS = 6  # views beside each other; the others are in a menu
REFUSALS = (ListProblem, FieldRefused, BadCursor, TooSlow)


@require_safe
def list_page(request: StaffRequest, key: str) -> HttpResponse:
    """A page of the records that the person may see."""
    module = asked_module(request.user, key)
    return list_response(request, module, Asked.read(request.GET))


def list_response(
    request: StaffRequest,
    module: ModuleInfo,
    asked: Asked,
    panel: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The list, with an open panel above the rows if one is given; a refusal is told inside the list."""
    views = views_of(request.user, module)
    context = _frame(request, module, asked, views)
    try:
        state = read_state(request.user, module, asked, views)
        context |= _state(request, state, views)
        context["shown"] = shown_page(state, SIZE)
    except REFUSALS as refused:
        context["refused"] = str(refused)
        if not asked.changes:  # the view itself can't be used
            context["reset_query"] = written({"view": ALL})
        status = 400 if status == 200 else status
    return render(request, "crm/list.html", context | (panel or {}), status=status)


def panel_response(
    request: StaffRequest, module: ModuleInfo, asked: Asked, panel: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A panel: alone for htmx, which puts it into the list; else within the list."""
    if request.htmx:
        context = {"module": module, "asked": asked} | panel
        response = render(request, "crm/lists/panel.html", context, status=status)
    else:
        response = list_response(request, module, asked, panel, status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _frame(request: StaffRequest, module: ModuleInfo, asked: Asked, views: Views) -> dict[str, Any]:
    """What the list shows whatever was asked."""
    current = views.by_key.get(asked.view or views.default)
    tabs, more = _tabs(views, current)
    return {
        "module": module,
        "asked": asked,
        "current": current,
        "tabs": tabs,
        "more": more,
        "may_order": sum(view.mine for view in views.by_key.values()) > 1,
        "may_create": can(request.user, "create", module),
        "may_export": can(request.user, "export", module),
        "may_import": can(request.user, "import", module),
        "reset_query": written({"view": asked.view} if asked.view else {}),
    }


def _tabs(views: Views, current: View | None) -> tuple[list[View], list[View]]:
    """The views beside each other, the current one always among them, and those in the menu."""
    every = list(views.by_key.values())
    tabs, more = every[:TABS], every[TABS:]
    if current in more:
        more = [tabs[-1], *(view for view in more if view != current)]
        tabs = [*tabs[:-1], current] if current else tabs
    return tabs, more


def _state(request: StaffRequest, state: ListState, views: Views) -> dict[str, Any]:
    return {
        "state": state,
        "query": state.query(),
        "headings": headings(state),
        "least": least_width(state),
        "chips": [
            (part.words, state.query(filter=part.rest)) for part in parts_of(request.user, state.criteria)
        ],
        "unfiltered_query": state.query(filter={}),
        "without_search": state.query(q=""),
        "may_change": may_change(request.user, state.view),
        "is_default": state.view.key == views.default,
        "has_totals": has_totals(state),
        "actions": actions_for(request.user, state.module),
        "filter_text": write_text(state.criteria.data),
    }


def read_asked(request: StaffRequest, module: ModuleInfo, asked: Asked) -> ListState:
    """The state that the address, or a form, asks for; raises ListProblem."""
    return read_state(request.user, module, asked, views_of(request.user, module))


@require_safe
def count_fragment(request: StaffRequest, key: str) -> HttpResponse:
    """How many records there are: exact to 10,000, then "10,000+"; exact with `?exact=1`."""
    module = asked_module(request.user, key)
    context: dict[str, Any] = {"module": module, "found": None}
    try:
        state = read_asked(request, module, Asked.read(request.GET))
        cap = None if request.GET.get("exact") else 10_000
        found = count(request.user, module, where=state.where, cap=cap)
        number = format_decimal(found.number, locale=babel_locale())
        context |= {"found": found, "number": number, "exact_query": state.query(exact=1)}
    except REFUSALS:
        context["found"] = None
    return render(request, "crm/list_count.html", context)


@require_safe
def totals_fragment(request: StaffRequest, key: str) -> HttpResponse:
    """The sums below the columns, or why there are none."""
    module = asked_module(request.user, key)
    context: dict[str, Any] = {"module": module}
    try:
        state = read_asked(request, module, Asked.read(request.GET))
        context["state"], context["totals"] = state, totals_of(state)
    except REFUSALS:
        context["totals"] = None
    return render(request, "crm/lists/totals.html", context)
