"""As whom an e-mail is sent. The address is always the organisation's, for which its mail server vouches:
an e-mail as a person has the person's name in front of it, and answers go to the person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.models import User
from workflows.directory import directory
from workflows.merge import one_line

ORGANISATION, OWNER, PERSON = "organisation", "owner", "person"
SENDERS: dict[str, str | Promise] = {
    ORGANISATION: gettext_lazy("the organisation"),
    OWNER: gettext_lazy("the record's owner"),
    PERSON: gettext_lazy("a person"),
}
NAME_LIMIT = 100


@dataclass(frozen=True)
class Sender:
    """What stands under From and Reply-To; no Reply-To where answers go to the organisation."""

    address: str
    reply_to: str | None = None


def allowed_senders() -> list[str]:
    """The identities that the installation allows, in their order; the organisation's always."""
    return [key for key in SENDERS if key == ORGANISATION or key in settings.EMAIL_SENDERS]


def sender_problems(config: Mapping[str, Any]) -> list[str]:
    """What is wrong with an action's sender: `sender` is one of SENDERS, `sender_person` an address."""
    key = config.get("sender") or ORGANISATION
    if key not in SENDERS:
        return [_("“sender” is one of: %s.") % ", ".join(allowed_senders())]
    if key not in allowed_senders():
        return [_("E-mails are not sent as %s here.") % SENDERS[key]]
    if key == PERSON and not directory().person(config.get("sender_person") or ""):
        return [_("There is no active person “%s” to send as.") % (config.get("sender_person") or "")]
    return []


def sender_of(key: str, email: str | None, owner: int | None) -> Sender:
    """The sender of an e-mail; the organisation if the identity is not allowed or there is nobody."""
    if key not in allowed_senders() or key == ORGANISATION:
        return Sender(settings.DEFAULT_FROM_EMAIL)
    people = User.objects.filter(is_active=True)
    user = people.filter(**({"pk": owner} if key == OWNER else {"email": email})).first()
    if user is None:
        return Sender(settings.DEFAULT_FROM_EMAIL)
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    name = one_line(user.name, NAME_LIMIT)
    return Sender(formataddr((name, address)), formataddr((name, user.email)))
