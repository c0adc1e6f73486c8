"""Line items of quotes and invoices, and the totals they make.

Rounding: each line's net amount and tax are rounded half up to cents; a document's totals are sums of
the rounded lines, so that what is printed adds up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.fields.base import FieldType, ValueProblem, register_field_type
from crm.fields.links import to_id
from crm.fields.numbers import to_decimal
from crm.fields.text import clean_text
from crm.modules.registry import FieldInfo

CENT = Decimal("0.01")
HUNDRED = Decimal(100)
MAX_LINES = 500


def cents(amount: Decimal) -> Decimal:
    """Rounded half up to cents."""
    return amount.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Totals:
    """What a document's lines add up to, in its currency."""

    subtotal: Decimal
    discount_total: Decimal
    tax_total: Decimal
    total: Decimal
    largest_discount: Decimal | None


def totals(lines: Sequence[dict[str, Any]]) -> Totals:
    """The totals of cleaned lines; all zero, and no largest discount, without lines."""
    gross = sum((cents(Decimal(line["quantity"]) * Decimal(line["price"])) for line in lines), Decimal(0))
    net = sum((Decimal(line["net"]) for line in lines), Decimal(0))
    total = sum((Decimal(line["total"]) for line in lines), Decimal(0))
    largest = max((Decimal(line["discount"]) for line in lines), default=None)
    return Totals(cents(gross), cents(gross - net), cents(total - net), cents(total), largest)


def _number(line: dict[str, Any], key: str, default: str, top: Decimal, places: str) -> Decimal:
    raw = line.get(key)
    number = to_decimal(default if raw in (None, "") else raw).quantize(Decimal(places), ROUND_HALF_UP)
    if not 0 <= number <= top:
        raise ValueProblem(_("%(field)s is between 0 and %(top)s.") % {"field": key, "top": top})
    return number


def clean_line(line: Any) -> dict[str, Any]:
    """One line with quantity, price, discount and tax in percent, and its net and total amounts."""
    if not isinstance(line, dict):
        raise ValueProblem(_("A line has product or text, quantity, price, discount and tax."))
    product = to_id(line.get("product"))
    text = clean_text(line.get("text") or "", 255)
    if product is None and text is None:
        raise ValueProblem(_("A line needs a product or a text."))
    quantity = _number(line, "quantity", "1", Decimal(10**9), "0.0001")
    price = _number(line, "price", "0", Decimal(10**11), "0.01")
    discount = _number(line, "discount", "0", HUNDRED, "0.01")
    tax = _number(line, "tax", "0", HUNDRED, "0.01")
    net = cents(quantity * price * (HUNDRED - discount) / HUNDRED)
    total = net + cents(net * tax / HUNDRED)
    if total >= Decimal(10) ** 13:
        raise ValueProblem(_("The line's amount is too large."))
    numbers = {
        "quantity": quantity,
        "price": price,
        "discount": discount,
        "tax": tax,
        "net": net,
        "total": total,
    }
    return {"product": product, "text": text, **{key: f"{number:f}" for key, number in numbers.items()}}


@register_field_type
class Lines(FieldType):
    """The line items, as a list of dictionaries in plain JSON."""

    key = "lines"
    label = _("Lines")
    family = "lines"
    custom = False

    def clean(self, raw: Any, field: FieldInfo) -> list[dict[str, Any]] | None:
        if not raw:
            return None
        if not isinstance(raw, list | tuple) or len(raw) > MAX_LINES:
            raise ValueProblem(_("Lines are a list of at most %(limit)s.") % {"limit": MAX_LINES})
        return [clean_line(line) for line in raw]

    def to_columns(self, value: Any, field: FieldInfo) -> tuple[Any, ...]:
        return (value or [],)

    def from_columns(self, columns: tuple[Any, ...], field: FieldInfo) -> Any:
        return columns[0] or None

    def show(self, value: Any, field: FieldInfo) -> str:
        return "; ".join(f"{line['quantity']} × {line['text'] or line['product']}" for line in value or [])
