"""The first page: what waits for the person."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from crm.models import Notification, User
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.views.asking import StaffRequest
from crm.views.context import icon_of
from crm.views.record_side import task_line
from crm.visibility import can, readable, visible_to

TASKS, RECORDS, MESSAGES, MODULES = 10, 5, 5, 4


@require_safe
def home(request: StaffRequest) -> HttpResponse:
    """My open tasks, what I work on, and the latest messages."""
    user = request.user
    context = {
        "tasks": open_tasks(user),
        "work": open_work(user),
        "latest": Notification.objects.filter(user=user)[:MESSAGES],
        "today": timezone.localdate(),
    }
    return render(request, "crm/home.html", context)


def open_tasks(user: User) -> list[dict[str, Any]] | None:
    """The person's open tasks, those that are due first; None if the profile has no tasks."""
    tasks = registry().modules.get("tasks")
    if tasks is None or not can(user, "view", tasks):
        return None
    mine = visible_to(user, tasks).filter(owner=user, status__in=open_values(tasks.fields["status"]))
    return [task_line(tasks, row) for row in mine.order_by(F("due_date").asc(nulls_last=True), "id")[:TASKS]]


def open_work(user: User) -> list[dict[str, Any]]:
    """The person's newest open records, by module; of modules that know open from closed."""
    work = []
    for module in sorted(registry().modules.values(), key=lambda module: module.position):
        state = state_field(module)
        if (
            state is None
            or module.key == "tasks"
            or not readable(user, module) >= {"name", "owner", state.key}
        ):
            continue
        work.append((module, state))
    return [_work(user, module, state) for module, state in work[:MODULES]]


def _work(user: User, module: ModuleInfo, state: FieldInfo) -> dict[str, Any]:
    rows = visible_to(user, module).filter(owner=user, **{f"{state.columns[0]}__in": open_values(state)})
    shown = [
        {"id": pk, "name": name, "state": state.type.show(value, state)}
        for pk, name, value in rows.order_by("-id").values_list("id", "name", state.columns[0])[:RECORDS]
    ]
    return {"module": module, "icon": icon_of(module), "rows": shown}


def state_field(module: ModuleInfo) -> FieldInfo | None:
    """The picklist that tells open records from closed ones, if the module has one in a column."""
    for info in module.fields.values():
        if info.columns and any("open" in choice.attributes for choice in info.choices.values()):
            return info
    return None


def open_values(state: FieldInfo) -> list[str]:
    """The values of a state that still ask for work."""
    return [key for key, choice in state.choices.items() if choice.attributes.get("open")]
