"""Lists in merged texts: the lines of a quote or invoice, and tags and other values of several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from babel.numbers import format_decimal
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.fields.numbers import babel_locale
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo

if TYPE_CHECKING:
    from workflows.merge import Slot

PRODUCTS = "products"
LISTS = frozenset({"lines", "choices"})  # families of fields that can be repeated
LINE_FIELDS: dict[str, str | Promise] = {
    "position": _("Position"),
    "product": _("Product"),
    "text": _("Text"),
    "quantity": _("Quantity"),
    "price": _("Price"),
    "discount": _("Discount"),
    "tax": _("Tax"),
    "net": _("Net"),
    "total": _("Total"),
}
ITEM_FIELDS: dict[str, str | Promise] = {"item": _("Entry of the list")}
AMOUNTS = ("price", "net", "total")
PERCENTS = ("discount", "tax")

Items = Callable[["Slot"], Sequence[Mapping[str, str]]]


def inner_fields(field: FieldInfo) -> Mapping[str, str | Promise]:
    """What an entry of the field's list offers, with labels; nothing if the field is no list."""
    if field.type.family == "lines":
        return LINE_FIELDS
    return ITEM_FIELDS if field.type.family == "choices" else {}


def items_later(values: Mapping[str, Any], products: Mapping[int, str]) -> Items:
    """The entries of lists kept by `snapshot`, shown in the active language; `products` are names by id."""

    def items(slot: Slot) -> list[dict[str, str]]:
        dumped = values.get(slot.path) or []
        if slot.field.type.family == "lines":
            return [shown_line(number, line, products) for number, line in enumerate(dumped, 1)]
        return [{"item": slot.field.type.show([entry], slot.field)} for entry in dumped]

    return items


def shown_line(number: int, line: Mapping[str, Any], products: Mapping[int, str]) -> dict[str, str]:
    """One line with every number written as the active language does; the text where there is no product."""
    text = line.get("text") or ""
    shown = {"position": str(number), "text": text}
    shown["product"] = products.get(line.get("product") or 0) or text
    shown["quantity"] = format_decimal(Decimal(line["quantity"]), locale=babel_locale())
    for key in AMOUNTS:
        shown[key] = format_decimal(Decimal(line[key]), format="#,##0.00", locale=babel_locale())
    for key in PERCENTS:
        shown[key] = f"{format_decimal(Decimal(line[key]), locale=babel_locale())} %"
    return shown


def product_names(lists: Iterable[Any]) -> dict[int, str]:
    """The names of all products in these lines, in one statement; in none if there are no products."""
    ids = {
        line["product"]
        for lines in lists
        for line in lines or ()
        if isinstance(line, dict) and line.get("product")
    }
    module = registry().modules.get(PRODUCTS)
    if not ids or module is None:
        return {}
    return dict(module.rows().order_by().filter(pk__in=ids).values_list("pk", "name"))
