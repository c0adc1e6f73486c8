"""What an import tells: how many rows went in, why others did not, and those rows in an error file."""

from __future__ import annotations

import csv
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from django.utils.translation import gettext as _

from crm.imports.problems import RowProblem
from crm.imports.reader import Row, Table

REASONS = 200  # different reasons told one by one; the others are counted by column and code


@dataclass
class Tally:
    """Counts of rows by what became of them, and of reasons."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    skipped: int = 0
    refused: int = 0
    incomplete: int = 0  # went in, but a link to another row of the file did not
    notices: int = 0
    reasons: dict[RowProblem, int] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)
    finished: float | None = None

    def count_reason(self, problem: RowProblem) -> None:
        """Counts one reason of one row."""
        if problem not in self.reasons and len(self.reasons) >= REASONS:
            problem = RowProblem(problem.column, problem.code, _("other values"))
        self.reasons[problem] = self.reasons.get(problem, 0) + 1

    @property
    def complete(self) -> bool:
        """Whether every row is accounted for."""
        return self.rows == self.created + self.updated + self.skipped + self.refused

    def as_json(self) -> dict[str, Any]:
        """The figures as plain JSON, the most frequent reason first."""
        seconds = (self.finished or time.monotonic()) - self.started
        reasons = sorted(self.reasons.items(), key=lambda item: -item[1])
        return {
            "rows": self.rows,
            "created": self.created,
            "updated": self.updated,
            "skipped": self.skipped,
            "refused": self.refused,
            "incomplete": self.incomplete,
            "notices": self.notices,
            "reasons": [
                {"column": problem.column, "code": problem.code, "message": problem.message, "rows": count}
                for problem, count in reasons
            ],
            "seconds": round(seconds, 3),
            "rows_per_second": round(self.rows / seconds) if seconds else None,
        }


class ErrorFile:
    """Rows that did not go in, as they were, with line and reason; made when the first one comes."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._file: TextIO | None = None
        self._writer: Any = None

    def add(self, table: Table, row: Row, problems: Sequence[RowProblem]) -> None:
        """Writes one row."""
        if self.path is None:
            return
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8-sig", newline="")
            self._writer = csv.writer(self._file, delimiter=table.delimiter)
            self._writer.writerow([*table.columns, _("Line"), _("Reason")])
        cells = row.cells + [""] * (len(table.columns) - len(row.cells))
        self._writer.writerow([*cells, row.line, " ".join(str(problem) for problem in problems)])

    def close(self) -> None:
        """Closes the file, if there is one."""
        if self._file is not None:
            self._file.close()
            self._file = None
