"""Small pieces of SQL that both databases understand, for the queries that decide who sees what."""

# ruff: noqa: ARG002 — one signature for all kinds

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from django.db import connection, models
from django.db.models import BooleanField, Case, F, Func, Q, Value, When
from django.db.models.expressions import RawSQL


class Sql(NamedTuple):
    """A statement or part of one, with its parameters."""

    text: str
    params: tuple[Any, ...]

    def rows(self) -> list[tuple[Any, ...]]:
        """Runs the statement."""
        with connection.cursor() as cursor:
            cursor.execute(self.text, self.params)
            return list(cursor.fetchall())


def compiled(rows: models.QuerySet[Any, Any]) -> Sql:
    """What the queryset would run."""
    text, params = rows.query.get_compiler(connection=connection).as_sql()
    return Sql(text, tuple(params))


KEY = "sort_key"
"""The name under which queries carry the value that they sort by."""


class Spelt(Func):
    """An expression that spells its SQL itself; a condition unless a subclass says otherwise."""

    conditional = True

    def spell(self, parts: list[str], vendor: str) -> tuple[str, list[Any]]:
        """The SQL around the compiled sources, and the parameters behind theirs."""
        raise NotImplementedError

    def as_sql(self, compiler: Any, connection: Any, **_context: Any) -> Any:  # type: ignore[override]
        compiled_sources = [compiler.compile(source) for source in self.get_source_expressions()]
        params = [param for _text, some in compiled_sources for param in some]
        text, further = self.spell([text for text, _some in compiled_sources], connection.vendor)
        return text, [*params, *further]


class Among(Spelt):
    """Whether a whole number is one of these: one parameter, however many there are.

    `loose` keeps the database from entering by an index on the column: for conditions that only
    check rows which another condition has found.
    """

    output_field = BooleanField()

    def __init__(self, column: str, numbers: Iterable[int], *, loose: bool = False) -> None:
        super().__init__(F(column))
        self.numbers, self.loose = sorted(numbers), loose

    def spell(self, parts: list[str], vendor: str) -> tuple[str, list[Any]]:
        column = f"({parts[0]} + 0)" if self.loose else parts[0]
        if vendor == "postgresql":
            return f"{column} = ANY(%s::bigint[])", [self.numbers]
        return f"{column} IN (SELECT value FROM json_each(%s))", [json.dumps(self.numbers)]


class TwoWays(Spelt):
    """A condition with two spellings: itself finds rows by an index, `check` asks about one row.

    A look at few rows, and a walk that meets enough of them soon, ask `check`.
    """

    many = True
    """Whether so many rows meet it that finding them all takes long."""

    @property
    def check(self) -> Spelt:
        """The same condition as a question about one row."""
        raise NotImplementedError


class Named(TwoWays):
    """Whether a row is one of these few."""

    output_field = BooleanField()
    many = False

    def __init__(self, ids: Iterable[int]) -> None:
        super().__init__(F("id"))
        self.ids = list(ids)

    def spell(self, parts: list[str], vendor: str) -> tuple[str, list[Any]]:
        return Among("id", self.ids).spell(parts, vendor)

    @property
    def check(self) -> Spelt:
        return Among("id", self.ids, loose=True)


def checked(where: Q) -> Q:
    """The condition with `check` in the place of each TwoWays; itself if it has none."""
    children = [_checked(child) for child in where.children]
    if all(new is old for new, old in zip(children, where.children, strict=True)):
        return where
    found = Q(_connector=where.connector, _negated=where.negated)
    found.children = children
    return found


def _checked(child: Any) -> Any:
    if isinstance(child, Q):
        return checked(child)
    return child.check if isinstance(child, TwoWays) else child


def leaves(where: Q) -> Iterator[Any]:
    """The conditions that a condition is made of."""
    for child in where.children:
        yield from leaves(child) if isinstance(child, Q) else (child,)


class Within(Spelt):
    """Whether a record's id is one of those that a statement yields."""

    output_field = BooleanField()

    def __init__(self, column: str, statement: Sql) -> None:
        super().__init__(F(column))
        self.statement = statement

    def spell(self, parts: list[str], vendor: str) -> tuple[str, list[Any]]:
        return f"{parts[0]} IN ({self.statement.text})", list(self.statement.params)


class RowCompare(Spelt):
    """Compares (key, id) with a given pair, in one step that an index over both can take."""

    output_field = BooleanField()

    def __init__(self, pair: Sequence[Any], operator: str) -> None:
        super().__init__(F(KEY), F("id"), *pair)
        self.operator = operator

    def spell(self, parts: list[str], vendor: str) -> tuple[str, list[Any]]:
        return f"({parts[0]}, {parts[1]}) {self.operator} ({parts[2]}, {parts[3]})", []


class KeyCompare(Spelt):
    """Compares the sort key alone with a value."""

    output_field = BooleanField()

    def __init__(self, value: Any, operator: str) -> None:
        super().__init__(F(KEY), value)
        self.operator = operator

    def spell(self, parts: list[str], vendor: str) -> tuple[str, list[Any]]:
        return f"{parts[0]} {self.operator} {parts[1]}", []


class HasKey(Spelt):
    """Whether there is a sort key; on SQLite in a form that skips the empty ones in the index.

    They come first there, and `IS NOT NULL` on an expression would read each of them.
    """

    output_field = BooleanField()

    def __init__(self, *, numeric: bool) -> None:
        super().__init__(F(KEY))
        self.lowest = "-9e999" if numeric else "''"

    def spell(self, parts: list[str], vendor: str) -> tuple[str, list[Any]]:
        return f"{parts[0]} {'IS NOT NULL' if vendor == 'postgresql' else f'>= {self.lowest}'}", []


def raw(value: Any) -> RawSQL:
    """A value exactly as the database gave it."""
    return RawSQL("%s", (value,))


def opaque(where: Q) -> Case:
    """The condition, such that the database checks it on the way and never enters by an index on it."""
    return Case(When(where, then=Value(True)), default=Value(False), output_field=BooleanField())
