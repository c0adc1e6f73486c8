"""Strings that break software in a file, imported in the steps of the browser."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm.jobs.running import drain
from crm.models import Job, JobState, User
from crm.modules.loading import module
from tests.acceptance.naughty import Page, came_to_life, kept, tame, values_of
from tests.crm.imports.steps import begun
from tests.crm.pages.form_reading import form_of

pytestmark = pytest.mark.django_db
LONGEST_VALUE = 200  # characters of a value that is decided on for the whole file
HEADING = ("Name", "Street", "Description")


@pytest.fixture(autouse=True)
def _all_at_once(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything on one page, and uploads of this test alone."""
    settings.MEDIA_ROOT = str(tmp_path / "files")
    for place in (
        "imports.SHOWN_ROWS",
        "imports.SHOWN_CELL",
        "import_preview.ROWS",
        "import_values.SHOWN",
        "job_refusals.SHOWN",
    ):
        monkeypatch.setattr(f"crm.views.{place}", 1000)


def file_of(heading: tuple[str, ...], rows: list[list[str]]) -> bytes:
    """A CSV file."""
    written = io.StringIO()
    csv.writer(written).writerows([heading, *rows])
    return written.getvalue().encode()


def taken(client: Client, job: Job, name: str, **chosen: str) -> Page:
    """A step as it is shown; it is then sent as a browser sends it, with some other choices."""
    shown = client.get(reverse(f"import_{name}", args=[job.pk]))
    sent = form_of(shown.content.decode())
    for key, value in chosen.items():
        sent[key] = value
    answer = client.post(reverse(f"import_{name}", args=[job.pk]), sent)
    assert answer.status_code == 302, Page(answer).texts("div", role="alert")
    return Page(shown)


def brought_in(client: Client, content: bytes) -> tuple[Job, list[Page]]:
    """The import of a file, with its steps and the page that tells how it went."""
    job = begun(client, content, name="naughty.csv", module="accounts")
    chosen = {"columns": {"empty": ""}, "options": {"duplicates": "create"}}
    steps = ("file", "columns", "values", "options", "preview")
    pages = [taken(client, job, name, **chosen.get(name, {})) for name in steps]
    drain()
    job.refresh_from_db()
    assert job.state == JobState.DONE
    return job, [*pages, Page(client.get(f"/jobs/{job.pk}/"))]


def test_each_goes_in_step_by_step(strings: list[str], chief: User, chief_client: Client) -> None:
    rows = [list(values_of(text).values()) for text in strings]
    wanted = [[kept(value) for value in row] for row in rows]
    harmless = file_of(HEADING, [[text] * 3 for text in tame(strings)])
    brought_in(chief_client, harmless)  # what was chosen is remembered from now on
    job, pages = brought_in(chief_client, file_of(HEADING, rows))
    assert job.tally == {"created": len(strings)}
    stored = module("accounts").rows().order_by("pk").values_list("name", "street", "description")
    assert [list(row) for row in stored][len(strings) :] == wanted
    for page, other in zip(pages, brought_in(chief_client, harmless)[1], strict=True):
        assert came_to_life(page, other) == []
    looked_at, _columns, _values, _options, previewed, _job_page = pages
    assert [kept(text) for text in looked_at.texts("td")] == [kept(value) for row in rows for value in row]
    cells = previewed.texts("dd")[: 4 * len(rows)]
    del cells[3::4]  # the owner
    values = [value for row in wanted for value in row]
    assert all(is_beginning(cell, value) for cell, value in zip(cells, values, strict=True))


def is_beginning(shown: str, text: str) -> bool:
    """Whether a text is shown, or as much of it as there is room for."""
    return shown == text or (shown.endswith("…") and text.startswith(shown[:-1]))


def test_values_that_a_picklist_does_not_know_are_told_and_given_back(
    strings: list[str], chief: User, chief_client: Client
) -> None:
    texts = [text for text in strings if len(text) <= LONGEST_VALUE]
    rows = [[f"Row {number}", text] for number, text in enumerate(texts)]
    heading = ("Name", "Industry")
    harmless = file_of(heading, [[name, text] for (name, _text), text in zip(rows, tame(texts), strict=True)])
    brought_in(chief_client, harmless)  # what was chosen is remembered from now on
    job, pages = brought_in(chief_client, file_of(heading, rows))
    for page, other in zip(pages, brought_in(chief_client, harmless)[1], strict=True):
        assert came_to_life(page, other) == []
    *_before, asked, _options, _preview, refused = pages
    shown = asked.texts("label")
    assert {f"What {text.strip()} becomes" for text in texts} <= set(shown), "as it is in the file"
    assert job.tally == {"refused": len(texts)}
    reasons = refused.texts("span", class_="d-block")
    assert reasons == [
        f"Industry: “{text.strip()[:80]}” is not one of the values of Industry." for text in texts
    ]
    names = refused.texts("th", scope="row")
    for name, (row, text) in zip(names, rows, strict=True):
        assert is_beginning(name, f"{row} · {' '.join(text.split())}")
    answer = chief_client.get(f"/imports/{job.pk}/errors.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    _heading, *back = csv.reader(io.StringIO(text, newline=""))
    assert [row[:2] for row in back] == rows
