"""Action: gives the record another owner."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.door import CauseNode
from crm.modules.registry import ModuleInfo
from workflows.assignment_documents import assignments
from workflows.directory import directory, names_of
from workflows.forms.assign_owner import AssignOwnerForm
from workflows.kinds.base import ActionKind, ActionProblem, Config, Firing, register_action_kind
from workflows.kinds.create_task import OWNERS
from workflows.kinds.references import Reference
from workflows.stages.assignment import winner

FIELD = "owner"
TO = {
    "person": gettext_lazy("a person"),
    "superior": gettext_lazy("the owner's superior"),
    "rule": gettext_lazy("whom an assignment rule names"),
}


@register_action_kind
class AssignOwner(ActionKind):
    """`{"to": "person", "person": …}`, `{"to": "superior"}` or `{"to": "rule", "rule": key}`."""

    key = "assign_owner"
    sets_record = True
    label = gettext_lazy("Assign owner")
    form = AssignOwnerForm

    def validate(self, config: Config, module: ModuleInfo) -> list[str]:
        to = config.get("to")
        if to not in TO:
            return [_("“to” is one of: %s.") % ", ".join(TO)]
        if to == "person" and not directory().person(config.get("person") or ""):
            return [_("There is no active person “%s”.") % config.get("person")]
        if to == "rule":
            rule = assignments().get(str(config.get("rule")))
            if rule is None or rule.module != module.key:
                what = {"module": module.label_plural, "rule": config.get("rule")}
                return [_("%(module)s have no live assignment rule “%(rule)s”.") % what]
        return []

    def describe(self, config: Config, module: ModuleInfo) -> str:
        if config["to"] == "rule":
            rule = assignments().get(config["rule"])
            return _("Assign the owner by the rule “%s”") % (rule.name if rule else config["rule"])
        who = config["person"] if config["to"] == "person" else TO[config["to"]]
        return _("Assign the record to %s") % who

    def uses(self, config: Config, module: ModuleInfo) -> list[Reference]:
        if config["to"] == "person":
            return [Reference("person", config["person"])]
        return [Reference("assignment", config["rule"])] if config["to"] == "rule" else []

    def paths(self, prepared: Any) -> frozenset[str]:
        rule = assignments().get(prepared["rule"]) if prepared["to"] == "rule" else None
        return rule.linked_paths if rule else frozenset()

    def foresee(self, firing: Firing, prepared: Any) -> list[str]:
        if prepared["to"] == "rule":  # whose turn it is moves only when somebody gets a record
            return [_("would assign the record by the rule “%s”") % prepared["rule"]]
        owner, _cause = self._owner(firing, prepared)
        return [_("would assign the record to %s") % names_of([owner]).get(owner, f"#{owner}")]

    def decide(self, firing: Firing, prepared: Any) -> None:
        owner, cause = self._owner(firing, prepared)
        firing.batch.set(firing.draft, FIELD, owner, cause)

    def _owner(self, firing: Firing, prepared: Any) -> tuple[int, CauseNode]:
        """Who gets the record and why; raises ActionProblem."""
        if prepared["to"] == "rule":
            found = winner(firing.batch, firing.draft, prepared["rule"], firing.cause)
            owner, cause = found if found else (None, firing.cause)
        else:
            owner, cause = OWNERS[prepared["to"]][0](prepared, firing), firing.cause
        if owner is None or (prepared["to"] != "rule" and owner not in directory().active):
            problem = ActionProblem(_("There is nobody to give the record to."))
            problem.field = FIELD
            raise problem
        return owner, cause
