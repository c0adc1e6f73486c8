"""What an undone job set going in the background: what still waits is called off, what has gone is told."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.jobs.undoing import ALSO_UNDONE
from crm.models import Cause
from workflows.calling_off import call_off
from workflows.models import ActionRun, RunState
from workflows.models.webhooks import WEBHOOK_KIND

MAIL = "send_email"


def register() -> None:
    """Makes undoing a job call its actions off."""
    ALSO_UNDONE.append(call_off_runs)


def call_off_runs(root_id: int) -> list[str]:
    """Cancels waiting actions that a root cause led to; tells how many, and what cannot be called back."""
    runs = _runs_of(root_id)
    cancelled = call_off(runs, _("What asked for this was undone."))
    done = runs.filter(state=RunState.DONE)
    gone, called = done.filter(kind=MAIL).count(), done.filter(kind=WEBHOOK_KIND).count()
    busy = runs.filter(state=RunState.WAITING).count()
    told = []
    if cancelled:
        message = ngettext(
            "%s waiting action was cancelled.", "%s waiting actions were cancelled.", cancelled
        )
        told.append(message % cancelled)
    if gone:
        message = ngettext(
            "%s mail has gone already; it cannot be called back.",
            "%s mails have gone already; they cannot be called back.",
            gone,
        )
        told.append(message % gone)
    if called:
        message = ngettext(
            "%s webhook has been called already; it cannot be called back.",
            "%s webhooks have been called already; they cannot be called back.",
            called,
        )
        told.append(message % called)
    if busy:
        message = ngettext(
            "%s action was being carried out just then and goes on.",
            "%s actions were being carried out just then and go on.",
            busy,
        )
        told.append(message % busy)
    return told


def _runs_of(root_id: int) -> QuerySet[ActionRun]:
    causes = Cause.objects.filter(Q(pk=root_id) | Q(root_id=root_id))
    return ActionRun.objects.filter(cause__in=causes.values("pk"))
