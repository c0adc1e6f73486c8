"""Every operation of the API, asked for by everybody: this table fails when one is missing."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.api.reference import description
from crm.api.urls import urlpatterns
from crm.door.attach import add_file
from tests.crm.api.conftest import Asker, make
from tests.crm.pages.conftest import Desk
from tests.people import Company

pytestmark = pytest.mark.django_db
AskAs = Callable[..., Asker]
FILE = object()  # stands for a form with a file


class Row(NamedTuple):
    """An operation, and what Ada, Ben (her manager) and Cleo (a stranger) get; without a token it is 401."""

    method: str
    path: str
    ada: int
    ben: int
    cleo: int
    body: Any = None


ONE = "/api/{module}/records/{record_id}"
NOTES, FILES = f"{ONE}/notes", f"{ONE}/files"
TABLE = [
    Row("get", "/api/me", 200, 200, 200),
    Row("get", "/api/modules", 200, 200, 200),
    Row("get", "/api/modules/{module}", 200, 200, 200),
    Row("get", "/api/{module}/records", 200, 200, 200),
    Row("get", "/api/{module}/count", 200, 200, 200),
    Row("post", "/api/{module}/records", 201, 201, 201, {"values": {"last_name": "New"}}),
    Row("get", ONE, 200, 200, 404),
    Row("patch", ONE, 200, 200, 404, {"values": {"title": "Head"}}),
    Row("delete", ONE, 200, 200, 404),
    Row("post", f"{ONE}/restore", 404, 404, 404),
    Row("post", "/api/{module}/batch", 200, 200, 422, {"changes": [{"do": "delete", "id": "record_id"}]}),
    Row("get", NOTES, 200, 200, 404),
    Row("post", NOTES, 201, 201, 404, {"text": "Hello"}),
    Row("get", FILES, 200, 200, 404),
    Row("post", FILES, 201, 201, 404, FILE),
    Row("get", f"{FILES}/{{file_id}}", 200, 200, 404),
    Row("delete", f"{FILES}/{{file_id}}", 204, 204, 404),
]


def ask(asker: Asker, row: Row, desk: Desk, file_id: int) -> int:
    """The status of the answer."""
    path = row.path.format(module="leads", record_id=desk.lead, file_id=file_id).removeprefix("/api/")
    if row.body is FILE:
        headers = {"Authorization": f"Bearer {asker.secret}"} if asker.secret else {}
        data = {"file": SimpleUploadedFile("offer.txt", b"An offer")}
        return asker.client.post(f"/api/{path}", data, headers=headers).status_code
    body = row.body
    if body and "changes" in body:
        body = {"changes": [body["changes"][0] | {"id": desk.lead}]}
    response = asker.ask(row.method, path, body)
    if response.streaming:
        list(response.streaming_content)  # else the file that was opened for it stays open
    return response.status_code


@pytest.mark.parametrize("who", ["ada", "ben", "cleo", "nobody"])
@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method} {row.path}")
def test_each_operation_answers_each_person_as_written(
    row: Row, who: str, desk: Desk, company: Company, ask_as: AskAs
) -> None:
    file = add_file("leads", desk.lead, "offer.txt", ContentFile(b"An offer"), actor=company.ada)
    expected = 401 if who == "nobody" else getattr(row, who)
    assert ask(ask_as(getattr(company, who, None)), row, desk, file.pk) == expected


def test_no_operation_is_missing_in_the_table() -> None:
    described = {(method, path) for path, methods in description()["paths"].items() for method in methods}
    assert described == {(row.method, row.path) for row in TABLE}


def test_no_address_is_open_that_the_description_does_not_know() -> None:
    operations = {
        told["operationId"] for methods in description()["paths"].values() for told in methods.values()
    }
    assert {pattern.name for pattern in urlpatterns} - operations == {
        "docs",
        "module_docs",
        "openapi",
        "nothing",
    }


def test_every_operation_asks_for_a_token_and_says_so() -> None:
    for path, methods in description()["paths"].items():
        for method, told in methods.items():
            assert told["security"] == [{"PersonalToken": []}], (method, path)
            assert {"401", "429"} <= {str(status) for status in told["responses"]}, (method, path)


# The most statements that an operation takes, however many records there are; one of them is for the
# token, and one in a minute notes that it was used.
STATEMENTS = [
    ("get", "leads/records?limit=50", None, 6),
    ("get", "quotes/records?sort=name", None, 9),
    (
        "get",
        'leads/records?filter={"conditions":[{"field":"rating","operator":"is","value":"high"}]}',
        None,
        10,
    ),
    ("get", "leads/count", None, 5),
    ("get", "leads/records/{lead}", None, 6),
    ("get", "quotes/records/{quote}", None, 8),
    ("get", "modules", None, 3),
    ("get", "leads/records/{lead}/notes", None, 6),
    ("patch", "leads/records/{lead}", {"values": {"title": "Head"}, "version": 1}, 16),
    ("post", "leads/records", {"values": {"last_name": "New"}}, 17),
]


@pytest.mark.parametrize(("method", "path", "body", "most"), STATEMENTS)
def test_an_operation_takes_as_many_statements_as_written(
    method: str, path: str, body: Any, most: int, asker: Asker, desk: Desk, company: Company
) -> None:
    account = make("accounts", company.ada, name="Another")
    for number in range(6):
        make("leads", company.ada, last_name=f"a{number}", rating="high")
        make("quotes", company.ada, name=f"a{number}", account=account)
    asker.get("me")
    address = (
        path.format_map({"lead": desk.lead, "quote": desk.quote})
        if "{lead" in path or "{quote" in path
        else path
    )
    with CaptureQueriesContext(connection) as captured:
        assert asker.ask(method, address, body).status_code in (200, 201)
    statements = [query["sql"] for query in captured.captured_queries]
    assert len(statements) <= most, "\n".join(statements)
