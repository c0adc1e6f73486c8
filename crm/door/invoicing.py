"""A quote becomes an invoice: its lines, its parties and its currency are copied; the quote stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from crm.door.apply import apply
from crm.door.batch import Batch, CauseNode
from crm.door.changes import Change, Outcome, Problem, Source, Verb
from crm.door.guards import refusal
from crm.door.intake import draft_of
from crm.door.once import in_one_transaction
from crm.door.reading import Stored
from crm.door.verbs import CONVERT, hold, new_batch, refused, tell, under
from crm.models import History, Invoice, User

BILLABLE = ("approved", "sent", "accepted")
COPIED = ("name", "owner", "account", "contact", "deal", "currency", "lines", "description", "tags")


def invoice_from_quote(
    quote_id: int,
    *,
    actor: User | None,
    values: Mapping[str, Any] | None = None,
    source: Source = Source.PAGE,
    cause: CauseNode | None = None,
) -> Outcome:
    """Makes an invoice of a quote that the actor may see; raises DoorRefused, and then nothing has happened.

    The quote must be approved, sent or accepted, have lines, and have no other invoice than cancelled
    ones. `values` go before the quote's own. The outcome's id is the invoice's. Amounts are taken over
    at today's exchange rate.
    """
    root = cause or CauseNode(source.value, str(actor) if actor else source.value)
    return in_one_transaction(lambda: _invoice(quote_id, actor, dict(values or {}), source, root), root)


def _invoice(
    quote_id: int, actor: User | None, typed: dict[str, Any], source: Source, root: CauseNode
) -> Outcome:
    batch = new_batch(actor, source, "", root)
    quote = hold(batch, "quotes", [quote_id], "view")[quote_id]
    _refuse(batch, quote)
    under(batch, "convert", _("Invoice of “%s”") % quote.values.get("name"))
    own = {key: quote.values[key] for key in COPIED if quote.values.get(key) is not None}
    own |= {"quote": quote_id, "invoice_date": batch.now.date()}
    carried = {key: value for key, value in own.items() if key not in typed}
    change = Change(Verb.CREATE, "invoices", None, {**carried, **typed}, copied=frozenset(carried))
    outcome = apply([change], actor=actor, source=source, cause=batch.cause, now=batch.now).or_raise()
    told = {"into": {"invoice": outcome.ids[0]}}
    tell(batch, History.Kind.CONVERT, "quotes", {quote_id: (quote.version, {CONVERT: [None, told, None]})})
    return outcome


def _refuse(batch: Batch, quote: Stored) -> None:
    """Refuses a quote that is not ready, or has its invoice; two clerks at once meet at the quote's lock."""
    info = batch.registry.module("quotes")
    problem = None
    status = info.field("status")
    if (reason := refusal(batch, draft_of(info, quote, Verb.EDIT), None)) is not None:
        problem = Problem(None, "locked", reason)
    elif quote.values.get("status") not in BILLABLE:
        labels = ", ".join(status.choices[key].label for key in BILLABLE if key in status.choices)
        message = _("Only a quote that is one of these can be invoiced: %s.") % labels
        problem = Problem("status", "invalid", message)
    elif not quote.values.get("lines"):
        problem = Problem("lines", "required", _("The quote has no lines."))
    else:
        known = Invoice.objects.live().filter(quote_id=quote.id).exclude(status="cancelled")
        number = known.values_list("number", flat=True).first()
        if number is not None:
            problem = Problem(None, "converted", _("The quote has the invoice %s already.") % number)
    if problem is not None:
        raise refused("quotes", quote.id, problem)
