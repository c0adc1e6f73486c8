"""Runs an import: rows go through the door in chunks, in constant memory, and each is accounted for."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from crm.door import CauseNode, Change, Problem, Source, Verb, apply
from crm.fields import ValueProblem
from crm.imports.duplicates import Key, OnDuplicate
from crm.imports.plan import ImportPlan, LinkColumn
from crm.imports.problems import RowProblem
from crm.imports.reader import Row, Table
from crm.imports.report import ErrorFile, Tally

CHUNK_CHARACTERS = 8 * 1024 * 1024
Progress = Callable[[Tally], None]


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

    @property
    def size(self) -> int:
        """Characters, roughly."""
        return sum(map(len, self.row.cells))


class ImportRun:
    """One run of a plan. `cause` is the one cause of everything the import does."""

    def __init__(self, plan: ImportPlan, *, progress: Progress | None = None) -> None:
        self.plan = plan
        self.tally = Tally()
        self.progress = progress
        self.errors = ErrorFile(plan.options.errors)
        files = [table.path.name for table in plan.tables]
        self.cause = CauseNode(Source.IMPORT.value, ", ".join(files)[:255], detail={"files": files})
        self._waiting = _Waiting()
        self._labels = {key: column for column, keys in plan.columns.items() for key in keys}

    def run(self) -> Tally:
        """Imports every row; what was stored stays stored if it is stopped."""
        try:
            for lines in self._chunks():
                self._take(lines)
                if self.progress is not None:
                    self.progress(self.tally)
            for lines in self._waiting.chunks(_chunk_size(), self.plan.tables):
                self._link(lines)
        finally:
            self.errors.close()
            self._waiting.close()
            self.tally.finished = time.monotonic()
        return self.tally

    def _chunks(self) -> Iterator[list[Line]]:
        lines: list[Line] = []
        size, limit = 0, _chunk_size()
        for table in self.plan.tables:
            for row in table.rows():
                self.tally.rows += 1
                line = self._line(table, row)
                if line.problems:
                    self._refuse(line)
                    continue
                lines.append(line)
                size += line.size
                if len(lines) >= limit or size >= CHUNK_CHARACTERS:
                    yield lines
                    lines, size = [], 0
        yield lines

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

    def _take(self, lines: list[Line]) -> None:
        """Finds links and doubles of a chunk's rows, and stores what is left."""
        for link in self.plan.links:
            link.records.look_up(line.links[link.info.key] for line in lines if link.info.key in line.links)
            for line in lines:
                _fill(line, link)
        sound = []
        for line in lines:
            if line.problems:
                self._refuse(line)
            else:
                sound.append(line)
        for distinct in self._without_doubles(sound):
            self._store(distinct)

    def _without_doubles(self, lines: list[Line]) -> Iterator[list[Line]]:
        """The rows to store, parted so that no key is twice in a part: the second row meets a record."""
        keys, on = self.plan.keys, self.plan.options.duplicates
        if keys is None or on is OnDuplicate.CREATE:
            yield lines
            return
        while lines:
            keyed = [(line, keys.key_of(line.values)) for line in lines]
            existing = keys.existing(key for _line, key in keyed if key is not None)
            seen: set[Key] = set()
            now: list[Line] = []
            lines = []
            for line, key in keyed:
                if key is not None and key in seen:
                    lines.append(line)
                    continue
                if key is not None:
                    seen.add(key)
                if self._meets(line, existing.get(key, []) if key is not None else [], on):
                    now.append(line)
            yield now

    def _meets(self, line: Line, ids: list[int], on: OnDuplicate) -> bool:
        """Whether the row is to be stored, given the records that have its key."""
        if not ids:
            return True
        if on is OnDuplicate.SKIP:
            self.tally.skipped += 1
            return False
        if len(ids) > 1:
            message = _("%s records have the same key; none of them was changed.") % len(ids)
            line.problems.append(RowProblem(None, "ambiguous", message))
            self._refuse(line)
            return False
        line.record_id = ids[0]
        return True

    def _store(self, lines: list[Line]) -> None:
        outcome = self._apply([self._change(line) for line in lines], first=True)
        for result in outcome.results:
            line: Line = result.change.ref
            if not result.ok:
                line.problems.extend(self._told(problem) for problem in result.problems)
                self._refuse(line)
                continue
            if line.record_id is None:
                self.tally.created += 1
                line.record_id = result.id
            else:
                self.tally.updated += 1
            if line.later:
                self._waiting.add(self.plan.tables.index(line.table), line)

    def _change(self, line: Line) -> Change:
        if line.record_id is not None:
            return Change(Verb.EDIT, self.plan.module.key, line.record_id, line.values, ref=line)
        owner = self.plan.options.owner
        if owner is not None:
            line.values.setdefault("owner", owner.pk)
        return Change(Verb.CREATE, self.plan.module.key, values=line.values, ref=line)

    def _apply(self, changes: list[Change], *, first: bool) -> Any:
        options, automation = self.plan.options, self.plan.options.automation
        assignment: dict[str, Any] = {}
        if options.assignment and first:
            owned = frozenset(change.ref for change in changes if change.ref.values.get("owner") is not None)
            assignment = {"assignment": options.assignment, "assignment_skips": owned}
            automation = None if automation is None else automation | {"assignment"}
        outcome = apply(
            changes,
            actor=options.actor,
            source=Source.IMPORT,
            mode="each",
            cause=self.cause,
            automation=automation,
            options=assignment,
        )
        self.tally.notices += len(outcome.notices)
        return outcome

    def _link(self, lines: list[Line]) -> None:
        """The second pass: links to other rows of the same files."""
        changes = []
        for link in self.plan.links:
            link.records.look_up(line.links[link.info.key] for line in lines if link.info.key in line.links)
        for line in lines:
            for link in self.plan.links:
                _fill(line, link, at_last=True)
            if line.values:
                changes.append(Change(Verb.EDIT, self.plan.module.key, line.record_id, line.values, ref=line))
        for result in self._apply(changes, first=False).results:
            result.change.ref.problems.extend(self._told(problem) for problem in result.problems)
        for line in lines:
            if line.problems:
                self.tally.incomplete += 1
                self._report(line)

    def _told(self, problem: Problem) -> RowProblem:
        """A reason of the door, with the column's name for the field's key."""
        key = problem.field
        return RowProblem(self._labels.get(key, key) if key else None, problem.code, problem.message)

    def _refuse(self, line: Line) -> None:
        self.tally.refused += 1
        self._report(line)

    def _report(self, line: Line) -> None:
        for problem in line.problems:
            self.tally.count_reason(problem)
        self.errors.add(line.table, line.row, line.problems)


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


def _chunk_size() -> int:
    return int(settings.CRM_CHUNK_SIZE[connection.vendor])


class _Waiting:
    """Rows that wait for the second pass, kept in a temporary file."""

    def __init__(self) -> None:
        self._file: IO[str] | None = None

    def add(self, table: int, line: Line) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 — closed by close()
        row = line.row
        self._file.write(
            json.dumps([table, row.number, row.line, row.cells, line.record_id, line.later]) + "\n"
        )

    def chunks(self, size: int, tables: Iterable[Table]) -> Iterator[list[Line]]:
        """The rows again, with what was left to link."""
        if self._file is None:
            return
        known, lines = list(tables), list[Line]()
        self._file.seek(0)
        for text in self._file:
            table, number, at, cells, record_id, later = json.loads(text)
            lines.append(Line(known[table], Row(number, at, cells), links=later, record_id=record_id))
            if len(lines) >= size:
                yield lines
                lines = []
        if lines:
            yield lines

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
