"""The built-in modules: which model is which module, and how its columns become fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.models import (
    Account,
    Campaign,
    Case,
    Contact,
    Deal,
    Invoice,
    Lead,
    Product,
    Quote,
    Record,
    Task,
)
from crm.models.columns import Spec


@dataclass(frozen=True)
class BuiltinModule:
    """A module that comes with Signalbox."""

    key: str
    model: type[Record]
    label: str | Promise
    label_plural: str | Promise
    name_is_derived: bool = False  # from first and last name


BUILTIN_MODULES: tuple[BuiltinModule, ...] = (
    BuiltinModule("leads", Lead, _("Lead"), _("Leads"), name_is_derived=True),
    BuiltinModule("accounts", Account, _("Account"), _("Accounts")),
    BuiltinModule("contacts", Contact, _("Contact"), _("Contacts"), name_is_derived=True),
    BuiltinModule("deals", Deal, _("Deal"), _("Deals")),
    BuiltinModule("products", Product, _("Product"), _("Products")),
    BuiltinModule("quotes", Quote, _("Quote"), _("Quotes")),
    BuiltinModule("invoices", Invoice, _("Invoice"), _("Invoices")),
    BuiltinModule("campaigns", Campaign, _("Campaign"), _("Campaigns")),
    BuiltinModule("cases", Case, _("Case"), _("Cases")),
    BuiltinModule("tasks", Task, _("Task"), _("Tasks")),
)
BY_KEY = {module.key: module for module in BUILTIN_MODULES}

SECTIONS: tuple[tuple[str, str | Promise], ...] = (
    ("details", _("Details")),
    ("lines", _("Lines")),
    ("address", _("Address")),
    ("description", _("Description")),
    ("system", _("System")),
)


def specs(model: type[Record]) -> Iterator[tuple[str, tuple[str, ...], Spec]]:
    """Key, column attributes and spec of each field that the model declares, in order."""
    for column in model._meta.concrete_fields:
        spec: Spec | None = getattr(column, "spec", None)
        if spec is None:
            continue
        columns: tuple[str, ...] = (column.attname,)
        if "module_column" in spec.options:
            columns = (column.attname, spec.options["module_column"])
        yield column.name.removesuffix("_id"), columns, spec
