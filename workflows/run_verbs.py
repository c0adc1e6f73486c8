"""What an admin can do with queued actions: ask for another try, or call them off."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_fsm import can_proceed

from crm.models import User
from crm.people.problems import require_feature
from workflows.models import ActionRun
from workflows.publishing import FEATURE
from workflows.tasks import wake


def retry_runs(*, ids: Iterable[int], actor: User) -> int:
    """Lets failed runs be tried again, at once; returns how many. Others stay as they are."""

    def again(run: ActionRun) -> bool:
        if not can_proceed(run.retry):
            return False
        run.retry()
        run.due_at, run.finished_at = timezone.now(), None
        return True

    count = _each(ids, actor, again)
    if count:
        transaction.on_commit(wake)
    return count


def cancel_runs(*, ids: Iterable[int], actor: User) -> int:
    """Calls waiting runs off; returns how many. One that a worker is carrying out right now goes on."""

    def off(run: ActionRun) -> bool:
        busy = run.lease_until is not None and run.lease_until > timezone.now()
        if busy or not can_proceed(run.cancel):
            return False
        run.cancel(_("Cancelled by %s.") % actor)
        run.finished_at = timezone.now()
        return True

    return _each(ids, actor, off)


@transaction.atomic
def _each(ids: Iterable[int], actor: User, step: Callable[[ActionRun], bool]) -> int:
    """Locks the runs in order, and saves those on which the step was possible."""
    require_feature(actor, FEATURE)
    runs = ActionRun.objects.select_for_update().filter(pk__in=list(ids)).order_by("pk")
    moved = [run for run in runs if step(run)]
    for run in moved:
        run.save()
    return len(moved)
