"""What the criteria editor asks as somebody works in it: fields, controls, a count."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.criteria.base import SideProblem
from crm.forms.criteria import CriteriaEditor
from crm.forms.criteria_count import matching
from crm.forms.criteria_fields import Fields
from crm.models import User
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from crm.views.asking import StaffRequest, asked_module, not_found
from crm.visibility import has_feature

FEATURES = ("manage_automation", "manage_territories")  # who writes criteria over every field


def _asked(request: StaffRequest, key: str) -> tuple[User | None, ModuleInfo]:
    """Whose fields are meant, and the module: everybody's with `?all=1`, for who defines rules."""
    if request.GET.get("all") != "1":
        return request.user, asked_module(request.user, key)
    if not any(has_feature(request.user, feature) for feature in FEATURES):
        raise PermissionDenied(_("Your profile does not allow this."))
    module = registry().modules.get(key)
    return None, module or not_found()


def _editor(request: StaffRequest, key: str) -> CriteriaEditor:
    user, module = _asked(request, key)
    name, events = request.GET.get("name", "criteria")[:200], request.GET.get("events") == "1"
    return CriteriaEditor.posted(user, module, request.POST, name=name, events=events, slim=True)


@require_POST
def editor(request: StaffRequest, key: str) -> HttpResponse:
    """The editor as it follows from what was posted: controls that fit, words, and messages."""
    return render(request, "crm/criteria/editor.html", {"editor": _editor(request, key)})


@require_POST
def count(request: StaffRequest, key: str) -> HttpResponse:
    """How many of the records that the person may see meet the criteria."""
    found = matching(request.user, _editor(request, key))
    return render(request, "crm/criteria/count.html", {"matching": found})


@require_safe
def fields(request: StaffRequest, key: str) -> HttpResponse:
    """The fields whose label has the words of `q`; with `like`, those that can be compared with it."""
    known = Fields(*_asked(request, key))
    try:
        like = known.operand(request.GET["like"]) if request.GET.get("like") else None
    except SideProblem:
        not_found()
    groups = known.search(request.GET.get("q", "")[:100], like)
    context = {"groups": groups, "list_id": request.GET.get("list", "")[:60]}
    return render(request, "crm/criteria/fields.html", context)
