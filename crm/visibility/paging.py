"""A page of the records that somebody may read, and how many there are, however large the module is.

The first rows of each reach are found by index, merged by the database, and cut. With a filter, a capped
probe tells which way is short: few rows in reach are all looked at; few rows that match are looked up;
and where both are many, the walk meets enough of them soon, or runs into the time limit.
"""

# ruff: noqa: ARG002 — one signature for all kinds

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db.models import Q

from crm.documents.generation import held_generation
from crm.models import Record, User
from crm.modules.registry import ModuleInfo
from crm.people.rights import rights_of
from crm.visibility.branches import Viewer, reaches
from crm.visibility.limits import SECONDS, SOON, TooSlow, in_time
from crm.visibility.order import Cursor, Order, Sort, order_of
from crm.visibility.reach import Reach, Rows, number_of
from crm.visibility.rows import any_of, live_rows, visible_to
from crm.visibility.sql import KEY, Among, Sql, TwoWays, checked, compiled, leaves, opaque
from crm.visibility.stretches import Stretch

Answer = TypeVar("Answer")

FEW_ROWS = 5_000
"""Up to so many rows, in reach or matching, are all looked at."""


@dataclass(frozen=True)
class Page:
    """Records in order; `next` is where the next page begins, None on the last one."""

    ids: list[int] = field(default_factory=list)
    rows: list[Record] = field(default_factory=list)
    next: Cursor | None = None


@dataclass(frozen=True)
class Count:
    """How many records; not exact means at least so many."""

    number: int
    exact: bool


def page(
    user: User,
    module: ModuleInfo,
    *,
    where: Q | None = None,
    sort: Sort | None = None,
    after: Cursor | None = None,
    size: int = 50,
) -> Page:
    """The first (or next, `after` a cursor) `size` live records that the person may read and that match.

    Raises FieldRefused for a sort field that is hidden or not marked as sorted, BadCursor for a cursor
    of another order, and TooSlow if a filter finds nothing in time.
    """
    with held_generation():
        return _page(user, module, where, order_of(user, module, sort or Sort()), after, size)


def _page(
    user: User, module: ModuleInfo, where: Q | None, order: Order, after: Cursor | None, size: int
) -> Page:
    if not rights_of(user).may("view", module.key):
        return Page()
    way = _way(user, module, where)
    ids = way.some(order.stretches(after), size + 1)
    found = {row.pk: row for row in module.rows().filter(Among("id", ids[:size])).order_by()} if ids else {}
    rows = [found[pk] for pk in ids[:size] if pk in found]  # one may have been purged in the meantime
    following = order.cursor(rows[-1]) if len(ids) > size and rows else None
    return Page([row.pk for row in rows], rows, following)


def count(user: User, module: ModuleInfo, *, where: Q | None = None, cap: int | None = 10_000) -> Count:
    """How many live records the person may read that match; exact up to `cap`, or always if it is None."""
    if cap is None:
        return Count(visible_to(user, module).filter(where or Q()).count(), True)
    if not rights_of(user).may("view", module.key):
        return Count(0, True)
    with held_generation():
        number = _way(user, module, where).count(cap)
    return Count(min(number, cap), number <= cap)


def newest_ids(user: User, module: ModuleInfo, *, where: Q, size: int) -> list[int]:
    """The ids of the newest live records that the person may read and that match; without the rows."""
    if not rights_of(user).may("view", module.key):
        return []
    with held_generation():
        (stretch,) = order_of(user, module, Sort()).stretches(None)
        return _way(user, module, where).first(stretch, size)


def matching_ids(
    user: User, module: ModuleInfo, *, where: Q | None = None, cap: int = 10_000
) -> list[int] | None:
    """The ids of all live records that the person may read and that match; None if more than `cap`."""
    if not rights_of(user).may("view", module.key):
        return []
    with held_generation():
        way = _way(user, module, where)
        (stretch,) = order_of(user, module, Sort()).stretches(None)
        ids = way.first(stretch, cap + 1)
    return ids if len(ids) <= cap else None


class Way:
    """A way to find the rows of a page."""

    def first(self, stretch: Stretch, limit: int) -> list[int]:
        """The ids of the first rows of a stretch, in order."""
        raise NotImplementedError

    def some(self, stretches: Sequence[Stretch], limit: int) -> list[int]:
        """The ids of the first rows of stretches that follow each other."""
        ids: list[int] = []
        for stretch in stretches:
            ids += self.first(stretch, limit - len(ids))
            if len(ids) >= limit:
                break
        return ids

    def count(self, cap: int) -> int:
        """How many rows there are; above `cap`, any number above it."""
        raise NotImplementedError


class Merging(Way):
    """The first rows of each reach, merged."""

    def __init__(self, found: Sequence[Reach], rows: Rows) -> None:
        self.found, self.rows = found, rows

    def first(self, stretch: Stretch, limit: int) -> list[int]:
        walk = stretch.walk(self.rows, limit)
        parts = [sql for reach in self.found if (sql := reach.walk(walk)) is not None]
        if not parts:
            return []
        merged = parts[0] if len(parts) == 1 else _merged(parts, limit, stretch.descending)
        return [row[1] for row in merged.rows()]

    def count(self, cap: int) -> int:
        parts = [reach.some(self.rows, cap + 1) for reach in self.found]
        union = " UNION ".join(f"SELECT id FROM ({part.text}) AS part" for part in parts)
        params = tuple(param for part in parts for param in part.params)
        return number_of(Sql(f"SELECT id FROM ({union}) AS every LIMIT {cap + 1:d}", params))


class Sorting(Way):
    """All rows that match and may be read, sorted: for filters that hardly meet the beginning of an order."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def first(self, stretch: Stretch, limit: int) -> list[int]:
        walk = stretch.walk(self.rows, limit, hidden=True)
        found = compiled(walk.rows.order_by().values_list(KEY, "id"))
        way = "DESC" if walk.descending else "ASC"
        text = (
            f"WITH found AS MATERIALIZED ({found.text}) "
            f"SELECT * FROM found ORDER BY 1 {way}, 2 {way} LIMIT {limit:d}"
        )
        return [row[1] for row in Sql(text, found.params).rows()]

    def count(self, cap: int) -> int:
        return number_of(compiled(self.rows.values_list("id")[: cap + 1]))


class Trying(Way):
    """A way that is short as a rule, and if it is not soon through, one that is never very long."""

    def __init__(self, short: Way, sure: Way) -> None:
        self.short, self.sure = short, sure

    def first(self, stretch: Stretch, limit: int) -> list[int]:
        return self._try(lambda way: way.first(stretch, limit))

    def some(self, stretches: Sequence[Stretch], limit: int) -> list[int]:
        return self._try(lambda way: way.some(stretches, limit))

    def count(self, cap: int) -> int:
        return self._try(lambda way: way.count(cap))

    def _try(self, ask: Callable[[Way], Answer]) -> Answer:
        try:
            with in_time(SOON):
                return ask(self.short)
        except TooSlow:
            with in_time():
                return ask(self.sure)


class LookingUp(Way):
    """The rows with these ids, all of which match and may be read."""

    def __init__(self, rows: Rows, ids: Sequence[int]) -> None:
        self.rows, self.ids = rows.filter(Among("id", ids)), ids

    def first(self, stretch: Stretch, limit: int) -> list[int]:
        if not self.ids:
            return []
        return [row[1] for row in stretch.walk(self.rows, limit).sql().rows()]

    def count(self, cap: int) -> int:
        return len(self.ids)


def _way(user: User, module: ModuleInfo, where: Q | None) -> Way:
    """The shortest way, as capped probes tell."""
    rows, found = live_rows(module), reaches(Viewer(user, module))
    if where is None:
        return Merging(found, rows)
    asked = checked(where)
    if all(reach.few(rows, FEW_ROWS) for reach in found):
        return Merging(found, rows.filter(asked))
    matching = _matching(rows, where, asked)
    if matching is None:
        matching_rows = rows.filter(where)
        return Trying(
            Merging(found, rows.filter(opaque(asked))), Sorting(matching_rows.filter(any_of(found)))
        )
    return LookingUp(rows, _readable(rows, found, matching))


def _matching(rows: Rows, where: Q, asked: Q) -> list[int] | None:
    """The ids of the rows that match; None if they are more than FEW_ROWS, or take long to find."""
    parts = list(leaves(where))
    many = any(isinstance(part, TwoWays) and part.many for part in parts)
    if many and len(parts) == 1:
        return None
    try:
        with in_time(SOON if many else SECONDS):
            matching = rows.filter(asked if many else where)
            found = list(matching.values_list("id", flat=True)[: FEW_ROWS + 1])
    except TooSlow:
        if not many:
            raise
        return None
    return found if len(found) <= FEW_ROWS else None


def _readable(rows: Rows, found: Sequence[Reach], ids: list[int]) -> list[int]:
    if any(reach.everything for reach in found) or not ids:
        return ids
    return list(rows.filter(Among("id", ids)).filter(any_of(found, loose=True)).values_list("id", flat=True))


def _merged(parts: Sequence[Sql], limit: int, descending: bool) -> Sql:
    """The union of statements that yield (key, id), without doubles, in order, cut at `limit`."""
    way = "DESC" if descending else "ASC"
    names = [part.text for part in parts]
    union = " UNION ".join(f"SELECT * FROM ({text}) AS part" for text in names)
    params: tuple[Any, ...] = tuple(param for part in parts for param in part.params)
    return Sql(f"SELECT * FROM ({union}) AS merged ORDER BY 1 {way}, 2 {way} LIMIT {limit:d}", params)
