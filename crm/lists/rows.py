"""A page of a list: its records as rows of cells, and the headings above them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crm.door.reading import Stored
from crm.lists.cells import ListCell, list_cell
from crm.lists.columns import NAME_WIDTH, ListColumn, showing
from crm.lists.state import ListState
from crm.models import Record
from crm.views.showing import load_names, name_of, pointers, stored_of
from crm.visibility import page

PICK_WIDTH = 3


@dataclass(frozen=True)
class Row:
    """A record in the list."""

    id: int
    name: str
    cells: list[ListCell]


@dataclass(frozen=True)
class Heading:
    """A column's head: the query that a click leads to, and which order there is now."""

    column: ListColumn
    share: int  # of the width, in half percents
    query: str = ""
    now: str = ""  # ascending, descending or not in this order


@dataclass(frozen=True)
class Shown:
    """A page of rows, and the queries of the pages beside it."""

    rows: list[Row]
    next: str | None
    previous: str | None


def headings(state: ListState) -> list[Heading]:
    """The columns' heads. The name has no share of its own: it gets what the others leave."""
    room = _room(state)
    return [
        _heading(state, column, 0 if column.key == "name" else max(column.width * 200 // room, 6))
        for column in state.columns
    ]


def _heading(state: ListState, column: ListColumn, share: int) -> Heading:
    if not column.sortable:
        return Heading(column, share)
    now = {column.key: "ascending", f"-{column.key}": "descending"}.get(state.sort, "")
    query = state.query(sort=f"-{column.key}" if now == "ascending" else column.key)
    return Heading(column, share, query, now)


def _room(state: ListState) -> int:
    return PICK_WIDTH + NAME_WIDTH + sum(column.width for column in state.columns if column.key != "name")


def least_width(state: ListState) -> int:
    """The width in rem, in steps of five, below which the rows scroll instead of getting narrower."""
    return min(max(_room(state) * 19 // 100 * 5, 30), 180)


def shown_page(state: ListState, size: int) -> Shown:
    """The page; raises FieldRefused, BadCursor and TooSlow as `page` does."""
    found = page(state.user, state.module, where=state.where, sort=state.order, after=state.after, size=size)
    following = state.next(found.next) if found.next else None
    return Shown(rows_of(state, found.rows), following, state.previous())


def rows_of(state: ListState, records: Sequence[Record]) -> list[Row]:
    """The records with the cells of the list's columns; each statement is for all of them."""
    stored = values_of(state, records)
    module = showing(state.module, state.columns)
    names = load_names(
        state.user, (one for row in stored for one in pointers(module, row.values, state.keys))
    )
    return [
        Row(
            row.id,
            name_of(state.user, state.module, row),
            [list_cell(column, row.values, names) for column in state.columns if column.key != "name"],
        )
        for row in stored
    ]


def values_of(state: ListState, records: Sequence[Record]) -> list[Stored]:
    """The records' values, with those of virtual columns among them."""
    stored = [stored_of(state.module, record) for record in records]
    ids = [row.id for row in stored]
    for column in state.columns:
        if column.load is not None and ids:
            loaded = column.load(state.module, ids)
            for row in stored:
                row.values[column.key] = loaded.get(row.id)
    return stored
