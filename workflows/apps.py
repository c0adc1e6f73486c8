"""Workflow automation's application."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class WorkflowsConfig(AppConfig):
    """Rules, assignment, actions and their runs."""

    name = "workflows"
    verbose_name = _("Workflow automation")

    def ready(self) -> None:
        from workflows import (  # noqa: F401 — register themselves
            assignment_documents,
            demo,
            email_templates,
            kinds,
            rule_documents,
            triggers,
            undoing,
        )
        from workflows.views import waiting  # noqa: F401 — adds itself to the record page

        kinds.register()
        triggers.register()
        undoing.register()
        post_migrate.connect(seed, sender=self, dispatch_uid="workflows.seed")


def seed(*, using: str, **_kwargs: Any) -> None:
    """Adds the clock that looks every minute for what is due."""
    from workflows.tasks import set_clock

    set_clock(using)
