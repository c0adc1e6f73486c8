"""The page of one record: its fields in sections, what hangs on it, and its timeline.

The page consists of parts (head, top, fields, side, timeline), each an element with an id. After a change
that was made on the page, `answer_change` sends all parts anew, so that what rules did is seen at once;
related lists that are loaded already hear of a change of the record, and load themselves again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect, reswap, trigger_client_event

from crm.door import Outcome
from crm.door.reading import Stored, read_records
from crm.models import User
from crm.modules.registry import ModuleInfo
from crm.views import record_side  # noqa: F401 — registers its panels
from crm.views.asking import StaffRequest, asked_record
from crm.views.context import icon_of
from crm.views.record_panels import panels_of
from crm.views.record_related import pointing_here
from crm.views.record_values import changed_keys, editable_in_place, facts_of, lines_of, sections_of
from crm.views.showing import load_names, name_of, pointers, told_fields
from crm.views.timeline import read_timeline
from crm.visibility import Access, can, editable_ids, fields_of, readable, visible_ids


@require_safe
def record_page(request: StaffRequest, key: str, pk: int) -> HttpResponse:
    """What there is to know about one record."""
    module, stored = asked_record(request.user, key, pk)
    return render(request, "crm/record.html", record_context(request.user, module, stored))


def record_context(user: User, module: ModuleInfo, stored: Stored) -> dict[str, Any]:
    """What the record page shows."""
    allowed = [info.key for info in told_fields(module) if info.key in readable(user, module)]
    names = load_names(user, pointers(module, stored.values, allowed))
    sections = sections_of(module, stored.values, allowed, names)
    may_edit, may_delete = may_change(user, module, stored.id)
    return {
        "module": module,
        "icon": icon_of(module),
        "record": stored,
        "name": name_of(user, module, stored),
        "facts": facts_of(module, stored.values, allowed, names),
        "sections": [section for section in sections if section.key != "system"],
        "system": [section for section in sections if section.key == "system"],
        "lines": lines_of(stored.values, names) if "lines" in allowed else [],
        "may_edit": may_edit,
        "may_delete": may_delete,
        "may_tag": may_edit and fields_of(user, module).get("tags") is Access.EDIT,
        "tags": stored.values.get("tags") or [] if "tags" in allowed else [],
        "editable": editable_in_place(user, module) if may_edit else frozenset(),
        "panels": panels_of(user, module, stored),
        "related": pointing_here(user, module, stored.id),
        "timeline": read_timeline(user, module, stored.id),
    }


def may_change(user: User, module: ModuleInfo, pk: int) -> tuple[bool, bool]:
    """Whether the person may edit and delete the record: the same rows, told apart by the profile only."""
    verbs = [verb for verb in ("edit", "delete") if can(user, verb, module)]
    open_to = bool(verbs) and pk in editable_ids(user, module, [pk], verb=verbs[0])
    return open_to and "edit" in verbs, open_to and "delete" in verbs


def answer_change(
    request: StaffRequest,
    module: ModuleInfo,
    before: Stored,
    *,
    status: int = 200,
    extra: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """The answer to what was done on the page: all parts anew for htmx, else the page.

    `extra` goes to the templates, such as a text that was refused (with status 422). Somebody who may no
    longer see the record, after giving it away, is led to the list.
    """
    pk = before.id
    stored = read_records(module, [pk]).get(pk) if pk in visible_ids(request.user, module, [pk]) else None
    if stored is None:
        return _led_away(request, module)
    if not request.htmx and status == 200:
        return redirect("record", module.key, pk)
    context = record_context(request.user, module, stored) | dict(extra or {})
    if not request.htmx:
        return render(request, "crm/record.html", context, status=status)
    context |= {"oob": True, "fresh": changed_keys(module, before, stored) - context.get("own", frozenset())}
    response = reswap(render(request, "crm/records/parts.html", context, status=status), "none")
    if stored.version != before.version:
        trigger_client_event(response, "record-changed", after="swap")
    return response


def _led_away(request: StaffRequest, module: ModuleInfo) -> HttpResponse:
    messages.info(request, _("You no longer see this record."))
    address = reverse("list", args=[module.key])
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def tell_notices(request: StaffRequest, outcome: Outcome) -> None:
    """Says what rules wanted and could not do."""
    for notice in outcome.notices:
        messages.warning(request, f"{notice.label}: {notice.message}")
