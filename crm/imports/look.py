"""Looks through a whole file once: how many rows, and by column its kind, its formats and its values."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.door import CauseNode, Source
from crm.imports.analysis import ColumnEvidence
from crm.imports.preparation import Preparation
from crm.imports.reader import Reading, Row, Table
from crm.jobs.kinds import JobKind, JobProblem, Step, register_job_kind
from crm.models import ImportLook, Job, JobState

DISTINCT = 2_000  # different values of a column that are known one by one
LONGEST = 200  # characters of such a value
SAMPLES = 3
PLAIN = 3_000  # after so many values without a date or number, a column has none
MOST = 50_000  # after so many different values, its formats are known
LONGEST_LOOK = 90  # seconds; less than a worker stays with a job, for what was seen is only in memory
AT_ONCE = 4 * 1024 * 1024  # bytes of a file that is looked through while the person waits
ROWS = 20_000


@dataclass(slots=True)
class ColumnLook:
    """One column's evidence, and how often each of its values comes, unless they are too many."""

    evidence: ColumnEvidence
    counts: dict[str, int] | None = field(default_factory=dict)
    samples: list[str] = field(default_factory=list)
    settled: bool = False  # further values would tell nothing new

    def add(self, cell: str) -> None:
        """Looks at one cell."""
        text, counts, evidence = cell.strip(), self.counts, self.evidence
        if counts is None:
            self._one_more(text)
            return
        known = counts.get(text)
        if known is not None:
            counts[text] = known + 1
            evidence.values += 1
            return
        evidence.add(cell)
        if not text or text in evidence.empty_values:
            return
        if len(self.samples) < SAMPLES:
            self.samples.append(text[:LONGEST])
        if len(counts) >= DISTINCT or len(text) > LONGEST:
            self.counts = None
        else:
            counts[text] = 1

    def _one_more(self, text: str) -> None:
        evidence = self.evidence
        if not self.settled:
            evidence.add(text)
            seen = evidence.looked_at
            self.settled = seen > MOST or (seen > PLAIN and not _says_anything(evidence))
        elif text:
            evidence.values += 1
            evidence.longest = max(evidence.longest, len(text))
        else:
            evidence.blanks += 1

    def as_json(self) -> dict[str, Any]:
        """What was seen."""
        evidence = self.evidence
        kind, options = evidence.field_type()
        dates, numbers = evidence.dates, evidence.numbers
        return {
            "values": evidence.values,
            "blanks": evidence.blanks,
            "samples": self.samples,
            "kind": kind,
            "options": options,
            "choices": sorted(evidence.distinct) if kind == "picklist" and evidence.distinct else [],
            "dates": dates.format(),
            "date_example": dates.example,
            "is_dates": dates.all_dates,
            "decimals": numbers.decimal(),
            "number_example": numbers.example,
            "counts": self.counts,
        }


def _says_anything(evidence: ColumnEvidence) -> bool:
    dates = evidence.dates
    seen = dates.year_first + dates.day_first + dates.month_first + dates.either + dates.same
    return bool(seen or evidence.numbers.numbers)


class Looking:
    """A look through a file, as far as it has come."""

    def __init__(self, table: Table, empty: frozenset[str]) -> None:
        self.columns = {name: ColumnLook(ColumnEvidence(empty)) for name in table.columns}
        self._adds = [column.add for column in self.columns.values()]
        self.rows = 0
        self.unreadable: dict[str, int] = {}

    def add(self, rows: Iterable[Row]) -> int:
        """Looks at these rows; tells how many there were."""
        before = self.rows
        for row in rows:
            self.rows += 1
            if row.problem is not None:
                message = row.problem.message
                self.unreadable[message] = self.unreadable.get(message, 0) + 1
                continue
            for add, cell in zip(self._adds, row.cells, strict=True):
                add(cell)
        return self.rows - before

    def keep(self, job: Job, *, complete: bool = True) -> None:
        """Stores what was seen for the import, and how many rows it has, if that is known."""
        seen = {
            "rows": self.rows,
            "complete": complete,
            "unreadable": dict(list(self.unreadable.items())[:20]),
            "columns": {name: column.as_json() for name, column in self.columns.items()},
        }
        ImportLook.objects.update_or_create(job=job, defaults=seen)
        job.total = self.rows if complete else None
        Job.objects.filter(pk=job.pk).update(total=job.total)


def look(job: Job) -> None:
    """Looks through the whole file of an import now."""
    preparation = Preparation(job)
    looking = Looking(preparation.table, preparation.empty)
    looking.add(preparation.table.rows())
    looking.keep(job)


class LookSession:
    """A look in the background. What was seen is only in memory: another worker begins anew."""

    def __init__(self, job: Job, reading: Reading, size: int, empty: frozenset[str]) -> None:
        self.cause = CauseNode(Source.IMPORT.value, job.title)
        self.looking = Looking(reading.table, empty)
        self._reading, self._rows, self._size = reading, reading.rows(), size
        self._wanted = job.input
        self._until = time.monotonic() + LONGEST_LOOK

    def step(self, _job: Job) -> Step:
        """Looks at some rows more."""
        more = self.looking.add(islice(self._rows, ROWS))
        if more and time.monotonic() < self._until:
            share = self._reading.bytes_read() * 100 // max(self._size, 1)
            return Step({"percent": min(share, 99), "rows": self.looking.rows})
        target = wanted_import(self._wanted)
        if target is not None:
            self.looking.keep(target, complete=not more)
        return Step(None)


def wanted_import(wanted: Mapping[str, Any]) -> Job | None:
    """The import that a look is for; None if it is gone, has begun, or is read in another way now."""
    target = Job.objects.filter(pk=wanted["import"], state=JobState.PREPARING).first()
    return target if target is not None and target.input.get("reading") == wanted["reading"] else None


class LookKind(JobKind):
    """Looks through a big file before its import is prepared further."""

    key = "import_look"
    label = gettext_lazy("Reading of a file")
    icon = "eye"
    listed = False

    @contextmanager
    def session(self, job: Job) -> Iterator[LookSession]:
        """Opens the file of the import."""
        target = wanted_import(job.input)
        if target is None:
            raise JobProblem(_("The import is no longer in preparation."))
        preparation = Preparation(target)
        try:
            with preparation.table.reading() as reading:
                size = Path(target.file.path).stat().st_size
                yield LookSession(job, reading, size, preparation.empty)
        except OSError as error:
            raise JobProblem(str(error)) from error


register_job_kind(LookKind())
