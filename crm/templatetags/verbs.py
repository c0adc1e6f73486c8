"""Which verbs a record's page offers beside editing and deleting; the views ask for the rights again."""

from __future__ import annotations

from typing import Any

from django import template

from crm.door.invoicing import BILLABLE
from crm.visibility import can

register = template.Library()


@register.simple_tag(takes_context=True)
def allowed_verbs(context: template.Context) -> dict[str, bool]:
    """Whether the page's record can be converted, invoiced or merged, and whether it was converted."""
    user, module, record = context["user"], context["module"], context["record"]
    values: dict[str, Any] = record.values
    is_converted = values.get("converted_at") is not None
    may_edit, may_delete = bool(context.get("may_edit")), bool(context.get("may_delete"))
    is_billable = module.key == "quotes" and values.get("status") in BILLABLE
    return {
        "convert": module.key == "leads" and may_edit and not is_converted,
        "converted": is_converted,
        "invoice": is_billable and can(user, "create", "invoices"),
        "merge": may_edit and may_delete and not is_converted,
    }


@register.simple_tag(takes_context=True)
def has_bin(context: template.Context) -> bool:
    """Whether the person may look into the bin of the page's module."""
    return can(context["user"], "delete", context["module"])
