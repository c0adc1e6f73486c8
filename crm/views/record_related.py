"""Related lists: the records of other modules whose links point at this one, a few of each at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from crm.lists.columns import usual_keys
from crm.models import RecordLink, User
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.views.asking import StaffRequest, asked_record, not_found
from crm.views.context import icon_of
from crm.views.showing import NUMBERS, cell, load_names, name_of, pointers, stored_of
from crm.visibility import Access, Count, TooSlow, can, count, fields_of, page, readable

SHOWN = 5
COLUMNS = 3  # beside the name
CAP = 100
PANELS = frozenset({("tasks", "related")})  # links that a panel of the page shows


@dataclass(frozen=True)
class Related:
    """A link field of a module that may point at the record, as a list of the page."""

    module: ModuleInfo
    field: FieldInfo
    title: str
    icon: str
    new: str = ""  # the address that makes another one; "" if the person may not
    all: str = ""  # the address of all of them


def pointing_here(user: User, module: ModuleInfo, record_id: int) -> list[Related]:
    """The lists that the record's page offers to this person, in the order of the modules."""
    found = []
    for other in sorted(registry().modules.values(), key=lambda other: other.position):
        if can(user, "view", other):
            fields = list(_links(user, other, module))
            found += [_related(user, module, record_id, info, len(fields) > 1) for info in fields]
    return found


def _links(user: User, other: ModuleInfo, module: ModuleInfo) -> Iterator[FieldInfo]:
    allowed = readable(user, other)
    for info in other.link_fields:
        fits = info.type.family == "any_link" or info.target == module.key
        if fits and info.key in allowed and (other.key, info.key) not in PANELS:
            yield info


def _related(user: User, module: ModuleInfo, record_id: int, info: FieldInfo, several: bool) -> Related:
    other = registry().module(info.module)
    named = several or info.system or other.key == module.key
    title = f"{other.label_plural} · {info.label}" if named else other.label_plural
    any_link = info.type.family == "any_link"
    new = ""
    if can(user, "create", other) and fields_of(user, other)[info.key] is Access.EDIT and not info.system:
        pointer = f"{module.key}:{record_id}" if any_link else str(record_id)
        new = f"{reverse('new', args=[other.key])}?{urlencode({info.key: pointer})}"
    value = [module.key, record_id] if any_link else record_id
    criteria = {"conditions": [{"field": info.key, "operator": "is", "value": value}]}
    everything = f"{reverse('list', args=[other.key])}?{urlencode({'filter': json.dumps(criteria)})}"
    return Related(other, info, title, icon_of(other), new, everything)


@require_safe
@vary_on_headers("HX-Request")
def related(request: StaffRequest, key: str, pk: int, other: str, field: str) -> HttpResponse:
    """One related list: a card for htmx, a page of its own without JavaScript."""
    module, stored = asked_record(request.user, key, pk)
    lists = pointing_here(request.user, module, pk)
    asked = next((one for one in lists if (one.module.key, one.field.key) == (other, field)), None)
    if asked is None:
        not_found()
    context = {"module": module, "record": stored, "name": name_of(request.user, module, stored)}
    context |= {"list": asked, **_rows(request.user, asked, pk)}
    template = "crm/records/related.html" if request.htmx else "crm/records/related_page.html"
    return render(request, template, context)


def _rows(user: User, asked: Related, record_id: int) -> dict[str, Any]:
    links = RecordLink.objects.filter(to_id=record_id, from_module=asked.module.key, field=asked.field.key)
    where = Q(pk__in=links.values("from_id"))
    try:
        found = page(user, asked.module, where=where, size=SHOWN)
        number = Count(len(found.ids), True)
        if found.next:
            number = count(user, asked.module, where=where, cap=CAP)
    except TooSlow as slow:
        return {"refused": str(slow)}
    keys = [key for key in usual_keys(user, asked.module) if key not in ("name", asked.field.key)][:COLUMNS]
    infos = [asked.module.fields[key] for key in keys]
    rows = [stored_of(asked.module, row) for row in found.rows]
    names = load_names(user, (p for row in rows for p in pointers(asked.module, row.values, keys)))
    shown = [
        {
            "id": row.id,
            "name": name_of(user, asked.module, row),
            "cells": [cell(info, row.values, names) for info in infos],
        }
        for row in rows
    ]
    return {
        "rows": shown,
        "headings": [(info.label, info.type.key in NUMBERS) for info in infos],
        "number": number,
    }
