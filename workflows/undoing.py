"""What an undone job set going in the background: what still waits is called off, what has gone is told."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_fsm import can_proceed

from crm.jobs.undoing import ALSO_UNDONE
from crm.models import Cause
from workflows.models import ActionRun, RunState
from workflows.models.webhooks import WEBHOOK_KIND

CHUNK = 500
MAIL = "send_email"


def register() -> None:
    """Makes undoing a job call its actions off."""
    ALSO_UNDONE.append(call_off)


def call_off(root_id: int) -> list[str]:
    """Cancels waiting actions that a root cause led to; tells how many, and what cannot be called back."""
    cancelled = _cancel_waiting(root_id)
    runs = _runs_of(root_id)
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


def _cancel_waiting(root_id: int) -> int:
    """Calls off what no worker is carrying out, some at a time in order of id; returns how many."""
    count, after = 0, 0
    while True:
        with transaction.atomic():
            waiting = _runs_of(root_id).filter(state=RunState.WAITING, pk__gt=after).order_by("pk")
            runs = list(waiting.select_for_update()[:CHUNK])
            count += _cancel(runs)
        if len(runs) < CHUNK:
            return count
        after = runs[-1].pk


def _cancel(runs: list[ActionRun]) -> int:
    now, reason, off = timezone.now(), _("What asked for this was undone."), []
    for run in runs:
        busy = run.lease_until is not None and run.lease_until > now
        if not busy and can_proceed(run.cancel):
            run.cancel(reason)
            off.append(run)
    if not off:
        return 0
    waiting = ActionRun.objects.filter(pk__in=[run.pk for run in off], state=RunState.WAITING)
    return waiting.update(state=off[0].state, answer=off[0].answer, finished_at=now)
