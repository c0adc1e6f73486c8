"""Actions that run later: rows written with the change that asked for them, claimed by workers."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from crm.models import Cause


class RunState(models.TextChoices):
    """Waiting rows are due or not yet; a failed try leaves a row waiting until its tries are used up."""

    WAITING = "waiting", _("waiting")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class ActionRun(models.Model):
    """One queued action: what, with which input, when; and how it went."""

    kind = models.CharField(_("action"), max_length=40)
    input = models.JSONField(_("input"), default=dict)
    record_id = models.BigIntegerField(_("record"), null=True)
    module = models.CharField(_("module"), max_length=60, null=True)
    cause = models.ForeignKey(
        Cause, models.PROTECT, related_name="+", db_index=False, verbose_name=_("cause")
    )
    key = models.CharField(_("idempotency key"), max_length=120, unique=True)
    asked_by = models.CharField(_("asked for by"), max_length=80, null=True)
    due_at = models.DateTimeField(_("due"))
    state = FSMField(_("state"), default=RunState.WAITING, choices=RunState.choices)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    answer = models.JSONField(_("answer"), default=dict, blank=True)
    lease_until = models.DateTimeField(null=True)
    lease_by = models.CharField(max_length=60, null=True)
    created_at = models.DateTimeField(_("queued"))
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("action run")
        verbose_name_plural = _("action runs")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=models.Q(state=RunState.WAITING), name="run_due"),
            models.Index(fields=["record_id", "-id"], name="run_of_record"),
            models.Index(
                fields=["asked_by", "id"], condition=models.Q(asked_by__isnull=False), name="run_asked_by"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    @transition(field=state, source=RunState.WAITING, target=RunState.DONE)
    def succeed(self, answer: dict[str, Any]) -> None:
        """The action was carried out."""
        self.answer = answer

    @transition(field=state, source=RunState.WAITING, target=RunState.FAILED)
    def fail(self, error: str) -> None:
        """The action will not be tried again by itself."""
        self.answer = {**self.answer, "error": error}

    @transition(field=state, source=RunState.FAILED, target=RunState.WAITING)
    def retry(self) -> None:
        """An admin asks for another try."""
        self.attempts = 0

    @transition(field=state, source=RunState.WAITING, target=RunState.CANCELLED)
    def cancel(self, reason: str) -> None:
        """The action is no longer wanted."""
        self.answer = {"reason": reason}


class Wake(models.Model):
    """One row: whether the workers have been woken and have not begun yet, so that one task is enough."""

    waiting = models.BooleanField(default=False)

    def __str__(self) -> str:
        return str(self.waiting)
