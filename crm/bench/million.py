"""The browser's import of a million rows: upload, look, proposal, and the job that workers do."""

from __future__ import annotations

import csv
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.files.base import File
from django.db import connection
from django.test.utils import override_settings

from crm.bench import Measure
from crm.bench.filling import make_people
from crm.imports.preparation import Preparation
from crm.imports.starting import start_import
from crm.imports.uploading import begin_import, propose_all
from crm.jobs.running import drain
from crm.models import Job, JobState, Lead, User
from crm.modules.loading import module

ROWS = 1_000_000
MOST_MB = 300
COLUMNS = ("First name", "Last name", "Company", "E-mail", "Phone", "City", "Status", "Rating")


def measures(database_vendor: str, rows: int = ROWS) -> Iterator[Measure]:
    """Imports into the empty database in use and yields what was measured; looks for doubles by e-mail."""
    if connection.vendor != database_vendor:
        raise ValueError(f"This process works on {connection.vendor}.")
    person = make_people().sees_all
    with TemporaryDirectory() as folder, override_settings(MEDIA_ROOT=folder):
        path = Path(folder) / "leads.csv"
        _write(path, rows)
        start = time.perf_counter()
        job = _begin(path, person)
        prepared = time.perf_counter()
        start_import(job)
        halves = _work(job, rows)
        seconds = time.perf_counter() - prepared
    job.refresh_from_db()
    if job.state != JobState.DONE or Lead.objects.count() != rows:
        raise ValueError(f"The import ended as {job.state}: {job.tally} {job.error}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield Measure(f"import of {rows:,} rows by the browser's job, its preparation", prepared - start, "s")
    yield Measure(f"import of {rows:,} rows by the browser's job", rows / seconds, "rows/s")
    yield Measure("its second half against its first", halves[1] / halves[0], "×")
    yield Measure("memory at its highest", peak, "MB", f"≤ {MOST_MB} MB", peak <= MOST_MB)


def _write(path: Path, rows: int) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(
            (
                f"First {number % 997}",
                f"Last {number * 7919 % 99991}",
                f"Company {number % 30011}",
                f"lead{number}@example.com",
                f"+4930{number % 9999991:07}",
                f"City {number % 1009}",
                ("New", "Contacted", "")[number % 3],
                ("High", "Medium", "Low", "")[number % 4],
            )
            for number in range(rows)
        )


def _begin(path: Path, person: User) -> Job:
    """Uploads the file, and goes on with what is proposed."""
    with path.open("rb") as file:
        job = begin_import(module=module("leads"), actor=person, upload=File(file), name=path.name)
    drain()
    job.refresh_from_db()
    preparation = Preparation(job)
    propose_all(preparation, job.look)
    preparation.save(options={"keys": ["email"], "duplicates": "skip"})
    return job


def _work(job: Job, rows: int) -> tuple[float, float]:
    """Workers do the job, a while each; seconds for its two halves."""
    marks = [(0, time.perf_counter())]
    while Job.objects.get(pk=job.pk).state == JobState.WAITING:
        drain(seconds=10)
        marks.append((Job.objects.get(pk=job.pk).done, time.perf_counter()))
    middle = next(mark for mark in marks if mark[0] >= rows / 2)
    first = (middle[1] - marks[0][1]) / middle[0]
    second = (marks[-1][1] - middle[1]) / max(marks[-1][0] - middle[0], 1)
    return first, second
