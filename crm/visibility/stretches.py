"""Parts of an order, each of which an index holds in one piece: rows with a value, rows behind a cursor, …"""

# ruff: noqa: ARG002 — one signature for all kinds

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from crm.visibility.reach import Rows, Walk
from crm.visibility.sql import KEY, HasKey, KeyCompare, RowCompare, opaque, raw


@dataclass(frozen=True)
class Stretch:
    """Rows that follow each other in the order."""

    key: Any
    descending: bool
    by_owner: bool

    by_id = False
    """Whether all rows have the same key, so that only the id orders them."""

    def condition(self) -> Q:
        """What the rows of this part meet; the key is there as KEY."""
        raise NotImplementedError

    @property
    def sign(self) -> str:
        """How what comes later compares."""
        return "<" if self.descending else ">"

    def has_owner(self, owner_id: int) -> bool:
        """Whether there can be rows of this owner, if rows are sorted by owner."""
        return True

    def walk(self, rows: Rows, limit: int, *, hidden: bool = False) -> Walk:
        """The walk over this part; with its condition hidden, the database does not enter by it."""
        keyed = rows.annotate(**{KEY: self.key})
        condition = self.condition()
        keyed = keyed.filter(opaque(condition) if hidden and condition else condition)
        way = "-" if self.descending else ""
        return Walk(
            keyed.order_by(f"{way}{KEY}", f"{way}id"),
            limit,
            self.descending,
            keyed=not self.by_id,
            has_owner=self.has_owner if self.by_owner else None,
        )


@dataclass(frozen=True)
class Filled(Stretch):
    """All rows that have a value."""

    nullable: bool
    numeric: bool

    def condition(self) -> Q:
        return Q(HasKey(numeric=self.numeric)) if self.nullable else Q()


@dataclass(frozen=True)
class Behind(Stretch):
    """Rows behind a cursor, in one step."""

    value: Any
    after_id: int

    def condition(self) -> Q:
        return Q(RowCompare((self.value, raw(self.after_id)), self.sign))


@dataclass(frozen=True)
class Same(Stretch):
    """Rows behind a cursor with the cursor's value."""

    value: Any
    after_id: int
    owner_id: int | None  # the cursor's, if rows are sorted by owner
    by_id = True

    def condition(self) -> Q:
        return Q(KeyCompare(self.value, "=")) & _later(self.after_id, self.descending)

    def has_owner(self, owner_id: int) -> bool:
        return owner_id == self.owner_id


@dataclass(frozen=True)
class Beyond(Stretch):
    """Rows behind a cursor with another value."""

    value: Any
    owner_id: int | None  # the cursor's, if rows are sorted by owner

    def condition(self) -> Q:
        return Q(KeyCompare(self.value, self.sign))

    def has_owner(self, owner_id: int) -> bool:
        assert self.owner_id is not None
        return owner_id < self.owner_id if self.descending else owner_id > self.owner_id


@dataclass(frozen=True)
class Empty(Stretch):
    """Rows without a value; they come last both ways."""

    after_id: int | None = None
    by_id = True

    def condition(self) -> Q:
        empty = Q(**{f"{KEY}__isnull": True})
        return empty if self.after_id is None else empty & _later(self.after_id, self.descending)

    def has_owner(self, owner_id: int) -> bool:
        return False


def _later(after_id: int, descending: bool) -> Q:
    return Q(id__lt=after_id) if descending else Q(id__gt=after_id)
