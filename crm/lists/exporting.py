"""A list as a file: every record of it, only the fields that the person may read, chunk by chunk."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.documents.generation import held_generation
from crm.forms.criteria_explain import told
from crm.lists.columns import ListColumn, offered, showing
from crm.lists.rows import values_of
from crm.lists.state import NEWEST, ListState
from crm.models import ExportEntry, Record
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.views.showing import Names, cell, load_names, pointers, target_of
from crm.visibility import Cursor, can, count, page, readable, visible_to
from crm.visibility.order import order_of

CHUNK = 1000
IN_ORDER = 10_000
"""Up to so many records come in the list's order; more come newest first, by one walk over the table."""

audit = logging.getLogger("crm.audit")


@dataclass(frozen=True)
class Export:
    """What goes into the file."""

    state: ListState
    every_field: bool = False

    @property
    def columns(self) -> tuple[ListColumn, ...]:
        """The list's columns or all fields; the currency stands beside amounts."""
        known = offered(self.state.user, self.state.module)
        found = dict(known) if self.every_field else {column.key: column for column in self.state.columns}
        if any(column.info.type.key == "money" for column in found.values()) and "currency" in known:
            found.setdefault("currency", known["currency"])
        return tuple(found.values())

    @property
    def heading(self) -> list[str]:
        """The first row."""
        return ["ID", *(column.label for column in self.columns)]

    def rows(self, file_format: str) -> Generator[list[Any]]:
        """A row per record: its id, then plain Python values, at any size in constant memory.

        What can be refused (FieldRefused, TooSlow) is refused at once, before the file begins; from then on
        the export is in the journal, with its format.
        """
        state = replace(self.state, columns=self.columns)
        chunks = _chunks(state)
        return _rows(state, chunks, self._begin(file_format))

    def _begin(self, file_format: str) -> ExportEntry:
        """The journal's row, before the first record leaves."""
        state = self.state
        return ExportEntry.objects.create(
            at=timezone.now(),
            person=state.user,
            module=state.module.key,
            format=file_format,
            view=state.view.name,
            words=told(state.user, state.criteria) if state.criteria.tree is not None else "",
            search=state.asked.q,
            columns=", ".join(self.heading),
        )


def _rows(state: ListState, chunks: Iterator[Sequence[Record]], entry: ExportEntry) -> Generator[list[Any]]:
    number, is_whole = 0, False
    try:
        for records in chunks:
            with held_generation():
                found = _values(state, records)
            number += len(found)
            yield from found
        is_whole = True
    finally:
        entry.rows, entry.finished_at, entry.is_whole = number, timezone.now(), is_whole
        entry.save(update_fields=["rows", "finished_at", "is_whole"])
        _tell(entry)


def _chunks(state: ListState) -> Iterator[Sequence[Record]]:
    """The list's order costs a search for each chunk; without one, a single walk over the table does."""
    with held_generation():
        order_of(state.user, state.module, state.order)
        few = count(state.user, state.module, where=state.where, cap=IN_ORDER).exact
    sorted_by_index = state.where is None and state.sort != NEWEST
    return _in_order(state) if few or sorted_by_index else _newest_first(state)


def _in_order(state: ListState) -> Iterator[Sequence[Record]]:
    after: Cursor | None = None
    while True:
        found = page(state.user, state.module, where=state.where, sort=state.order, after=after, size=CHUNK)
        yield found.rows
        after = found.next
        if after is None:
            return


def _newest_first(state: ListState) -> Iterator[Sequence[Record]]:
    rows = visible_to(state.user, state.module).filter(state.where or Q()).order_by("-id")
    last: int | None = None
    while found := list((rows if last is None else rows.filter(id__lt=last))[:CHUNK]):
        yield found
        last = found[-1].pk


def _values(state: ListState, records: Sequence[Record]) -> list[list[Any]]:
    """Only what the person may still see: rights may have been taken back while the file is written."""
    allowed = readable(state.user, state.module)
    if not can(state.user, "export", state.module):
        return []
    module = showing(state.module, state.columns)
    stored = values_of(state, records)
    names = load_names(
        state.user, (one for row in stored for one in pointers(module, row.values, state.keys))
    )
    return [
        [
            row.id,
            *(
                _plain(column.info, row.values, names) if column.virtual or column.key in allowed else None
                for column in state.columns
            ),
        ]
        for row in stored
    ]


def _plain(info: FieldInfo, values: Mapping[str, Any], names: Names) -> Any:
    """A number, date or moment as it is, so that other programs can work with it; the rest as shown."""
    value, family = values.get(info.key), info.type.family
    if value is None or family in ("number", "date"):
        return value
    if family == "datetime":
        return timezone.localtime(value)
    if family == "user":
        return names.people.get(value, f"#{value}")
    if family in ("link", "any_link"):
        return names.record(target_of(info, value))
    return cell(info, values, names).text if family == "lines" else info.type.show(value, info)


def _tell(entry: ExportEntry) -> None:
    """The same for whoever reads the log."""
    audit.info(
        "export: %s took %d records of %s, filter: %r, search: %r",
        entry.person.email if entry.person else None,
        entry.rows,
        entry.module,
        entry.words,
        entry.search,
    )


def file_name(module: ModuleInfo, ending: str) -> str:
    """Such as "Leads 2026-01-05.csv"."""
    name = _("%(module)s %(day)s") % {"module": module.label_plural, "day": timezone.localdate().isoformat()}
    return f"{name}.{ending}".replace("/", "-").replace("\\", "-")
