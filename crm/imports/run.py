"""Runs an import at once, for the command: in constant memory, and each row is accounted for."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from typing import IO

from crm.door import CauseNode, Source
from crm.imports.chunks import Chunks, Line, Taken, chunk_rows, next_chunk
from crm.imports.plan import ImportPlan
from crm.imports.reader import Row, Table
from crm.imports.report import ErrorFile, Tally

Progress = Callable[[Tally], None]


class ImportRun:
    """One run of a plan. `cause` is the one cause of everything the import does."""

    def __init__(self, plan: ImportPlan, *, progress: Progress | None = None) -> None:
        self.plan = plan
        self.tally = Tally()
        self.progress = progress
        self.errors = ErrorFile(plan.options.errors)
        files = [table.path.name for table in plan.tables]
        self.cause = CauseNode(Source.IMPORT.value, ", ".join(files)[:255], detail={"files": files})
        self._chunks = Chunks(plan, self.cause)
        self._waiting = _Waiting()

    def run(self) -> Tally:
        """Imports every row; what was stored stays stored if it is stopped."""
        try:
            for place, table in enumerate(self.plan.tables):
                rows = table.rows()
                while chunk := next_chunk(rows):
                    self.tally.rows += len(chunk)
                    self._count(self._chunks.take(table, chunk), place)
                    if self.progress is not None:
                        self.progress(self.tally)
            for lines in self._waiting.chunks(chunk_rows(), self.plan.tables):
                self._link(lines)
        finally:
            self.errors.close()
            self._waiting.close()
            self.tally.finished = time.monotonic()
        return self.tally

    def _count(self, taken: Taken, table: int) -> None:
        self.tally.created += len(taken.created)
        self.tally.updated += len(taken.updated)
        self.tally.skipped += len(taken.skipped)
        self.tally.refused += len(taken.refused)
        self.tally.notices += taken.notices
        for line in taken.refused:
            self._report(line)
        for line in taken.waiting:
            self._waiting.add(table, line)

    def _link(self, lines: list[Line]) -> None:
        taken = self._chunks.link(lines)
        self.tally.notices += taken.notices
        self.tally.incomplete += len(taken.refused)
        for line in taken.refused:
            self._report(line)

    def _report(self, line: Line) -> None:
        for problem in line.problems:
            self.tally.count_reason(problem)
        self.errors.add(line.table, line.row, line.problems)


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
