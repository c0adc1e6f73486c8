"""Whole pages at a million leads: list, search and record, from the request to the last byte."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from django.db import connection
from django.test import Client

from crm.bench import Measure
from crm.bench.filling import FIRST_ID, RARE_ROWS, Cast
from crm.bench.search import ROWS, fill
from crm.bench.visibility import Figures, run
from crm.models import Lead, User
from crm.modules.loading import module
from crm.visibility import page

BUDGET_MS, BUDGET_STATEMENTS = 50.0, 20


def measures(database_vendor: str, rows: int = ROWS) -> Iterator[Measure]:
    """Fills the empty database in use and yields what was measured."""
    if connection.vendor != database_vendor:
        raise ValueError(f"This process works on {connection.vendor}.")
    if Lead.objects.exists():
        raise ValueError("The bench needs a database without leads.")
    cast, most = fill(rows), 0
    for person in fields(cast):
        for name, figures in _pages(getattr(cast, person.name), cast):
            most = max(most, figures.statements)
            label = f"{rows:,} leads, page: {person.name.replace('_', ' ')}, {name}"
            holds = figures.milliseconds <= BUDGET_MS
            yield Measure(label, figures.milliseconds, "ms", f"≤ {BUDGET_MS:.0f} ms", holds)
    yield Measure("statements of a page", most, "", f"≤ {BUDGET_STATEMENTS}", most <= BUDGET_STATEMENTS)


def _pages(user: User, cast: Cast) -> Iterator[tuple[str, Figures]]:
    leads = module("leads")
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    first = page(user, leads)
    addresses = {
        "list": "/leads/",
        "list by company": "/leads/?sort=company",
        "list with a search": "/leads/?q=company+12",
        "count": "/leads/count/",
        "search": "/search/?q=last+912",
    }
    if first.next is not None:
        addresses["next rows"] = f"/leads/?after={first.next.encode()}"
    if user != cast.sees_none:
        record = first.rows[0].pk if first.rows else FIRST_ID + RARE_ROWS
        addresses |= {"record": f"/leads/{record}/", "timeline": f"/leads/{record}/timeline/"}
    for name, address in addresses.items():
        yield name, _timed(client, address)


def _timed(client: Client, address: str) -> Figures:
    answer = client.get(address)
    if answer.status_code != 200:
        raise ValueError(f"{address} answered {answer.status_code}.")
    return run(lambda: client.get(address))
