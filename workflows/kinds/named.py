"""Action: carries out a named action, as it is at that time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.door import Verb
from crm.modules.registry import ModuleInfo
from workflows.forms.named import NamedForm
from workflows.kinds.base import (
    ACTION_KINDS,
    ActionKind,
    ActionProblem,
    Config,
    Firing,
    register_action_kind,
)
from workflows.kinds.references import Reference


@dataclass(frozen=True)
class Prepared:
    """The kind of the named action, and its settings prepared."""

    kind: ActionKind
    inner: Any


@register_action_kind
class Named(ActionKind):
    """`{"action": key}`. The action is looked up when the rule is compiled, anew with each configuration."""

    key = "named"
    label = gettext_lazy("Named action")
    form = NamedForm

    def validate(self, config: Config, module: ModuleInfo) -> list[str]:
        from workflows.named import named_actions

        known = named_actions().get(str(config.get("action")))
        if known is None or known.module != module.key or known.kind not in ACTION_KINDS:
            what = {"module": module.label_plural, "action": config.get("action")}
            return [_("%(module)s have no named action “%(action)s”.") % what]
        return ACTION_KINDS[known.kind].validate(known.config, module)

    def describe(self, config: Config, module: ModuleInfo) -> str:
        from workflows.named import named_actions

        known = named_actions()[config["action"]]
        told = ACTION_KINDS[known.kind].describe(known.config, module)
        return f"{known.name}: {told}"

    def uses(self, config: Config, module: ModuleInfo) -> list[Reference]:
        return [Reference("action", config["action"])]

    def prepare(self, config: Config, module: ModuleInfo) -> Prepared:
        from workflows.named import named_actions

        known = named_actions()[config["action"]]
        kind = ACTION_KINDS[known.kind]
        return Prepared(kind, kind.prepare(known.config, module))

    def paths(self, prepared: Any) -> frozenset[str]:
        paths: frozenset[str] = prepared.kind.paths(prepared.inner)
        return paths

    def foresee(self, firing: Firing, prepared: Any) -> list[str]:
        words: list[str] = prepared.kind.foresee(firing, prepared.inner)
        return words

    def decide(self, firing: Firing, prepared: Any) -> None:
        if prepared.kind.sets_record and firing.draft.verb is Verb.BIN:
            raise ActionProblem(_("The record is deleted, so nothing of it is changed."))
        prepared.kind.decide(firing, prepared.inner)
