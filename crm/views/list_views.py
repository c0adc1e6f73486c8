"""Saved views of a list: made, changed, shared, ordered, taken over, deleted, and chosen to begin with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.lists.builtin import ALL, View
from crm.lists.problems import ListProblem, ViewProblem
from crm.lists.saved import may_change, views_of
from crm.lists.saving import (
    Shape,
    change_view,
    choose_default,
    create_view,
    delete_view,
    order_views,
    store_shape,
    take_over,
)
from crm.lists.state import Asked, written
from crm.models import ListView, SharingGroup, ViewSharing
from crm.modules.registry import ModuleInfo
from crm.views.asking import StaffRequest, asked_module, not_found
from crm.views.list_panels import to_list
from crm.views.lists import list_response, panel_response, read_asked


@dataclass(frozen=True)
class Entered:
    """The form of a view, as it is or as it was sent."""

    name: str = ""
    sharing: str = ViewSharing.NOBODY
    groups: tuple[int, ...] = ()

    @classmethod
    def read(cls, data: QueryDict) -> Entered:
        """As sent."""
        ids = (text for text in data.getlist("groups") if text.isascii() and text.isdecimal())
        groups = tuple(int(text) for text in ids if len(text) < 19)
        return cls(data.get("name", ""), data.get("sharing", ""), groups)

    @classmethod
    def of(cls, row: ListView) -> Entered:
        """As saved."""
        return cls(row.name, row.sharing, tuple(row.groups.values_list("pk", flat=True)))

    def chosen_groups(self) -> list[SharingGroup]:
        """The groups that were ticked."""
        return list(SharingGroup.objects.filter(pk__in=self.groups))


@require_http_methods(["GET", "HEAD", "POST"])
def new_view(request: StaffRequest, key: str) -> HttpResponse:
    """Saves the list as it is under a name."""
    module = asked_module(request.user, key)
    if request.method != "POST":
        asked = Asked.read(request.GET)
        return panel_response(request, module, asked, _panel(Entered()))
    asked, entered = Asked.read(request.POST), Entered.read(request.POST)
    try:
        row = create_view(
            actor=request.user,
            module=module,
            name=entered.name,
            shape=Shape.of(read_asked(request, module, asked)),
            sharing=entered.sharing,
            groups=entered.chosen_groups(),
        )
    except ListProblem as problem:
        return list_response(request, module, asked, _panel(entered, problem=problem), 422)
    return _done(request, module, row, _("The view “%s” is saved.") % row.name)


@require_http_methods(["GET", "HEAD", "POST"])
def view_panel(request: StaffRequest, key: str, pk: int) -> HttpResponse:
    """Name and readers of a saved view."""
    module, view, row = _asked_view(request, key, pk)
    if request.method != "POST":
        asked = replace(Asked.read(request.GET), view=view.key)
        return panel_response(request, module, asked, _panel(Entered.of(row), view))
    entered = Entered.read(request.POST)
    try:
        change_view(
            actor=request.user,
            view=row,
            name=entered.name,
            sharing=entered.sharing,
            groups=entered.chosen_groups(),
        )
    except ViewProblem as problem:
        asked = replace(Asked.read(request.POST), view=view.key)
        return list_response(request, module, asked, _panel(entered, view, problem), 422)
    return _done(request, module, row, _("The view “%s” is saved.") % " ".join(entered.name.split()))


def _panel(entered: Entered, view: View | None = None, problem: ListProblem | None = None) -> dict[str, Any]:
    return {
        "panel": "view",
        "entered": entered,
        "changing": view,
        "may_take": view is not None
        and not view.mine
        and view.row is not None
        and not view.row.owner.is_active,
        "sharings": ViewSharing.choices,
        "groups": SharingGroup.objects.all(),
        "problem": problem.message if problem else "",
        "problem_field": getattr(problem, "field", None),
    }


def _asked_view(request: StaffRequest, key: str, pk: int) -> tuple[ModuleInfo, View, ListView]:
    """The view; 404 if the person can't choose it, 403 if it is somebody else's."""
    module = asked_module(request.user, key)
    view = views_of(request.user, module).by_key.get(str(pk))
    if view is None or view.row is None:
        not_found()
    if not may_change(request.user, view):
        raise PermissionDenied(_("Only its owner may change this view."))
    return module, view, view.row


def _done(request: StaffRequest, module: ModuleInfo, row: ListView, message: str) -> HttpResponseRedirect:
    messages.success(request, message)
    return to_list(module, written({"view": str(row.pk)}))


@require_POST
def store_view(request: StaffRequest, key: str, pk: int) -> HttpResponse:
    """The view remembers the list as it is now."""
    module, view, row = _asked_view(request, key, pk)
    asked = replace(Asked.read(request.POST), view=view.key)
    try:
        shape = Shape.of(read_asked(request, module, asked))
        store_shape(actor=request.user, view=row, module=module, shape=shape)
    except ListProblem as problem:
        messages.error(request, problem.message)
        return to_list(module, written(asked.shape))
    return _done(request, module, row, _("The view “%s” is changed.") % row.name)


@require_POST
def take_view(request: StaffRequest, key: str, pk: int) -> HttpResponse:
    """A shared view of somebody who has left becomes the person's own."""
    module, view, row = _asked_view(request, key, pk)
    try:
        take_over(actor=request.user, view=row)
    except ViewProblem as problem:
        messages.error(request, problem.message)
        return to_list(module, written({"view": view.key}))
    return _done(request, module, row, _("The view “%s” is yours now.") % view.name)


@require_http_methods(["GET", "HEAD", "POST"])
def order(request: StaffRequest, key: str) -> HttpResponse:
    """The order of the person's own views; `up` or `down` moves one of them and asks again."""
    module = asked_module(request.user, key)
    if request.method != "POST":
        own = [view for view in views_of(request.user, module).by_key.values() if view.mine]
        return panel_response(request, module, Asked.read(request.GET), {"panel": "order", "own": own})
    order_views(actor=request.user, module=module, ids=_ordered(request.POST))
    query = Asked.read(request.POST).query
    if "up" in request.POST or "down" in request.POST:
        return HttpResponseRedirect(f"{reverse('order_views', args=[module.key])}?{query}")
    messages.success(request, _("Your views are in the new order."))
    return to_list(module, query)


def _ordered(data: QueryDict) -> list[int]:
    """The ids as they stood in the form, one of them moved up or down."""
    texts = [text for text in data.getlist("order") if text.isascii() and text.isdecimal() and len(text) < 19]
    ids = list(dict.fromkeys(int(text) for text in texts))
    for name, step in (("up", -1), ("down", 1)):
        moved = next((pk for pk in ids if str(pk) == data.get(name)), None)
        if moved is not None:
            place = max(ids.index(moved) + step, 0)
            ids.remove(moved)
            ids.insert(place, moved)
    return ids


@require_POST
def drop_view(request: StaffRequest, key: str, pk: int) -> HttpResponse:
    """Deletes a saved view; the records stay."""
    module, view, row = _asked_view(request, key, pk)
    delete_view(actor=request.user, view=row)
    messages.success(request, _("The view “%s” is deleted. The records are still there.") % view.name)
    return to_list(module, written({"view": ALL}))


@require_POST
def default_view(request: StaffRequest, key: str) -> HttpResponse:
    """The module opens with this view from now on."""
    module = asked_module(request.user, key)
    view = views_of(request.user, module).by_key.get(request.POST.get("view", ""))
    if view is None:
        not_found()
    choose_default(actor=request.user, module=module, view=view)
    told = _("%(module)s open with “%(view)s” from now on.")
    messages.success(request, told % {"module": module.label_plural, "view": view.name})
    return to_list(module, written({"view": view.key}))
