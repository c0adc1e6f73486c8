"""Large XLSX files: asked for on the page, made by a job, for their person alone."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from crm.jobs import running
from crm.jobs.files import clean_up
from crm.jobs.running import drain, run_job
from crm.jobs.verbs import cancel_job
from crm.lists import export_job
from crm.models import Job, JobState, Notification, User
from tests.crm.imports.steps import stored_files
from tests.crm.lists.conftest import filtered, hide
from tests.crm.lists.test_export import read_xlsx
from tests.crm.pages.conftest import ada_client, as_person
from tests.people import Company, grant
from tests.rows import make_rows

__all__ = ["ada_client", "as_person"]
pytestmark = pytest.mark.django_db
AsPerson = Callable[[User | None], Client]
ALL = "/leads/export/?format=xlsx&columns=name,company&sort=name"


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    """Two records go at once, more by a job, two at a step; files of this test alone."""
    monkeypatch.setattr("crm.views.list_export.AT_ONCE", 2)
    monkeypatch.setattr(export_job, "ROWS", 2)
    settings.MEDIA_ROOT = str(tmp_path / "files")


@pytest.fixture
def five(company: Company) -> None:
    """Five leads of Ada's, and one of Cleo's."""
    made = [{"name": f"N{n}", "company": "Isdom" if n else "=1+1", "owner": company.ada} for n in range(5)]
    make_rows("leads", [*made, {"name": "Hers", "owner": company.cleo}])


def asked(client: Client, **more: str) -> Job:
    """The job that the page starts."""
    data = {"columns": "name,company", "sort": "name"} | more
    response = client.post("/leads/export/", data)
    job = Job.objects.latest("pk")
    assert response["Location"] == f"/jobs/{job.pk}/"
    return job


def rows_of(client: Client, job: Job) -> list[list[Any]]:
    response = client.get(f"/jobs/{job.pk}/file/")
    assert response.status_code == 200
    return read_xlsx(response)


def test_a_large_file_is_offered_made_in_the_background_and_downloaded(
    five: None, ada_client: Client
) -> None:
    page = ada_client.get(ALL).content.decode()
    assert "A file of 5 records takes a while." in page
    assert not Job.objects.exists(), "an address alone starts nothing"
    job = asked(ada_client)
    assert "0 of 5 done" in ada_client.get(f"/jobs/{job.pk}/").content.decode()
    assert ada_client.get(f"/jobs/{job.pk}/file/").status_code == 404
    drain()
    job.refresh_from_db()
    assert (job.state, job.done, job.tally) == (JobState.DONE, 5, {"exported": 5})
    assert Notification.objects.get().text == "Export “5 Leads as XLSX” is done."
    page = ada_client.get(f"/jobs/{job.pk}/").content.decode()
    assert f'href="/jobs/{job.pk}/file/"' in page
    assert "Its file is kept until" in page
    rows = rows_of(ada_client, job)
    assert rows[0] == ["ID", "Name", "Company"]
    assert [row[1:] for row in rows[1:]] == [["N0", "=1+1"], *([f"N{n}", "Isdom"] for n in range(1, 5))]
    response = ada_client.get(f"/jobs/{job.pk}/file/")
    response.close()
    assert 'attachment; filename="Leads ' in response["Content-Disposition"]


def test_few_records_come_at_once_and_too_many_not_at_all(
    five: None, ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = filtered("leads", ("name", "is", "N1")).replace("/?", "/export/?")
    assert len(read_xlsx(ada_client.get(address + "&format=xlsx"))) == 2
    monkeypatch.setattr("crm.views.list_export.MOST_XLSX", 3)
    assert ada_client.post("/leads/export/").status_code == 422
    assert not Job.objects.exists()


def test_search_filter_and_all_fields_count_in_the_background_too(five: None, ada_client: Client) -> None:
    job = asked(ada_client, q="isdom", fields="all")
    drain()
    rows = rows_of(ada_client, job)
    assert len(rows) == 5
    assert {"Phone", "Owner", "Company"} <= set(rows[0])


@pytest.mark.parametrize("who", ["ben", "cleo", "admin"])
def test_nobody_else_gets_the_file(
    five: None, company: Company, ada_client: Client, as_person: AsPerson, who: str
) -> None:
    job = asked(ada_client)
    drain()
    assert as_person(getattr(company, who)).get(f"/jobs/{job.pk}/file/").status_code == 404


def test_rights_that_are_taken_back_count_before_and_after(
    five: None, company: Company, ada_client: Client
) -> None:
    before, done = asked(ada_client, columns="", fields="all"), asked(ada_client)
    run_job(done.pk)
    hide(company, "leads", "company")
    run_job(before.pk)
    assert "Company" not in rows_of(ada_client, before)[0]
    late = asked(ada_client, columns="name")
    grant(company.staff, "leads", "view", "edit")
    assert ada_client.get(f"/jobs/{done.pk}/file/").status_code == 403
    assert ada_client.post("/leads/export/").status_code == 403
    run_job(late.pk)
    late.refresh_from_db()
    assert (late.state, bool(late.file)) == (JobState.FAILED, False)
    assert "does not allow this" in late.error


def test_a_column_that_was_hidden_meanwhile_ends_it_with_the_reason(
    five: None, company: Company, ada_client: Client
) -> None:
    job = asked(ada_client)
    hide(company, "leads", "company")
    drain()
    job.refresh_from_db()
    assert (job.state, bool(job.file)) == (JobState.FAILED, False)
    assert not stored_files()


def test_another_worker_begins_anew_and_no_row_is_missing_or_twice(five: None, ada_client: Client) -> None:
    job = asked(ada_client)
    claimed = running._claim(job.pk, "gone")
    assert claimed is not None
    with running.JOB_KINDS["export"].session(claimed) as session:
        assert running._step(claimed, session) is False
    job.refresh_from_db()
    assert (job.done, job.tally) == (2, {"exported": 2})
    Job.objects.filter(pk=job.pk).update(lease_until=None)
    assert run_job(job.pk, seconds=0) is True, "it is not put off on the way"
    job.refresh_from_db()
    assert (job.done, job.tally) == (5, {"exported": 5})
    assert [row[1] for row in rows_of(ada_client, job)[1:]] == [f"N{n}" for n in range(5)]


def test_a_step_that_was_undone_is_not_repeated_with_the_rows_after_it(
    five: None, ada_client: Client
) -> None:
    job = asked(ada_client)
    with running.JOB_KINDS["export"].session(Job.objects.select_related("person").get(pk=job.pk)) as session:
        fresh = Job.objects.get(pk=job.pk)
        session.step(fresh)
        with pytest.raises(RuntimeError, match="begin anew"):
            session.step(fresh)


def test_a_cancelled_one_leaves_no_file(five: None, ada_client: Client) -> None:
    job = asked(ada_client)
    claimed = running._claim(job.pk, "worker")
    assert claimed is not None
    cancel_job(job)
    running._work(claimed, running.time.monotonic() + 60)
    job.refresh_from_db()
    assert (job.state, bool(job.file)) == (JobState.CANCELLED, False)
    assert not stored_files()


def test_the_file_goes_after_thirty_days(five: None, ada_client: Client) -> None:
    job = asked(ada_client)
    drain()
    assert len(stored_files()) == 1
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=True):
        assert clean_up() == {"preparations": 0, "files": 1, "lost": 0}
    assert not stored_files()
    assert ada_client.get(f"/jobs/{job.pk}/file/").status_code == 404
    page = ada_client.get(f"/jobs/{job.pk}/").content.decode()
    assert "Its file was removed on" in page
    assert f'href="/jobs/{job.pk}/file/"' not in page


def test_a_file_that_is_gone_from_the_disk_is_not_found(five: None, ada_client: Client) -> None:
    job = asked(ada_client)
    drain()
    job.refresh_from_db()
    default_storage.delete(job.file.name)
    assert ada_client.get(f"/jobs/{job.pk}/file/").status_code == 404
