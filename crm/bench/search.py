"""Search in lists and in the top bar at a million leads, for each kind of person and of word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from importlib import import_module
from typing import Any

from django.apps import apps
from django.db import connection

from crm.bench import Measure
from crm.bench.filling import (
    RARE_COMPANY,
    Cast,
    drop_field_indexes,
    fill_leads,
    make_people,
    refresh_statistics,
)
from crm.bench.visibility import BUDGET_MS, BUDGET_STATEMENTS, Figures, run
from crm.models import Lead, User
from crm.modules.loading import module
from crm.search.building import build_texts
from crm.search.hits import SHOWN, find
from crm.views.finding import search_condition
from crm.visibility import page
from crm.visibility.indexes import build_indexes

ROWS = 1_000_000
# One lead in so many gets a company with this name, in place of its own.
COMPANIES = {10: "上海有限公司", 5_000: "北京小明科技", 7_001: "Żółty Kamień"}
WORDS = {
    "a name": "first 37 last 9125",
    "part of a name": "ast 9125",
    "without accents": "zolty",
    "two Chinese characters, rare": "小明",
    "two Chinese characters, common": "有限",
    "a rare company": RARE_COMPANY,
    "a phone number": "030 123 45 67",
    "a common word": "company",
    "a word of all": "example",
    "one in a hundred": "company 12",
    "one letter": "f",
    "nothing": "qwxyz",
}


def measures(database_vendor: str, rows: int = ROWS) -> Iterator[Measure]:
    """Fills the empty database in use and yields what was measured."""
    if connection.vendor != database_vendor:
        raise ValueError(f"This process works on {connection.vendor}.")
    if Lead.objects.exists():
        raise ValueError("The bench needs a database without leads.")
    cast = fill(rows)
    most = 0
    for name, figures in _figures(cast):
        most = max(most, figures.statements)
        holds = figures.milliseconds <= BUDGET_MS
        yield Measure(f"{rows:,} leads, {name}", figures.milliseconds, "ms", f"≤ {BUDGET_MS:.0f} ms", holds)
    yield Measure("statements of a search", most, "", f"≤ {BUDGET_STATEMENTS}", most <= BUDGET_STATEMENTS)


def fill(rows: int) -> Cast:
    """Leads with their search texts, and the people who look for them."""
    cast = make_people()
    drop_field_indexes()
    fill_leads(cast, 1, rows)
    _name_companies()
    migration = import_module("crm.migrations.0005_search")
    with connection.schema_editor() as editor:  # a million texts go in much sooner without their index
        migration.drop(apps, editor)
    build_texts()
    with connection.schema_editor() as editor:
        migration.create(apps, editor)
        if connection.vendor == "sqlite":
            editor.execute("INSERT INTO crm_searchgram (crm_searchgram) VALUES ('rebuild')")
    build_indexes()
    refresh_statistics()
    return cast


def _name_companies() -> None:
    with connection.cursor() as cursor:
        for place, company in COMPANIES.items():
            cursor.execute("UPDATE crm_lead SET company = %s WHERE id %% %s = 7", [company, place])


def _figures(cast: Cast) -> Iterator[tuple[str, Figures]]:
    for person in fields(cast):
        user: User = getattr(cast, person.name)
        find(user, "example")
        _list(user, "example")  # who the person is, is read once and kept
        for name, text in WORDS.items():
            label = f"{person.name.replace('_', ' ')}, {name}"
            yield f"list: {label}", run(lambda user=user, text=text: _list(user, text))  # type: ignore[misc]
            yield f"top bar: {label}", run(lambda user=user, text=text: find(user, text, SHOWN))  # type: ignore[misc]


def _list(user: User, text: str) -> Any:
    leads = module("leads")
    return page(user, leads, where=search_condition(user, leads, text))
