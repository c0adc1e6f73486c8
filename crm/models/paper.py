"""Built-in modules with line items: quotes and invoices."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models.columns import (
    Spec,
    base_money,
    day,
    decimal,
    link,
    link_indexes,
    long_text,
    money,
    picklist,
    text,
    with_spec,
)
from crm.models.records import Record


class Paper(Record):
    """What a document with line items has, whichever it is; the door works out number and totals."""

    number = text(_("Number"), length=40, kind="number", system=True, searched=True)
    account = link(_("Account"), "crm.Account", "accounts")
    contact = link(_("Contact"), "crm.Contact", "contacts")
    deal = link(_("Deal"), "crm.Deal", "deals")
    # Part of the record and its history; LineItem repeats them as rows for queries.
    lines = with_spec(models.JSONField(default=list), Spec(_("Lines"), "lines", section="lines"))
    subtotal = money(_("Subtotal"), system=True, section="lines")
    subtotal_base = base_money(_("Subtotal (company currency)"), "subtotal", section="lines")
    discount_total = money(_("Discount"), system=True, section="lines")
    discount_total_base = base_money(_("Discount (company currency)"), "discount_total", section="lines")
    tax_total = money(_("Tax"), system=True, section="lines")
    tax_total_base = base_money(_("Tax (company currency)"), "tax_total", section="lines")
    total = money(_("Total"), system=True, sorted=True, section="lines")
    total_base = base_money(_("Total (company currency)"), "total", section="lines")
    largest_discount = decimal(_("Largest discount"), kind="percent", system=True, section="lines")
    description = long_text(_("Terms"), section="description")

    class Meta(Record.Meta):
        abstract = True
        indexes = [*Record.Meta.indexes, *link_indexes("account", "contact", "deal")]


class Quote(Paper):
    """An offer; approved, it can become an invoice."""

    status = picklist(
        _("Status"),
        [
            ("draft", _("Draft"), {"open": True}),
            ("in_review", _("In review"), {"open": True}),
            ("approved", _("Approved"), {"open": True}),
            ("sent", _("Sent"), {"open": True}),
            ("accepted", _("Accepted"), {"open": False, "won": True}),
            ("declined", _("Declined"), {"open": False, "lost": True}),
        ],
        required=True,
        default="draft",
        sorted=True,
    )
    valid_until = day(_("Valid until"))


class Invoice(Paper):
    """A bill."""

    quote = link(_("Quote"), "crm.Quote", "quotes")
    status = picklist(
        _("Status"),
        [
            ("draft", _("Draft"), {"open": True}),
            ("sent", _("Sent"), {"open": True}),
            ("paid", _("Paid"), {"open": False, "won": True}),
            ("cancelled", _("Cancelled"), {"open": False}),
        ],
        required=True,
        default="draft",
        sorted=True,
    )
    invoice_date = day(_("Invoice date"))
    due_date = day(_("Due"))

    class Meta(Paper.Meta):
        indexes = [*Paper.Meta.indexes, *link_indexes("quote")]
