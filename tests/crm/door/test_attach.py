"""Notes and files: who may add, change, remove and open them, and that nothing is half-saved."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from crm.door import DoorRefused
from crm.door.attach import (
    ATTACHED,
    Attaching,
    add_file,
    add_note,
    delete_note,
    edit_note,
    on_attached,
    open_file,
    remove_file,
)
from crm.door.files import clean_name, is_shown
from crm.door.guards import register_guard
from crm.door.share import share_record
from crm.models import Attachment, History, Note, User
from tests.crm.door.making import chain, edit, history, make, refusal_codes
from tests.people import Company, grant

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


def put(pk: int, actor: User, name: str = "offer.pdf", content: bytes = b"%PDF-1.7 x") -> Attachment:
    return add_file("leads", pk, name, ContentFile(content), actor=actor)


def files_on_disk() -> list[str]:
    from django.conf import settings

    return sorted(str(path) for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())


def test_whoever_sees_a_record_may_write_a_note(ada: User, ben: User, cleo: User) -> None:
    pk = make("leads", ada)
    note = add_note("leads", pk, "  Called, no answer.  ", actor=ben)
    assert (note.text, note.author) == ("Called, no answer.", ben)
    with pytest.raises(DoorRefused) as refused:
        add_note("leads", pk, "Hello", actor=cleo)
    assert refusal_codes(refused.value) == [(None, "not_found")]
    share_record("leads", pk, cleo, "read", actor=ada)
    add_note("leads", pk, "Hello", actor=cleo)
    row = history(pk, "note")[0]
    assert row.changes == {"+note": [None, {"id": note.pk, "text": "Called, no answer."}, None]}
    assert chain(row.cause) == [("page", "Ben Berg")]
    assert (row.actor, row.version, note.cause) == (ben, 1, row.cause)


@pytest.mark.parametrize("text", ["", "  \n", "a\x00b", "x" * 100_001])
def test_a_note_that_says_nothing_or_too_much_is_refused(ada: User, text: str) -> None:
    pk = make("leads", ada)
    with pytest.raises(DoorRefused) as refused:
        add_note("leads", pk, text, actor=ada)
    assert refused.value.outcome.problems[0].field == "text"
    assert not Note.objects.exists()


def test_a_note_does_not_stand_in_the_way_of_an_edit(ada: User, ben: User) -> None:
    pk = make("leads", ada)
    add_note("leads", pk, "Hello", actor=ben)
    assert edit("leads", pk, ada, version=1, company="x").ok


def test_notes_are_changed_by_their_authors_and_deleted_by_those_who_may_delete(company: Company) -> None:
    ada, ben = company.ada, company.ben
    pk = make("leads", ada)
    note = add_note("leads", pk, "One", actor=ada)
    with pytest.raises(DoorRefused) as refused:
        edit_note(note.pk, "Two", actor=ben)
    assert refusal_codes(refused.value) == [(None, "forbidden")]
    edit_note(note.pk, "Two", actor=ada)
    edit_note(note.pk, "Two", actor=ada)
    assert Note.objects.get().text == "Two"
    grant(company.staff, "leads", "view", "edit")
    with pytest.raises(DoorRefused):
        delete_note(note.pk, actor=ben)
    delete_note(note.pk, actor=ada)
    told = [row.changes["+note"][:2] for row in history(pk, "note")]
    texts = [[part and part["text"] for part in pair] for pair in told]
    assert texts == [[None, "One"], ["One", "Two"], ["Two", None]]
    with pytest.raises(DoorRefused):
        delete_note(note.pk, actor=ada)


def test_a_file_needs_the_right_to_edit(ada: User, cleo: User) -> None:
    pk = make("leads", ada)
    share_record("leads", pk, cleo, "read", actor=ada)
    with pytest.raises(DoorRefused) as refused:
        put(pk, cleo)
    assert refusal_codes(refused.value) == [(None, "forbidden")]
    before = files_on_disk()
    attachment = put(pk, ada)
    assert len(files_on_disk()) == len(before) + 1
    assert (attachment.name, attachment.content_type, attachment.size) == ("offer.pdf", "application/pdf", 10)
    assert "offer" not in str(attachment.file.name)
    assert str(attachment.file.name).startswith("production/")
    found, content = open_file(attachment.pk, user=cleo)
    with content:
        assert (found, content.read()) == (attachment, b"%PDF-1.7 x")


def test_a_stranger_cannot_open_a_file(ada: User, cleo: User) -> None:
    attachment = put(make("leads", ada), ada)
    for pk in (attachment.pk, 10**9):
        with pytest.raises(DoorRefused) as refused:
            open_file(pk, user=cleo)
        assert refusal_codes(refused.value) == [(None, "not_found")]


def test_a_file_that_is_gone_from_the_disk_is_told(ada: User) -> None:
    attachment = put(make("leads", ada), ada)
    default_storage.delete(str(attachment.file.name))
    with pytest.raises(DoorRefused) as refused:
        open_file(attachment.pk, user=ada)
    assert refusal_codes(refused.value) == [("file", "storage")]


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\Angebot.pdf", "Angebot.pdf"),
        ('a\x00b<c>"d".txt', "a b c d .txt"),
        ("\u202egnp.exe", "gnp.exe"),
        (" . ", "file"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("Łódź 报价.pdf", "Łódź 报价.pdf"),
    ],
)
def test_names_are_cleaned(raw: str, clean: str) -> None:
    assert clean_name(raw) == clean


@pytest.mark.parametrize(
    ("name", "content", "kind", "shown"),
    [
        ("a.png", PNG, "image/png", True),
        ("a.png", b"<html><script>", "application/octet-stream", False),
        ("a.html", b"<html>", "text/html", False),
        ("a.svg", b"<svg/>", "image/svg+xml", False),
        ("a.txt", PNG, "image/png", True),
        ("a.docx", b"PK\x03\x04....", WORD, False),
    ],
)  # fmt: skip
def test_a_type_is_believed_only_if_the_content_agrees(
    ada: User, name: str, content: bytes, kind: str, shown: bool
) -> None:
    attachment = put(make("leads", ada), ada, name, content)
    assert (attachment.content_type, is_shown(attachment.content_type)) == (kind, shown)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.txt", b"", "required"),
        ("a.txt", b"x" * 101, "too_long"),
        ("a.EXE", b"x", "refused_type"),
        ("a.pdf", b"MZ\x90\x00", "refused_type"),
        ("a.js", b"x", "refused_type"),
    ],
)
def test_empty_large_and_harmful_files_are_refused(
    ada: User, settings: Settings, name: str, content: bytes, code: str
) -> None:
    settings.CRM_FILE_MAX_BYTES = 100
    pk, before = make("leads", ada), files_on_disk()
    with pytest.raises(DoorRefused) as refused:
        put(pk, ada, name, content)
    assert refusal_codes(refused.value) == [("file", code)]
    assert files_on_disk() == before


def test_a_full_disk_leaves_nothing_behind(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    pk, before = make("leads", ada), files_on_disk()
    whole = ContentFile.chunks

    def half(self: ContentFile, chunk_size: int | None = None) -> object:  # type: ignore[type-arg]
        yield next(iter(whole(self, 4)))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ContentFile, "chunks", half)
    with pytest.raises(DoorRefused) as refused:
        put(pk, ada)
    assert refusal_codes(refused.value) == [("file", "storage")]
    assert files_on_disk() == before
    assert not Attachment.objects.exists()
    assert not history(pk, "file")


def test_a_failure_after_saving_takes_the_file_back(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    pk, before = make("leads", ada), files_on_disk()

    def fails(_attaching: Attaching) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("crm.door.attach.ATTACHED", [fails])
    with pytest.raises(ZeroDivisionError):
        put(pk, ada)
    assert files_on_disk() == before
    assert not Attachment.objects.exists()


def test_a_removed_file_goes_with_the_commit(
    ada: User, cleo: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    pk = make("leads", ada)
    attachment = put(pk, ada)
    name = str(attachment.file.name)
    with pytest.raises(DoorRefused):
        remove_file(attachment.pk, actor=cleo)
    with django_capture_on_commit_callbacks(execute=True):
        remove_file(attachment.pk, actor=ada)
        assert default_storage.exists(name)
    assert not default_storage.exists(name)
    assert history(pk, "file")[-1].changes["+file"][1] is None


def test_a_locked_record_takes_notes_and_files_but_gives_none_away(ada: User) -> None:
    pk = make("leads", ada)
    attachment = put(pk, ada)
    register_guard(lambda _batch, _draft, _key: "Waits for approval.")
    add_note("leads", pk, "Please decide.", actor=ada)
    put(pk, ada)
    with pytest.raises(DoorRefused) as refused:
        remove_file(attachment.pk, actor=ada)
    assert refusal_codes(refused.value) == [(None, "locked")]


def test_hooks_are_told_of_notes_and_files(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.door.attach.ATTACHED", [])
    seen: list[tuple[str, int, int]] = []
    assert ATTACHED is not None
    from crm.door import attach

    attach.on_attached(lambda attaching: seen.append((attaching.kind, attaching.record_id, attaching.id)))
    assert on_attached is attach.on_attached
    pk = make("leads", ada)
    note, attachment = add_note("leads", pk, "x", actor=ada), put(pk, ada)
    assert seen == [("note", pk, note.pk), ("file", pk, attachment.pk)]
    assert History.objects.filter(record_id=pk).count() == 3
