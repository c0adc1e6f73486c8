"""Action: sends an e-mail, by a worker after the commit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from crm.criteria.paths import Operand, Paths
from crm.models import User
from crm.modules.loading import module as find_module
from crm.modules.registry import ModuleInfo
from crm.visibility.access import readable
from workflows.kinds.base import Config, Firing, QueuedKind, register_action_kind
from workflows.kinds.references import Reference, recipient_references, text_references
from workflows.mail import Letter, letter_id, mail_connection, send
from workflows.merge import Template, one_line, parse, shown_later, shown_of, snapshot, template_problems
from workflows.recipients import (
    About,
    addresses_of,
    describe_recipients,
    field_values,
    people_of,
    recipient_problems,
)

if TYPE_CHECKING:
    from workflows.models import ActionRun

SUBJECT_LIMIT = 200


@dataclass(frozen=True)
class Prepared:
    """The settings with subject and text parsed."""

    config: Config
    subject: Template
    body: Template


@register_action_kind
class SendEmail(QueuedKind):
    """`{"recipients": […], "subject": …, "body": …, "html": false}`.

    The run keeps the values at the time of the change; names, addresses and languages of people are
    those at the time of sending. Each person gets a letter of their own.
    """

    key = "send_email"
    label = gettext_lazy("Send e-mail")

    def validate(self, config: Config, module: ModuleInfo) -> list[str]:
        problems = recipient_problems(config.get("recipients"), module)
        for key, what in (("subject", _("a subject")), ("body", _("a text"))):
            text = str(config.get(key) or "").strip()
            if not text:
                problems.append(_("The e-mail needs %s.") % what)
            problems += template_problems(text, module)
        return problems

    def describe(self, config: Config, module: ModuleInfo) -> str:
        whom = describe_recipients(config["recipients"], module)
        return _("Send the e-mail “%(subject)s” to %(whom)s") % {"subject": config["subject"], "whom": whom}

    def prepare(self, config: Config, module: ModuleInfo) -> Prepared:
        return Prepared(config, parse(config["subject"], module), parse(config["body"], module))

    def paths(self, prepared: Any) -> frozenset[str]:
        both = prepared.subject.paths | prepared.body.paths
        return frozenset(path for path in both if "." in path)

    def input(self, firing: Firing, prepared: Any) -> dict[str, Any]:
        config, draft = prepared.config, firing.draft
        slots = {**prepared.subject.slots, **prepared.body.slots}
        return {
            "subject": config["subject"],
            "body": config["body"],
            "html": bool(config.get("html")),
            "recipients": config["recipients"],
            "owner": draft.value("owner"),
            "fields": field_values(config["recipients"], draft.after),
            "values": snapshot(draft, slots.values()),
        }

    def uses(self, config: Config, module: ModuleInfo) -> list[Reference]:
        texts = [config.get("subject"), config.get("body")]
        return recipient_references(config.get("recipients"), module) + text_references(texts, module)

    def foresee(self, firing: Firing, prepared: Any) -> list[str]:
        config, draft = prepared.config, firing.draft
        about = About(draft.value("owner"), field_values(config["recipients"], draft.after))
        people = User.objects.filter(pk__in=people_of(config["recipients"], about), is_active=True)
        to = [*people.values_list("email", flat=True), *addresses_of(config["recipients"], about)]
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
        people, addresses = _recipients(run)
        before = list(run.answer.get("sent", []))
        letters: list[tuple[str, User | None]] = [(user.email, user) for user in people if user.is_active]
        letters += [(address, None) for address in addresses]
        waiting = [letter for letter in letters if letter[0] not in before]
        for number, (address, user) in enumerate(waiting, 1):
            _send(run, address, session, user)
            before.append(address)
            if number < len(waiting):
                _keep(run, before)
        gone = [{"to": user.email, "why": "inactive"} for user in people if not user.is_active]
        return {"sent": before, "not_sent": gone}


def _recipients(run: ActionRun) -> tuple[list[User], list[str]]:
    about = About(run.input["owner"], run.input["fields"])
    ids = people_of(run.input["recipients"], about)
    found = User.objects.in_bulk(ids)
    people = [found[pk] for pk in ids if pk in found]
    known = {user.email for user in people}
    others = addresses_of(run.input["recipients"], about)
    return people, [address for address in others if address.lower() not in known]


def _keep(run: ActionRun, sent: list[str]) -> None:
    """Notes a letter at once, so that a later try does not repeat it; the last is noted with the state."""
    run.answer = {"sent": list(sent)}
    type(run)._default_manager.filter(pk=run.pk).update(answer=run.answer)


def _send(run: ActionRun, address: str, connection: Any, user: User | None) -> None:
    """Fills subject and text in the recipient's language and time zone, and sends."""
    language = user.language if user else settings.LANGUAGE_CODE
    zone = user.time_zone if user else settings.TIME_ZONE
    module = find_module(str(run.module))
    with override(language), timezone.override(zone):
        show = shown_later(readable_values(run.input["values"], module, user))
        subject = one_line(parse(run.input["subject"], module).fill(show), SUBJECT_LIMIT)
        body = parse(run.input["body"], module).fill(show, html=run.input["html"])
    letter = Letter(address, subject, body, run.input["html"], letter_id(run.key, address))
    send(letter, connection)


def readable_values(values: dict[str, Any], module: ModuleInfo, recipient: User | None) -> dict[str, Any]:
    """The values without those of fields that are hidden from the recipient, at the end or on the way.

    An address outside the company gets what the admin wrote for it.
    """
    if recipient is None:
        return values
    paths = Paths(module)
    return {path: value for path, value in values.items() if _may_read(recipient, paths.operand(path))}


def _may_read(recipient: User, operand: Operand) -> bool:
    return all(key in readable(recipient, find_module(module)) for module, key in operand.reads)
