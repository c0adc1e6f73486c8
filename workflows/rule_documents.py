"""Rules as documents: how they are checked, and what the engine makes of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.criteria import Criteria, CriteriaProblems, compile_criteria
from crm.documents.kinds import Data, DocumentKind, DocumentProblem, register_document_kind
from crm.documents.live import document_data, live
from crm.models import DocumentVersion
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from crm.people.remembered import PerGeneration
from workflows.directory import directory
from workflows.kinds.base import ACTION_KINDS, ActionKind
from workflows.later import Later, later_problems, later_words, read_later
from workflows.models import Mode
from workflows.triggers.base import TRIGGER_KINDS, Moment, TriggerKind

logger = logging.getLogger(__name__)

KIND = "rule"


@dataclass(frozen=True)
class Action:
    """An action with its settings prepared; `place` is its block's and its own number."""

    kind: ActionKind
    prepared: Any
    place: str
    later: Later | None = None


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
    wanted: Any  # the trigger's settings, prepared
    mode: str
    position: int
    blocks: tuple[Block, ...]
    own_fields: frozenset[str]
    linked_paths: frozenset[str]

    @property
    def trigger_kind(self) -> TriggerKind:
        """What it waits for."""
        return TRIGGER_KINDS[self.trigger]

    def action(self, place: str) -> tuple[Block, Action] | None:
        """The action of this place, and its block."""
        pairs = ((block, action) for block in self.blocks for action in block.actions)
        return next((pair for pair in pairs if pair[1].place == place), None)


@register_document_kind
class RuleDocument(DocumentKind):
    """`{"module", "trigger", "trigger_config", "mode", "position", "description", "blocks"}`.

    A block is `{"criteria", "actions"}`, an action `{"kind", "config", "later"}`; the settings of a trigger
    that has none and the `later` of an action that comes at once are left out.
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
        trigger = TRIGGER_KINDS[data["trigger"]]
        return CompiledRule(
            key=version.key,
            name=version.name,
            document_id=version.pk,
            module=module.key,
            trigger=trigger.key,
            wanted=trigger.prepare(data.get("trigger_config", {}), module),
            mode=data["mode"] if trigger.by_mode or data["mode"] == Mode.ONCE else Mode.EVERY,
            position=data["position"],
            blocks=blocks,
            own_fields=frozenset().union(*(block.criteria.own_fields for block in blocks)),
            linked_paths=frozenset().union(*(block.criteria.linked_paths for block in blocks)),
        )

    def describe(self, data: Data) -> list[str]:
        module = registry().module(data["module"])
        kind = TRIGGER_KINDS[data["trigger"]]
        trigger = kind.describe(data.get("trigger_config", {}), module)
        what = {"module": module.label_plural, "trigger": trigger, "mode": Mode(data["mode"]).label}
        if kind.by_mode or data["mode"] == Mode.ONCE:
            lines = [_("When a record of %(module)s is %(trigger)s: acts %(mode)s.") % what]
        else:
            lines = [_("When a record of %(module)s is %(trigger)s:") % what]
        for number, block in enumerate(data["blocks"], 1):
            criteria = compile_criteria(block["criteria"], module, events=True)
            if number > 1 and not criteria.conditions:
                lines.append(_("%s. Otherwise:") % number)
            else:
                words = {"number": number, "criteria": criteria.words()}
                lines.append(_("%(number)s. If %(criteria)s:") % words)
            lines += [action_words(action, module) for action in block["actions"]]
        return lines


def _rule_problems(data: Data, module: ModuleInfo) -> Iterator[DocumentProblem]:
    for key, allowed in (("trigger", list(TRIGGER_KINDS)), ("mode", Mode.values)):
        if data.get(key) not in allowed:
            yield DocumentProblem("", _("“%(key)s” is one of: %(allowed)s.") % {
                "key": key, "allowed": ", ".join(allowed),
            })  # fmt: skip
    kind = TRIGGER_KINDS.get(data.get("trigger", ""))
    if kind is not None:
        for message in kind.validate(data.get("trigger_config", {}), module):
            yield DocumentProblem(_("Trigger"), message)
    if not data.get("blocks"):
        yield DocumentProblem("", _("The rule has no block with actions."))
    for number, block in enumerate(data.get("blocks", ()), 1):
        where = _("Block %s") % number
        events = kind is None or bool(kind.moments)  # the clock does not know what changed
        yield from criteria_problems(block["criteria"], module, where, events=events)
        if number < len(data["blocks"]) and not block["criteria"].get("conditions"):
            yield DocumentProblem(where, _("It matches every record, so the blocks after it never act."))
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
    for message in (*kind.validate(config, module), *later_problems(action.get("later"), module)):
        yield DocumentProblem(f"{where} ({kind.label})", message)


def action_words(action: Data, module: ModuleInfo) -> str:
    """An action in plain words, with when it comes if not at once."""
    told = ACTION_KINDS[action["kind"]].describe(action["config"], module)
    if not action.get("later"):
        return told
    return _("%(when)s: %(action)s") % {"when": later_words(action["later"], module), "action": told}


def _block(number: int, data: Data, module: ModuleInfo) -> Block:
    actions = tuple(compile_action(act, module, f"{number}.{n}") for n, act in enumerate(data["actions"], 1))
    paths = frozenset().union(*(action.kind.paths(action.prepared) for action in actions))
    return Block(compile_criteria(data["criteria"], module, events=True), actions, paths)


def compile_action(data: Data, module: ModuleInfo, place: str) -> Action:
    """An action ready to be decided on."""
    kind = ACTION_KINDS[data["kind"]]
    later = read_later(data["later"]) if data.get("later") else None
    if later is not None and later.field:
        module.field(later.field)  # a rule whose date is gone cannot run
    return Action(kind, kind.prepare(data["config"], module), place, later)


@dataclass(frozen=True)
class RuleIndex:
    """The live rules of one module in their order, by the moment at which they are judged."""

    created: tuple[CompiledRule, ...]
    edited: tuple[CompiledRule, ...]
    deleted: tuple[CompiledRule, ...]
    event: tuple[CompiledRule, ...]
    linked_paths: frozenset[str]


@PerGeneration
def rule_index() -> dict[str, RuleIndex]:
    """The live rules by module."""
    modules: dict[str, list[CompiledRule]] = {}
    for rule in sorted(live(KIND), key=lambda rule: (rule.position, rule.key)):
        modules.setdefault(rule.module, []).append(rule)
    return {module: _index(rules) for module, rules in modules.items()}


def _index(rules: list[CompiledRule]) -> RuleIndex:
    at = {moment: tuple(rule for rule in rules if moment in rule.trigger_kind.moments) for moment in Moment}
    watched = {rule for judged in at.values() for rule in judged}
    return RuleIndex(
        at[Moment.CREATED],
        at[Moment.EDITED],
        at[Moment.DELETED],
        at[Moment.EVENT],
        frozenset().union(*(rule.linked_paths for rule in watched)),
    )


@PerGeneration
def _versions() -> dict[int, CompiledRule | None]:
    """Versions of rules that are asked for, filled as they are."""
    return {rule.document_id: rule for rule in live(KIND)}


def rule_version(document_id: int) -> CompiledRule | None:
    """A version of a rule, live or not any more; None if it no longer fits the configuration."""
    known = _versions()
    if document_id not in known:
        version = DocumentVersion.objects.filter(pk=document_id, kind=KIND).first()
        try:
            known[document_id] = (
                None if version is None else RuleDocument().compile(version, document_data(version))
            )
        except Exception:
            logger.warning("Version %s of a rule cannot run any more.", document_id, exc_info=True)
            known[document_id] = None
    return known[document_id]
