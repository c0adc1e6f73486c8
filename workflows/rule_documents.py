"""Rules as documents: how they are checked, and what the engine makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.criteria import Criteria, CriteriaProblems, compile_criteria
from crm.documents.kinds import Data, DocumentKind, DocumentProblem, register_document_kind
from crm.documents.live import live
from crm.models import DocumentVersion
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from crm.people.remembered import PerGeneration
from workflows.directory import directory
from workflows.kinds.base import ACTION_KINDS, ActionKind
from workflows.models import Mode, Trigger

KIND = "rule"


@dataclass(frozen=True)
class Action:
    """An action with its settings prepared; `place` is its block's and its own number."""

    kind: ActionKind
    prepared: Any
    place: str


@dataclass(frozen=True)
class Block:
    """Criteria and what to do."""

    criteria: Criteria
    actions: tuple[Action, ...]
    paths: frozenset[str]  # over links, read while the actions are decided on


@dataclass(frozen=True, eq=False)
class CompiledRule:
    """A live rule as the engine runs it."""

    key: str
    name: str
    document_id: int
    module: str
    trigger: str
    mode: str
    position: int
    blocks: tuple[Block, ...]
    own_fields: frozenset[str]
    linked_paths: frozenset[str]


@register_document_kind
class RuleDocument(DocumentKind):
    """`{"module", "trigger", "mode", "position", "description", "blocks"}`.

    A block is `{"criteria", "actions"}`, an action `{"kind", "config"}`.
    """

    key = KIND
    label = gettext_lazy("Workflow rule")

    def validate(self, _key: str, data: Data) -> list[DocumentProblem]:
        directory.clear()
        module = registry().modules.get(data.get("module", ""))
        if module is None:
            return [DocumentProblem("", _("There is no module “%s”.") % data.get("module"))]
        return list(_rule_problems(data, module))

    def compile(self, version: DocumentVersion, data: Data) -> CompiledRule:
        module = registry().module(data["module"])
        blocks = tuple(_block(number, block, module) for number, block in enumerate(data["blocks"], 1))
        return CompiledRule(
            key=version.key,
            name=version.name,
            document_id=version.pk,
            module=module.key,
            trigger=data["trigger"],
            mode=data["mode"],
            position=data["position"],
            blocks=blocks,
            own_fields=frozenset().union(*(block.criteria.own_fields for block in blocks)),
            linked_paths=frozenset().union(*(block.criteria.linked_paths for block in blocks)),
        )

    def describe(self, data: Data) -> list[str]:
        module = registry().module(data["module"])
        trigger, mode = Trigger(data["trigger"]).label, Mode(data["mode"]).label
        lines = [_("When a record of %(module)s is %(trigger)s: acts %(mode)s.") % {
            "module": module.label_plural, "trigger": trigger, "mode": mode,
        }]  # fmt: skip
        for number, block in enumerate(data["blocks"], 1):
            criteria = compile_criteria(block["criteria"], module, events=True)
            lines.append(_("%(number)s. If %(criteria)s:") % {"number": number, "criteria": criteria.words()})
            lines += [ACTION_KINDS[act["kind"]].describe(act["config"], module) for act in block["actions"]]
        return lines


def _rule_problems(data: Data, module: ModuleInfo) -> Iterator[DocumentProblem]:
    for key, allowed in (("trigger", Trigger.values), ("mode", Mode.values)):
        if data.get(key) not in allowed:
            yield DocumentProblem("", _("“%(key)s” is one of: %(allowed)s.") % {
                "key": key, "allowed": ", ".join(allowed),
            })  # fmt: skip
    if not data.get("blocks"):
        yield DocumentProblem("", _("The rule has no block with actions."))
    for number, block in enumerate(data.get("blocks", ()), 1):
        where = _("Block %s") % number
        yield from criteria_problems(block["criteria"], module, where, events=True)
        if not block["actions"]:
            yield DocumentProblem(where, _("There are no actions."))
        for place, action in enumerate(block["actions"], 1):
            yield from action_problems(action, module, _("%(block)s, action %(number)s") % {
                "block": where, "number": place,
            })  # fmt: skip


def criteria_problems(
    data: Any, module: ModuleInfo, where: str, *, events: bool = False
) -> Iterator[DocumentProblem]:
    """What is wrong with criteria, each with its condition."""
    try:
        compile_criteria(data, module, events=events)
    except CriteriaProblems as refused:
        for problem in refused.problems:
            condition = "" if problem.number is None else ", " + _("condition %s") % problem.number
            yield DocumentProblem(where + condition, problem.message)


def action_problems(action: Any, module: ModuleInfo, where: str) -> Iterator[DocumentProblem]:
    """What is wrong with an action, naming its kind."""
    kind = ACTION_KINDS.get(action.get("kind"))
    if kind is None:
        yield DocumentProblem(where, _("There is no action “%s”.") % action.get("kind"))
        return
    config = action.get("config")
    if not isinstance(config, dict):
        yield DocumentProblem(f"{where} ({kind.label})", _("The settings are missing."))
        return
    for message in kind.validate(config, module):
        yield DocumentProblem(f"{where} ({kind.label})", message)


def _block(number: int, data: Data, module: ModuleInfo) -> Block:
    actions = tuple(compile_action(act, module, f"{number}.{n}") for n, act in enumerate(data["actions"], 1))
    paths = frozenset().union(*(action.kind.paths(action.prepared) for action in actions))
    return Block(compile_criteria(data["criteria"], module, events=True), actions, paths)


def compile_action(data: Data, module: ModuleInfo, place: str) -> Action:
    """An action ready to be decided on."""
    kind = ACTION_KINDS[data["kind"]]
    return Action(kind, kind.prepare(data["config"], module), place)


@dataclass(frozen=True)
class RuleIndex:
    """The live rules of one module in their order, for records that are new and for others."""

    created: tuple[CompiledRule, ...]
    edited: tuple[CompiledRule, ...]
    linked_paths: frozenset[str]


@PerGeneration
def rule_index() -> dict[str, RuleIndex]:
    """The live rules by module."""
    modules: dict[str, list[CompiledRule]] = {}
    for rule in sorted(live(KIND), key=lambda rule: (rule.position, rule.key)):
        modules.setdefault(rule.module, []).append(rule)
    return {
        module: RuleIndex(
            tuple(rule for rule in rules if rule.trigger != Trigger.EDITED),
            tuple(rule for rule in rules if rule.trigger != Trigger.CREATED),
            frozenset().union(*(rule.linked_paths for rule in rules)),
        )
        for module, rules in modules.items()
    }
