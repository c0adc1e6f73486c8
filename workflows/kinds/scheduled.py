"""Scheduled actions of rules: written with the change that made a rule act, asked again when due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.criteria import Context
from crm.criteria.base import Row
from crm.door import CauseNode, Source
from workflows.acting import Due, act_on
from workflows.kinds.base import CANCELLED, Config, Firing, QueuedKind, register_action_kind
from workflows.models import ActionRun
from workflows.rule_documents import Action, Block, CompiledRule, rule_version


def asked_by_rule(key: str) -> str:
    """What `ActionRun.asked_by` has for the scheduled actions of a rule."""
    return f"rule:{key}"


@dataclass(frozen=True)
class Scheduled:
    """An action of a rule that comes later."""

    rule: CompiledRule
    action: Action


@register_action_kind
class ScheduledAction(QueuedKind):
    """Carries out one action of a rule's version, if the record still fits its block.

    `{"document", "place"}`, and for people `{"rule", "kind"}`. All its effects go through the door, so they
    happen exactly once, and those that leave the house are queued in the same transaction.
    """

    key = "scheduled"
    label = gettext_lazy("Scheduled action")
    transactional = True
    offered: ClassVar[bool] = False

    def paths(self, prepared: Scheduled) -> frozenset[str]:
        return frozenset()

    def input(self, firing: Firing, prepared: Scheduled) -> Config:
        rule, action = prepared.rule, prepared.action
        return {
            "document": rule.document_id,
            "place": action.place,
            "rule": rule.name,
            "kind": action.kind.key,
        }

    def run(self, run: ActionRun, session: Any) -> dict[str, Any]:
        return self.run_many([run], session)[0]

    def run_many(self, runs: Sequence[ActionRun], session: Any) -> list[dict[str, Any]]:
        dues = [_due(run) for run in runs]
        act_on([due for due in dues if due is not None], label=_("Scheduled actions"), source=Source.ACTION)
        return [_answer(due) for due in dues]


def _due(run: ActionRun) -> Due | None:
    rule = rule_version(run.input["document"])
    found = rule.action(run.input["place"]) if rule is not None else None
    if rule is None or found is None or run.module is None or run.record_id is None:
        return None
    block, action = found
    return Due(
        run.module,
        run.record_id,
        _chooser(block, action),
        rule.name,
        reads=block.criteria.linked_paths if not _always(action) else frozenset(),
        document_id=rule.document_id,
        detail={"rule": rule.key, "run": run.pk},
        parent=CauseNode("rule", rule.name, id=run.cause_id),
        rule=rule.key,
    )


def _always(action: Action) -> bool:
    return action.later is not None and action.later.always


def _chooser(block: Block, action: Action) -> Any:
    """The action, unless the record no longer fits; what changed once is not asked again."""
    ask = not _always(action) and not block.criteria.asks_changes

    def choose(row: Row, context: Context) -> Sequence[Action] | None:
        return (action,) if not ask or block.criteria.matches(row, context) else None

    return choose


def _answer(due: Due | None) -> dict[str, Any]:
    if due is None:
        return {CANCELLED: _("The rule's version can no longer run.")}
    if due.problem:
        return {CANCELLED: due.problem}
    return {} if due.acted else {CANCELLED: _("The record no longer meets the rule's criteria.")}
