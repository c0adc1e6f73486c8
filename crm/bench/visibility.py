"""The list page at a million leads and 2,000 people, for each kind of person, filter and sort."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from statistics import median
from typing import Any

from django.db import connection
from django.db.models import Q, Value
from django.test.utils import CaptureQueriesContext

from crm.bench import Measure
from crm.bench.filling import (
    FIRST_ID,
    RARE_COMPANY,
    Cast,
    drop_field_indexes,
    fill_leads,
    make_people,
    refresh_statistics,
)
from crm.criteria.sql import Infix
from crm.criteria.text import fold
from crm.documents.generation import held_generation
from crm.models import Lead, User
from crm.modules.loading import module
from crm.modules.registry import ModuleInfo
from crm.visibility import Sort, count, page
from crm.visibility.columns import can_be_sorted, field_value
from crm.visibility.indexes import build_indexes
from crm.visibility.order import order_of

SMALL = 10_000
RUNS = 11
BUDGET_MS, BUDGET_STATEMENTS, BUDGET_RATIO = 50.0, 12, 1.5
NOISE_MS = 1.0  # a ratio of times this close together says nothing


@dataclass(frozen=True)
class Figures:
    """Of one person and case: the slowest page in milliseconds, and its statements.

    Budgets are about the median; the ratio of two sizes compares the best runs, which a busy machine
    disturbs least.
    """

    milliseconds: float
    best: float
    statements: int


def cases(leads: ModuleInfo) -> dict[str, dict[str, Any]]:
    """No filter, a rare filter, and every sorted field both ways."""
    company = field_value(leads.field("company"))
    rare = Q(Infix(company, "=", Value(fold(RARE_COMPANY))))
    found: dict[str, dict[str, Any]] = {"no filter": {}, "rare filter": {"where": rare}}
    for info in leads.fields.values():
        if info.sorted and can_be_sorted(info):
            found[f"by {info.key}"] = {"sort": Sort(info.key, False)}
            found[f"by -{info.key}"] = {"sort": Sort(info.key, True)}
    return found


def run(work: Callable[[], Any]) -> Figures:
    """Median time of a few runs, each as its own request, and the statements of one."""
    with CaptureQueriesContext(connection) as queries, held_generation():
        work()
    statements = len(queries)  # asked now: a request forgets what was noted before it
    times = []
    for _run in range(RUNS):
        start = time.perf_counter()
        with held_generation():
            work()
        times.append((time.perf_counter() - start) * 1000)
    return Figures(median(times), min(times), statements)


def listing(user: User, leads: ModuleInfo, options: dict[str, Any]) -> Figures:
    """The slowest of the first page, the next one, and one from the middle of the module on."""
    middle = leads.rows().get(pk=FIRST_ID + SMALL // 2)
    order = order_of(user, leads, options.get("sort", Sort()))
    places = [None, page(user, leads, **options).next, order.cursor(middle)]
    found = [run(lambda after=after: page(user, leads, after=after, **options)) for after in places]  # type: ignore[misc]
    return max(found, key=lambda figures: figures.milliseconds)


def table(cast: Cast) -> dict[tuple[str, str], Figures]:
    """Figures of every person and case at the present size."""
    leads = module("leads")
    found = {}
    for person in fields(cast):
        user = getattr(cast, person.name)
        for name, options in cases(leads).items():
            found[person.name, name] = listing(user, leads, options)
        found[person.name, "count"] = run(lambda user=user: count(user, leads))  # type: ignore[misc]
    return found


def measures(database_vendor: str, rows: int = 1_000_000) -> Iterator[Measure]:
    """Fills the empty database in use and yields what was measured at 10,000 and at `rows` leads."""
    if connection.vendor != database_vendor:
        raise ValueError(f"This process works on {connection.vendor}.")
    if Lead.objects.exists():
        raise ValueError("The bench needs a database without leads.")
    cast = make_people()
    small = _filled(cast, 1, SMALL)
    large = _filled(cast, SMALL + 1, rows)
    for (person, case), measured in large.items():
        figures = _again(cast, person, case, measured, small[person, case])
        name = f"{rows:,} leads, {person.replace('_', ' ')}, {case}"
        yield Measure(
            name, figures.milliseconds, "ms", f"≤ {BUDGET_MS:.0f} ms", figures.milliseconds <= BUDGET_MS
        )
        ratio = figures.best / small[person, case].best
        holds = None if case == "count" else _is_constant(figures, small[person, case])
        yield Measure(f"{name}, against {SMALL:,}", ratio, "×", f"≤ {BUDGET_RATIO} ×", holds)
    most = max(figures.statements for figures in large.values())
    yield Measure("statements of a list page", most, "", f"≤ {BUDGET_STATEMENTS}", most <= BUDGET_STATEMENTS)


def _is_constant(figures: Figures, small: Figures) -> bool:
    return figures.best / small.best <= BUDGET_RATIO or figures.best - small.best <= NOISE_MS


def _again(cast: Cast, person: str, case: str, figures: Figures, small: Figures) -> Figures:
    """The figures; measured up to twice more where they break a budget, since the machine may be busy."""
    options = cases(module("leads")).get(case)
    for _attempt in range(2):
        if options is None or (figures.milliseconds <= BUDGET_MS and _is_constant(figures, small)):
            break
        figures = listing(getattr(cast, person), module("leads"), options)
    return figures


def _filled(cast: Cast, first: int, last: int) -> dict[tuple[str, str], Figures]:
    drop_field_indexes()
    fill_leads(cast, first, last)
    build_indexes()
    refresh_statistics()
    return table(cast)
