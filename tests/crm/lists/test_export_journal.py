"""Claims about the journal of exports: what it says of each file, and who reads it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm.jobs.running import drain
from crm.lists import export_job, exporting, sheets
from crm.models import ExportEntry, User
from tests.crm.admin.test_access import person_with
from tests.crm.lists.conftest import filtered
from tests.crm.lists.test_export import four, read_csv, read_xlsx
from tests.people import Company

__all__ = ["four"]
pytestmark = pytest.mark.django_db
LogIn = Callable[[User], Client]
LIST = "/admin/crm/exportentry/"


def exported(client: Client, address: str = "/leads/", file_format: str = "csv", **more: str) -> Any:
    """The answer with the file, not read yet."""
    joint = "&" if "?" in address else "?"
    query = "".join(f"&{key}={value}" for key, value in more.items())
    return client.get(f"{address.replace('/leads/', '/leads/export/')}{joint}format={file_format}{query}")


def test_an_export_is_written_down_with_its_filter_in_words(
    four: None, company: Company, ada_client: Client
) -> None:
    address = filtered("leads", ("company", "is", "A"), ("owner", "is", {"current_user": True}))
    assert len(read_csv(exported(ada_client, address, q="two", view="mine", columns="name,company"))) == 1
    entry = ExportEntry.objects.get()
    assert (entry.person, entry.module, entry.format, entry.rows) == (company.ada, "leads", "csv", 1)
    assert entry.words == "Company is “A” and Owner is the current user"
    assert (entry.view, entry.search) == ("My Leads", "two")
    assert entry.columns == "ID, Name, Company"
    assert entry.is_whole
    assert entry.finished_at is not None
    assert entry.finished_at >= entry.at


def test_a_workbook_and_a_list_without_filter_are_written_down_too(four: None, ada_client: Client) -> None:
    read_xlsx(exported(ada_client, file_format="xlsx"))
    entry = ExportEntry.objects.get()
    assert (entry.format, entry.rows, entry.view, entry.words) == ("xlsx", 4, "All Leads", "")


def test_a_download_that_is_broken_off_says_so(
    four: None, ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "CHUNK", 1)
    monkeypatch.setattr(sheets, "AT_ONCE", 1)
    response = exported(ada_client)
    entry = ExportEntry.objects.get()
    assert (entry.finished_at, entry.rows) == (None, 0), "it is written down before the first record leaves"
    assert next(response.streaming_content)
    response._iterator.close()  # as the server does when the browser has gone
    entry = ExportEntry.objects.get()
    assert not entry.is_whole
    assert entry.rows == 1
    assert entry.finished_at is not None


def test_what_is_refused_or_only_looked_at_is_no_export(four: None, ada_client: Client) -> None:
    assert exported(ada_client, columns="unknown").status_code == 422
    assert exported(ada_client, sort="city").status_code == 422
    assert ada_client.get("/leads/export/").status_code == 200
    assert not ExportEntry.objects.exists()


def test_who_manages_people_reads_the_journal_and_nobody_else(
    four: None, company: Company, ada_client: Client, as_person: LogIn
) -> None:
    read_csv(exported(ada_client, filtered("leads", ("company", "is", "A"))))
    entry = ExportEntry.objects.get()
    manager = as_person(person_with("manage_people"))
    listed = manager.get(LIST).content.decode()
    for told in ("Ada Adler", "Leads", "All Leads · Company is “A”", "whole"):
        assert told in listed, told
    page = reverse("admin:crm_exportentry_change", args=[entry.pk])
    assert "ID, Name" in manager.get(page).content.decode()
    assert manager.post(page, {"rows": "0"}).status_code == 403
    assert manager.post(reverse("admin:crm_exportentry_add"), {}).status_code == 403
    assert (
        manager.post(reverse("admin:crm_exportentry_delete", args=[entry.pk]), {"post": "yes"}).status_code
        == 403
    )
    assert ada_client.get(LIST).status_code == 403
    entry.refresh_from_db()
    assert entry.rows == 1


def test_the_other_features_of_the_admin_do_not_open_the_journal(company: Company, as_person: LogIn) -> None:
    assert as_person(person_with("manage_modules", "manage_automation")).get(LIST).status_code == 403


@pytest.fixture
def by_job(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    """Two records go into the file at a step."""
    monkeypatch.setattr(export_job, "ROWS", 2)
    settings.MEDIA_ROOT = str(tmp_path)


def test_a_file_that_a_job_makes_is_written_down_once(
    four: None, by_job: None, company: Company, ada_client: Client
) -> None:
    ada_client.post("/leads/export/", {"view": "mine"})
    assert not ExportEntry.objects.exists(), "nothing has left yet"
    drain()
    entry = ExportEntry.objects.get()
    assert (entry.person, entry.view, entry.format) == (company.ada, "My Leads", "xlsx")
    assert (entry.rows, entry.is_whole) == (4, True)
