"""The panel of the record page that tells which actions rules have put off."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from crm.door.reading import Stored
from crm.models import User
from crm.modules.registry import ModuleInfo
from crm.views.record_panels import Panel, register_panel
from crm.visibility import has_feature
from workflows.kinds.base import ACTION_KINDS
from workflows.kinds.scheduled import ScheduledAction
from workflows.models import ActionRun, RunState
from workflows.publishing import FEATURE

SHOWN = 10


@register_panel
class WaitingActions(Panel):
    """Scheduled actions of the record, the next first; admins get to their pages, to call them off."""

    key, template, position = "waiting", "workflows/waiting.html", 40

    def context(self, user: User, module: ModuleInfo, stored: Stored) -> dict[str, Any] | None:  # noqa: ARG002
        runs = list(
            ActionRun.objects.filter(
                record_id=stored.id, state=RunState.WAITING, kind=ScheduledAction.key
            ).order_by("due_at", "id")[: SHOWN + 1]
        )
        if not runs:
            return None
        may_cancel = has_feature(user, FEATURE)
        return {
            "runs": [
                {
                    "action": ACTION_KINDS[run.input["kind"]].label,
                    "rule": run.input["rule"],
                    "due_at": run.due_at,
                    "url": reverse("admin:workflows_actionrun_change", args=[run.pk]) if may_cancel else "",
                }
                for run in runs[:SHOWN]
            ],
            "more": len(runs) > SHOWN,
        }
