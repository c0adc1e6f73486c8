"""Big files are looked through in the background before their import is prepared."""

from collections.abc import Callable

import pytest
from django.test import Client

from crm.imports import look
from crm.jobs.running import drain
from crm.models import ImportLook, Job, JobState, User
from tests.crm.imports.steps import ROWS, begun, page, step
from tests.crm.pages.conftest import ada_client, as_person

__all__ = ["ada_client", "as_person"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_folder")]
AsPerson = Callable[[User | None], Client]


def test_a_big_file_is_looked_through_in_the_background(
    ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "AT_ONCE", 10)
    monkeypatch.setattr(look, "ROWS", 1)
    job = begun(ada_client, ROWS)
    job = Job.objects.get(kind="import")
    assert "The whole file is read once" in page(ada_client, job, "columns")
    assert "Reading of a file" not in ada_client.get("/jobs/").content.decode()
    drain()
    assert 'value="email" selected' in page(ada_client, job, "columns")
    job.refresh_from_db()
    assert job.total == 2


def test_of_a_very_big_file_the_first_rows_are_looked_at(
    ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("AT_ONCE", 10), ("ROWS", 1), ("LONGEST_LOOK", 0)):
        monkeypatch.setattr(look, name, value)
    begun(ada_client, ROWS)
    job = Job.objects.get(kind="import")
    drain()
    for name in ("columns", "values", "options"):
        page(ada_client, job, name)
        step(ada_client, job, name)
    assert "only these first rows were looked at" in page(ada_client, job, "preview")
    step(ada_client, job, "preview")
    drain()
    job.refresh_from_db()
    assert (job.total, job.done, job.tally) == (None, 2, {"created": 1, "refused": 1})


def test_a_look_at_a_file_that_is_read_otherwise_by_now_is_forgotten(
    ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "AT_ONCE", 10)
    begun(ada_client, ROWS.replace(",", ";"))
    job = Job.objects.get(kind="import")
    step(ada_client, job, "file", encoding="utf-8", delimiter=",")
    drain()
    assert list(ImportLook.objects.get(job=job).columns) == ["Name;Mail;Rating;Comment"]
    assert Job.objects.filter(kind="import_look", state=JobState.FAILED).count() == 1
