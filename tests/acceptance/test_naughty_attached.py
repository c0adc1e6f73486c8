"""Strings that break software as notes, tags and names of files on a record."""

from __future__ import annotations

import html
import unicodedata
from email.message import Message
from typing import Any

import pytest
from django.test import Client

from crm.door.attach import add_note
from crm.models import Attachment, Note, User
from crm.modules.loading import module
from tests.acceptance.naughty import EVERY, Page, came_to_life, kept, lots_of, make_accounts, tame
from tests.crm.pages.form_reading import form_of

pytestmark = pytest.mark.django_db
EXCERPT = 300  # characters of a note in the timeline


@pytest.fixture
def account(chief: User) -> int:
    """The id of an account."""
    return make_accounts(chief, ["Isdom"])[0]


@pytest.fixture(autouse=True)
def _all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything on one page."""
    for place in ("record_side.NOTES", "record_side.FILES", "timeline.SIZE"):
        monkeypatch.setattr(f"crm.views.{place}", 1000)


def test_notes_and_the_timeline_show_each(
    strings: list[str], chief: User, chief_client: Client, account: int
) -> None:
    (other,) = make_accounts(chief, ["Isdom"])
    pages = []
    for pk, texts in ((account, strings), (other, tame(strings))):
        for number, text in enumerate(texts):
            if number % EVERY:
                add_note("accounts", pk, text, actor=chief)
            else:
                written = chief_client.post(f"/accounts/{pk}/notes/", {"text": text})
                assert written.status_code == 302
        pages.append(Page(chief_client.get(f"/accounts/{pk}/")))
    page, harmless = pages
    assert came_to_life(page, harmless) == []
    wanted = [kept(text) for text in reversed(strings)]
    shown = page.texts("div", class_="kept-lines")
    assert shown == wanted * 2, "as notes, then in the timeline"
    assert list(Note.objects.filter(record_id=account).values_list("text", flat=True)) == wanted


def test_a_note_is_changed_in_a_form_that_gives_it_back(
    strings: list[str], chief: User, chief_client: Client, account: int
) -> None:
    for text in strings[::EVERY]:
        note = add_note("accounts", account, text, actor=chief)
        address = f"/accounts/{account}/notes/{note.pk}/"
        form = form_of(chief_client.get(address).content.decode())
        assert form["text"] == kept(text)
        form["text"] = f"{text}\nand more"
        assert chief_client.post(address, form).status_code == 302
        note.refresh_from_db()
        assert note.text == kept(f"{text}\nand more")


def test_tags_are_put_on_shown_suggested_and_taken_off(
    strings: list[str], chief: User, chief_client: Client
) -> None:
    tags = sorted({tag for text in strings for part in text.split(",") if (tag := kept(kept(part)[:60]))})
    first, second = make_accounts(chief, ["Isdom", "Isdom"])
    pages = []
    for pk, texts in ((first, tags), (second, sorted(tame(tags)))):
        for some in lots_of(texts, 50):
            put_on = chief_client.post(f"/accounts/{pk}/tags/", {"add": some})
            assert put_on.status_code == 302, Page(put_on).texts("div", id="tag-error")
        pages.append(Page(chief_client.get(f"/accounts/{pk}/")))
    page, harmless = pages
    assert came_to_life(page, harmless) == []
    assert page.texts("span", class_="tag-text") == tags
    assert [one.attributes["value"] for one in page.find("input", name="remove")] == tags
    buttons = [one.attributes["aria-label"] for one in page.find("button") if "aria-label" in one.attributes]
    assert {f"Remove the tag {tag}" for tag in tags} <= set(buttons)
    suggested = [
        one.attributes["value"] for one in Page(chief_client.get(f"/accounts/{second}/tags/")).find("option")
    ]
    assert suggested
    assert set(suggested) <= set(tags)
    for some in lots_of(tags, 50):
        assert chief_client.post(f"/accounts/{first}/tags/", {"remove": some}).status_code == 302
    assert module("accounts").rows().get(pk=first).tags == []


def multipart(names: list[str]) -> bytes:
    """Files as a browser sends them: quotes and line breaks in their names as percent signs and digits."""
    parts = []
    for name in names:
        sent = name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
        head = f'--end\r\nContent-Disposition: form-data; name="file"; filename="{sent}"\r\n'
        parts.append(f"{head}Content-Type: text/plain\r\n\r\nWhat is in it.\r\n")
    return "".join([*parts, "--end--\r\n"]).encode()


def is_plain(name: str) -> bool:
    """Whether nothing in a file's name has a meaning for a file system, a form or a terminal."""
    harmful = set('<>:"|?*/\\')
    unseen = any(unicodedata.category(one)[0] == "C" for one in name)
    return not (unseen or harmful & set(name) or name.startswith(".") or html.unescape(name) != name)


def test_files_keep_their_names_on_the_page_and_in_downloads(
    strings: list[str], chief: User, chief_client: Client, account: int
) -> None:
    names = [f"{kept(text)[:120]}.txt" for text in strings]
    (other,) = make_accounts(chief, ["Isdom"])
    pages = []
    for pk, texts in ((account, names), (other, [f"{text}.txt" for text in tame(names)])):
        for some in lots_of(texts, 20):
            sent = chief_client.post(
                f"/accounts/{pk}/files/", multipart(some), content_type="multipart/form-data; boundary=end"
            )
            assert sent.status_code == 302, Page(sent).texts("li")
        pages.append(Page(chief_client.get(f"/accounts/{pk}/")))
    page, harmless = pages
    assert came_to_life(page, harmless) == []
    files = Attachment.objects.filter(record_id=account).order_by("pk")
    stored = {f"/accounts/{account}/files/{row.pk}/": row.name for row in files}
    shown = {one.attributes["href"]: one.text for one in page.find("a") if "download" in one.attributes}
    assert shown == stored
    for sent_name, name in zip(names, stored.values(), strict=True):
        assert name == " ".join(sent_name.split()) or not is_plain(sent_name)
    for address, name in list(stored.items())[::EVERY]:
        assert name_of(chief_client.get(address)) == name


def name_of(answer: Any) -> str | None:
    """The name under which a browser saves an answer."""
    assert b"".join(answer.streaming_content) == b"What is in it."
    header = Message()
    header["Content-Disposition"] = answer["Content-Disposition"]
    assert header.get_content_disposition() == "attachment"
    return header.get_filename()
