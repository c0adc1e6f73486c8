"""Claims about requests that nobody should send: a clear answer, and nothing written."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from crm.api import records
from crm.models import History
from tests.crm.api.conftest import Asker
from tests.crm.pages.conftest import Desk

pytestmark = pytest.mark.django_db
LEADS = "leads/records"


def code_of(response: Any) -> str:
    return str(response.json()["errors"][0]["code"])


def send(asker: Asker, body: bytes, content_type: str = "application/json") -> Any:
    headers = {"Authorization": f"Bearer {asker.secret}"}
    return asker.client.post(f"/api/{LEADS}", body, content_type=content_type, headers=headers)


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"\xff\xfe", b"nothing", b'{"values": NaN}', b'{"values": {"rating": Infinity}}',
        b"[" * 200_000, b'{"values": ' * 100 + b"1" + b"}" * 100,
        b'{"values": {"name": ' + b"9" * 10_000 + b"}}",
        b'{"values": {"name": "\x00"}}',
    ],
)  # fmt: skip
def test_what_is_not_json_is_400(asker: Asker, desk: Desk, body: bytes) -> None:
    before = History.objects.count()
    response = send(asker, body)
    assert (response.status_code, code_of(response)) == (400, "malformed")
    assert History.objects.count() == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", None), (b"null", None), (b"[]", None), (b"1", None), (b"{}", "values"),
        (b'{"values": []}', "values"), (b'{"values": {}, "made_up": 1}', "made_up"),
        (b'{"values": {"last_name": "a\\u0000b"}}', "last_name"),
        (b'{"values": {"last_name": "a\\ud800b"}}', "last_name"),
        (b'{"values": {"last_name": {"a": 1}}}', "last_name"),
        (b'{"values": {"owner": "a\\u0000@b.example"}}', "owner"),
        (b'{"values": {"\\ud800": 1}}', "\ud800"),
    ],
)  # fmt: skip
def test_what_is_json_but_no_record_is_422_and_names_the_place(
    asker: Asker, desk: Desk, body: bytes, field: str | None
) -> None:
    response = send(asker, body)
    assert response.status_code == 422, response.content
    assert response.json()["errors"][0]["field"] == field


def test_a_body_above_the_limit_is_413_by_what_it_announces(asker: Asker, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    response = send(asker, b'{"values": {"last_name": "' + b"x" * 100 + b'"}}')
    assert (response.status_code, code_of(response)) == (413, "too_large")
    assert send(asker, b'{"values": {"last_name": "x"}}').status_code == 201


def test_a_file_above_the_limit_is_refused_and_one_below_goes_in(
    asker: Asker, desk: Desk, settings: Settings
) -> None:
    settings.CRM_FILE_MAX_BYTES = 1000
    headers = {"Authorization": f"Bearer {asker.secret}"}
    address = f"/api/{LEADS}/{desk.lead}/files"

    def upload(size: int, name: str = "a.txt") -> Any:
        file = SimpleUploadedFile(name, b"x" * size)
        return asker.client.post(address, {"file": file}, headers=headers)

    assert upload(1000).status_code == 201
    assert (upload(1001).status_code, upload(0).status_code, upload(5, "a.exe").status_code) == (422,) * 3
    assert upload(200_000).status_code == 413
    assert [one["size"] for one in asker.get(f"{LEADS}/{desk.lead}/files")["files"]] == [1000]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"x", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nno file\r\n--x--\r\n",
         "multipart/form-data; boundary=x"),
        (b"{}", "application/json"),
    ],
)  # fmt: skip
def test_an_upload_without_a_file_is_refused(
    asker: Asker, desk: Desk, body: bytes, content_type: str
) -> None:
    headers = {"Authorization": f"Bearer {asker.secret}"}
    address = f"/api/{LEADS}/{desk.lead}/files"
    response = asker.client.post(address, body, content_type=content_type, headers=headers)
    assert response.status_code in (400, 422), response.content
    assert asker.get(f"{LEADS}/{desk.lead}/files")["files"] == []


def test_a_strange_length_is_400(asker: Asker) -> None:
    headers = {"Authorization": f"Bearer {asker.secret}"}
    client = Client(raise_request_exception=False)
    response = client.get("/api/me", headers=headers, CONTENT_LENGTH="many")
    assert (response.status_code, code_of(response)) == (400, "malformed")


def test_a_fault_of_ours_is_500_in_json_and_tells_nothing_of_itself(
    asker: Asker, desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("the secret of the machine room")

    monkeypatch.setattr(records, "tell_records", broken)
    response = asker.ask("get", f"{LEADS}/{desk.lead}")
    assert (response.status_code, code_of(response)) == (500, "server_error")
    assert b"machine room" not in response.content
    assert "machine room" in caplog.text
    assert asker.secret not in caplog.text


def test_a_lost_file_is_told(asker: Asker, desk: Desk) -> None:
    from django.core.files.storage import default_storage

    from crm.models import Attachment

    headers = {"Authorization": f"Bearer {asker.secret}"}
    address = f"/api/{LEADS}/{desk.lead}/files"
    file = SimpleUploadedFile("ąę offer.txt", b"An offer")
    added = asker.client.post(address, {"file": file}, headers=headers).json()
    assert (added["name"], added["author"]["name"]) == ("ąę offer.txt", "Ada Adler")
    response = asker.client.get(f"{address}/{added['id']}", headers=headers)
    assert b"".join(response.streaming_content) == b"An offer"
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    default_storage.delete(str(Attachment.objects.get().file.name))
    assert asker.client.get(f"{address}/{added['id']}", headers=headers).status_code == 422


def test_a_file_of_another_record_is_not_reached_through_ones_own(asker: Asker, desk: Desk) -> None:
    headers = {"Authorization": f"Bearer {asker.secret}"}
    file = SimpleUploadedFile("offer.txt", b"An offer")
    added = asker.client.post(f"/api/{LEADS}/{desk.lead}/files", {"file": file}, headers=headers).json()
    wrong = f"accounts/records/{desk.account}/files/{added['id']}"
    assert asker.ask("get", wrong).status_code == 404
    assert asker.ask("delete", wrong).status_code == 404
    assert asker.ask("delete", f"{LEADS}/{desk.lead}/files/{added['id']}").status_code == 204
    assert asker.get(f"{LEADS}/{desk.lead}/files")["files"] == []


def test_notes_are_read_page_by_page_and_written(
    asker: Asker, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.api.attachments.SIZE", 2)
    address = f"{LEADS}/{desk.lead}/notes"
    for number in range(2):
        assert asker.ask("post", address, {"text": f"Note {number}"}).json()["author"]["name"] == "Ada Adler"
    first = asker.get(address)
    assert [note["text"] for note in first["notes"]] == ["Note 1", "Note 0"]
    rest = asker.get(f"{address}?before={first['next']}")
    assert [(note["text"], note["author"]["name"]) for note in rest["notes"]] == [
        ("First line\nSecond line", "Ben Berg")
    ]
    assert rest["next"] is None
    assert asker.ask("post", address, {"text": " "}).status_code == 422
