"""Verbs about the company's currencies and their dated rates."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.documents.generation import configuration_changed
from crm.models import Currency, ExchangeRate, History, User
from crm.modules.problems import ModuleProblem, validated
from crm.people.problems import require_feature

FEATURE = "manage_modules"


@transaction.atomic
def save_currency(*, currency: Currency, actor: User | None) -> Currency:
    """Saves a new or changed currency. The company's own can only be chosen before there are records."""
    require_feature(actor, FEATURE)
    currency.code = currency.code.strip().upper()
    if len(currency.code) != 3 or not currency.code.isascii() or not currency.code.isalpha():
        raise ModuleProblem(_("A currency's code has three letters, such as EUR."), "code")
    before = Currency.objects.select_for_update().filter(pk=currency.code).first()
    _check_company(currency, before)
    currency.full_clean(validate_unique=False, validate_constraints=False)
    currency.save()
    _journal(actor, "currency", currency.code, _state(before), _state(currency))
    return currency


def _check_company(currency: Currency, before: Currency | None) -> None:
    was = before is not None and before.company
    if currency.company and not currency.active:
        raise ModuleProblem(_("The company's currency is always active."), "active")
    if currency.company == was:
        return
    if was:
        raise ModuleProblem(_("Choose another currency as the company's instead."), "company")
    if History.objects.exists():
        message = _("Records have amounts in the company's currency already, so it stays.")
        raise ModuleProblem(message, "company")
    Currency.objects.filter(company=True).update(company=False)


@transaction.atomic
def save_rate(*, rate: ExchangeRate, actor: User | None) -> ExchangeRate:
    """Saves the rate of a currency from a day on; records keep the rate that they got."""
    require_feature(actor, FEATURE)
    if rate.currency.company:
        raise ModuleProblem(_("The company's own currency has no rate."), "currency")
    before = ExchangeRate.objects.select_for_update().filter(pk=rate.pk).first() if rate.pk else None
    validated(rate)
    rate.save()
    _journal(actor, "rate", f"{rate.currency_id} {rate.day}", _state(before), _state(rate))
    return rate


@transaction.atomic
def delete_rate(*, rate: ExchangeRate, actor: User | None) -> None:
    """Deletes a rate; records keep the rate that they got."""
    require_feature(actor, FEATURE)
    before = _state(rate)
    key = f"{rate.currency_id} {rate.day}"
    rate.delete()
    _journal(actor, "rate", key, before, None)


def _state(row: Any) -> dict[str, Any] | None:
    if row is None:
        return None
    names = [field.attname for field in row._meta.concrete_fields if not field.auto_created]
    return {
        name: str(value) if not isinstance(value := getattr(row, name), bool) else value for name in names
    }


def _journal(actor: User | None, kind: str, key: str, before: Any, after: Any) -> None:
    what = "created" if before is None else "deleted" if after is None else "changed"
    if before != after:
        configuration_changed(actor=actor, kind=kind, key=key, what=what, before=before, after=after)
