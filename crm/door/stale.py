"""Two people at once: what others changed since is reported, and never overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from crm.door.batch import Batch, Draft
from crm.models import History


@dataclass(frozen=True)
class Moved:
    """What a field was when the person saw it, as dumped, and the last change since."""

    seen: Any
    last: History


def check_versions(_batch: Batch, drafts: Sequence[Draft]) -> None:
    """Refuses fields that somebody changed after the version the person saw, unless to the same value.

    A field that comes back as the person saw it was not touched by the person: a form sends them all.
    It keeps what others made of it.
    """
    seen_at = {draft.id: seen for draft in drafts if (seen := _seen(draft)) is not None}
    versions = {draft.id: draft.version for draft in drafts}
    stale = {record_id: seen for record_id, seen in seen_at.items() if seen < versions[record_id]}
    if not stale:
        return
    moved: dict[int, dict[str, Moved]] = {}
    rows = History.objects.filter(record_id__in=stale, version__gt=min(stale.values())).order_by("id")
    for row in rows.select_related("actor"):
        if row.version <= stale[row.record_id]:
            continue
        fields = moved.setdefault(row.record_id, {})
        for key, change in row.changes.items():
            fields[key] = Moved(fields[key].seen if key in fields else change[0], row)
    for draft in drafts:
        for key, change in moved.get(draft.id, {}).items():
            if key in draft.entered and draft.entered[key] != draft.before_value(key):
                _settle(draft, key, change)


def _settle(draft: Draft, key: str, change: Moved) -> None:
    info = draft.module.field(key)
    seen = info.type.empty if change.seen is None else info.type.parse(change.seen, info)
    if draft.entered[key] == seen:
        del draft.entered[key]
        draft.after[key] = draft.before_value(key)
    else:
        _report(draft, key, change.last)


def _seen(draft: Draft) -> int | None:
    versions = [change.version for change in draft.changes if change.version is not None]
    return min(versions) if versions else None


def _report(draft: Draft, key: str, row: History) -> None:
    info = draft.module.field(key)
    current: Any = draft.before_value(key)
    who = str(row.actor) if row.actor else _("a rule")
    message = _("%(who)s changed %(field)s in the meantime to “%(value)s”.")
    text = message % {"who": who, "field": info.label, "value": info.type.show(current, info)}
    dumped = None if current is None else info.type.dump(current, info)
    draft.refuse(key, "stale", text, current=dumped, who=who, version=draft.version)
