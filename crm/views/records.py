"""The page of one record: its fields in sections, notes, tasks and timeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from crm.door.reading import Stored
from crm.fields.links import Ref
from crm.fields.numbers import babel_locale
from crm.models import Note, RecordLink, User
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.views.asking import StaffRequest, asked_record
from crm.views.context import icon_of
from crm.views.showing import Cell, Names, cell, load_names, name_of, pointers, told_fields
from crm.views.timeline import read_timeline
from crm.visibility import can, editable_ids, readable, visible_to

NOTES = 20
TASKS = 10
LINE_NUMBERS = {
    "quantity": "#,##0.####", "price": "#,##0.00", "discount": "#,##0.##", "tax": "#,##0.##",
    "total": "#,##0.00",
}  # fmt: skip


@dataclass
class ShownSection:
    """A headed part of the page."""

    key: str
    label: str
    cells: list[Cell] = field(default_factory=list)


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
    return {
        "module": module,
        "icon": icon_of(module),
        "record": stored,
        "name": name_of(user, module, stored),
        "sections": [section for section in sections if section.key != "system"],
        "system": [section for section in sections if section.key == "system"],
        "lines": lines_of(stored.values, names) if "lines" in allowed else [],
        "notes": Note.objects.filter(record_id=stored.id).select_related("author")[:NOTES],
        "tasks": tasks_of(user, stored.id),
        "may_edit": bool(editable_ids(user, module, [stored.id])),
        "may_delete": bool(editable_ids(user, module, [stored.id], verb="delete")),
        "timeline": read_timeline(user, module, stored.id),
    }


def sections_of(
    module: ModuleInfo, values: Mapping[str, Any], allowed: list[str], names: Names
) -> list[ShownSection]:
    """The fields that the person may read, by section; those without one come first."""
    sections = {None: ShownSection("", "")} | {
        section.key: ShownSection(section.key, section.label) for section in module.sections
    }
    for key in allowed:
        info = module.fields[key]
        if info.type.family != "lines" and not _says_nothing(info, values):
            sections.get(info.section, sections[None]).cells.append(cell(info, values, names))
    return [section for section in sections.values() if section.cells or section.key == "lines"]


def _says_nothing(info: FieldInfo, values: Mapping[str, Any]) -> bool:
    """Whether it is the title above, or repeats an amount that is in the company's currency already."""
    base_of = info.options.get("base_of")
    return info.key == "name" or (base_of is not None and values.get(info.key) == values.get(base_of))


def lines_of(values: Mapping[str, Any], names: Names) -> list[dict[str, Any]]:
    """The line items with the names of their products, and numbers as people write them."""
    shown = []
    for line in values.get("lines") or []:
        name = names.record(Ref("products", line["product"])) if line["product"] else ""
        row = {"name": name, "text": line["text"]}
        for key, pattern in LINE_NUMBERS.items():
            row[key] = format_decimal(Decimal(line[key]), format=pattern, locale=babel_locale())
        shown.append(row)
    return shown


def tasks_of(user: User, record_id: int) -> list[dict[str, Any]] | None:
    """The record's tasks that the person may see, newest first; None if the profile has no tasks."""
    tasks = registry().modules.get("tasks")
    if tasks is None or not can(user, "view", tasks):
        return None
    ids = RecordLink.objects.filter(to_id=record_id, from_module="tasks", field="related")
    rows = visible_to(user, tasks).filter(pk__in=ids.values("from_id")).order_by("-id")[:TASKS]
    return [task_line(tasks, row) for row in rows]


def task_line(tasks: ModuleInfo, row: Any) -> dict[str, Any]:
    """A task as one line: name, status, due date, and whether it is done."""
    status, due = tasks.fields["status"], tasks.fields["due_date"]
    choice = status.choices.get(row.status or "")
    return {
        "id": row.pk,
        "name": row.name,
        "status": status.type.show(row.status, status),
        "due": due.type.show(row.due_date, due),
        "due_date": row.due_date,
        "open": choice is None or choice.attributes.get("open", True),
    }


@require_safe
def timeline_fragment(request: StaffRequest, key: str, pk: int) -> HttpResponse:
    """Older entries of the timeline: alone for htmx, in a page of their own without JavaScript."""
    module, stored = asked_record(request.user, key, pk)
    text = request.GET.get("before", "")
    before = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
    context = {
        "module": module,
        "record": stored,
        "name": name_of(request.user, module, stored),
        "timeline": read_timeline(request.user, module, stored.id, before),
    }
    return render(request, "crm/timeline_entries.html" if request.htmx else "crm/timeline.html", context)
