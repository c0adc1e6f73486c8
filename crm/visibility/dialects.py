"""The one query that the two databases spell differently: the first rows of each of many owners."""

# ruff: noqa: ARG002 — one signature for all kinds

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models.expressions import RawSQL

from crm.visibility.sql import KEY, Among, Sql, Within, compiled

if TYPE_CHECKING:
    from crm.visibility.reach import Rows, Walk


class Dialect:
    """How a database finds the first rows of many owners."""

    one_of: str
    """Whether a column is among the numbers of one parameter."""

    def numbers(self, numbers: Iterable[int]) -> object:
        """Whole numbers as one parameter."""
        raise NotImplementedError

    def nearest(self, walk: Walk, owners: Iterable[int], limit: int) -> Sql:
        """The ids of the first `limit` rows of these owners among the first `walk.limit` of everybody.

        Not sorted again, so that the database stops as soon as it has enough.
        """
        inner = compiled(walk.rows.values_list(KEY, "id", "owner_id")[: walk.limit])
        one_of = self.one_of.format("owner_id")
        text = f"SELECT id FROM ({inner.text}) AS near WHERE {one_of} LIMIT {limit:d}"
        return Sql(text, (*inner.params, self.numbers(owners)))

    def first_of_each(self, walk: Walk, owners: Iterable[int], limit: int, *, with_owner: bool = True) -> Sql:
        """Key, id and owner of `walk.limit` rows of each owner, merged and cut at `limit`."""
        raise NotImplementedError

    def owner_by_owner(self, walk: Walk, owners: Sequence[int]) -> Sql | None:
        """Key and id of the first rows, where these are sorted by owner and the owners given in that order.

        None if this database has no way that stops when there are enough rows.
        """
        return None

    def some_of_each(self, rows: Rows, owners: Iterable[int], limit: int) -> Sql:
        """The ids of up to `limit` rows of these owners, in no order."""
        raise NotImplementedError


class PostgreSql(Dialect):
    """A lateral join: one descent of the owner's index for each."""

    one_of = "{} = ANY(%s::bigint[])"

    def numbers(self, numbers: Iterable[int]) -> object:
        return sorted(numbers)

    def first_of_each(self, walk: Walk, owners: Iterable[int], limit: int, *, with_owner: bool = True) -> Sql:
        one = walk.only(owner_id=RawSQL("o.person", ())).sql()
        way = "DESC" if walk.descending else "ASC"
        text = (
            f"SELECT f.k, f.id{', o.person' if with_owner else ''} FROM unnest(%s::bigint[]) AS o(person) "
            f"CROSS JOIN LATERAL ({one.text}) AS f(k, id) ORDER BY f.k {way}, f.id {way} LIMIT {limit:d}"
        )
        return Sql(text, (self.numbers(owners), *one.params))

    def some_of_each(self, rows: Rows, owners: Iterable[int], limit: int) -> Sql:
        # With a plain condition PostgreSQL reads the whole table as soon as there are a few hundred owners.
        one = compiled(rows.filter(owner_id=RawSQL("o.person", ())).values_list("id")[:limit])
        text = (
            "SELECT f.id FROM unnest(%s::bigint[]) AS o(person) "
            f"CROSS JOIN LATERAL ({one.text}) AS f(id) LIMIT {limit:d}"
        )
        return Sql(text, (self.numbers(owners), *one.params))


class Sqlite(Dialect):
    """SQLite has no lateral join, but a table-valued function may refer to the table before it."""

    one_of = "{} IN (SELECT value FROM json_each(%s))"

    def numbers(self, numbers: Iterable[int]) -> object:
        return json.dumps(sorted(numbers))

    def first_of_each(self, walk: Walk, owners: Iterable[int], limit: int, *, with_owner: bool = True) -> Sql:
        ids = self._of_each(walk, self.numbers(owners))
        columns = (KEY, "id", "owner_id") if with_owner else (KEY, "id")
        return compiled(walk.rows.filter(Within("id", ids)).values_list(*columns)[:limit])

    def owner_by_owner(self, walk: Walk, owners: Sequence[int]) -> Sql | None:
        ids = self._of_each(walk, json.dumps(list(owners)))
        enough = Sql(f"{ids.text} LIMIT {walk.limit:d}", ids.params)
        return walk.only(Within("id", enough)).sql()

    def _of_each(self, walk: Walk, owners: object) -> Sql:
        """The ids of `walk.limit` rows of each owner, one owner after the other."""
        one = walk.only(owner_id=RawSQL("o.value", ())).ids()
        text = (
            "SELECT f.value FROM json_each(%s) AS o CROSS JOIN "
            f"json_each((SELECT json_group_array(id) FROM ({one.text}))) AS f"
        )
        return Sql(text, (owners, *one.params))

    def some_of_each(self, rows: Rows, owners: Iterable[int], limit: int) -> Sql:
        return compiled(rows.filter(Among("owner_id", owners)).values_list("id")[:limit])


DIALECTS: dict[str, Dialect] = {"postgresql": PostgreSql(), "sqlite": Sqlite()}


def dialect() -> Dialect:
    """The one of the database in use."""
    return DIALECTS[connection.vendor]
