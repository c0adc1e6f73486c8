"""Rows and records that a job refused: the first on its page, all of them as a file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.jobs.kinds import JOB_KINDS
from crm.lists.sheets import harmless
from crm.models import Job, JobRefusal
from crm.modules.loading import registry

SHOWN = 100
CELLS = 4  # of a row, to know it by
LONGEST = 60


@dataclass(frozen=True)
class ShownRefusal:
    """One of them: where, which, and why."""

    place: int
    name: str
    url: str
    reasons: list[str]


def shown_refusals(job: Job) -> list[ShownRefusal]:
    """The first ones."""
    labels = _labels(job)
    return [
        ShownRefusal(row.place, _name(row), _url(job, row), _reasons(row, labels))
        for row in job.refusals.all()[:SHOWN]
    ]


def _name(row: JobRefusal) -> str:
    if row.name or row.cells is None:
        return row.name or (f"#{row.record_id}" if row.record_id else "")
    cells = [text for cell in row.cells if (text := " ".join(cell.split()))]
    return " · ".join(cell if len(cell) <= LONGEST else f"{cell[:LONGEST]}…" for cell in cells[:CELLS])


def _url(job: Job, row: JobRefusal) -> str:
    return reverse("record", args=[job.module, row.record_id]) if row.record_id and job.module else ""


def _labels(job: Job) -> Mapping[str, str]:
    module = registry().modules.get(job.module)
    return {key: info.label for key, info in module.fields.items()} if module else {}


def _reasons(row: JobRefusal, labels: Mapping[str, str]) -> list[str]:
    """Each reason, with the field or column that it is about unless the sentence begins with it."""
    told = []
    for problem in row.problems:
        message, field = problem["message"], problem["field"]
        label = labels.get(field, field) if row.cells is None else field
        told.append(message if not label or message.startswith(label) else f"{label}: {message}")
    return told


class _Echo:
    """Hands each written line back, for a file that is sent while it is made."""

    def write(self, line: str) -> str:
        return line


def csv_lines(job: Job) -> Iterator[str]:
    """A CSV file of all refusals. Rows of a file are given back as they were, formulas included."""
    writer: Any = csv.writer(_Echo())
    columns = JOB_KINDS[job.kind].columns(job)
    labels = _labels(job)
    rows: Iterable[JobRefusal] = job.refusals.iterator(chunk_size=500)
    yield "\ufeff"
    if columns is None:
        yield writer.writerow([_("Record"), _("Address"), _("Reason")])
        for row in rows:
            url = _url(job, row)
            address = settings.SITE_URL + url if url else ""
            yield writer.writerow([harmless(_name(row)), address, harmless(_told(row, labels))])
        return
    yield writer.writerow([*columns, _("Row"), _("Reason")])
    for row in rows:
        yield writer.writerow(
            [*_filled(row.cells or [], len(columns)), row.place, harmless(_told(row, labels))]
        )


def _told(row: JobRefusal, labels: Mapping[str, str]) -> str:
    return " ".join(_reasons(row, labels))


def _filled(cells: Sequence[str], width: int) -> list[str]:
    return [*cells[:width], *[""] * (width - len(cells))]
