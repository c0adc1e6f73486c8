"""The stage of the assignment rules: who becomes the owner."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from crm.criteria import Context
from crm.door import Batch, CauseNode, Draft, Notice, Verb
from crm.door.stages.base import Stage
from crm.door.storage import update_rows
from crm.models import User
from workflows.assignment_documents import CompiledAssignment, Entry, assignments, on_create_rules
from workflows.models import RoundRobinCursor
from workflows.rows import Now, load_links

MEMORY = "assignment"


@dataclass
class Memory:
    """What the stage knows of a batch: who has been looked at, whose turn it is, and why."""

    context: Context
    seen: set[int] = field(default_factory=set)
    turns: dict[str, Turns] = field(default_factory=dict)
    people: dict[int, User] = field(default_factory=dict)
    causes: dict[str, CauseNode] = field(default_factory=dict)


@dataclass
class Turns:
    """A locked round robin: its row, who is there today (sorted ids), and who had the last turn."""

    row: RoundRobinCursor
    present: list[int]
    last: int | None
    moved: bool = False

    def next(self) -> int | None:
        """The next of those who are there; None if nobody is."""
        if not self.present:
            return None
        place = 0 if self.last is None else bisect_right(self.present, self.last)
        self.last, self.moved = self.present[place % len(self.present)], True
        return self.last


class AssignmentStage(Stage):
    """Gives a record an owner, once per change: the first entry whose criteria match decides.

    New records without an owner, where a live rule runs on creation; and whatever a caller asks a rule
    for: `options["assignment"]` is its key, and records whose change has a `ref` in
    `options["assignment_skips"]` are left alone.
    """

    key = "assignment"

    def decide(self, batch: Batch, drafts: Sequence[Draft]) -> None:
        asked = batch.options.get("assignment")
        if not asked and not on_create_rules():
            return
        memory = _memory(batch)
        fresh = [draft for draft in drafts if draft.id not in memory.seen]
        memory.seen.update(draft.id for draft in fresh)
        chosen: dict[str, tuple[CompiledAssignment, list[Draft]]] = {}
        for draft in fresh:
            if (rule := _rule_for(batch, draft, asked)) is not None:
                chosen.setdefault(rule.key, (rule, []))[1].append(draft)
        matched = [
            (rule, entry, draft)
            for rule, group in chosen.values()
            for draft, entry in _matches(batch, memory, rule, group)
        ]
        _read_people(memory, [entry for _rule, entry, _draft in matched])
        _lock(memory, [entry for _rule, entry, _draft in matched])
        for rule, entry, draft in matched:
            _give(batch, memory, rule, entry, draft)

    def write(self, batch: Batch) -> None:
        memory: Memory | None = batch.memory.get(MEMORY)
        moved = [turns for turns in memory.turns.values() if turns.moved] if memory else []
        update_rows(RoundRobinCursor, ("id", "last_user_id"), [(turns.row.pk, turns.last) for turns in moved])


def _memory(batch: Batch) -> Memory:
    if MEMORY not in batch.memory:
        batch.memory[MEMORY] = Memory(Context(batch.now, settings.TIME_ZONE, batch.actor))
    memory: Memory = batch.memory[MEMORY]
    return memory


def _rule_for(batch: Batch, draft: Draft, asked: str | None) -> CompiledAssignment | None:
    """The rule that decides on the draft's owner, if one does."""
    if draft.verb not in (Verb.CREATE, Verb.EDIT):
        return None
    if asked and draft.changes:
        rule = assignments().get(asked)
        if rule is not None and rule.module == draft.module.key:
            return None if _skipped(draft, batch.options.get("assignment_skips", ())) else rule
    if draft.verb is Verb.CREATE and draft.after.get("owner") is None:
        return on_create_rules().get(draft.module.key)
    return None


def _skipped(draft: Draft, skips: Collection[Any]) -> bool:
    return bool(skips) and any(change.ref in skips for change in draft.changes)


def _matches(
    batch: Batch, memory: Memory, rule: CompiledAssignment, drafts: list[Draft]
) -> list[tuple[Draft, Entry]]:
    """Each draft with the first entry that matches it."""
    load_links(batch, drafts, rule.linked_paths)
    found = []
    for draft in drafts:
        row = Now(draft)
        for entry in rule.entries:
            if entry.criteria.matches(row, memory.context):
                found.append((draft, entry))
                break
    return found


def _read_people(memory: Memory, entries: Sequence[Entry]) -> None:
    """Everybody who may be given a record, as they are now: absence and leaving count at once."""
    wanted = {pk for entry in entries for pk in entry.pool} - memory.people.keys()
    if wanted:
        memory.people.update(User.objects.in_bulk(wanted))


def _lock(memory: Memory, entries: Sequence[Entry]) -> None:
    """Locks the turns of these entries until the transaction ends, in order of their names, everywhere."""
    wanted = {entry.cursor: entry for entry in entries if entry.in_turn and entry.cursor not in memory.turns}
    if not wanted:
        return
    rows = _locked(wanted)
    if len(rows) < len(wanted):
        missing = sorted(wanted.keys() - {row.entry for row in rows})
        RoundRobinCursor.objects.bulk_create(
            [RoundRobinCursor(entry=name) for name in missing], ignore_conflicts=True
        )
        rows = _locked(wanted)
    for row in rows:
        present = [pk for pk in wanted[row.entry].pool if _is_there(memory, pk)]
        memory.turns[row.entry] = Turns(row, present, row.last_user_id)


def _locked(names: Collection[str]) -> list[RoundRobinCursor]:
    return list(RoundRobinCursor.objects.select_for_update().filter(entry__in=list(names)).order_by("entry"))


def _is_there(memory: Memory, pk: int) -> bool:
    """Active, and not absent on the day it is where the person lives."""
    user = memory.people.get(pk)
    if user is None or not user.is_active:
        return False
    return not user.is_absent(memory.context.now.astimezone(ZoneInfo(user.time_zone)).date())


def _give(batch: Batch, memory: Memory, rule: CompiledAssignment, entry: Entry, draft: Draft) -> None:
    """Makes the one whose turn it is the owner; the cause says which entry it was."""
    owner = _chosen(memory, entry)
    cause = _cause(batch, memory, rule, entry)
    if owner is None:
        message = _("Entry %s: nobody is there to get the record.") % entry.number
        batch.notices.append(Notice(draft.id, rule.name, "owner", message, cause))
        return
    batch.set(draft, "owner", owner, cause)


def _chosen(memory: Memory, entry: Entry) -> int | None:
    """Whom the entry names, or whose turn it is; None if nobody is there."""
    if entry.in_turn:
        return memory.turns[entry.cursor].next()
    return next((pk for pk in entry.pool if pk in memory.people and memory.people[pk].is_active), None)


def winner(batch: Batch, draft: Draft, key: str, parent: CauseNode) -> tuple[int, CauseNode] | None:
    """Whom a live assignment rule gives one record, and the entry as a cause below `parent`; None for nobody.

    It takes the turn, as an assignment does: the cursor moves with the batch.
    """
    rule = assignments().get(key)
    if rule is None:
        return None
    memory = _memory(batch)
    for _draft, entry in _matches(batch, memory, rule, [draft]):
        _read_people(memory, [entry])
        _lock(memory, [entry])
        if (owner := _chosen(memory, entry)) is not None:
            return owner, _cause(batch, memory, rule, entry, parent)
    return None


def _cause(
    batch: Batch, memory: Memory, rule: CompiledAssignment, entry: Entry, parent: CauseNode | None = None
) -> CauseNode:
    """The entry's cause, one for all records of the batch that get there for the same reason."""
    mark = entry.cursor if parent is None else f"{entry.cursor} {id(parent)}"
    if mark not in memory.causes:
        label = _("%(rule)s, entry %(number)s") % {"rule": rule.name, "number": entry.number}
        memory.causes[mark] = batch.new_cause(
            "assignment",
            label,
            parent=parent,
            document_id=rule.document_id,
            detail={"assignment": rule.key, "entry": entry.key},
        )
    return memory.causes[mark]
