"""Built-in modules of service and daily work: cases and tasks."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models.columns import (
    Spec,
    day,
    link,
    link_indexes,
    long_text,
    moment,
    picklist,
    text,
    with_spec,
)
from crm.models.records import Record

PRIORITIES = [("high", _("High")), ("normal", _("Normal")), ("low", _("Low"))]


class Case(Record):
    """A customer's question or problem."""

    number = text(_("Number"), length=40, kind="number", system=True, searched=True)
    account = link(_("Account"), "crm.Account", "accounts")
    contact = link(_("Contact"), "crm.Contact", "contacts")
    status = picklist(
        _("Status"),
        [
            ("new", _("New"), {"open": True}),
            ("in_progress", _("In progress"), {"open": True}),
            ("waiting", _("Waiting for the customer"), {"open": True}),
            ("solved", _("Solved"), {"open": False}),
            ("closed", _("Closed"), {"open": False}),
        ],
        required=True,
        default="new",
        sorted=True,
    )
    priority = picklist(_("Priority"), PRIORITIES, default="normal", sorted=True)
    origin = picklist(
        _("Origin"),
        [("email", _("E-mail")), ("phone", _("Phone")), ("web", _("Website")), ("chat", _("Chat"))],
    )
    email = text(_("E-mail"), kind="email", length=254)
    phone = text(_("Phone"), kind="phone", length=40)
    description = long_text(_("Description"), section="description")
    solution = long_text(_("Solution"), section="description")

    class Meta(Record.Meta):
        indexes = [*Record.Meta.indexes, *link_indexes("account", "contact")]


class Task(Record):
    """Something a person has to do, often about a record."""

    status = picklist(
        _("Status"),
        [
            ("open", _("Open"), {"open": True}),
            ("in_progress", _("In progress"), {"open": True}),
            ("done", _("Done"), {"open": False, "won": True}),
            ("cancelled", _("Cancelled"), {"open": False}),
        ],
        required=True,
        default="open",
        sorted=True,
    )
    priority = picklist(_("Priority"), PRIORITIES, default="normal")
    due_date = day(_("Due"), sorted=True)
    related_id = with_spec(
        models.BigIntegerField(null=True, blank=True),
        Spec(_("About"), "any_link", options={"module_column": "related_module"}),
    )
    related_module = models.CharField(max_length=60, null=True, blank=True)
    completed_at = moment(_("Completed"), section="system", system=True)
    description = long_text(_("Description"), section="description")
