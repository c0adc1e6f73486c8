"""The panels that every record page has at its side: tasks, notes and files."""

# ruff: noqa: ARG002 — one signature for all panels

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from crm.door.files import is_shown
from crm.door.reading import Stored
from crm.models import Attachment, Note, RecordLink, User
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from crm.views.record_panels import Panel, register_panel
from crm.visibility import can, visible_to

NOTES = 10
TASKS = 10
FILES = 50
PREVIEW_BYTES = 5 * 2**20  # larger pictures are not loaded only to be seen small


@register_panel
class TasksPanel(Panel):
    """The record's tasks."""

    key, template, position = "tasks", "crm/records/tasks.html", 20

    def context(self, user: User, module: ModuleInfo, stored: Stored) -> dict[str, Any] | None:
        tasks = tasks_of(user, stored.id)
        if tasks is None:
            return None
        may_create = can(user, "create", registry().module("tasks"))
        return {"tasks": tasks, "may_create": may_create, "today": timezone.localdate()}


@register_panel
class NotesPanel(Panel):
    """The record's latest notes, and a place to write one."""

    key, template, position = "notes", "crm/parts/notes.html", 30

    def context(self, user: User, module: ModuleInfo, stored: Stored) -> dict[str, Any]:
        return notes_of(stored.id)


@register_panel
class FilesPanel(Panel):
    """The record's files."""

    key, template, position = "files", "crm/records/files.html", 40

    def context(self, user: User, module: ModuleInfo, stored: Stored) -> dict[str, Any]:
        rows = Attachment.objects.filter(record_id=stored.id).select_related("author")[:FILES]
        return {"files": [shown_file(row) for row in rows], "most_bytes": settings.CRM_FILE_MAX_BYTES}


def notes_of(record_id: int, before: int | None = None) -> dict[str, Any]:
    """The record's latest notes or those before one, and where the older ones begin."""
    rows = Note.objects.filter(Q(pk__lt=before) if before else Q(), record_id=record_id)
    found = list(rows.select_related("author")[: NOTES + 1])
    return {"notes": found[:NOTES], "older": found[NOTES - 1].pk if len(found) > NOTES else None}


def shown_file(attachment: Attachment) -> dict[str, Any]:
    """A file as the page lists it."""
    picture = attachment.content_type.startswith("image/") and is_shown(attachment.content_type)
    return {
        "id": attachment.pk,
        "name": attachment.name,
        "size": attachment.size,
        "at": attachment.at,
        "author": attachment.author,
        "is_picture": picture,
        "has_preview": picture and attachment.size <= PREVIEW_BYTES,
    }


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
