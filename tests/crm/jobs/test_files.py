"""How long files of jobs are kept, told with a moved clock; and what no job knows goes, too."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.imports.job import place_of
from crm.imports.preparation import Preparation
from crm.jobs.files import clean_up
from crm.jobs.running import drain
from crm.jobs.verbs import JobProblem, continue_job
from crm.models import ImportLook, Job, JobState, Lead, User
from tests.crm.imports.conftest import prepared
from tests.crm.imports.making import uploaded
from tests.crm.imports.sheets import xlsx
from tests.crm.imports.steps import begun, step, stored_files
from tests.crm.imports.test_job import started, steps
from tests.crm.pages.conftest import as_person
from tests.people import Company
from workflows.tasks import process_due

__all__ = ["as_person"]
pytestmark = pytest.mark.django_db
AsPerson = Callable[[User | None], Client]
FILE = "last_name,rating\nAda,High\nBen,enormous\n"


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    """Files of this test alone."""
    settings.MEDIA_ROOT = str(tmp_path / "files")


def after(**span: float) -> Any:
    """The clock, moved."""
    return time_machine.travel(timezone.now() + timedelta(**span), tick=True)


def lost_file(name: str, age: timedelta) -> None:
    """A file that no job knows."""
    path = Path(default_storage.path(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    then = (timezone.now() - age).timestamp()
    os.utime(path, (then, then))


def test_a_preparation_that_nobody_touched_for_a_week_goes_with_its_files(
    company: Company, as_person: AsPerson
) -> None:
    begun(as_person(company.ada), xlsx([["Last name"], ["Ada"]]), name="a.xlsx")
    drain()
    assert len(stored_files()) == 2
    with after(days=6, hours=23):
        assert process_due()["files"] == {"preparations": 0, "files": 0, "lost": 0}
        assert len(stored_files()) == 2
    with after(days=7, minutes=1):
        assert process_due()["files"] == {"preparations": 1, "files": 0, "lost": 0}
    assert not stored_files()
    assert not Job.objects.filter(kind="import").exists()
    assert not ImportLook.objects.exists()


def test_a_preparation_that_somebody_goes_on_with_stays(company: Company) -> None:
    job = uploaded(company.ada)
    with after(days=6):
        Preparation(job).save(empty=["n/a"])
    with after(days=8):
        assert clean_up()["preparations"] == 0
    with after(days=13, hours=1):
        assert clean_up()["preparations"] == 1


def test_the_number_of_days_is_a_setting(company: Company, settings: Any) -> None:
    uploaded(company.ada)
    settings.IMPORT_DRAFT_DAYS = 60
    with after(days=40):
        assert clean_up() == {"preparations": 0, "files": 0, "lost": 0}


def test_the_file_of_an_ended_import_goes_after_thirty_days_and_its_refusals_stay(
    company: Company, as_person: AsPerson
) -> None:
    job = started(FILE, actor=company.ada)
    drain()
    client, address = as_person(company.ada), reverse("job", args=[job.pk])
    assert "Its file is kept until" in client.get(address).content.decode()
    with after(days=29):
        assert clean_up()["files"] == 0
    with after(days=31):
        assert clean_up()["files"] == 1
        assert clean_up()["files"] == 0
        day = timezone.localdate()
    assert not stored_files()
    job.refresh_from_db()
    assert (job.state, bool(job.file), job.files_removed_at is None) == (JobState.DONE, False, False)
    page = client.get(address).content.decode()
    assert "Its file was removed on" in page
    assert str(day.year) in page
    assert "enormous" in page
    refused = b"".join(client.get(reverse("job_refusals", args=[job.pk]))).decode("utf-8-sig")  # type: ignore[arg-type]
    assert refused.splitlines()[0] == "last_name,rating,Row,Reason"
    assert refused.splitlines()[1].startswith("Ben,enormous,2,")


def test_an_import_whose_file_is_gone_cannot_go_on_and_says_so(company: Company, as_person: AsPerson) -> None:
    job = started(FILE, actor=company.ada)
    client = as_person(company.ada)
    client.post(reverse("job_cancel", args=[job.pk]))
    assert "Continue" in client.get(reverse("job", args=[job.pk])).content.decode()
    with after(days=31):
        clean_up()
    assert "Continue" not in client.get(reverse("job", args=[job.pk])).content.decode()
    with pytest.raises(JobProblem, match="no longer kept"):
        continue_job(job)
    assert (
        "no longer kept" in client.post(reverse("job_continue", args=[job.pk]), follow=True).content.decode()
    )
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_an_import_that_waits_or_is_at_work_keeps_its_file(company: Company, settings: Any) -> None:
    job = started(FILE, actor=company.ada)
    steps(job, 1)
    assert place_of(Job.objects.get(pk=job.pk)) is not None
    with after(days=400):
        assert clean_up() == {"preparations": 0, "files": 0, "lost": 0}
        drain()
    assert Lead.objects.count() == 1


def test_a_workbook_goes_with_the_sheet_that_was_imported(company: Company, as_person: AsPerson) -> None:
    client = as_person(company.ada)
    job = begun(client, xlsx([["Last name"], ["Ada"]]), name="a.xlsx")
    drain()
    for name in ("columns", "values", "options", "preview"):
        client.get(reverse(f"import_{name}", args=[job.pk]))
        step(client, job, name)
    drain()
    assert Lead.objects.count() == 1
    assert len(stored_files()) == 2
    with after(days=31):
        assert clean_up()["files"] == 1
    assert not stored_files()


def test_a_file_that_no_job_knows_goes_after_a_day_and_known_ones_stay(company: Company) -> None:
    prepared("leads", FILE, actor=company.ada)
    lost_file("production/jobs/2026/01/lost.csv", timedelta(days=2))
    lost_file("production/jobs/2026/01/young.csv", timedelta(hours=1))
    lost_file("elsewhere/jobs/2026/01/theirs.csv", timedelta(days=2))
    lost_file("production/2026/01/attachment", timedelta(days=2))
    for path in stored_files():
        if path.name == "file.csv":
            os.utime(path, (0, 0))
    assert clean_up() == {"preparations": 0, "files": 0, "lost": 1}
    left = {path.name for path in stored_files()}
    assert left == {"file.csv", "young.csv", "theirs.csv", "attachment"}


def test_a_space_without_files_is_left_alone(db: None) -> None:
    assert clean_up() == {"preparations": 0, "files": 0, "lost": 0}
