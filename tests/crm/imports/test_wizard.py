"""The steps of an import in the browser: upload, file, columns, values, options, preview, start."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from crm.jobs.running import drain
from crm.models import Contact, Field, History, Job, JobState, Lead, Task, User
from tests.crm.door.making import make
from tests.crm.imports.sheets import bomb, xlsx
from tests.crm.imports.steps import ROWS, begun, page, step, stored_files, upload
from tests.crm.pages.conftest import ada_client, as_person
from tests.people import Company, grant
from tests.workflows import rules

__all__ = ["ada_client", "as_person"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_folder")]
AsPerson = Callable[[User | None], Client]


def test_a_file_goes_in_step_by_step(ada_client: Client, company: Company) -> None:
    job = begun(ada_client, ROWS)
    assert "ada@x.example" in page(ada_client, job, "file")
    assert step(ada_client, job, "file")["Location"].endswith("/columns/")
    shown = page(ada_client, job, "columns")
    assert 'value="last_name" selected' in shown
    assert 'value="email" selected' in shown
    assert step(ada_client, job, "columns")["Location"].endswith("/values/")
    shown = page(ada_client, job, "values")
    assert "enormous" in shown
    step(ada_client, job, "values", **{"value-0-0": "use:Low"})
    page(ada_client, job, "options")
    assert step(ada_client, job, "options", duplicates="create", automation="all")["Location"].endswith(
        "/preview/"
    )
    shown = page(ada_client, job, "preview")
    assert "is created" in shown
    assert not Lead.objects.exists()
    assert step(ada_client, job, "preview")["Location"] == f"/jobs/{job.pk}/"
    drain()
    job.refresh_from_db()
    assert (job.state, job.tally, job.done, job.total) == (JobState.DONE, {"created": 2}, 2, 2)
    assert dict(Lead.objects.values_list("last_name", "rating")) == {"Ada": "high", "Ben": "low"}
    assert set(Lead.objects.values_list("owner", flat=True)) == {company.ada.pk}


def test_an_excel_file_goes_in_and_another_sheet_can_be_chosen(ada_client: Client) -> None:
    content = xlsx([["Note"], ["nothing here"]], People=[["Last name", "Employees"], ["Ada", 12]])
    job = begun(ada_client, content, name="people.xlsx")
    drain()
    assert "nothing here" in page(ada_client, job, "file")
    step(ada_client, job, "file", sheet="People")
    drain()
    assert "Last name" in page(ada_client, job, "file")
    for name in ("file", "columns", "values", "options", "preview"):
        step(ada_client, job, name, sheet="People")
    drain()
    assert list(Lead.objects.values_list("last_name", "employees")) == [("Ada", 12)]


def test_encoding_and_delimiter_can_be_changed(ada_client: Client) -> None:
    job = begun(ada_client, "Last name;Company\nZieliński;A,B\n".encode("cp1250"))
    shown = page(ada_client, job, "file")
    assert "Zieliñski" in shown
    assert "If letters look wrong" in shown
    step(ada_client, job, "file", encoding="cp1250", delimiter=";")
    assert "Zieliński" in page(ada_client, job, "file")
    wrong = step(ada_client, job, "file", encoding="utf-8", delimiter=";")
    assert wrong.status_code == 422
    assert "cannot be read" in wrong.content.decode()
    assert "Zieliński" in page(ada_client, job, "file"), "what was read before stays"


def test_back_keeps_what_was_chosen(ada_client: Client) -> None:
    job = begun(ada_client, ROWS)
    page(ada_client, job, "columns")
    back = step(ada_client, job, "columns", **{"field-0": "company", "field-3": "description", "back": "1"})
    assert back["Location"].endswith("/file/")
    shown = page(ada_client, job, "columns")
    assert 'value="company" selected' in shown
    assert 'value="description" selected' in shown
    step(ada_client, job, "columns", **{"field-0": "last_name"})
    back = step(ada_client, job, "values", **{"value-0-0": "empty", "back": "1"})
    assert back["Location"].endswith("/columns/")
    assert 'value="empty" selected' in page(ada_client, job, "values")
    back = step(ada_client, job, "options", duplicates="skip", keys="email", automation="none", back="1")
    assert back["Location"].endswith("/values/")
    shown = page(ada_client, job, "options")
    assert 'value="skip" checked' in shown
    assert 'value="none" checked' in shown


def test_a_date_that_can_be_read_two_ways_has_to_be_chosen(ada_client: Client) -> None:
    job = begun(ada_client, "Name,Close date\nA,3/4/2026\n", module="deals")
    page(ada_client, job, "columns")
    refused = step(ada_client, job, "columns")
    assert refused.status_code == 422
    assert "day or the month" in refused.content.decode()
    assert "4 March 2026" in refused.content.decode() or "March 4, 2026" in refused.content.decode()
    assert step(ada_client, job, "columns", **{"dates-1": "M/D/Y"}).status_code == 302


def test_a_missing_required_column_is_told_unless_records_are_only_updated(ada_client: Client) -> None:
    job = begun(ada_client, "E-mail,Company\na@x.example,Engines\n")
    page(ada_client, job, "columns")
    refused = step(ada_client, job, "columns")
    assert refused.status_code == 422
    assert "Last name, which is required" in refused.content.decode()
    assert step(ada_client, job, "columns", updates="1").status_code == 302
    assert 'value="update" checked' in page(ada_client, job, "options")


def test_keys_and_people_and_rules_have_to_be_chosen(ada_client: Client, company: Company) -> None:
    job = begun(ada_client, ROWS)
    page(ada_client, job, "columns")
    for given, message in (
        ({"duplicates": "skip"}, "at least one field"),
        ({"owner": "person"}, "must be somebody active"),
        ({"owner": "rule", "rule": "none"}, "Choose an assignment rule"),
    ):
        refused = step(ada_client, job, "options", **given)
        assert refused.status_code == 422
        assert message in refused.content.decode()
    company.cleo.is_active = False
    company.cleo.save()
    assert step(ada_client, job, "options", owner="person", person=company.cleo.pk).status_code == 422


def test_what_was_chosen_is_proposed_for_the_next_file_with_these_headings(ada_client: Client) -> None:
    first = begun(ada_client, ROWS)
    page(ada_client, first, "columns")
    step(ada_client, first, "columns", **{"field-3": "description"})
    step(ada_client, first, "values", **{"value-0-0": "use:Low"})
    step(ada_client, first, "options", duplicates="skip", keys="email")
    step(ada_client, first, "preview")
    again = begun(ada_client, ROWS)
    shown = page(ada_client, again, "columns")
    assert "You imported a file with these headings before" in shown
    assert 'value="description" selected' in shown
    step(ada_client, again, "columns")
    assert 'value="use:Low" selected' in page(ada_client, again, "values")
    assert 'value="email" checked' in page(ada_client, again, "options")


def test_a_new_field_is_made_once_and_only_by_who_may(
    ada_client: Client, company: Company, as_person: AsPerson
) -> None:
    mine = begun(ada_client, ROWS)
    assert "New field" not in page(ada_client, mine, "columns")
    step(ada_client, mine, "columns", **{"field-3": "+"})
    mine.refresh_from_db()
    assert mine.input["columns"]["Comment"] == ""
    admin = as_person(company.admin)
    job = begun(admin, ROWS)
    page(admin, job, "columns")
    step(admin, job, "columns", **{"field-3": "+"})
    step(admin, job, "values")
    step(admin, job, "options")
    assert "New field “Comment” (text)" in page(admin, job, "preview")
    step(admin, job, "preview")
    step(admin, job, "preview")
    drain()
    assert Field.objects.filter(module__key="leads", label="Comment").count() == 1
    assert Lead.objects.get(last_name="Ada").custom["comment"] == "one"


def test_the_preview_stores_nothing_and_tells_what_rules_would_do(ada_client: Client) -> None:
    high = rules.when(("rating", "is", "high"))
    rules.live_rule("hot", high, [rules.update("status", "contacted"), rules.task("Call {{name}}")])
    job = begun(ada_client, ROWS)
    for name in ("columns", "values", "options"):
        page(ada_client, job, name)
        step(ada_client, job, name)
    shown = page(ada_client, job, "preview")
    assert "Status: Contacted, by Hot" in shown
    assert "Task “Call Ada” is created by Hot" in shown
    assert "1 row is refused for an unknown value in “Rating”" in shown
    assert "is refused" in shown
    assert (Lead.objects.count(), Task.objects.count(), History.objects.count()) == (0, 0, 0)


def test_an_import_is_seen_by_its_person_only_and_not_after_it_began(
    ada_client: Client, company: Company, as_person: AsPerson
) -> None:
    job = begun(ada_client, ROWS)
    for who in (company.cleo, company.ben, company.admin):
        client = as_person(who)
        for name in ("file", "columns", "values", "options", "preview"):
            assert client.get(reverse(f"import_{name}", args=[job.pk])).status_code == 404
            assert step(client, job, name).status_code == 404
        assert client.post(reverse("import_discard", args=[job.pk])).status_code == 404
    assert Job.objects.filter(pk=job.pk, state=JobState.PREPARING).exists()
    page(ada_client, job, "columns")
    step(ada_client, job, "preview")
    response = ada_client.get(reverse("import_columns", args=[job.pk]))
    assert response["Location"] == f"/jobs/{job.pk}/"


def test_without_the_right_there_is_no_import(ada_client: Client, company: Company) -> None:
    job = begun(ada_client, ROWS)
    page(ada_client, job, "columns")
    grant(company.staff, "leads", "view", "create", "edit")
    assert ada_client.get("/leads/import/").status_code == 403
    assert upload(ada_client, ROWS).status_code == 403
    assert step(ada_client, job, "preview").status_code == 403
    assert "/leads/import/" not in ada_client.get("/leads/").content.decode()
    grant(company.staff, "leads")
    assert "/leads/import/" in ada_client.get("/leads/").content.decode()


def test_a_right_that_was_taken_away_stops_the_import(ada_client: Client, company: Company) -> None:
    job = begun(ada_client, ROWS)
    page(ada_client, job, "columns")
    step(ada_client, job, "preview")
    grant(company.staff, "leads", "view", "create", "edit")
    drain()
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "does not allow to import" in job.error
    assert not Lead.objects.exists()


def test_an_upload_that_stopped_leaves_nothing(ada_client: Client) -> None:
    half = SimpleUploadedFile("leads.csv", ROWS[:30].encode())
    response = ada_client.post("/leads/import/", {"file": half})
    assert response.status_code == 422
    assert "stopped before its end" in response.content.decode()
    assert not Job.objects.exists()
    assert not stored_files()


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "empty.csv", "Choose a file|empty"),
        (b"%PDF-1.4", "x.pdf", "a PDF file, not a CSV"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 600, "old.xls", "an old Excel file"),
        (b"\x00\x00\x00a," * 400, "x.csv", "not a text file"),
        (b"\n\n", "x.csv", "no column headings"),
        (bomb(), "bomb.xlsx", "far more than it is"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_and_not_kept(
    ada_client: Client, content: bytes, name: str, message: str
) -> None:
    response = upload(ada_client, content, name)
    assert response.status_code == 422
    assert re.search(message, response.content.decode())
    assert not Job.objects.exists()
    assert not stored_files()


def test_a_file_above_the_limit_is_refused(ada_client: Client, settings: Any) -> None:
    settings.IMPORT_MAX_MB = 1
    response = upload(ada_client, b"a\n" + b"x" * 1024 * 1024)
    assert response.status_code == 422
    assert "larger than 1 MB" in response.content.decode()
    assert not stored_files()


def test_a_full_disk_is_told_and_nothing_half_stays(
    ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: FileSystemStorage, name: str, content: Any) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", full)
    response = upload(ada_client, ROWS)
    assert response.status_code == 422
    assert "No space left on device. Nothing was imported" in response.content.decode()
    assert not Job.objects.exists()
    assert not stored_files()


def test_discarding_deletes_the_file(ada_client: Client) -> None:
    job = begun(ada_client, xlsx([["Last name"], ["Ada"]]), name="a.xlsx")
    drain()
    assert len(stored_files()) == 2
    assert "a.xlsx" in ada_client.get("/leads/import/").content.decode()
    ada_client.post(reverse("import_discard", args=[job.pk]))
    assert not Job.objects.filter(kind="import").exists()
    assert not stored_files()


def test_linked_records_are_chosen_once_for_the_whole_file(ada_client: Client, company: Company) -> None:
    make("accounts", company.ada, name="Isdom GmbH")
    make("accounts", company.ada, name="Zenith")
    hers = make("accounts", company.cleo, name="Hers")
    rows = "Last name,Account\nA,Isdom Gmbh\nB,Isdom Gmbh\nC,Nowhere\nD,Hers\n"
    job = begun(ada_client, rows, module="contacts")
    page(ada_client, job, "columns")
    step(ada_client, job, "columns")
    shown = page(ada_client, job, "values")
    assert 'value="use:Isdom GmbH" selected' in shown
    assert '<td class="number" data-label="Rows">2</td>' in shown
    names = re.findall(r'<select class="form-select " id="(value-0-\d)"', shown)
    assert len(names) == 3
    refused = step(ada_client, job, "values", **{"value-0-1": "other", "value-0-1-other": "Hers"})
    assert refused.status_code == 422
    assert "that you may see" in refused.content.decode()
    step(
        ada_client, job, "values",
        **{"value-0-0": "use:Isdom GmbH", "value-0-1": "empty"},
        **{"value-0-2": "other", "value-0-2-other": "Zenith"},
    )  # fmt: skip
    step(ada_client, job, "preview")
    drain()
    linked = dict(Contact.objects.values_list("last_name", "account__name"))
    assert linked == {"A": "Isdom GmbH", "B": "Isdom GmbH", "C": "Zenith", "D": None}
    assert not Contact.objects.filter(account=hers).exists()
