"""A sheet of a workbook becomes the CSV file that is imported: by a worker, while the page waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.door import CauseNode, Source
from crm.door.files import delete_now, delete_on_commit
from crm.imports import workbook
from crm.imports.look import wanted_import
from crm.imports.preparation import Preparation
from crm.imports.problems import ImportProblem
from crm.imports.reader import open_table
from crm.imports.uploading import take_table
from crm.jobs.files import LONGEST_NAME
from crm.jobs.kinds import JobKind, JobProblem, Session, Step, register_job_kind
from crm.models import Job

POLL = 1.0  # seconds between two looks at the other process; each look renews the worker's lease


class OpeningSession:
    """The other process at work: first it tells the sheets, if nobody knows them yet, then it writes one."""

    def __init__(self, job: Job, target: Job) -> None:
        self.cause = CauseNode(Source.IMPORT.value, job.title)
        self._wanted = job.input
        self._workbook = Path(default_storage.path(target.input["workbook"]))
        self._sheets: list[str] = target.input.get("sheets", [])
        self._name = default_storage.get_available_name(
            f"{target.input['workbook']}.csv", max_length=LONGEST_NAME
        )
        self._csv = Path(default_storage.path(self._name))
        self._is_kept = False
        self._program = self._write() if self._sheets else workbook.sheets(self._workbook)

    def _write(self) -> workbook.Program:
        return workbook.to_csv(self._workbook, self._sheet, self._csv)

    @property
    def _sheet(self) -> str:
        return str(self._wanted["sheet"] or self._sheets[0])

    def wait(self) -> None:
        """Waits a little for the other process."""
        self._program.wait(POLL)

    def step(self, _job: Job) -> Step:
        """Looks how far the other process is; raises ImportProblem."""
        answer = self._program.answer()
        if answer is not None and self._sheets:
            self._take()
            return Step(None)
        if answer is not None:
            if not answer:
                raise ImportProblem(_("The Excel file has no sheets with cells."), "empty")
            self._program.close()
            self._sheets = answer
            self._program = self._write()
        return Step({"bytes": self._csv.stat().st_size if self._csv.exists() else 0})

    def _take(self) -> None:
        """The import goes on with the sheet; what was read before it is deleted."""
        if not self._csv.stat().st_size:
            raise ImportProblem(_("The sheet “%s” is empty.") % self._sheet, "empty")
        target = wanted_import(self._wanted)
        if target is None:
            return
        table, before = open_table(self._csv), str(target.file.name)
        target.file.name = self._name
        take_table(Preparation(target), table, sheet=self._sheet, sheets=self._sheets)
        self._is_kept = True
        if before != target.input["workbook"]:
            delete_on_commit([before])

    def close(self) -> None:
        """Ends the other process, and deletes what nobody goes on with."""
        self._program.close()
        if not self._is_kept:
            delete_now([self._name])


class OpeningKind(JobKind):
    """Reads a sheet of a workbook for an import in preparation."""

    key = "import_workbook"
    label = gettext_lazy("Reading of a workbook")
    icon = "eye"
    listed = can_pause = False

    @contextmanager
    def session(self, job: Job) -> Iterator[OpeningSession]:
        """Starts the other process."""
        target = wanted_import(job.input)
        if target is None:
            raise JobProblem(_("The import is no longer in preparation."))
        try:
            with closing(OpeningSession(job, target)) as session:
                yield session
        except ImportProblem as problem:
            raise JobProblem(problem.message) from problem
        except FileNotFoundError:
            raise JobProblem(_("The file is no longer there.")) from None

    def wait(self, session: Session) -> None:
        """Lets the other process work."""
        if isinstance(session, OpeningSession):
            session.wait()


register_job_kind(OpeningKind())
