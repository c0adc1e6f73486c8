"""Whether few or many records match: few are found at once, many are met soon on the way."""

from __future__ import annotations

from contextlib import nullcontext

from django.db import connection

from crm.search.conditions import TABLE, Search
from crm.visibility.limits import in_time
from crm.visibility.paging import FEW_ROWS
from crm.visibility.rows import live_rows
from crm.visibility.sql import Sql, compiled

NEWEST = 500
"""So many of the newest records are looked at first, on PostgreSQL: its index has no order, and for a word
that many texts hold it reads all of them."""

MANY_OF_NEWEST = 10
"""If so many of them match, others do as well."""


def few_ids(search: Search, limit: int = FEW_ROWS) -> list[int] | None:
    """The ids of all records that match, newest first; None if there are more than the limit.

    Raises TooSlow where fields are hidden and a word that only they contain takes too long: the index does
    not know fields, so that every text with the word is looked at.
    """
    with nullcontext() if search.sees_all else in_time():
        return _few_ids(search, limit)


def _few_ids(search: Search, limit: int) -> list[int] | None:
    if connection.vendor == "postgresql" and len(of_newest(search).rows()) >= MANY_OF_NEWEST:
        return None
    found = [row[0] for row in search.found(limit + 1).rows()]
    return found if len(found) <= limit else None


def of_newest(search: Search) -> Sql:
    """The statement that yields the ids of those among the newest records that match."""
    newest = compiled(live_rows(search.module).order_by("-id").values_list("id")[:NEWEST])
    check = search.check("st")
    text = f"SELECT st.id FROM ({newest.text}) AS near JOIN {TABLE} st ON st.id = near.id WHERE {check.text}"
    return Sql(text, (*newest.params, *check.params))
