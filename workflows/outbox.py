"""What a batch's actions ask for beyond its records: written with it, and then the workers are woken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.door import Batch, Draft
from crm.door.preview import FORESEES
from crm.door.storage import insert_rows
from crm.door.writing import write_causes
from workflows.calling_off import call_off
from workflows.kinds.base import Firing, QueuedKind, foreseen
from workflows.models import ActionRun, RunState
from workflows.rows import load_links

WAITING = "runs"
COLUMNS = (
    "kind", "input", "record_id", "module", "cause_id", "key", "asked_by", "due_at", "state", "attempts",
    "answer", "created_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """A run that an action asked for; its input is worked out when the record's values are final."""

    kind: QueuedKind
    firing: Firing
    prepared: Any
    due_at: datetime
    asked_by: str | None = None
    words: str = ""


def enqueue(
    kind: QueuedKind,
    firing: Firing,
    prepared: Any,
    due_at: datetime | None = None,
    *,
    asked_by: str | None = None,
    words: str = "",
) -> None:
    """Asks for a run of the action, now or later.

    What the same asks for again for a record takes the place of its runs that still wait; `asked_by` names
    it, such as a rule. `words` say what it is, in a preview; the kind's label if not given.
    """
    asked = Asked(kind, firing, prepared, due_at or firing.batch.now, asked_by, words)
    firing.batch.memory.setdefault(WAITING, []).append(asked)


@FORESEES.append
def words(batch: Batch, draft: Draft) -> list[str]:
    """What a preview says of a record's runs: each action, and the rule that asks for it."""
    asked: list[Asked] = batch.memory.get(WAITING, [])
    return [
        f"{line} ({one.firing.cause.label})"
        for one in asked
        if one.firing.draft is draft
        for line in ([one.words] if one.words else foreseen(one.kind, one.firing, one.prepared))
    ]


def write_outbox(batch: Batch) -> None:
    """Stores what the batch's actions asked for, in a fixed number of statements; in none if nothing was."""
    told: list[Asked] = batch.memory.pop(WAITING, [])
    asked = [one for one in told if one.firing.draft.id in batch.drafts]  # some are taken back
    if not asked:
        return
    write_causes(batch)  # a batch that in the end changed no record has not written them yet
    _load_links(batch, asked)
    for kind in {one.kind for one in asked if one.kind.with_change}:
        kind.store(batch, [(one.firing, one.prepared) for one in asked if one.kind is kind])
    _replace(asked)
    later = [one for one in asked if not one.kind.with_change]
    insert_rows(ActionRun, COLUMNS, [_row(batch, one) for one in later])
    if any(one.due_at <= batch.now for one in later):
        from workflows.tasks import wake

        transaction.on_commit(wake, robust=True)


def _replace(asked: list[Asked]) -> None:
    """Calls off what the same has asked for the same records before; none of it is in this batch yet."""
    records: dict[str, set[int]] = {}
    for one in asked:
        if one.asked_by is not None and not one.firing.draft.is_new:
            records.setdefault(one.asked_by, set()).add(one.firing.draft.id)
    for name, ids in sorted(records.items()):
        earlier = ActionRun.objects.filter(asked_by=name, record_id__in=ids)
        call_off(earlier, _("The rule acted on the record again."))


def _load_links(batch: Batch, asked: list[Asked]) -> None:
    """The linked values that inputs read, once per module."""
    drafts: dict[str, dict[int, Draft]] = {}
    paths: dict[str, set[str]] = {}
    for one in asked:
        draft = one.firing.draft
        drafts.setdefault(draft.module.key, {})[draft.id] = draft
        paths.setdefault(draft.module.key, set()).update(one.kind.paths(one.prepared))
    for module, wanted in paths.items():
        load_links(batch, list(drafts[module].values()), wanted)


def _row(batch: Batch, asked: Asked) -> tuple[Any, ...]:
    """The key is unique, since a rule acts at most once per record and original change."""
    firing = asked.firing
    key = f"{firing.cause.id}:{firing.draft.id}:{firing.place}"
    return (
        asked.kind.key, asked.kind.input(firing, asked.prepared), firing.draft.id, firing.draft.module.key,
        firing.cause.id, key, asked.asked_by, asked.due_at, RunState.WAITING.value, 0, {}, batch.now,
    )  # fmt: skip
