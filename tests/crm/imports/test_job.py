"""An import as a job: resumed where it stopped, never twice, in constant memory, undone."""

import os
import signal
import subprocess
import sys
import threading
import tracemalloc
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection, connections
from django.utils import timezone

from crm.door import apply as door_apply
from crm.imports.duplicates import OnDuplicate
from crm.imports.starting import start_import
from crm.jobs import running
from crm.jobs.running import drain, run_job
from crm.jobs.verbs import cancel_job, continue_job, undo_job
from crm.models import Account, Cause, History, ImportLink, Job, JobChunk, JobRefusal, JobState, Lead, Task
from crm.views.job_refusals import csv_lines
from tests.crm.imports.conftest import RunOfJob, importer, prepared
from tests.people import Company
from tests.workflows import rules

Import = Callable[..., RunOfJob]


@pytest.fixture(autouse=True)
def _small_chunks(settings: Any) -> None:
    """Several chunks in few rows."""
    settings.CRM_CHUNK_SIZE = {connection.vendor: 100}


def rows(count: int, bad: int = 0) -> str:
    """A file whose every `bad`th row has a rating that does not exist."""
    lines = [f"L{n},l{n}@x.example,{'enormous' if bad and n % bad == 0 else 'High'}" for n in range(count)]
    return "last_name,email,rating\n" + "\n".join(lines) + "\n"


def started(content: str | bytes, module: str = "leads", **asked: Any) -> Job:
    """An import that the workers may begin."""
    return start_import(prepared(module, content, **asked))


def steps(job: Job, count: int) -> None:
    """So many steps of the job, by a worker that is gone after them."""
    claimed = running._claim(job.pk, "gone")
    assert claimed is not None
    with running.JOB_KINDS[job.kind].session(claimed) as session:
        for _step in range(count):
            running.in_one_transaction(lambda: running._step(claimed, session), session.cause)
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


@pytest.mark.django_db
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1250"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_it_goes_on_at_the_row_where_the_last_worker_stopped(codec: str, end: str) -> None:
    lines = ["last_name;description", *(f'Łącki {n};"one{end}zwei ü"' for n in range(450))]
    job = started((end.join(lines) + end).encode(codec), encoding=codec if codec == "cp1250" else None)
    for _worker in range(3):
        steps(job, 1)
    assert run_job(job.pk) is True
    job.refresh_from_db()
    assert (job.state, job.done, job.tally) == (JobState.DONE, 450, {"created": 450})
    assert Counter(Lead.objects.values_list("last_name", flat=True)) == Counter(
        f"Łącki {n}" for n in range(450)
    )
    assert [len(chunk.outcomes) for chunk in job.chunks.all()] == [100, 100, 100, 100, 50]
    places = [place for chunk in job.chunks.all() for place, _id, _what in chunk.outcomes]
    assert places == list(range(1, 451))


class Deadlock(Exception):  # noqa: N818
    """What psycopg tells of a deadlock that the database resolved at our cost."""

    sqlstate = "40P01"


@pytest.mark.django_db(transaction=True)
def test_a_step_that_was_undone_is_done_again_from_the_same_row(monkeypatch: pytest.MonkeyPatch) -> None:
    job = started(rows(250))
    keep, tries = running._keep, []

    def fails_once(*given: Any) -> None:
        tries.append(1)
        if len(tries) in (1, 3):
            raise OperationalError("deadlock detected") from Deadlock()
        keep(*given)

    monkeypatch.setattr(running, "_keep", fails_once)
    assert run_job(job.pk) is True
    job.refresh_from_db()
    assert (job.state, job.tally) == (JobState.DONE, {"created": 250})
    assert len(set(Lead.objects.values_list("last_name", flat=True))) == Lead.objects.count() == 250


@pytest.mark.django_db
def test_links_to_later_rows_survive_a_worker_that_died() -> None:
    content = "name,parent\n" + "".join(f"A{n},A{n + 150}\n" for n in range(250))
    job = started(content, "accounts")
    for _worker in range(4):
        steps(job, 1)
    assert ImportLink.objects.filter(job=job).count() == 250
    steps(job, 1)
    assert run_job(job.pk) is True
    job.refresh_from_db()
    assert (job.done, job.tally) == (250, {"created": 250, "incomplete": 150})
    linked = dict(Account.objects.values_list("name", "parent__name"))
    assert {name for name, parent in linked.items() if parent} == {f"A{n}" for n in range(100)}
    assert linked["A99"] == "A249"
    assert JobRefusal.objects.filter(job=job).count() == 150
    refusal = JobRefusal.objects.get(job=job, place=101)
    assert (refusal.cells, refusal.problems[0]["field"]) == (["A100", "A250"], "parent")
    assert not ImportLink.objects.exists()


@pytest.mark.django_db
def test_it_is_cancelled_and_goes_on_where_it_stopped() -> None:
    job = started(rows(250))
    steps(job, 1)
    cancel_job(Job.objects.get(pk=job.pk))
    assert drain() == {"ended": 0, "put off": 0}
    assert Lead.objects.count() == 100
    continue_job(job)
    drain()
    assert Lead.objects.count() == 250


@pytest.mark.django_db
def test_a_file_that_is_gone_stops_it_with_the_reason() -> None:
    job = started(rows(3))
    job.file.storage.delete(job.file.name)
    drain()
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, "The file is no longer there.")


@pytest.mark.django_db
def test_refused_rows_come_back_as_they_were_with_the_reason(import_by_job: Import) -> None:
    run = import_by_job("leads", b'last_name,email\n=1+1,"no, address"\nA\x00B,x\nC\n')
    lines = "".join(csv_lines(run.job)).removeprefix("\ufeff").splitlines()
    assert lines[0] == "last_name,email,Row,Reason"
    whole = "\n".join(sorted(lines[1:]))
    assert '=1+1,"no, address",1,' in whole
    assert "A\ufffdB,x,2,The row contains a NUL character." in whole
    assert 'C,,3,"The row has 1 cells, the heading has 2."' in whole
    assert len(lines) == 4


@pytest.mark.django_db
def test_a_reason_that_begins_with_a_heading_like_a_formula_is_harmless(import_by_job: Import) -> None:
    run = import_by_job("leads", b"last_name,email\nA,a@x.example\n")
    problems = [{"field": "=cmd", "code": "x", "message": "No."}]
    JobRefusal.objects.create(job=run.job, place=1, problems=problems, cells=["=1+1", ""])
    assert "=1+1,,1,'=cmd: No." in "".join(csv_lines(run.job))


@pytest.mark.django_db
def test_undo_bins_what_was_created_and_restores_what_still_has_the_imported_value(
    import_by_job: Import, company: Company
) -> None:
    rules.live_rule("hot", rules.when(("rating", "is", "high")), [rules.task("Call {{name}}", owner="owner")])
    import_by_job("leads", "last_name,email,company\nOld,l0@x.example,Before\nKept,l1@x.example,Before\n")
    run = import_by_job(
        "leads", rows(4).replace(",rating", ",rating,company").replace("High", "High,After"),
        keys=("email",), duplicates=OnDuplicate.UPDATE,
    )  # fmt: skip
    assert run.job.tally["updated"] == run.job.tally["created"] == 2
    kept = Lead.objects.get(email="l1@x.example")
    rules.edit(company.admin, kept.pk, company="Ours").or_raise()
    undo = undo_job(run.job, actor=run.job.person)
    drain()
    undo.refresh_from_db()
    live = Lead.objects.live().order_by("email")
    assert [(lead.last_name, lead.company) for lead in live] == [("Old", "Before"), ("Kept", "Ours")]
    assert Lead.objects.count() == 4
    assert Task.objects.live().count() == 0
    (refusal,) = JobRefusal.objects.filter(job=undo)
    assert (refusal.record_id, refusal.problems[0]["code"]) == (kept.pk, "changed_since")


@pytest.mark.django_db
def test_everything_has_the_import_as_its_cause(import_by_job: Import) -> None:
    run = import_by_job("leads", rows(250))
    root = Cause.objects.get(pk=run.job.cause_id)
    assert (root.kind, root.label) == ("import", "file.csv")
    assert History.objects.filter(cause=root).count() == 250


class DiskFull(Exception):  # noqa: N818
    """What PostgreSQL and SQLite tell of a full disk."""

    sqlstate, sqlite_errorcode = "53100", 13


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_stops_it_with_the_reason_and_refuses_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    job = started(rows(250))
    steps(job, 1)

    def full(_batch: Any) -> None:
        raise OperationalError("No space left on device") from DiskFull()

    with monkeypatch.context() as patch:
        patch.setattr(sys.modules[door_apply.__module__], "write", full)
        while run_job(job.pk) is False:
            pass
    job.refresh_from_db()
    assert (job.state, job.tally) == (JobState.FAILED, {"created": 100})
    assert "No space left on device" in job.error
    assert not JobRefusal.objects.exists()
    continue_job(job)
    drain()
    job.refresh_from_db()
    assert (job.state, job.tally) == (JobState.DONE, {"created": 250})


@pytest.mark.slow
@pytest.mark.django_db
def test_memory_does_not_grow_with_the_rows(settings: Any) -> None:
    settings.CRM_CHUNK_SIZE = {connection.vendor: 500}

    def peak(count: int) -> int:
        job = started(rows(count, bad=1))
        tracemalloc.start()
        run_job(job.pk, seconds=600)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert JobRefusal.objects.filter(job=job).count() == count
        return highest

    peak(1_000)  # caches are filled once
    small, large = peak(5_000), peak(40_000)
    assert large < small + 2 * 1024 * 1024, f"{small:,} and {large:,} bytes"


def url() -> str:
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    who = quote(given["USER"]) + (f":{quote(given['PASSWORD'])}" if given["PASSWORD"] else "")
    return f"postgres://{who}@{given['HOST']}:{given['PORT'] or 5432}/{given['NAME']}"


def killed_at_half(job: Job, chunks: int) -> None:
    """Starts a worker, waits until it is in the middle of a step, and kills it with signal 9."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.crm.imports.half", str(job.pk), str(chunks)],
        cwd=django_settings.BASE_DIR,
        env={
            **os.environ,
            "DATABASE_URL": url(),
            "DJANGO_SETTINGS_MODULE": "crm.settings",
            "MEDIA_ROOT": str(django_settings.MEDIA_ROOT),
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as told:
        assert told.readline() == "holding\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_at_half_loses_and_doubles_nothing() -> None:
    job = started(rows(450, bad=45), keys=("email",), duplicates=OnDuplicate.SKIP)
    killed_at_half(job, 2)
    job.refresh_from_db()
    assert (job.state, job.done, Lead.objects.count()) == (JobState.WAITING, 200, 195)
    assert drain() == {"ended": 0, "put off": 0}, "its lease holds for a while"
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    drain()
    job.refresh_from_db()
    assert (job.state, job.done, job.tally) == (JobState.DONE, 450, {"created": 440, "refused": 10})
    names = Counter(Lead.objects.values_list("last_name", flat=True))
    assert len(names) == sum(names.values()) == 440
    noted = JobChunk.objects.filter(job=job)
    made = [record for chunk in noted for _place, record, _what in chunk.outcomes]
    assert sorted(made) == sorted(Lead.objects.values_list("pk", flat=True))
    assert JobRefusal.objects.filter(job=job).count() == 10


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_same_file_twice_at_once_makes_nothing_twice() -> None:
    importer()
    both = [started(rows(450), keys=("email",), duplicates=OnDuplicate.SKIP) for _time in range(2)]
    together = threading.Barrier(2)

    def work(job: Job) -> None:
        together.wait()
        run_job(job.pk)
        connections.close_all()

    workers = [threading.Thread(target=work, args=[job]) for job in both]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    whole = Counter[str]()
    for job in both:
        job.refresh_from_db()
        assert (job.state, job.done) == (JobState.DONE, 450)
        whole.update(job.tally)
    assert whole == {"created": 450, "skipped": 450}
    assert Lead.objects.count() == 450
