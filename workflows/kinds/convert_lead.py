"""Action: converts the lead, by a worker after the commit, in one transaction with "done"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.door import DoorRefused, Source
from crm.door.convert import convert_lead
from crm.door.reports import LONGEST, REPORT
from crm.door.verbs import new_batch, tell
from crm.models import History
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from workflows.causes import node_of
from workflows.forms.convert_lead import ConvertLeadForm
from workflows.kinds.base import ActionProblem, Config, Firing, QueuedKind, register_action_kind

if TYPE_CHECKING:
    from workflows.models import ActionRun

LEADS = "leads"


@register_action_kind
class ConvertLead(QueuedKind):
    """`{"account": true, "deal": false}`: a contact always, the others as asked.

    A lead that cannot be converted then, such as one that somebody has converted in between, stays as it
    is; its timeline says why.
    """

    key = "convert_lead"
    label = gettext_lazy("Convert lead")
    form = ConvertLeadForm
    transactional = True
    sets_record = True

    def validate(self, config: Config, module: ModuleInfo) -> list[str]:
        if module.key != LEADS:
            return [_("Only leads can be converted.")]
        wrong = [key for key in ("account", "deal") if not isinstance(config.get(key, False), bool)]
        return [_("“%s” is true or false.") % key for key in wrong]

    def describe(self, config: Config, module: ModuleInfo) -> str:
        return _("Convert the lead into: %s") % _parts(config)

    def foresee(self, firing: Firing, prepared: Any) -> list[str]:
        if not self._is_open(firing):
            return []
        return [_("would convert the lead into: %s") % _parts(prepared)]

    def decide(self, firing: Firing, prepared: Any) -> None:
        """Asks for a run; not for a lead that this change converts, nor for one that is converted."""
        if self._is_open(firing):
            super().decide(firing, prepared)
        elif firing.draft.before_value("converted_at") is not None:
            raise ActionProblem(_("This lead is converted already."))

    def _is_open(self, firing: Firing) -> bool:
        return firing.draft.value("converted_at") is None

    def input(self, firing: Firing, prepared: Any) -> dict[str, Any]:
        return {"account": bool(prepared.get("account")), "deal": bool(prepared.get("deal"))}

    def run(self, run: ActionRun, session: Any) -> dict[str, Any]:
        lead = int(run.record_id or 0)
        try:
            done = convert_lead(
                lead,
                actor=None,
                make_account=run.input["account"],
                deal={} if run.input["deal"] else None,
                source=Source.ACTION,
                cause=node_of(run.cause),
            )
        except DoorRefused as refused:
            reason = "; ".join(problem.message for problem in refused.outcome.problems)
            _report(run, lead, reason)
            return {"refused": reason}
        return {"account": done.account_id, "contact": done.contact_id, "deal": done.deal_id}


def _parts(config: Config) -> str:
    """What the lead becomes."""
    modules = registry().modules
    parts = ["contacts", *(["accounts"] if config.get("account") else [])]
    parts += ["deals"] if config.get("deal") else []
    return ", ".join(modules[key].label for key in parts if key in modules)


def _report(run: ActionRun, lead: int, reason: str) -> None:
    """Says in the lead's timeline why it was not converted."""
    version = registry().module(LEADS).rows().filter(pk=lead).values_list("version", flat=True).first()
    if version is None:
        return
    message = _("The lead was not converted: %s") % reason
    entries = [{"rule": run.cause.label, "field": None, "message": message[:LONGEST]}]
    batch = new_batch(None, Source.ACTION, "", node_of(run.cause))
    tell(batch, History.Kind.REPORT, LEADS, {lead: (version, {REPORT: [None, entries, None]})})
