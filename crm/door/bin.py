"""The bin: records that were deleted, until they are restored or purged.

Who may delete records of a module, and could change a record, finds it in the bin, restores it, and
purges it. What has been in the bin for longer than the company wants is purged by `purge_bin`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from django.db.models import Q, Value
from django.db.models.lookups import Contains
from django.utils import timezone

from crm.criteria.text import fold
from crm.door.apply import apply
from crm.door.batch import CauseNode
from crm.door.changes import Change, Outcome, Source, Verb
from crm.models import User
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from crm.visibility import Viewer, can, readable
from crm.visibility.branches import reaches
from crm.visibility.columns import searched_value
from crm.visibility.rows import any_of

BLOCK = 2000


def in_bin(user: User, module: ModuleInfo, text: str = "") -> Any:
    """The module's records in the bin that the person may restore or purge; last deleted first.

    `text` leaves those in whose searched fields it occurs.
    """
    rows = module.rows().filter(binned_at__isnull=False).order_by("-binned_at", "-id")
    if not can(user, "delete", module):
        return rows.none()
    reached = rows.filter(any_of(reaches(Viewer(user, module, edit=True))))
    return reached.filter(_matching(user, module, text)) if text else reached


def _matching(user: User, module: ModuleInfo, text: str) -> Q:
    """Rows in whose searched fields the text occurs. The search's own indexes hold live records only."""
    found = Q()
    allowed = readable(user, module)
    for info in module.fields.values():
        if info.searched and info.type.family == "text" and info.key in allowed:
            found |= Q(Contains(searched_value(info), Value(fold(text))))
    return found or Q(pk__in=())


def restore(
    module: str, ids: Sequence[int], *, actor: User | None, source: Source = Source.PAGE,
    mode: Literal["all", "each"] = "all",
) -> Outcome:  # fmt: skip
    """Takes records out of the bin; refused for one whose unique values others have by now."""
    return apply([Change(Verb.RESTORE, module, pk) for pk in ids], actor=actor, source=source, mode=mode)


def purge(
    module: str, ids: Sequence[int], *, actor: User | None, source: Source = Source.PAGE,
    mode: Literal["all", "each"] = "all",
) -> Outcome:  # fmt: skip
    """Deletes records that are in the bin for good. Their history stays, and can't be restored from."""
    return apply([Change(Verb.PURGE, module, pk) for pk in ids], actor=actor, source=source, mode=mode)


def purge_old(days: int, *, now: datetime | None = None) -> Iterator[tuple[str, Outcome]]:
    """Purges what has been in the bin for more than so many days; a block at a time, by module."""
    moment = now or timezone.now()
    cause = CauseNode(Source.CLOCK.value, f"purge_bin --days {days}")
    for key, module in sorted(registry().modules.items()):
        old = module.rows().filter(binned_at__lt=moment - timedelta(days=days)).order_by("id")
        last = 0
        while ids := list(old.filter(id__gt=last).values_list("id", flat=True)[:BLOCK]):
            changes = [Change(Verb.PURGE, key, pk) for pk in ids]
            yield key, apply(changes, actor=None, source=Source.CLOCK, mode="each", cause=cause)
            last = ids[-1]  # one that was refused is not tried again at once
