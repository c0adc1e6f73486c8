"""The stage of the workflow rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from crm.criteria import Context
from crm.door import Batch, CauseNode, Draft, Notice, Verb
from crm.door.derive import derive
from crm.door.stages.base import Stage
from crm.door.storage import insert_rows
from workflows.acting import DUE, Due
from workflows.kinds.base import ACTION_KINDS, ActionProblem, Firing
from workflows.kinds.scheduled import Scheduled, ScheduledAction, asked_by_rule
from workflows.models import Mode, RuleOnce
from workflows.outbox import enqueue, write_outbox
from workflows.rows import Now, Own, before_row, load_links
from workflows.rule_documents import Action, Block, CompiledRule, rule_index
from workflows.triggers.base import events_of

MEMORY = "rules"
Rows = Sequence[tuple[Draft, Own]] | Sequence[tuple[Draft, Now]]


@dataclass
class Memory:
    """What the stage knows of a batch from round to round."""

    context: Context
    acted: dict[str, set[int]] = field(default_factory=dict)  # records by rule
    settled: set[tuple[str, int]] = field(default_factory=set)  # acted, and its criteria are false since
    causes: dict[tuple[str, int], CauseNode] = field(default_factory=dict)
    once_before: set[tuple[str, int]] | None = None
    once_now: list[tuple[str, int]] = field(default_factory=list)


class Match(NamedTuple):
    """A rule whose block matches a record."""

    batch: Batch
    memory: Memory
    rule: CompiledRule
    draft: Draft
    block: Block


class RulesStage(Stage):
    """Judges each live rule once per record and round, in order; later ones see what earlier ones changed."""

    key = "rules"

    def decide(self, batch: Batch, drafts: Sequence[Draft]) -> None:
        act_on_due(batch, drafts)
        index = rule_index()
        for module, group in batch.by_module(_watched(batch, drafts)).items():
            if module in index:
                rules = index[module]
                load_links(batch, group, rules.linked_paths)
                _judge_all(batch, rules.created, [draft for draft in group if draft.is_new])
                _judge_all(batch, rules.edited, [draft for draft in group if _is_edited(draft)])
                _judge_all(batch, rules.deleted, [draft for draft in group if draft.verb is Verb.BIN])
                if rules.event:
                    _judge_all(batch, rules.event, [draft for draft in group if events_of(batch, draft)])

    def write(self, batch: Batch) -> None:
        memory: Memory | None = batch.memory.get(MEMORY)
        if memory is not None and memory.once_now:
            insert_rows(RuleOnce, ("rule", "record_id"), memory.once_now)
        write_outbox(batch)


def _watched(batch: Batch, drafts: Sequence[Draft]) -> list[Draft]:
    """Created, deleted and really edited records, and those to which something else happened.

    Saving the same again is no change.
    """
    return [
        draft
        for draft in drafts
        if draft.verb in (Verb.CREATE, Verb.BIN)
        or (draft.verb is Verb.EDIT and (draft.changed() or events_of(batch, draft)))
    ]


def _is_edited(draft: Draft) -> bool:
    return draft.verb is Verb.EDIT and not draft.is_new


def _memory(batch: Batch) -> Memory:
    if MEMORY not in batch.memory:
        batch.memory[MEMORY] = Memory(Context(batch.now, settings.TIME_ZONE, batch.actor))
    memory: Memory = batch.memory[MEMORY]
    return memory


def _judge_all(batch: Batch, rules: Sequence[CompiledRule], drafts: Sequence[Draft]) -> None:
    """Lets each rule act on those of the drafts for which it fires."""
    if not drafts:
        return
    memory = _memory(batch)
    own = [(draft, Own(draft)) for draft in drafts]
    linked = [(draft, Now(draft)) for draft in drafts]
    for rule in rules:
        if rule.linked_paths:
            load_links(batch, drafts, rule.linked_paths)  # an earlier rule may have set another link
        _judge(batch, memory, rule, linked if rule.linked_paths else own)


def _judge(batch: Batch, memory: Memory, rule: CompiledRule, rows: Rows) -> None:
    tests = [(block, block.criteria.predicate(memory.context)) for block in rule.blocks]
    firing = []
    first, test_first = tests[0]
    others = tests[1:]
    acted = memory.acted.setdefault(rule.key, set())
    kind = rule.trigger_kind
    for draft, row in rows:
        if not kind.by_mode and not kind.fires(rule.wanted, draft, events_of(batch, draft)):
            continue
        block = first if test_first(row) else None
        if block is None and others:
            block = next((block for block, test in others if test(row)), None)
        if block is None:
            if draft.id in acted:
                memory.settled.add((rule.key, draft.id))
        elif draft.id in acted:
            _report_ring(batch, memory, rule, draft)
        elif FITS[rule.mode](Match(batch, memory, rule, draft, block)) and not _made_by(rule, draft):
            firing.append((draft, block))
    if not firing:
        return
    paths = frozenset().union(*(block.paths for _draft, block in firing))
    load_links(batch, [draft for draft, _block in firing], paths)
    for draft, block in firing:
        _act(batch, memory, rule, draft, block)


def _becomes(match: Match) -> bool:
    """New and true, or false before and true now; with the same time and person on both sides."""
    draft, criteria = match.draft, match.block.criteria
    if draft.is_new:
        return True
    if not criteria.linked_paths and not draft.differs_in(criteria.own_fields):
        return False
    before = before_row(match.batch, draft, criteria.linked_paths)
    return not criteria.matches(before, match.memory.context)


def _once(match: Match) -> bool:
    """Never before on this record; asked once for the whole batch."""
    memory, draft = match.memory, match.draft
    if draft.is_new:
        return True
    if memory.once_before is None:
        old = [other.id for other in match.batch.drafts.values() if not other.is_new]
        rows = RuleOnce.objects.filter(record_id__in=old).values_list("rule", "record_id")
        memory.once_before = set(rows)
    return (match.rule.key, draft.id) not in memory.once_before


FITS: dict[str, Callable[[Match], bool]] = {
    Mode.EVERY: lambda _match: True,
    Mode.BECOMES: _becomes,
    Mode.ONCE: _once,
}


def _made_by(rule: CompiledRule, draft: Draft) -> bool:
    """Whether the record exists because of this rule: a rule never fires itself."""
    node = draft.cause
    while node is not None:
        if node.detail.get("rule") == rule.key:
            return True
        node = node.parent
    return False


def _act(batch: Batch, memory: Memory, rule: CompiledRule, draft: Draft, block: Block) -> None:
    """Carries out the actions; one that cannot be is a notice, the others go on."""
    mark = (rule.key, draft.id)
    memory.acted[rule.key].add(draft.id)
    if rule.mode == Mode.ONCE:
        memory.once_now.append(mark)
    cause = _cause(batch, memory, rule, draft)
    for action in block.actions:
        firing = Firing(batch, draft, cause, action.place)
        if action.later is not None:
            _put_off(rule, action, firing)
        else:
            carry_out(action, firing)
    if draft.id in batch.touched:
        derive(batch, [draft])
        if block.criteria.paths and not block.criteria.matches(Now(draft), memory.context):
            memory.settled.add(mark)


def carry_out(action: Action, firing: Firing) -> None:
    """Carries one action out; if it cannot be, that is a notice."""
    draft, cause = firing.draft, firing.cause
    try:
        if action.kind.sets_record and draft.verb is Verb.BIN:
            raise ActionProblem(_("The record is deleted, so nothing of it is changed."))
        action.kind.decide(firing, action.prepared)
    except ActionProblem as problem:
        firing.batch.notices.append(Notice(draft.id, cause.label, problem.field, str(problem), cause))


def _put_off(rule: CompiledRule, action: Action, firing: Firing) -> None:
    """Asks for a run of the action at its time; without a date there is none."""
    later, draft = action.later, firing.draft
    assert later is not None
    due_at = later.due(draft.after.get(later.field) if later.field else None, firing.batch.now)
    if due_at is None:
        label = draft.module.field(later.field).label
        message = _("%(field)s is empty, so “%(action)s” was not scheduled.") % {
            "field": label, "action": action.kind.label,
        }  # fmt: skip
        firing.batch.notices.append(Notice(draft.id, rule.name, later.field, message, firing.cause))
        return
    kind = ACTION_KINDS[ScheduledAction.key]
    assert isinstance(kind, ScheduledAction)
    words = _("%(action)s, scheduled") % {"action": action.kind.label}
    wanted = Scheduled(rule, action)
    enqueue(kind, firing, wanted, due_at, asked_by=asked_by_rule(rule.key), words=words)


def act_on_due(batch: Batch, drafts: Sequence[Draft]) -> None:
    """Carries out, once, what is due for the records whatever changed (`workflows.acting`)."""
    waiting: dict[int, list[Due]] | None = batch.options.get(DUE)
    if not waiting or DUE in batch.memory:
        return
    memory = _memory(batch)
    batch.memory[DUE] = True
    for draft in drafts:
        for due in waiting.get(draft.id, ()):
            due.acted = False  # a batch that is decided again begins anew
            load_links(batch, [draft], due.reads)
            actions = due.choose(Now(draft), memory.context)
            if actions is None:
                continue
            due.acted = True
            memory.acted.setdefault(due.rule, set()).add(draft.id)
            cause = batch.new_cause(
                "rule", due.label, parent=due.parent, document_id=due.document_id, detail=due.detail
            )
            load_links(batch, [draft], frozenset().union(*(a.kind.paths(a.prepared) for a in actions)))
            for action in actions:
                firing = Firing(batch, draft, cause, action.place)
                if action.later is not None and due.schedules is not None:
                    _put_off(due.schedules, action, firing)
                else:
                    carry_out(action, firing)


def _cause(batch: Batch, memory: Memory, rule: CompiledRule, draft: Draft) -> CauseNode:
    """The rule's cause below what it reacted to; one per rule and reason in the batch."""
    parent = _reason(batch, rule, draft)
    mark = (rule.key, id(parent))
    if mark not in memory.causes:
        memory.causes[mark] = batch.new_cause(
            "rule", rule.name, parent=parent, document_id=rule.document_id, detail={"rule": rule.key}
        )
    return memory.causes[mark]


def _reason(batch: Batch, rule: CompiledRule, draft: Draft) -> CauseNode:
    """The latest cause that set a field the rule looks at, else why the record is here."""
    looked_at = rule.own_fields or draft.causes.keys()
    causes = {id(node): node for key in looked_at if (node := draft.causes.get(key))}
    if len(causes) < 2:
        return next(iter(causes.values()), draft.cause or batch.cause)
    order = {id(node): place for place, node in enumerate(batch.causes)}
    return max(causes.values(), key=lambda node: order.get(id(node), -1))


def _report_ring(batch: Batch, memory: Memory, rule: CompiledRule, draft: Draft) -> None:
    """A rule whose criteria others made true again has been stopped: said once."""
    mark = (rule.key, draft.id)
    if mark in memory.settled and rule.mode != Mode.ONCE:
        memory.settled.discard(mark)
        message = _("The rule would have to act again because of what other rules changed; it was stopped.")
        cause = _cause(batch, memory, rule, draft)
        batch.notices.append(Notice(draft.id, rule.name, None, message, cause))
