"""Exchange rates of the day, read once per configuration generation: a new rate starts the next one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache

from django.db.models import OuterRef, Subquery

from crm.door.batch import Batch, Draft
from crm.models import Currency, ExchangeRate
from crm.space import current_space

ONE = Decimal("1.000000")


def rates_on(day: date) -> dict[str, Decimal]:
    """What one unit of each active currency is worth in the company's on that day; None of it: not listed."""
    newest = (
        ExchangeRate.objects.filter(currency=OuterRef("pk"), day__lte=day).order_by("-day").values("rate")[:1]
    )
    rows = Currency.objects.filter(active=True).annotate(rate=Subquery(newest))
    return {row.code: ONE if row.company else row.rate for row in rows if row.company or row.rate is not None}


def company_currency_code() -> str:
    """The company's currency."""
    return Currency.objects.values_list("code", flat=True).get(company=True)


@lru_cache(maxsize=8)
def _rates(_space: str, _generation: int, day: date) -> tuple[str, dict[str, Decimal]]:
    return company_currency_code(), rates_on(day)


def _remembered(batch: Batch) -> tuple[str, dict[str, Decimal]]:
    return _rates(current_space(), batch.registry.generation, batch.now.date())


def rate_of(batch: Batch, draft: Draft) -> tuple[str, Decimal]:
    """The company's currency, and the rate of the record's currency.

    A record keeps the rate it got with its currency; a currency without a rate on that day counts as 1
    and is refused by the validation.
    """
    company, rates = _remembered(batch)
    code = draft.after.get("currency") or company
    before = draft.before
    if before is not None and before.get("rate") is not None and before.get("currency") == code:
        return company, before["rate"]
    return company, rates.get(code, ONE)


def known_currencies(batch: Batch) -> dict[str, Decimal]:
    """Active currencies that have a rate today."""
    return _remembered(batch)[1]
