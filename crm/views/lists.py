"""The list of a module's records, page by page, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from crm.door.reading import Stored
from crm.models import User
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.views.asking import StaffRequest, asked_module
from crm.views.columns import list_columns
from crm.views.finding import clean_query, search_condition
from crm.views.showing import Cell, cell, load_names, name_of, pointers, stored_of
from crm.visibility import BadCursor, Cursor, FieldRefused, Sort, TooSlow, can, count, page
from crm.visibility.columns import can_be_sorted

SIZE = 50
STEPS_BACK = 8  # pages that "previous" finds again; the addresses would grow too long with more


@dataclass(frozen=True)
class Row:
    """A record in the list."""

    id: int
    name: str
    cells: list[Cell]


@dataclass(frozen=True)
class Heading:
    """A column's head: which order a click gives, and which one there is now."""

    label: str
    is_number: bool
    sort: str = ""
    now: str = ""  # ascending, descending or not in this order


class Asked:
    """What the address of a list says: search, order and place."""

    def __init__(self, request: StaffRequest) -> None:
        self.q = clean_query(request.GET.get("q", ""))
        self.sort = request.GET.get("sort", "")[:80]
        self.after = request.GET.get("after", "")
        self.trail = [place for place in request.GET.get("trail", "").split("~") if place][-STEPS_BACK:]

    def query(self, **changes: Any) -> str:
        """The address's query with changes; empty values are left out."""
        values = {"q": self.q, "sort": self.sort} | changes
        return urlencode({key: value for key, value in values.items() if value})

    def next(self, cursor: Cursor) -> str:
        """The query of the next page, which knows the way back."""
        trail = [*self.trail, self.after or "-"][-STEPS_BACK:]
        return self.query(after=cursor.encode(), trail="~".join(trail))

    def previous(self) -> str | None:
        """The query of the page before; None on the first one."""
        if not self.after:
            return None
        before = self.trail[-1] if self.trail else "-"
        return self.query(after="" if before == "-" else before, trail="~".join(self.trail[:-1]))


@require_safe
def list_page(request: StaffRequest, key: str) -> HttpResponse:
    """A page of the records that the person may see."""
    module = asked_module(request.user, key)
    asked = Asked(request)
    columns = list_columns(request.user, module)
    context: dict[str, Any] = {
        "module": module,
        "asked": asked,
        "headings": [_heading(info, asked.sort) for info in columns],
        "may_create": can(request.user, "create", module),
        "count_query": asked.query(sort=""),
    }
    status = 200
    try:
        context |= _rows(request.user, module, columns, asked)
    except (FieldRefused, BadCursor, TooSlow) as refused:
        context["refused"] = str(refused)
        status = 400
    return render(request, "crm/list.html", context, status=status)


def _rows(user: User, module: ModuleInfo, columns: list[FieldInfo], asked: Asked) -> dict[str, Any]:
    after = Cursor.decode(asked.after) if asked.after else None
    found = page(
        user, module, where=_where(user, module, asked.q), sort=Sort.parse(asked.sort), after=after, size=SIZE
    )
    stored = [stored_of(module, row) for row in found.rows]
    keys = [info.key for info in columns]
    names = load_names(user, (pointer for row in stored for pointer in pointers(module, row.values, keys)))
    return {
        "rows": [_row(user, module, row, columns, names) for row in stored],
        "next": asked.next(found.next) if found.next else None,
        "previous": asked.previous(),
    }


def _row(user: User, module: ModuleInfo, row: Stored, columns: list[FieldInfo], names: Any) -> Row:
    shown = [cell(info, row.values, names) for info in columns if info.key != "name"]
    return Row(row.id, name_of(user, module, row), shown)


def _where(user: User, module: ModuleInfo, text: str) -> Q | None:
    return search_condition(user, module, text)


def _heading(info: FieldInfo, sort: str) -> Heading:
    number = info.type.key in ("integer", "decimal", "money", "percent")
    if not info.sorted or not can_be_sorted(info):
        return Heading(info.label, number)
    now = {info.key: "ascending", f"-{info.key}": "descending"}.get(sort, "")
    return Heading(info.label, number, f"-{info.key}" if now == "ascending" else info.key, now)


@require_safe
def count_fragment(request: StaffRequest, key: str) -> HttpResponse:
    """How many records there are: exact to 10,000, then "10,000+"; exact with `?exact=1`."""
    module = asked_module(request.user, key)
    asked = Asked(request)
    where = _where(request.user, module, asked.q)
    try:
        found = count(request.user, module, where=where, cap=None if request.GET.get("exact") else 10_000)
    except TooSlow:
        found = None
    context = {"module": module, "found": found, "exact_query": asked.query(sort="", exact=1)}
    return render(request, "crm/list_count.html", context)
