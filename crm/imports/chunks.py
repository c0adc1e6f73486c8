"""A chunk of a file's rows on its way in: values, links, doubles, the door. Command and job share it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from crm.door import CauseNode, Change, Outcome, Problem, Source, Verb, apply
from crm.fields import ValueProblem
from crm.imports.duplicates import Key, OnDuplicate
from crm.imports.plan import ImportPlan, LinkColumn
from crm.imports.problems import RowProblem
from crm.imports.reader import Row, Table

CHUNK_CHARACTERS = 8 * 1024 * 1024


@dataclass(slots=True, eq=False)
class Line:
    """One row on its way in: its values by field, the texts of its links, and what is wrong with it."""

    table: Table
    row: Row
    values: dict[str, Any] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    later: dict[str, str] = field(default_factory=dict)
    problems: list[RowProblem] = field(default_factory=list)
    record_id: int | None = None


@dataclass(slots=True)
class Taken:
    """What became of a chunk's rows. `waiting` ones went in, and link to rows that may come later."""

    created: list[Line] = field(default_factory=list)
    updated: list[Line] = field(default_factory=list)
    skipped: list[Line] = field(default_factory=list)
    refused: list[Line] = field(default_factory=list)
    notices: int = 0

    @property
    def waiting(self) -> Iterator[Line]:
        """Rows with links that were not found yet."""
        return (line for line in (*self.created, *self.updated) if line.later)


def chunk_rows() -> int:
    """How many rows go in at once."""
    return int(settings.CRM_CHUNK_SIZE[connection.vendor])


def next_chunk(rows: Iterator[Row]) -> list[Row]:
    """The next rows: a chunk of them, or fewer if they are long; none at the end."""
    found: list[Row] = []
    size, limit = 0, chunk_rows()
    for row in rows:
        found.append(row)
        size += sum(map(len, row.cells))
        if len(found) >= limit or size >= CHUNK_CHARACTERS:
            break
    return found


class Chunks:
    """Takes chunks of one import in; `cause` is the one cause of everything that it does."""

    def __init__(self, plan: ImportPlan, cause: CauseNode) -> None:
        self.plan = plan
        self.cause = cause
        self._labels = {key: column for column, keys in plan.columns.items() for key in keys}

    def take(self, table: Table, rows: Iterable[Row]) -> Taken:
        """Stores what can be stored of these rows."""
        taken = Taken()
        for distinct in self._without_doubles(self.sound(table, rows, taken), taken):
            self._store(distinct, taken)
        return taken

    def sound(self, table: Table, rows: Iterable[Row], taken: Taken) -> list[Line]:
        """The rows whose cells are values of their fields; the others are refused."""
        lines = [self._line(table, row) for row in rows]
        for link in self.plan.links:
            link.records.look_up(line.links[link.info.key] for line in lines if link.info.key in line.links)
            for line in lines:
                _fill(line, link)
        taken.refused.extend(line for line in lines if line.problems)
        return [line for line in lines if not line.problems]

    def _line(self, table: Table, row: Row) -> Line:
        """The row's values; a cell that is no value of its field becomes a problem."""
        line = Line(table, row)
        if row.problem is not None:
            line.problems.append(row.problem)
            return line
        cells = row.cells
        line.values.update(self.plan.constants)
        for column in self.plan.plain:
            try:
                value = column.value(cells[column.plan.place])
            except ValueProblem as problem:
                line.problems.append(RowProblem(column.plan.column, problem.code, problem.message))
                continue
            if value is not None:
                line.values[column.plan.info.key] = value
        for link in self.plan.links:
            text = link.cells.value(cells[link.cells.plan.place])
            if text is not None:
                line.links[link.info.key] = text
        return line

    def _without_doubles(self, lines: list[Line], taken: Taken) -> Iterator[list[Line]]:
        """The rows to store, parted so that no key is twice in a part: the second row meets a record."""
        keys = self.plan.keys
        if keys is None or self.plan.options.duplicates is OnDuplicate.CREATE:
            yield lines
            return
        while lines:
            keyed = [(line, keys.key_of(line.values)) for line in lines]
            existing = keys.existing((key for _line, key in keyed if key is not None), self.cause.id)
            seen: set[Key] = set()
            now: list[Line] = []
            lines = []
            for line, key in keyed:
                if key is not None and key in seen:
                    lines.append(line)
                    continue
                if key is not None:
                    seen.add(key)
                if self.meets(line, existing.get(key, []) if key is not None else [], taken):
                    now.append(line)
            yield now

    def meets(self, line: Line, ids: list[int], taken: Taken) -> bool:
        """Whether the row is to be stored, given the records that have its key."""
        if not ids:
            return True
        if self.plan.options.duplicates is OnDuplicate.SKIP:
            line.record_id = ids[0]
            taken.skipped.append(line)
            return False
        if len(ids) > 1:
            message = _("%s records have the same key; none of them was changed.") % len(ids)
            line.problems.append(RowProblem(None, "ambiguous", message))
            taken.refused.append(line)
            return False
        line.record_id = ids[0]
        return True

    def _store(self, lines: list[Line], taken: Taken) -> None:
        outcome = self._apply([self.change(line) for line in lines], first=True)
        taken.notices += len(outcome.notices)
        for result in outcome.results:
            line: Line = result.change.ref
            if not result.ok:
                line.problems.extend(self._told(problem) for problem in result.problems)
                taken.refused.append(line)
            elif line.record_id is None:
                line.record_id = result.id
                taken.created.append(line)
            else:
                taken.updated.append(line)

    def change(self, line: Line) -> Change:
        """What the row asks of the door."""
        if line.record_id is not None:
            return Change(Verb.EDIT, self.plan.module.key, line.record_id, line.values, ref=line)
        owner = self.plan.options.owner
        if owner is not None:
            line.values.setdefault("owner", owner.pk)
        return Change(Verb.CREATE, self.plan.module.key, values=line.values, ref=line)

    def running(self, changes: Sequence[Change]) -> tuple[frozenset[str] | None, dict[str, Any]]:
        """Which stages run on new rows, and what they are told."""
        options, automation = self.plan.options, self.plan.options.automation
        if not options.assignment:
            return automation, {}
        owned = frozenset(change.ref for change in changes if change.ref.values.get("owner") is not None)
        told = {"assignment": options.assignment, "assignment_skips": owned}
        return None if automation is None else automation | {"assignment"}, told

    def _apply(self, changes: list[Change], *, first: bool) -> Outcome:
        options = self.plan.options
        automation, told = self.running(changes) if first else (options.automation, {})
        return apply(
            changes,
            actor=options.actor,
            source=Source.IMPORT,
            mode="each",
            cause=self.cause,
            automation=automation,
            options=told,
        )

    def link(self, lines: Sequence[Line]) -> Taken:
        """The second pass: links to other rows of the same files; what still cannot be linked is refused."""
        changes = []
        for link in self.plan.links:
            link.records.look_up(line.links[link.info.key] for line in lines if link.info.key in line.links)
        for line in lines:
            for link in self.plan.links:
                _fill(line, link, at_last=True)
            if line.values:
                changes.append(Change(Verb.EDIT, self.plan.module.key, line.record_id, line.values, ref=line))
        outcome = self._apply(changes, first=False)
        for result in outcome.results:
            result.change.ref.problems.extend(self._told(problem) for problem in result.problems)
        return Taken(refused=[line for line in lines if line.problems], notices=len(outcome.notices))

    def _told(self, problem: Problem) -> RowProblem:
        """A reason of the door, with the column's name for the field's key."""
        key = problem.field
        return RowProblem(self._labels.get(key, key) if key else None, problem.code, problem.message)


def _fill(line: Line, link: LinkColumn, *, at_last: bool = False) -> None:
    """Puts the linked record's id into the row's values; one of the own module may still come."""
    text = line.links.get(link.info.key)
    if text is None:
        return
    try:
        found = link.records.find(text)
        if found is not None:
            line.values[link.info.key] = found
        elif link.own_module and not at_last:
            line.later[link.info.key] = text
        else:
            raise link.records.reason(text)
    except ValueProblem as problem:
        line.problems.append(RowProblem(link.column, problem.code, problem.message))
