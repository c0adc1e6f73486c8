"""Who a record is shared with, beside those who see it anyway; sharing it, and taking that back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import retarget

from crm.door import DoorRefused
from crm.door.reading import Stored, read_records
from crm.door.share import Grantee, Level, Share, share_record, shares_of, unshare
from crm.forms.lookups import PEOPLE, Found, Typed, resolve
from crm.models import SharingGroup, User
from crm.modules.registry import ModuleInfo
from crm.views.asking import StaffRequest, asked_record
from crm.views.records import answer_change, record_context
from crm.views.showing import name_of
from crm.visibility import editable_ids, visible_ids


@dataclass
class ShareForm:
    """What was entered: a person or a group, and how far the record is opened to them."""

    person: Typed = field(default_factory=lambda: Typed(PEOPLE, ""))
    group: str = ""
    level: str = "read"
    problems: dict[str, str] = field(default_factory=dict)

    @classmethod
    def posted(cls, request: StaffRequest) -> ShareForm:
        """The form as somebody sent it, with the person looked up."""
        data = request.POST
        chosen = data.get("with-pick") or data.get("with-id", "")
        form = cls(Typed(PEOPLE, data.get("with", "").strip(), chosen), data.get("group", ""))
        form.level = data.get("level", "")
        resolve(request.user, [form.person])
        if form.person.problem:
            form.problems["with"] = form.person.problem
        elif bool(form.person.value) == bool(form.group):
            form.problems["with"] = _("Choose a person or a group.")
        return form

    @property
    def candidates(self) -> list[Found]:
        """People of the same name, of whom one is to be chosen."""
        return list(self.person.candidates)

    def grantee(self) -> Grantee | None:
        """The person or group; None, with a problem, if there is none."""
        if self.problems:
            return None
        found = _grantee("user", self.person.value) if self.person.value else _grantee("group", self.group)
        if found is None:
            self.problems["group"] = _("There is no such group.")
        return found


def _grantee(kind: str, text: str) -> Grantee | None:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        return None
    if kind == "user":
        return User.objects.filter(pk=int(text)).first()
    return SharingGroup.objects.filter(pk=int(text)).first()


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def shares(request: StaffRequest, key: str, pk: int) -> HttpResponse:
    """With whom the record is shared; posting shares it, or takes the share `remove` back."""
    module, stored = asked_record(request.user, key, pk)
    may_share = bool(editable_ids(request.user, module, [pk]))
    if request.method != "POST":
        return _page(request, module, stored, ShareForm(), may_share)
    if not may_share:
        raise PermissionDenied(_("Who may edit a record may share it; you may only read this one."))
    if "remove" in request.POST:
        return _take_back(request, module, stored)
    return _share(request, module, stored)


def _share(request: StaffRequest, module: ModuleInfo, stored: Stored) -> HttpResponse:
    form = ShareForm.posted(request)
    grantee = form.grantee()
    if grantee is not None:
        try:
            share_record(module.key, stored.id, grantee, cast(Level, form.level), actor=request.user)
        except DoorRefused as refused:
            form.problems |= {p.field or "with": p.message for p in refused.outcome.problems}
    if form.problems:
        return _page(request, module, stored, form, True, 422)
    messages.success(request, _("Shared with %s.") % grantee)
    return _done(request, module, stored)


def _take_back(request: StaffRequest, module: ModuleInfo, stored: Stored) -> HttpResponse:
    kind, _colon, text = request.POST["remove"].partition(":")
    grantee = _grantee(kind, text)
    if grantee is not None:
        try:
            unshare(module.key, stored.id, grantee, actor=request.user)
        except DoorRefused as refused:
            form = ShareForm(problems={"with": str(refused)})
            return _page(request, module, stored, form, True, 422)
        messages.success(request, _("No longer shared with %s.") % grantee)
    return _done(request, module, stored)


def _done(request: StaffRequest, module: ModuleInfo, stored: Stored) -> HttpResponse:
    """The list anew: in the dialog, with the page behind it, or as a page of its own."""
    user = request.user
    if stored.id not in visible_ids(user, module, [stored.id]):  # one may take back one's own share
        return answer_change(request, module, stored)
    if not request.htmx:
        return redirect("shares", module.key, stored.id)
    now = read_records(module, [stored.id])[stored.id]
    may_share = bool(editable_ids(user, module, [stored.id]))
    context = record_context(user, module, now) | {"oob": True}
    context |= _context(request, module, now, ShareForm(), may_share)
    return retarget(render(request, "crm/records/shares_changed.html", context), "#dialog-body")


def _page(
    request: StaffRequest,
    module: ModuleInfo,
    stored: Stored,
    form: ShareForm,
    may_share: bool,
    status: int = 200,
) -> HttpResponse:
    context = _context(request, module, stored, form, may_share)
    context |= {"fragment": "crm/records/shares.html"}
    template = "crm/records/shares.html" if request.htmx else "crm/records/asked_page.html"
    return render(request, template, context, status=status)


def _context(
    request: StaffRequest, module: ModuleInfo, stored: Stored, form: ShareForm, may_share: bool
) -> dict[str, Any]:
    return {
        "module": module,
        "record": stored,
        "name": name_of(request.user, module, stored),
        "form": form,
        "title": _("Sharing"),
        "shares": [_shown(share) for share in shares_of(module.key, stored.id, user=request.user)],
        "groups": SharingGroup.objects.all() if may_share else (),
        "may_share": may_share,
    }


def _shown(share: Share) -> dict[str, Any]:
    kind = "user" if isinstance(share.grantee, User) else "group"
    return {
        "key": f"{kind}:{share.grantee.pk}",
        "name": str(share.grantee),
        "is_group": kind == "group",
        "level": _("may edit") if share.level == "edit" else _("may read"),
    }
