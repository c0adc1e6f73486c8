"""Ways to get at a branch's rows: all of them, those of some owners, those with some ids.

A reach answers three questions: which condition a row meets, whether there are only few rows, and how
the first rows in an order are found without looking at the rest.
"""

# ruff: noqa: ARG002 — one signature for all kinds

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

from django.db.models import Q, QuerySet

from crm.visibility.dialects import dialect
from crm.visibility.sql import KEY, Among, KeyCompare, Sql, compiled, raw

Rows: TypeAlias = QuerySet[Any, Any]
NEAREST = 1_000
"""So many rows of everybody are looked at before each owner's are."""

FEW_IDS = 10_000
"""Up to so many shared ids are fetched; above, walking the order and checking each row is cheaper."""


@dataclass(frozen=True)
class Walk:
    """The first rows in an order: `rows` carry the sort key, the filter, the cursor and the order."""

    rows: Rows
    limit: int
    descending: bool
    keyed: bool = True  # no: all sort keys are the same, only the id orders the rows
    has_owner: Callable[[int], bool] | None = None  # if rows are sorted by owner: who can have rows here

    def only(self, *conditions: Any, **lookups: Any) -> Walk:
        """The same walk over fewer rows."""
        return replace(self, rows=self.rows.filter(*conditions, **lookups))

    def up_to(self, last: tuple[Any, int]) -> Walk:
        """The same walk, up to all rows with the key of this (key, id), as a statement gave it."""
        if not self.keyed:
            return self.only(**{"id__gte" if self.descending else "id__lte": last[1]})
        return self.only(KeyCompare(raw(last[0]), ">=" if self.descending else "<="))

    def first(self, limit: int) -> Walk:
        """The same walk, ending earlier."""
        return replace(self, limit=limit)

    def sql(self) -> Sql:
        """The statement that yields key and id."""
        return compiled(self.rows.values_list(KEY, "id")[: self.limit])

    def ids(self) -> Sql:
        """The statement that yields the ids."""
        return compiled(self.rows.values_list("id")[: self.limit])


class Reach:
    """The rows that a branch opens to a viewer."""

    everything = False

    def condition(self, *, loose: bool = False) -> Q:
        """What a row of this reach meets; `loose` if it only checks rows that were found otherwise."""
        raise NotImplementedError

    def some(self, rows: Rows, limit: int) -> Sql:
        """The statement that yields the ids of up to `limit` of these rows that are in reach, in no order."""
        return compiled(rows.filter(self.condition()).values_list("id")[:limit])

    def few(self, rows: Rows, cap: int) -> bool:
        """Whether at most `cap` of these rows are in reach, so that looking at each one is cheap."""
        return number_of(self.some(rows, cap + 1)) <= cap

    def walk(self, walk: Walk) -> Sql | None:
        """The statement for the first rows of the walk that are in reach; None if there are none."""
        return walk.only(self.condition()).sql()


def number_of(ids: Sql) -> int:
    """How many ids a statement yields."""
    return int(Sql(f"SELECT count(*) FROM ({ids.text}) AS ids", ids.params).rows()[0][0])


class Everything(Reach):
    """All rows of the module."""

    everything = True

    def condition(self, *, loose: bool = False) -> Q:
        return Q()

    def few(self, rows: Rows, cap: int) -> bool:
        return False


class OfOwners(Reach):
    """The rows that these people own."""

    def __init__(self, owners: Iterable[int]) -> None:
        self.owners = frozenset(owners)

    def condition(self, *, loose: bool = False) -> Q:
        if len(self.owners) == 1 and not loose:
            return Q(owner_id=next(iter(self.owners)))
        return Q(Among("owner_id", self.owners, loose=loose))

    def some(self, rows: Rows, limit: int) -> Sql:
        if len(self.owners) == 1:
            return super().some(rows, limit)
        return dialect().some_of_each(rows, self.owners, limit)

    def walk(self, walk: Walk) -> Sql | None:
        """The nearest rows of everybody, if enough of them are these owners'; else the first of each, merged.

        Merging takes two statements. The first asks each owner's index for one row. Only owners whose
        first row is among the first `limit` of these can have a row on the page, and if there are that
        many, no row behind the last of these first rows can be. So the second looks at few owners and
        few rows of each, however unevenly the rows are shared out.

        Where rows are sorted by owner, the owners are asked one after the other until there are enough.
        """
        if walk.has_owner is not None:
            return self._owner_by_owner(walk, [owner for owner in self.owners if walk.has_owner(owner)])
        if len(self.owners) <= 1:
            return super().walk(walk) if self.owners else None
        per_owner = dialect()
        nearest = [row[0] for row in per_owner.nearest(walk.first(NEAREST), self.owners, walk.limit).rows()]
        if len(nearest) == walk.limit or _ends_soon(walk):
            return walk.only(Among("id", nearest)).sql() if nearest else None
        firsts = per_owner.first_of_each(walk.first(1), self.owners, walk.limit).rows()
        if not firsts:
            return None
        if len(firsts) == walk.limit:
            walk = walk.up_to((firsts[-1][0], firsts[-1][1]))
        return per_owner.first_of_each(walk, [row[2] for row in firsts], walk.limit, with_owner=False)

    def _owner_by_owner(self, walk: Walk, owners: list[int]) -> Sql | None:
        walk = replace(walk, has_owner=None)
        if len(owners) <= 1:
            return OfOwners(owners).walk(walk)
        in_order = sorted(owners, reverse=walk.descending)
        return dialect().owner_by_owner(walk, in_order) or OfOwners(owners).walk(walk)


def _ends_soon(walk: Walk) -> bool:
    """Whether all rows of the walk were among the nearest: as a rule few have the same sort key."""
    return not walk.keyed and number_of(walk.first(NEAREST).ids()) < NEAREST


class WithIds(Reach):
    """Rows whose ids a statement yields, such as shared ones."""

    def __init__(self, *sources: Rows) -> None:
        self.sources = sources  # each yields one column, the record's id, in no order

    def condition(self, *, loose: bool = False) -> Q:
        found = Q()
        for source in self.sources:
            found |= Q(id__in=source)
        return found

    @cached_property
    def ids(self) -> frozenset[int] | None:
        """The ids, or None if there are more than FEW_IDS; one statement."""
        first, *rest = self.sources
        found = list((first.union(*rest, all=True) if rest else first)[: FEW_IDS + 1])
        return frozenset(found) if len(found) <= FEW_IDS else None

    def some(self, rows: Rows, limit: int) -> Sql:
        if self.ids is None:
            return super().some(rows, limit)
        return compiled(rows.filter(Among("id", self.ids)).values_list("id")[:limit])

    def few(self, rows: Rows, cap: int) -> bool:
        return self.ids is not None and len(self.ids) <= cap

    def walk(self, walk: Walk) -> Sql | None:
        if self.ids is None:
            return super().walk(walk)
        return walk.only(Q(Among("id", self.ids))).sql() if self.ids else None
