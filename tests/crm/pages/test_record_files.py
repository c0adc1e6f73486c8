"""Claims about files: several at once, refused one by one, served to those only who may see the record."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from crm.door import guards
from crm.door.share import share_record
from crm.models import Attachment, User
from crm.views import record_files
from tests.crm.pages.conftest import Desk
from tests.crm.pages.record_asking import HTMX, get, post, text_of
from tests.people import Company

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def upload(name: str = "offer.txt", content: bytes = b"hello") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def add(client: Client, desk: Desk, *files: SimpleUploadedFile, **headers: Any) -> Any:
    return client.post(f"/leads/{desk.lead}/files/", {"file": list(files)}, headers=headers or None)


def address_of(desk: Desk, file: Attachment) -> str:
    return f"/leads/{desk.lead}/files/{file.pk}/"


def status_of(client: Client, address: str) -> int:
    """The status of the answer; reading a file to its end closes it."""
    answer = client.get(address)
    list(answer)
    return answer.status_code


@pytest.fixture
def picture(desk: Desk, ada_client: Client) -> Attachment:
    add(ada_client, desk, upload("Bild 图.png", PNG))
    return Attachment.objects.get()


def test_several_files_are_added_at_once(desk: Desk, ada_client: Client) -> None:
    answer = add(ada_client, desk, upload("a.txt"), upload("b.txt"), **HTMX)
    page = text_of(answer)
    assert answer.status_code == 200
    assert "2 files were added." in page
    assert "a.txt" in page
    assert "5 bytes" in page
    assert "added a file" in page


def test_each_refused_file_is_named_and_the_others_stay(
    desk: Desk, ada_client: Client, settings: Settings
) -> None:
    settings.CRM_FILE_MAX_BYTES = 10
    files = [
        upload("setup.exe"),
        upload("large.txt", b"x" * 11),
        upload("empty.txt", b""),
        upload("good.txt"),
    ]
    for headers in (HTMX, {}):
        Attachment.objects.all().delete()
        for file in files:
            file.seek(0)
        answer = add(ada_client, desk, *files, **headers)
        page = text_of(answer)
        assert answer.status_code == 422
        assert "setup.exe: Programs and scripts are not taken" in page
        assert "large.txt: Files have at most 0.0 MB" in page
        assert "empty.txt: The file is empty." in page
        assert "1 file was added." in page
        assert [file.name for file in Attachment.objects.all()] == ["good.txt"]


def test_no_file_and_too_many_are_told(
    desk: Desk, ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Choose a file." in text_of(add(ada_client, desk))
    monkeypatch.setattr(record_files, "AT_ONCE", 1)
    assert "At most 1 files are taken at once." in text_of(add(ada_client, desk, upload(), upload("b.txt")))
    assert not Attachment.objects.exists()


def test_a_picture_is_shown_and_can_do_nothing(desk: Desk, picture: Attachment, ada_client: Client) -> None:
    answer = ada_client.get(address_of(desk, picture))
    assert b"".join(answer) == PNG
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Disposition"].startswith("inline; filename*=utf-8''Bild%20%E5%9B%BE.png")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    asked = ada_client.get(address_of(desk, picture) + "?download")
    list(asked)
    assert asked["Content-Disposition"].startswith("attachment")
    assert f'<img src="{address_of(desk, picture)}"' in text_of(ada_client.get(f"/leads/{desk.lead}/"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<script>alert(1)</script>"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("false.png", b"<script>alert(1)</script>"),
        ("paper.pdf", b"%PDF-1.7 x"),
        ("notes", b"x"),
    ],
)
def test_everything_else_is_downloaded(name: str, content: bytes, desk: Desk, ada_client: Client) -> None:
    add(ada_client, desk, upload(name, content))
    answer = ada_client.get(address_of(desk, Attachment.objects.get()))
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert b"".join(answer) == content


def test_a_name_cannot_write_headers_or_markup(desk: Desk, ada_client: Client) -> None:
    add(ada_client, desk, upload('x";<b>\r\nSet-Cookie: a=b.txt'))
    file = Attachment.objects.get()
    answer = ada_client.get(address_of(desk, file))
    list(answer)
    assert "Set-Cookie" not in answer
    assert "<b>" not in text_of(ada_client.get(f"/leads/{desk.lead}/")).partition('id="files"')[2]


def test_a_stranger_gets_no_file(
    desk: Desk, picture: Attachment, company: Company, as_person: Callable[[User | None], Client]
) -> None:
    assert status_of(as_person(company.ben), address_of(desk, picture)) == 200
    assert status_of(as_person(company.cleo), address_of(desk, picture)) == 404
    assert status_of(as_person(None), address_of(desk, picture)) == 302
    assert as_person(company.cleo).post(address_of(desk, picture) + "delete/").status_code == 404
    assert Attachment.objects.exists()


def test_a_file_is_not_served_under_another_record(
    desk: Desk, picture: Attachment, ada_client: Client
) -> None:
    for address in (
        f"/accounts/{desk.account}/files/{picture.pk}/",
        f"/quotes/{desk.quote}/files/{picture.pk}/",
    ):
        assert status_of(ada_client, address) == 404
        assert ada_client.post(f"{address}delete/").status_code == 404


def test_who_may_only_read_adds_and_deletes_nothing(
    desk: Desk, picture: Attachment, company: Company, as_person: Callable[[User], Client]
) -> None:
    share_record("leads", desk.lead, company.cleo, "read", actor=company.ada)
    client = as_person(company.cleo)
    assert status_of(client, address_of(desk, picture)) == 200
    assert add(client, desk, upload()).status_code == 403
    assert status_of(client, address_of(desk, picture) + "delete/") == 403
    assert client.post(address_of(desk, picture) + "delete/").status_code == 403
    assert Attachment.objects.count() == 1


def test_deleting_asks_and_then_does(desk: Desk, picture: Attachment, ada_client: Client) -> None:
    address = address_of(desk, picture) + "delete/"
    question = text_of(get(ada_client, address))
    assert "Bild 图.png" in question
    assert "<html" not in question
    assert "<html" in text_of(ada_client.get(address))
    assert Attachment.objects.exists()
    assert "took a file away" in text_of(post(ada_client, address, {}))
    assert not Attachment.objects.exists()
    assert status_of(ada_client, address_of(desk, picture)) == 404


def test_a_locked_record_keeps_its_files(
    desk: Desk, picture: Attachment, ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards, "GUARDS", [lambda batch, draft, key: "It waits for approval."])
    answer = post(ada_client, address_of(desk, picture) + "delete/", {})
    assert answer.status_code == 422
    assert "It waits for approval." in text_of(answer)
    assert Attachment.objects.exists()


def test_a_file_that_is_gone_from_the_disk_is_not_found(
    desk: Desk, picture: Attachment, ada_client: Client
) -> None:
    picture.file.storage.delete(picture.file.name)
    assert status_of(ada_client, address_of(desk, picture)) == 404
