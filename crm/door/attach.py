"""Notes and files on records.

Whoever may see a record may write a note on it: a note changes nothing of the record, and those who are
asked about a record (an approver, a colleague with read access) must be able to answer where everybody
looks. Files are part of what a record says, so adding one takes the right to edit; taking one away is
refused too while the record is locked. A note is changed by its author only, and deleted by its author
or by people who may delete the record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, Literal

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from crm.door import files
from crm.door.batch import Batch, CauseNode, Draft
from crm.door.changes import Problem, Source, Verb
from crm.door.guards import refusal
from crm.door.reading import Stored
from crm.door.verbs import FILE, NOTE, cause_row, forbidden, hold, new_batch, not_found, refused, tell
from crm.fields import ValueProblem
from crm.fields.text import LONG_TEXT_LIMIT, clean_text
from crm.models import Attachment, History, Note, User
from crm.modules.loading import registry
from crm.visibility import can

EXCERPT = 300  # characters of a note that its history row repeats


@dataclass(frozen=True)
class Attaching:
    """A note or file that was added to a record, for what shall happen then."""

    kind: Literal["note", "file"]
    module: str
    record_id: int
    id: int
    batch: Batch  # with actor, time and cause


Hook = Callable[[Attaching], None]
ATTACHED: list[Hook] = []


def on_attached(hook: Hook) -> Hook:
    """Registers what happens when a note or file was added; called in the same transaction."""
    ATTACHED.append(hook)
    return hook


def call_hooks(attaching: Attaching) -> None:
    """Tells everybody who asked for it of a new note or file."""
    for hook in ATTACHED:
        hook(attaching)


def add_note(
    module: str,
    record_id: int,
    text: str,
    *,
    actor: User | None,
    source: Source = Source.PAGE,
    label: str = "",
    cause: CauseNode | None = None,
) -> Note:
    """Writes a note on a record that the actor may see; raises DoorRefused."""
    cleaned = _clean_note(module, record_id, text)
    with transaction.atomic():
        batch = new_batch(actor, source, label, cause)
        row = hold(batch, module, [record_id], "view")[record_id]
        note = Note.objects.create(
            record_id=record_id,
            module=module,
            text=cleaned,
            at=batch.now,
            author=actor,
            cause=cause_row(batch),
        )
        tell(batch, History.Kind.NOTE, module, {record_id: (row.version, {NOTE: [None, _told(note), None]})})
        call_hooks(Attaching("note", module, record_id, note.pk, batch))
    return note


def edit_note(note_id: int, text: str, *, actor: User | None, source: Source = Source.PAGE) -> Note:
    """Changes the text of the actor's own note; raises DoorRefused."""
    with transaction.atomic():
        batch = new_batch(actor, source, "")
        note, version = _hold_note(batch, note_id)
        if actor is not None and note.author_id != actor.pk:
            raise forbidden(note.module, note.record_id, _("A note is changed by its author only."))
        before = _told(note)
        note.text = _clean_note(note.module, note.record_id, text)
        if _told(note) == before and note.text == text:
            return note
        note.save(update_fields=["text"])
        entry = {NOTE: [before, _told(note), None]}
        tell(batch, History.Kind.NOTE, note.module, {note.record_id: (version, entry)})
    return note


def delete_note(note_id: int, *, actor: User | None, source: Source = Source.PAGE) -> None:
    """Deletes the actor's own note, or one on a record that the actor may delete; raises DoorRefused."""
    with transaction.atomic():
        batch = new_batch(actor, source, "")
        note, version = _hold_note(batch, note_id)
        if actor is not None and note.author_id != actor.pk:
            hold(batch, note.module, [note.record_id], "delete")
        entry = {NOTE: [_told(note), None, None]}
        tell(batch, History.Kind.NOTE, note.module, {note.record_id: (version, entry)})
        note.delete()


def _clean_note(module: str, record_id: int, text: str) -> str:
    try:
        cleaned = clean_text(text, LONG_TEXT_LIMIT, one_line=False)
    except ValueProblem as problem:
        raise refused(module, record_id, Problem("text", problem.code, problem.message)) from None
    if cleaned is None:
        raise refused(module, record_id, Problem("text", "required", _("Write something in the note.")))
    return cleaned


def _hold_note(batch: Batch, note_id: int) -> tuple[Note, int]:
    """The note, locked after its record, and the record's version."""
    found = Note.objects.filter(pk=note_id).values_list("module", "record_id").first()
    if found is None:
        raise not_found("", None)
    module, record_id = found
    row = hold(batch, module, [record_id], "view")[record_id]
    note = Note.objects.select_for_update().filter(pk=note_id, record_id=record_id).first()
    if note is None:
        raise not_found(module, record_id)
    return note, row.version


def _told(note: Note) -> dict[str, Any]:
    return {"id": note.pk, "text": note.text[:EXCERPT]}


def add_file(
    module: str,
    record_id: int,
    name: str,
    content: File,  # type: ignore[type-arg]
    *,
    actor: User | None,
    source: Source = Source.PAGE,
    label: str = "",
    cause: CauseNode | None = None,
) -> Attachment:
    """Puts a file on a record that the actor may edit; raises DoorRefused, with nothing half-saved."""
    shown_name = files.clean_name(name)
    if (problem := files.problem_with(shown_name, content)) is not None:
        raise refused(module, record_id, problem)
    content_type = files.type_of(shown_name, content)
    batch = new_batch(actor, source, label, cause)
    with transaction.atomic():  # asked before the disk is touched, and again under the lock that counts
        hold(batch, module, [record_id], "edit")
    saved = _save(module, record_id, content, batch)
    try:
        with transaction.atomic():
            row = hold(batch, module, [record_id], "edit")[record_id]
            attachment = Attachment.objects.create(
                record_id=record_id, module=module, file=saved, name=shown_name, size=content.size,
                content_type=content_type, at=batch.now, author=actor, cause=cause_row(batch),
            )  # fmt: skip
            entry = {FILE: [None, _file_told(attachment), None]}
            tell(batch, History.Kind.FILE, module, {record_id: (row.version, entry)})
            call_hooks(Attaching("file", module, record_id, attachment.pk, batch))
    except BaseException:
        files.delete_now([saved])
        raise
    return attachment


def _save(module: str, record_id: int, content: File, batch: Batch) -> str:  # type: ignore[type-arg]
    """The name of the saved file; a full disk is told as what it is."""
    try:
        return files.save(content, batch.now)
    except OSError:
        files.logger.exception("A file could not be saved.")
        message = _("The file could not be saved: the server's disk is full or not writable.")
        raise refused(module, record_id, Problem("file", "storage", message)) from None


def remove_file(attachment_id: int, *, actor: User | None, source: Source = Source.PAGE) -> None:
    """Takes a file off a record that the actor may edit and that is not locked; raises DoorRefused."""
    with transaction.atomic():
        batch = new_batch(actor, source, "")
        found = Attachment.objects.filter(pk=attachment_id).values_list("module", "record_id").first()
        if found is None:
            raise not_found("", None)
        module, record_id = found
        row = hold(batch, module, [record_id], "edit")[record_id]
        rows = Attachment.objects.select_for_update().filter(pk=attachment_id, record_id=record_id)
        attachment = rows.first()
        if attachment is None:
            raise not_found(module, record_id)
        if (reason := _lock_of(batch, module, row)) is not None:
            raise refused(module, record_id, Problem(None, "locked", reason))
        entry = {FILE: [_file_told(attachment), None, None]}
        tell(batch, History.Kind.FILE, module, {record_id: (row.version, entry)})
        files.delete_on_commit([str(attachment.file.name)])
        attachment.delete()


def _lock_of(batch: Batch, module: str, row: Stored) -> str | None:
    """Why the record as a whole may not be changed now, or None."""
    info = batch.registry.module(module)
    draft = Draft(info, row.id, Verb.EDIT, row.values, dict(row.values), row.custom, row.version)
    return refusal(batch, draft, None)


def open_file(attachment_id: int, *, user: User) -> tuple[Attachment, IO[bytes]]:
    """The attachment and its open content, for somebody who may see the record; raises DoorRefused.

    Serve it as a download unless `files.is_shown` allows its type in the page, and always with nosniff.
    """
    attachment = Attachment.objects.filter(pk=attachment_id).first()
    if attachment is None:
        raise not_found("", None)
    module = registry().modules.get(attachment.module)
    if module is None or not can(user, "view", module, attachment.record_id):
        raise not_found(attachment.module, attachment.record_id)
    try:
        return attachment, default_storage.open(str(attachment.file.name), "rb")
    except FileNotFoundError:
        message = _("The file is gone from the server's disk.")
        raise refused(attachment.module, attachment.record_id, Problem("file", "storage", message)) from None


def _file_told(attachment: Attachment) -> dict[str, Any]:
    return {"id": attachment.pk, "name": attachment.name, "size": attachment.size}
