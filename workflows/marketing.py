"""Marketing e-mail: who wants none, and how somebody says so with one click and without a log-in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _

from crm.door import CauseNode, Change, Source, Verb, apply
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo

OPT_OUT = "email_opt_out"
SALT = "workflows.unsubscribe"
CAUSE = "unsubscribe"
LABEL = "Unsubscribed"  # as labels of causes are stored, in English


@dataclass(frozen=True)
class Subscriber:
    """A record that may get marketing e-mail, and its address."""

    module: str
    record_id: int
    address: str


def can_opt_out(module: str) -> bool:
    """Whether records of the module have a field that says they want no marketing e-mail."""
    info = registry().modules.get(module)
    field = info.fields.get(OPT_OUT) if info else None
    return field is not None and field.type.key == "boolean"


def opted_out(holders: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    """Those of the records, as module and id, that want no marketing e-mail now; a statement per module."""
    by_module: dict[str, list[int]] = {}
    for module, record_id in holders:
        if can_opt_out(module):
            by_module.setdefault(module, []).append(record_id)
    return {
        (module, pk)
        for module, ids in by_module.items()
        for pk in _marked(registry().module(module)).filter(pk__in=ids).values_list("pk", flat=True)
    }


def _marked(module: ModuleInfo) -> Any:
    """The rows of a module that want no marketing e-mail."""
    field = module.field(OPT_OUT)
    path = field.columns[0] if field.columns else f"custom__{OPT_OUT}"
    return module.rows().order_by().filter(**{path: True})


def unsubscribe_address(subscriber: Subscriber) -> str:
    """The address of the page on which the subscriber opts out; good for ever."""
    token = signing.dumps([subscriber.module, subscriber.record_id, subscriber.address], salt=SALT)
    return settings.SITE_URL + reverse("unsubscribe", args=[token])


def subscriber_of(token: str) -> Subscriber | None:
    """Whom a token from `unsubscribe_address` names; None for one that was not signed here."""
    try:
        module, record_id, address = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None
    return Subscriber(module, record_id, address)


def unsubscribe_headers(address: str) -> dict[str, str]:
    """The headers by which mail programs offer to unsubscribe with one click (RFC 2369 and 8058)."""
    return {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def footer(address: str, *, html: bool) -> str:
    """The last line of a marketing e-mail, in the active language."""
    words = _("You no longer want such e-mails? Unsubscribe")
    if html:
        return f'\n<p><a href="{escape(address)}">{escape(words)}</a></p>'
    return f"\n\n--\n{words}: {address}"


def opt_out(subscriber: Subscriber) -> bool:
    """Stores through the door that the address wants no marketing e-mail; False if a record was refused.

    It holds for the record that the e-mail was about, unless it has another address by now, and for all
    leads and contacts with the same address: who unsubscribes means the sender, not one of its records.
    """
    changes = [
        Change(Verb.EDIT, module, pk, {OPT_OUT: True}, in_bin=True)
        for module, pk in sorted(set(_records_of(subscriber)))
    ]
    cause = CauseNode(CAUSE, LABEL, detail={"address": subscriber.address})
    return apply(changes, actor=None, source=Source.FORM, mode="each", cause=cause).ok


def _records_of(subscriber: Subscriber) -> Iterator[tuple[str, int]]:
    for module in registry().modules.values():
        if not can_opt_out(module.key):
            continue
        rows = module.rows().order_by()
        for field in module.fields.values():
            if field.type.key != "email":
                continue
            path = field.columns[0] if field.columns else f"custom__{field.key}"
            if module.builtin and field.columns:
                found = rows.filter(**{f"{path}__iexact": subscriber.address})
            else:
                found = rows.filter(pk=subscriber.record_id, **{f"{path}__iexact": subscriber.address})
            yield from ((module.key, pk) for pk in found.values_list("pk", flat=True))
