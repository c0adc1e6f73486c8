"""The bin of a module: who deleted what and when, page by page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from crm.door.bin import in_bin
from crm.models import History, User
from crm.modules.registry import ModuleInfo
from crm.views.asking import StaffRequest, asked_module
from crm.views.finding import clean_query
from crm.views.showing import name_of, stored_of
from crm.visibility import TooSlow
from crm.visibility.limits import in_time

SIZE = 50


@dataclass(frozen=True)
class Binned:
    """A record in the bin."""

    id: int
    name: str
    at: datetime
    who: str
    why: str  # what it was deleted by, if not by a person


@require_safe
def bin_page(request: StaffRequest, key: str) -> HttpResponse:
    """The records in the bin that the person may restore or delete for good, last deleted first."""
    module = asked_module(request.user, key, "delete")
    text = clean_query(request.GET.get("q", ""))
    before = request.GET.get("before", "")
    context: dict[str, Any] = {"module": module, "q": text, "is_first": not before}
    try:
        with in_time():
            context |= _page(request.user, module, text, before)
    except TooSlow as slow:
        return render(request, "crm/bin.html", context | {"refused": str(slow)}, status=400)
    return render(request, "crm/bin.html", context)


def _page(user: User, module: ModuleInfo, text: str, before: str) -> dict[str, Any]:
    rows = in_bin(user, module, text).filter(_older(before))
    found = list(rows[: SIZE + 1])
    shown = found[:SIZE]
    more = urlencode({"q": text, "before": _place(shown[-1])}) if len(found) > SIZE else ""
    return {"rows": list(_binned(user, module, shown)), "older": more}


def _binned(user: User, module: ModuleInfo, rows: Iterable[Any]) -> Iterable[Binned]:
    rows = list(rows)
    deletions = History.objects.filter(record_id__in=[row.pk for row in rows], kind=History.Kind.BIN)
    last = {one.record_id: one for one in deletions.order_by("id").select_related("actor", "cause")}
    for row in rows:
        deletion = last.get(row.pk)
        who = str(deletion.actor) if deletion and deletion.actor else ""
        by_hand = deletion is None or deletion.cause.kind in ("page", "list", "api", "admin")
        why = "" if by_hand or deletion is None else deletion.cause.label
        yield Binned(row.pk, name_of(user, module, stored_of(module, row)), row.binned_at, who, why)


def _place(row: Any) -> str:
    """Where the next page begins: the second of the deletion and the id."""
    return f"{int(row.binned_at.timestamp())}-{row.pk}"


def _older(place: str) -> Q:
    """What comes after a place; everything for one that makes no sense."""
    second, _dash, number = place.partition("-")
    if not (second.isdecimal() and number.isdecimal() and len(second) < 11 and len(number) < 19):
        return Q()
    moment = datetime.fromtimestamp(int(second), UTC)
    return Q(binned_at__lt=moment) | Q(binned_at=moment, pk__lt=int(number))
