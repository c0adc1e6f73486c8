"""An import as a job: each chunk is stored together with the place in the file where the next begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.door import Problem, Source
from crm.imports.chunks import Chunks, Line, Taken, chunk_rows, next_chunk
from crm.imports.duplicates import OnDuplicate
from crm.imports.plan import ImportPlan, plan_import
from crm.imports.preparation import Preparation
from crm.imports.problems import ImportProblem
from crm.imports.reader import Place, Reading, Row
from crm.jobs.kinds import JobKind, JobProblem, Outcome, Refusal, Step, cause_of, register_job_kind
from crm.models import ImportLink, Job, Module


class ImportSession:
    """The file, open at the place that the job has reached, and the plan, worked out once."""

    def __init__(self, job: Job, plan: ImportPlan, reading: Reading) -> None:
        self.plan = plan
        self.cause = cause_of(job, Source.IMPORT.value)
        self._chunks = Chunks(plan, self.cause)
        self._table = plan.tables[0]
        self._reading, self._rows = reading, reading.rows()
        self._at = place_of(job)

    def step(self, job: Job) -> Step:
        """Takes the next rows in; after the last one, links those that had to wait for later ones."""
        if "linked" in job.position:
            return self._link(job)
        if (place := place_of(job)) != self._at:  # the step before was undone
            self._reading = self._reading.again(place)
            self._rows = self._reading.rows()
        self._one_at_a_time()
        rows = next_chunk(self._rows)
        taken = self._chunks.take(self._table, rows)
        self._keep_waiting(job, taken)
        self._at = self._reading.place()
        at = self._at
        position: dict[str, Any] | None = {"mark": at.mark, "row": at.row, "line": at.line}
        if not rows:
            position = {"linked": 0} if job.import_links.exists() else None
        return Step(position, _outcomes(taken), [_refusal(line) for line in taken.refused], taken.notices)

    def _one_at_a_time(self) -> None:
        """Two imports that look for doubles in one module would not see each other's new records."""
        if self.plan.keys is not None and self.plan.options.duplicates is not OnDuplicate.CREATE:
            Module.objects.select_for_update(no_key=True).get(key=self.plan.module.key)

    def _keep_waiting(self, job: Job, taken: Taken) -> None:
        ImportLink.objects.bulk_create(
            ImportLink(
                job=job,
                place=line.row.number,
                line=line.row.line,
                record_id=line.record_id,
                links=line.later,
                cells=line.row.cells,
            )
            for line in taken.waiting
            if line.record_id is not None
        )

    def _link(self, job: Job) -> Step:
        waiting = list(job.import_links.filter(pk__gt=job.position["linked"])[: chunk_rows()])
        lines = [
            Line(self._table, Row(row.place, row.line, row.cells), links=row.links, record_id=row.record_id)
            for row in waiting
        ]
        taken = self._chunks.link(lines)
        return Step(
            {**job.position, "linked": waiting[-1].pk} if waiting else None,
            notices=taken.notices,
            incomplete=[_refusal(line) for line in taken.refused],
        )


def place_of(job: Job) -> Place | None:
    """Where in the file the next chunk begins; None at its beginning."""
    at = job.position
    return Place(at["mark"], at["row"], at["line"]) if "mark" in at else None


def _outcomes(taken: Taken) -> list[Outcome]:
    parts = (("created", taken.created), ("updated", taken.updated), ("skipped", taken.skipped))
    return [(line.row.number, line.record_id, word) for word, lines in parts for line in lines]


def _refusal(line: Line) -> Refusal:
    problems = [Problem(problem.column, problem.code, problem.message) for problem in line.problems]
    return Refusal(line.row.number, problems, line.record_id, cells=[_storable(c) for c in line.row.cells])


def _storable(cell: str) -> str:
    """The cell without what a JSON column does not take: NUL, and halves of characters."""
    return cell.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


class ImportKind(JobKind):
    """Takes the rows of a file in."""

    key = "import"
    label = gettext_lazy("Import")
    icon = "file-import"
    can_undo = True
    again, again_label = "import", gettext_lazy("Import another file")

    @contextmanager
    def session(self, job: Job) -> Iterator[ImportSession]:
        """Plans the import and opens its file; what makes that impossible ends the job with the reason."""
        preparation = Preparation(job)
        try:
            plan = plan_import(job.module, [preparation.table], preparation.wishes(), preparation.options())
            with plan.tables[0].reading(place_of(job)) as reading:
                yield ImportSession(job, plan, reading)
        except ImportProblem as problem:
            raise JobProblem(problem.message) from problem
        except FileNotFoundError:
            raise JobProblem(_("The file is no longer there.")) from None

    def columns(self, job: Job) -> Sequence[str]:
        """The file's headings."""
        return list(job.input["table"]["columns"])

    def files(self, job: Job) -> list[str]:
        """What is imported, and the workbook that it was read from."""
        workbook = job.input.get("workbook")
        return list(dict.fromkeys([*super().files(job), *([workbook] if workbook else [])]))

    def finish(self, job: Job) -> None:
        """What waited is linked, or was reported."""
        job.import_links.all().delete()


register_job_kind(ImportKind())
