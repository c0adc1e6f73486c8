"""Workbooks are read by a worker: the upload is answered at once, and the page waits."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm.imports import opening, workbook
from crm.jobs import running
from crm.jobs.running import drain, run_job
from crm.models import Job, JobState, Lead, Notification, User
from tests.crm.imports.sheets import xlsx
from tests.crm.imports.steps import begun, page, step, stored_files, upload
from tests.crm.pages.conftest import ada_client, as_person
from tests.people import Company

__all__ = ["ada_client", "as_person"]
pytestmark = pytest.mark.django_db
AsPerson = Callable[[User | None], Client]
BOOK = xlsx([["Last name"], ["Ada"]], Second=[["Last name", "Company"], ["Ben", "Isdom"]], Empty=[])
SLOW = "import time\ntime.sleep(60)\n"


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of this test alone, and short waits."""
    settings.MEDIA_ROOT = str(tmp_path / "files")
    monkeypatch.setattr(opening, "POLL", 0.05)


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other process does nothing for a minute."""
    program = tmp_path / "slow.py"
    program.write_text(SLOW)
    monkeypatch.setattr(workbook, "PROGRAM", program)


@pytest.fixture
def halting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The other process writes half a sheet, and ends only when this file is there."""
    program, go = tmp_path / "halting.py", tmp_path / "go"
    program.write_text(
        "import pathlib, sys, time\n"
        "if sys.argv[1] == 'sheets': sys.exit(print('[\"Leads\"]'))\n"
        "pathlib.Path(sys.argv[4]).write_text('Last name\\nAda\\n')\n"
        f"while not pathlib.Path({str(go)!r}).exists(): time.sleep(0.02)\n"
    )
    monkeypatch.setattr(workbook, "PROGRAM", program)
    return go


def reader() -> Job:
    return Job.objects.filter(kind="import_workbook").latest("pk")


def test_the_upload_starts_no_process_and_the_page_waits_with_or_without_javascript(
    ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("subprocess.Popen", None)
        job = begun(ada_client, BOOK, name="a.xlsx")
    for name in ("file", "columns", "values", "options", "preview"):
        shown = page(ada_client, job, name)
        assert "Reading the workbook…" in shown, name
    assert 'hx-trigger="every 1500ms"' in shown
    assert '<noscript><meta http-equiv="refresh"' in shown
    assert "Look again" in shown
    assert step(ada_client, job, "preview").status_code == 200, "nothing begins before it is read"
    drain()
    shown = page(ada_client, job, "file")
    assert "Reading the workbook…" not in shown
    assert "Second" in shown
    job.refresh_from_db()
    assert (job.input["sheets"], job.input["sheet"], job.total) == (["Leads", "Second", "Empty"], "Leads", 1)
    assert not Notification.objects.exists()
    assert "Reading of a workbook" not in ada_client.get("/jobs/").content.decode()


def test_another_sheet_is_read_in_the_background_and_imported(
    ada_client: Client, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    job = begun(ada_client, BOOK, name="a.xlsx")
    drain()
    assert step(ada_client, job, "file", sheet="Second")["Location"].endswith("/file/")
    assert "Reading the workbook…" in page(ada_client, job, "columns")
    with django_capture_on_commit_callbacks(execute=True):
        drain()
    assert len(stored_files()) == 2, "the sheet that was read before is gone"
    for name in ("columns", "values", "options", "preview"):
        page(ada_client, job, name)
        step(ada_client, job, name)
    drain()
    assert list(Lead.objects.values_list("last_name", "company")) == [("Ben", "Isdom")]


def test_a_sheet_that_cannot_be_read_is_told_and_what_was_read_before_stays(ada_client: Client) -> None:
    job = begun(ada_client, BOOK, name="a.xlsx")
    drain()
    step(ada_client, job, "file", sheet="Empty")
    drain()
    shown = page(ada_client, job, "file")
    assert "The sheet “Empty” is empty." in shown
    assert "Ada" in shown
    assert len(stored_files()) == 2
    step(ada_client, job, "file", sheet="Second")
    drain()
    shown = page(ada_client, job, "file")
    assert "is empty" not in shown
    assert "Isdom" in shown
    wrong = step(ada_client, job, "file", sheet="Third")
    assert wrong.status_code == 422
    assert "has no sheet “Third”" in wrong.content.decode()


@pytest.mark.parametrize(
    ("content", "message"),
    [(xlsx([]), "The sheet “Leads” is empty."), (xlsx([[" "], ["x"]]), "no column headings")],
)
def test_a_workbook_that_cannot_be_read_says_why_and_can_be_discarded(
    ada_client: Client, content: bytes, message: str
) -> None:
    job = begun(ada_client, content, name="a.xlsx")
    drain()
    shown = page(ada_client, job, "file")
    assert message in shown
    assert "Choose another file" in shown
    assert "every 1500ms" not in shown
    assert len(stored_files()) == 1
    ada_client.post(reverse("import_discard", args=[job.pk]))
    assert not stored_files()
    assert not Job.objects.filter(kind="import").exists()


def test_what_is_no_workbook_at_all_is_refused_at_once(ada_client: Client) -> None:
    assert upload(ada_client, BOOK[:400], "cut.xlsx").status_code == 422
    assert not Job.objects.exists()
    assert not stored_files()


def test_one_that_takes_too_long_is_ended_with_the_reason(
    slow: None, ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "SECONDS", 0.3)
    job = begun(ada_client, BOOK, name="a.xlsx")
    drain()
    assert "takes too long to read" in page(ada_client, job, "file")


def test_the_lease_is_renewed_while_the_other_process_works(slow: None, ada_client: Client) -> None:
    begun(ada_client, BOOK, name="a.xlsx")
    claimed = running._claim(reader().pk, "worker")
    assert claimed is not None
    kind = running.JOB_KINDS["import_workbook"]
    with kind.session(claimed) as session:
        until = [reader().lease_until]
        for _step in range(2):
            kind.wait(session)
            assert running._step(claimed, session) is False
            until.append(reader().lease_until)
    assert until == sorted(set(until))


def test_an_import_that_is_discarded_meanwhile_leaves_no_file(halting: Path, ada_client: Client) -> None:
    job = begun(ada_client, BOOK, name="a.xlsx")
    claimed = running._claim(reader().pk, "worker")
    assert claimed is not None
    kind = running.JOB_KINDS["import_workbook"]
    with kind.session(claimed) as session:
        while not stored_files()[1:]:  # the sheet is being written
            kind.wait(session)
            running._step(claimed, session)
        ada_client.post(reverse("import_discard", args=[job.pk]))
        halting.touch()
        while not running._step(claimed, session):
            kind.wait(session)
    assert not stored_files()
    assert not Job.objects.filter(kind="import").exists()


def test_one_that_is_discarded_before_is_not_read(ada_client: Client) -> None:
    job = begun(ada_client, BOOK, name="a.xlsx")
    ada_client.post(reverse("import_discard", args=[job.pk]))
    assert run_job(reader().pk) is True
    assert (reader().state, reader().error) == (JobState.FAILED, "The import is no longer in preparation.")


def test_nobody_else_sees_it(ada_client: Client, company: Company, as_person: AsPerson) -> None:
    job = begun(ada_client, BOOK, name="a.xlsx")
    assert as_person(company.cleo).get(reverse("import_file", args=[job.pk])).status_code == 404
