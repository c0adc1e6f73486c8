"""Action: sends an e-mail, by a worker after the commit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.models import User
from crm.modules.registry import ModuleInfo
from workflows.attaching import attachment_problems, describe_attachments
from workflows.delivery import deliver
from workflows.email_templates import template_problem, text_problems, texts_for
from workflows.kinds.base import Config, Firing, QueuedKind, register_action_kind
from workflows.kinds.email_form import EmailForm
from workflows.kinds.references import Reference, recipient_references, text_references
from workflows.letters import SUBJECT_LIMIT
from workflows.mail import mail_connection
from workflows.merge import Template, one_line, parse, shown_of, snapshot
from workflows.recipients import (
    about_draft,
    addresses_of,
    describe_recipients,
    people_of,
    recipient_paths,
    recipient_problems,
)
from workflows.senders import ORGANISATION, PERSON, SENDERS, sender_problems

if TYPE_CHECKING:
    from workflows.models import ActionRun

KEPT = ("template", "cc", "bcc", "sender", "sender_person", "attachments", "attachment_names")
OWN = ("subject", "body")
PARTS = ("recipients", "cc", "bcc")


@dataclass(frozen=True)
class Prepared:
    """The settings with subject and text parsed."""

    config: Config
    subject: Template
    body: Template

    @property
    def entries(self) -> list[dict[str, Any]]:
        """All who get it."""
        return [entry for part in PARTS for entry in self.config.get(part, ())]


@register_action_kind
class SendEmail(QueuedKind):
    """`{"recipients": […], "subject": …, "body": …, "html": false}`, or `"template": key` instead of texts.

    Also `cc`, `bcc` (as recipients), `sender` (organisation, owner, or person with `sender_person`) and
    `attachments` (all, newest, or matching with `attachment_names`). The run keeps the values at the time
    of the change; names, addresses and languages of people, a template's texts and the files are those at
    the time of sending. Each person gets a letter of their own.
    """

    key = "send_email"
    label = gettext_lazy("Send e-mail")
    form = EmailForm

    def validate(self, config: Config, module: ModuleInfo) -> list[str]:
        problems = recipient_problems(config.get("recipients"), module)
        for part in ("cc", "bcc"):
            problems += recipient_problems(config.get(part), module, needed=False)
        problems += _text_problems(config, module)
        return problems + sender_problems(config) + attachment_problems(config)

    def describe(self, config: Config, module: ModuleInfo) -> str:
        texts = texts_for(config)
        subject = (texts.name or texts.subject) if texts else config.get("template")
        whom = describe_recipients(config["recipients"], module)
        words = [_("Send the e-mail “%(subject)s” to %(whom)s") % {"subject": subject, "whom": whom}]
        if config.get("cc"):
            words.append(_("copy to %s") % describe_recipients(config["cc"], module))
        if config.get("bcc"):
            words.append(_("blind copy to %s") % describe_recipients(config["bcc"], module))
        if (sender := config.get("sender") or ORGANISATION) != ORGANISATION:
            who = config["sender_person"] if sender == PERSON else SENDERS[sender]
            words.append(_("as %s") % who)
        if files := describe_attachments(config):
            words.append(_("with %s attached") % files)
        return ", ".join(words)

    def prepare(self, config: Config, module: ModuleInfo) -> Prepared:
        texts = texts_for(config)
        if texts is None:
            raise ValueError(_("There is no e-mail template “%s”.") % config["template"])
        return Prepared(config, parse(texts.subject, module), parse(texts.body, module))

    def paths(self, prepared: Any) -> frozenset[str]:
        found = prepared.subject.paths | prepared.body.paths | recipient_paths(prepared.entries)
        return frozenset(path for path in found if "." in path)

    def input(self, firing: Firing, prepared: Any) -> dict[str, Any]:
        config, draft, actor = prepared.config, firing.draft, firing.batch.actor
        slots = {**prepared.subject.slots, **prepared.body.slots}
        about = about_draft(draft, prepared.entries, actor.pk if actor else None)
        own = {} if config.get("template") else {key: config[key] for key in OWN}
        return {
            **own,
            **{key: config[key] for key in KEPT if config.get(key)},
            "html": bool(config.get("html")),
            "recipients": config["recipients"],
            "owner": about.owner,
            "actor": about.actor,
            "fields": about.values,
            "holders": about.holders,
            "values": snapshot(draft, slots.values()),
        }

    def uses(self, config: Config, module: ModuleInfo) -> list[Reference]:
        entries = [one for part in PARTS for one in config.get(part, ())]
        sender = [Reference("person", config["sender_person"])] if config.get("sender_person") else []
        texts = text_references([config.get("subject"), config.get("body")], module)
        template = [Reference("template", config["template"])] if config.get("template") else []
        return [*recipient_references(entries, module), *sender, *texts, *template]

    def foresee(self, firing: Firing, prepared: Any) -> list[str]:
        draft, actor, entries = firing.draft, firing.batch.actor, prepared.entries
        about = about_draft(draft, entries, actor.pk if actor else None)
        people = User.objects.filter(pk__in=people_of(entries, about), is_active=True)
        to = [*people.values_list("email", flat=True), *addresses_of(entries, about)]
        subject = one_line(prepared.subject.fill(shown_of(draft)), SUBJECT_LIMIT)
        what = {"subject": subject, "to": ", ".join(dict.fromkeys(to)) or _("nobody")}
        return [_("would send “%(subject)s” to %(to)s") % what]

    @contextmanager
    def session(self) -> Iterator[Any]:
        """One connection to the mail server for all letters of a drain."""
        with mail_connection() as connection:
            yield connection

    def run(self, run: ActionRun, session: Any) -> dict[str, Any]:
        """Sends what has not been sent by an earlier try; who got it is kept letter by letter."""
        return deliver(run, session)


def _text_problems(config: Config, module: ModuleInfo) -> list[str]:
    key = config.get("template")
    if not key:
        texts = texts_for(config)
        assert texts is not None
        return [problem for found in text_problems(texts, module).values() for problem in found]
    if any(config.get(own) for own in OWN):
        return [_("Choose a template or write subject and text here, not both.")]
    if (problem := template_problem(key, module)) is not None:
        return [problem]
    texts = texts_for(config)
    assert texts is not None
    found = [problem for each in text_problems(texts, module).values() for problem in each]
    if texts.marketing and (config.get("cc") or config.get("bcc")):
        found.append(_("Marketing e-mail has no copies: its link to unsubscribe is one person's own."))
    return found
