"""Tags of one record: put on and taken off one by one."""

from __future__ import annotations

from collections import Counter

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import reswap, retarget

from crm.door import Outcome, Source
from crm.door.reading import Stored
from crm.door.tags import add_tags, remove_tags
from crm.models import User
from crm.modules.registry import ModuleInfo
from crm.views.asking import StaffRequest, asked_record
from crm.views.records import answer_change, tell_notices
from crm.views.showing import name_of
from crm.visibility import Access, TooSlow, fields_of, page
from crm.visibility.tags import used_tags

LOOKED_AT = 200  # of the newest records, where all of them take too long


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def tags(request: StaffRequest, key: str, pk: int) -> HttpResponse:
    """A form for a new tag, with suggestions; posting adds the tags in `add`, or takes `remove` off."""
    module, stored = asked_record(request.user, key, pk, "edit")
    if fields_of(request.user, module).get("tags") is not Access.EDIT:
        raise PermissionDenied(_("Your profile does not allow this in %s.") % module.label_plural)
    if request.method != "POST":
        return _form(request, module, stored)
    added = [tag for text in request.POST.getlist("add") for tag in _parts(text)]
    removed = request.POST.getlist("remove")
    if not added and not removed:
        return _form(request, module, stored, [_("Enter a tag.")])
    change = add_tags if added else remove_tags
    outcome = change(key, [pk], added or removed, actor=request.user, source=Source.PAGE)
    if not outcome.ok:
        return _refused(request, module, stored, outcome)
    tell_notices(request, outcome)
    return answer_change(request, module, stored, extra={"own": frozenset({"tags"})})


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _refused(request: StaffRequest, module: ModuleInfo, stored: Stored, outcome: Outcome) -> HttpResponse:
    """The messages: beside the tag that was entered, or on top where one was to be taken off."""
    problems = [problem.message for problem in outcome.problems]
    if "add" in request.POST:
        return _form(request, module, stored, problems)
    for problem in problems:
        messages.error(request, problem)
    return answer_change(request, module, stored, status=422)


def _form(
    request: StaffRequest, module: ModuleInfo, stored: Stored, problems: list[str] | None = None
) -> HttpResponse:
    context = {
        "module": module,
        "record": stored,
        "name": name_of(request.user, module, stored),
        "typed": ", ".join(request.POST.getlist("add")),
        "problems": problems,
        "suggestions": suggestions(request.user, module, stored),
        "title": _("New tag"),
        "fragment": "crm/records/tags_form.html",
    }
    status = 422 if problems else 200
    if not request.htmx:
        return render(request, "crm/records/asked_page.html", context, status=status)
    response = render(request, "crm/records/tags_form.html", context, status=status)
    return retarget(reswap(response, "innerHTML"), "#tag-editor")


def suggestions(user: User, module: ModuleInfo, stored: Stored) -> list[str]:
    """The tags that the person sees used in the module, most used first, without those it has.

    Where it takes too long to look at all records, the newest ones have to do.
    """
    try:
        used = used_tags(user, module)
    except TooSlow:
        used = _of_newest(user, module)
    own = set(stored.values.get("tags") or ())
    return [tag for tag in used if tag not in own]


def _of_newest(user: User, module: ModuleInfo) -> list[str]:
    try:
        rows = page(user, module, size=LOOKED_AT).rows
    except TooSlow:
        return []
    used = Counter(tag for row in rows for tag in row.tags or [])
    return sorted(used, key=lambda tag: (-used[tag], tag))
