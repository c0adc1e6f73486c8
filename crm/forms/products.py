"""What a chosen product puts into its line: price, tax and a line of text."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from crm.forms.numbers import write_number
from crm.models import Currency, User
from crm.modules.loading import registry
from crm.visibility import readable, visible_to

Terms = dict[str, str]
LONGEST_TEXT = 255


def terms_of(user: User, products: Collection[int], currency: str) -> dict[int, Terms]:
    """By product, the texts for a line in this currency ("": the company's); without what may not be read.

    A product that is priced in another currency gives no price: rates are no price list.
    """
    module = registry().modules.get("products")
    if module is None or not products:
        return {}
    allowed = readable(user, module)
    code = currency or _company_currency()
    found = {}
    rows = visible_to(user, module).filter(pk__in=products)
    for pk, price, tax, own, about in rows.values_list("pk", "price", "tax", "currency", "description"):
        terms: Terms = {}
        if price is not None and "price" in allowed and (own or code) == code:
            terms["price"] = write_number(price)
        if tax is not None and "tax" in allowed:
            terms["tax"] = write_number(tax.normalize())
        if about and "description" in allowed:
            terms["text"] = about.partition("\n")[0].strip()[:LONGEST_TEXT]
        found[pk] = terms
    return found


def fill(user: User, rows: Sequence[Terms], currency: str) -> None:
    """Puts price, tax and text of the products into the rows that have no price yet."""
    bare = [row for row in rows if row["product"].isdecimal() and not row["price"]]
    terms = terms_of(user, {int(row["product"]) for row in bare}, currency)
    for row in bare:
        for key, text in terms.get(int(row["product"]), {}).items():
            row[key] = row[key] or text


def _company_currency() -> str:
    code = Currency.objects.filter(company=True).values_list("code", flat=True).first()
    return code or ""
