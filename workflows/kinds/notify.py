"""Action: puts a message under the bell of people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.door import Batch
from crm.door.storage import insert_rows
from crm.models import Notification
from crm.modules.registry import ModuleInfo
from workflows.directory import directory, names_of
from workflows.forms.notify import NotifyForm
from workflows.kinds.base import Config, Firing, QueuedKind, register_action_kind
from workflows.kinds.references import Reference, recipient_references, text_references
from workflows.merge import Template, one_line, parse, shown_of, template_problems
from workflows.recipients import (
    about_draft,
    describe_recipients,
    people_of,
    recipient_paths,
    recipient_problems,
)

if TYPE_CHECKING:
    from workflows.models import ActionRun

LIMIT = 500
COLUMNS = ("user_id", "text", "record_id", "module", "at", "cause_id")


@dataclass(frozen=True)
class Prepared:
    """The settings with the text parsed."""

    config: Config
    text: Template


@register_action_kind
class Notify(QueuedKind):
    """`{"recipients": […], "text": …}`; stored with the change, for active people only."""

    key = "notify"
    label = gettext_lazy("Notify in the page")
    form = NotifyForm
    transactional = True
    with_change = True

    def validate(self, config: Config, module: ModuleInfo) -> list[str]:
        problems = recipient_problems(config.get("recipients"), module)
        text = str(config.get("text") or "").strip()
        if not text:
            problems.append(_("The notification needs a text."))
        return problems + template_problems(text, module)

    def describe(self, config: Config, module: ModuleInfo) -> str:
        whom = describe_recipients(config["recipients"], module)
        return _("Notify %(whom)s: “%(text)s”") % {"whom": whom, "text": config["text"]}

    def prepare(self, config: Config, module: ModuleInfo) -> Prepared:
        return Prepared(config, parse(config["text"], module))

    def paths(self, prepared: Any) -> frozenset[str]:
        both = prepared.text.paths | recipient_paths(prepared.config["recipients"])
        return frozenset(path for path in both if "." in path)

    def uses(self, config: Config, module: ModuleInfo) -> list[Reference]:
        return [
            *recipient_references(config.get("recipients"), module),
            *text_references([config.get("text")], module),
        ]

    def foresee(self, firing: Firing, prepared: Any) -> list[str]:
        told = self.input(firing, prepared)
        names = names_of(told["people"])
        whom = ", ".join(names[pk] for pk in told["people"] if pk in names) or _("nobody")
        return [_("would notify %(whom)s: “%(text)s”") % {"whom": whom, "text": told["text"]}]

    def store(self, batch: Batch, asked: Sequence[tuple[Firing, Any]]) -> None:
        rows = []
        for firing, prepared in asked:
            known = self.input(firing, prepared)
            about = (firing.draft.id, firing.draft.module.key, batch.now, firing.cause.id)
            rows += [(pk, known["text"], *about) for pk in known["people"]]
        insert_rows(Notification, COLUMNS, rows)

    def input(self, firing: Firing, prepared: Any) -> dict[str, Any]:
        """Whom, and the text."""
        actor, entries = firing.batch.actor, prepared.config["recipients"]
        about = about_draft(firing.draft, entries, actor.pk if actor else None)
        people = [pk for pk in people_of(entries, about) if pk in directory().active]
        return {"people": people, "text": one_line(prepared.text.fill(shown_of(firing.draft)), LIMIT)}

    def run(self, run: ActionRun, session: Any) -> dict[str, Any]:
        return self.run_many([run], session)[0]

    def run_many(self, runs: Sequence[ActionRun], session: Any) -> list[dict[str, Any]]:
        rows = [
            (pk, run.input["text"], run.record_id, run.module, run.due_at, run.cause_id)
            for run in runs
            for pk in run.input["people"]
        ]
        insert_rows(Notification, COLUMNS, rows)
        return [{"notified": len(run.input["people"])} for run in runs]
