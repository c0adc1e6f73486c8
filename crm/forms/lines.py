"""Line items as rows of a form, which also works without JavaScript: buttons add and remove rows."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.fields import ValueProblem
from crm.fields.lines import MAX_LINES
from crm.forms.kinds import Kind, control_of
from crm.forms.lookups import Typed
from crm.forms.numbers import read_number, write_number
from crm.modules.registry import FieldInfo

AMOUNTS: dict[str, str | Promise] = {
    "quantity": gettext_lazy("Quantity"),
    "price": gettext_lazy("Price"),
    "discount": gettext_lazy("Discount %"),
    "tax": gettext_lazy("Tax %"),
}
SPARE = 1  # empty rows below the filled ones


@control_of("lines")
class LineRows(Kind):
    """Rows with product, text, quantity, price, discount and tax. The form's text of a row is by column."""

    template = "crm/controls/lines.html"
    empty = []

    def text(self, value: Any, _info: FieldInfo) -> list[dict[str, str]]:
        return [
            {"product": str(line["product"] or ""), "text": line["text"] or ""}
            | {key: write_number(_short(line[key])) for key in AMOUNTS}
            for line in value or []
        ]

    def plain(self, text: list[dict[str, str]], _info: FieldInfo) -> list[dict[str, str]]:
        """The rows with plain numbers; a product that was not found stays as it was typed."""
        return [
            row
            | {"product": row.get("product_name") or row["product"]}
            | {key: _read(row[key]) for key in AMOUNTS}
            for row in text
        ]

    def read(self, data: QueryDict, name: str) -> list[dict[str, str]] | None:
        """The rows as posted, without removed and empty ones; products are found out later."""
        count = data.get(f"{name}-rows")
        if count is None:
            return None
        rows = int(count) if count.isascii() and count.isdecimal() and len(count) < 6 else 0
        found = [_row(data, f"{name}-{place}") for place in range(min(rows, MAX_LINES + 1))]
        return [row for row in found if row is not None]


def typed_products(rows: list[dict[str, str]]) -> list[Typed]:
    """What was entered as product, row by row."""
    return [Typed("products", row["product_name"], row["product"]) for row in rows]


def settle(rows: list[dict[str, str]], typed: list[Typed]) -> list[str]:
    """Puts the products that were found into the rows; what was not found is returned as problems."""
    problems = []
    for row, product in zip(rows, typed, strict=True):
        row["product"] = product.value
        if product.problem:
            problems.append(product.problem)
        else:
            del row["product_name"]
    return problems


def misread(rows: list[dict[str, str]]) -> list[str]:
    """What is wrong with the numbers of the rows, each with its line."""
    problems = []
    for place, row in enumerate(rows, 1):
        for key, label in AMOUNTS.items():
            try:
                read_number(_bare(row[key]))
            except ValueProblem as problem:
                told = {"line": place, "field": label, "problem": problem.message}
                problems.append(_("Line %(line)s, %(field)s: %(problem)s") % told)
    return problems


def _bare(typed: str) -> str:
    return typed.removesuffix("%")


def _read(typed: str) -> str:
    """The plain number; what is none in quotation marks, which the door refuses with all the rest."""
    try:
        return read_number(_bare(typed))
    except ValueProblem:
        return f"“{typed}”"


def _short(number: str) -> str:
    """An amount without zeros that say nothing: 2.0000 is 2, and 10.50 stays."""
    whole, _point, places = number.partition(".")
    places = places.rstrip("0")
    return f"{whole}.{places:0<2}" if places else whole


def _row(data: QueryDict, prefix: str) -> dict[str, str] | None:
    if data.get(f"{prefix}-remove"):
        return None
    row = {key: data.get(f"{prefix}-{key}", "").strip() for key in ("text", *AMOUNTS)}
    row["product_name"] = data.get(f"{prefix}-product", "").strip()
    if not any(row.values()):
        return None
    row["product"] = data.get(f"{prefix}-product-pick") or data.get(f"{prefix}-product-id", "")
    return row
