"""A large XLSX file, made in the background; its person is told when it can be downloaded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from typing import Any

from babel.numbers import format_decimal
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.door import CauseNode, Source
from crm.fields.numbers import babel_locale
from crm.jobs.files import LONGEST_NAME, new_name
from crm.jobs.kinds import JobKind, JobProblem, Step, register_job_kind
from crm.jobs.verbs import start_job
from crm.lists.exporting import Export, file_name
from crm.lists.problems import ListProblem
from crm.lists.saved import views_of
from crm.lists.sheets import MOST_XLSX, XlsxBook
from crm.lists.state import Asked, read_state
from crm.models import Job
from crm.modules.loading import module as module_by_key
from crm.modules.registry import UnknownModule
from crm.visibility import FieldRefused, TooSlow, can

AT_ONCE = 10_000  # up to so many records, the file is made while the person waits
ROWS = 2_000


def start_export(wanted: Export, number: int) -> Job:
    """A job that makes this file of about so many records."""
    state = wanted.state
    shown = format_decimal(number, locale=babel_locale())
    told = {"number": shown, "modules": state.module.label_plural}
    return start_job(
        "export",
        actor=state.user,
        module=state.module.key,
        title=_("%(number)s %(modules)s as XLSX") % told,
        input={"asked": state.asked.shape, "every_field": wanted.every_field},
        total=number,
    )


class ExportSession:
    """The workbook, as far as it is written: it is only here, so that another worker begins anew."""

    def __init__(self, job: Job, name: str, book: XlsxBook, rows: Iterator[list[Any]]) -> None:
        self.cause = CauseNode(Source.LIST.value, job.title)
        self._name, self._book, self._rows = name, book, rows

    def step(self, job: Job) -> Step:
        """Writes some rows more; after the last ones, keeps the file."""
        if self._book.rows and job.position.get("rows") != self._book.rows:
            raise RuntimeError("A step of an export was undone; it has to begin anew.")
        more = self._book.add(islice(self._rows, ROWS))
        if self._book.rows > MOST_XLSX:
            raise JobProblem(_("There are more records now than an XLSX file holds: choose CSV."))
        job.done, job.tally = self._book.rows, {"exported": self._book.rows}
        if more == ROWS:
            return Step({"rows": self._book.rows})
        with self._book.file() as content:
            stored = default_storage.save(new_name(self._name), File(content), max_length=LONGEST_NAME)
        Job.objects.filter(pk=job.pk).update(file=stored, input={**job.input, "name": self._name})
        return Step(None)


class ExportKind(JobKind):
    """Makes an XLSX file of a list."""

    key, icon = "export", "download"
    label = gettext_lazy("Export")
    gives_file, leaves_records, can_pause = True, False, False

    @contextmanager
    def session(self, job: Job) -> Iterator[ExportSession]:
        """Reads the list as it was asked for, with the person's rights as they are now."""
        try:
            module = module_by_key(job.module)
            if not can(job.person, "export", module):
                raise JobProblem(_("Your profile does not allow this in %s.") % module.label_plural)
            views = views_of(job.person, module)
            state = read_state(job.person, module, Asked(**job.input["asked"]), views)
            wanted = Export(state, every_field=job.input["every_field"])
            book = XlsxBook(module.label_plural, wanted.heading)
            with closing(book), closing(wanted.rows("xlsx")) as rows:
                yield ExportSession(job, file_name(module, "xlsx"), book, rows)
        except UnknownModule:
            raise JobProblem(_("The module is no longer there.")) from None
        except (ListProblem, FieldRefused, TooSlow) as problem:
            raise JobProblem(str(problem)) from None


register_job_kind(ExportKind())
