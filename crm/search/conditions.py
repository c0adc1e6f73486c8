"""A search as SQL: what the index finds, and what one record's text is asked.

The index yields texts that have all pieces of the words; the text itself then tells whether the words are
really there. Only for a person to whom fields of the module are hidden, their parts are left out first.
"""

# ruff: noqa: ARG002 — one signature for all expressions

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import BooleanField, F

from crm.models import User
from crm.modules.registry import ModuleInfo
from crm.search.folding import SEGMENT
from crm.search.frequencies import rarest
from crm.search.grams import MODULE, hashed
from crm.search.query import Query
from crm.search.texts import mark, searched_fields
from crm.visibility import readable
from crm.visibility.sql import Spelt, Sql, TwoWays

TABLE, INDEX = "crm_searchtext", "crm_searchgram"


class Search:
    """A query in a module, for one person."""

    def __init__(self, user: User, module: ModuleInfo, query: Query) -> None:
        self.module, self.query = module, query
        allowed = readable(user, module)
        self.marks = [mark(info.key) for info in searched_fields(module) if info.key in allowed]
        self.sees_all = len(allowed) == len(module.fields)

    def __bool__(self) -> bool:
        """Whether anything can be found."""
        return bool(self.query and self.marks)

    def check(self, table: str) -> Sql:
        """Whether a text holds the words."""
        text, marks = self._text(f"{table}.text")
        found = "strpos({}, %s) > 0" if connection.vendor == "postgresql" else "instr({}, %s) > 0"
        parts, params = [], []
        for words in self.query.either:
            parts.append(" AND ".join(found.format(text) for _part in words.parts))
            params += [value for part in words.parts for value in (*marks, part)]
        return Sql("(" + " OR ".join(f"({part})" for part in parts) + ")", tuple(params))

    def _text(self, column: str) -> tuple[str, tuple[str, ...]]:
        """The parts of a text that the person may read."""
        if self.sees_all:
            return column, ()
        if connection.vendor == "sqlite":
            return f"crm_parts({column}, %s)", ("".join(self.marks),)
        others = f"{SEGMENT}(?!{'|'.join(self.marks)})[^{SEGMENT}]*"
        return f"regexp_replace({column}, %s, '', 'g')", (others,)

    def found(self, limit: int | None = None) -> Sql:
        """The statement that yields the ids of the texts that match; with a limit the newest."""
        check = self.check("st")
        either = [[MODULE + self.module.key, *words.grams] for words in self.query.either]
        params: tuple[Any, ...]
        if connection.vendor == "postgresql":
            params = tuple(rarest(hashed(grams)) for grams in either)
            index = " OR ".join("st.grams @> %s::integer[]" for _grams in either)
            tables, order = f"{TABLE} st", "st.id"
        else:
            # The join is told its order: the index yields its rows in order of id, as far as they are asked.
            params = (_match([rarest(grams) for grams in either]),)
            index = f"sg.{INDEX} MATCH %s"
            tables, order = f"{INDEX} sg CROSS JOIN {TABLE} st ON st.id = sg.rowid", "sg.rowid"
        text = f"SELECT st.id FROM {tables} WHERE ({index}) AND st.module = %s AND {check.text}"
        ordered = f" ORDER BY {order} DESC LIMIT {limit:d}" if limit else ""
        return Sql(text + ordered, (*params, self.module.key, *check.params))


def _match(either: list[list[str]]) -> str:
    """The query for SQLite's full-text index; in quotes no piece is taken for a word of its language."""
    return " OR ".join("(" + " ".join(f'"{gram}"' for gram in grams) + ")" for grams in either)


class Searched(TwoWays):
    """Whether a record is found: by the index, or asked of the record's own text."""

    output_field = BooleanField()

    def __init__(self, search: Search) -> None:
        super().__init__(F("id"))
        self.search = search

    def spell(self, parts: list[str], vendor: str) -> tuple[str, list[Any]]:
        found = self.search.found()
        return f"{parts[0]} IN ({found.text})", list(found.params)

    @property
    def check(self) -> Spelt:
        return Checked(self.search)


class Checked(Spelt):
    """Whether a record's own text holds the words; no database makes a search in an index of it."""

    output_field = BooleanField()

    def __init__(self, search: Search) -> None:
        super().__init__(F("id"))
        self.search = search

    def spell(self, parts: list[str], vendor: str) -> tuple[str, list[Any]]:
        check = self.search.check("sc")
        return f"(SELECT {check.text} FROM {TABLE} sc WHERE sc.id = {parts[0]})", list(check.params)
