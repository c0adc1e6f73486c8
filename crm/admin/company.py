"""Currencies and their rates."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from crm.admin.base import Page, actor_of
from crm.company import delete_rate, save_currency, save_rate
from crm.models import Currency, ExchangeRate


@admin.register(Currency)
class CurrencyPage(Page):
    """The currencies that amounts may be in."""

    feature = "manage_modules"
    group, icon = "company", "payments"
    list_display = ("code", "decimals", "company", "active")
    fields = ("code", "decimals", "company", "active")
    search_fields = ("code",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The code is what records name."""
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Records name it; it can be made inactive."""
        return False

    def journal_key(self, obj: Currency) -> str:
        return obj.code

    def store(self, request: HttpRequest, obj: Currency, form: Any, formsets: Any, *, change: bool) -> None:
        save_currency(currency=obj, actor=actor_of(request))


@admin.register(ExchangeRate)
class RatePage(Page):
    """The rates, each from a day on."""

    feature = "manage_modules"
    group, icon = "company", "currency_exchange"
    list_display = ("currency", "day", "rate")
    list_filter = ("currency",)
    fields = ("currency", "day", "rate")

    def journal_key(self, obj: ExchangeRate) -> str:
        return f"{obj.currency_id} {obj.day}"

    def store(
        self, request: HttpRequest, obj: ExchangeRate, form: Any, formsets: Any, *, change: bool
    ) -> None:
        save_rate(rate=obj, actor=actor_of(request))

    def remove(self, request: HttpRequest, obj: ExchangeRate) -> None:
        delete_rate(rate=obj, actor=actor_of(request))
