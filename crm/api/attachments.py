"""Operations on the notes and files of a record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from django.http import FileResponse
from ninja import File, Query, Router, Status
from ninja.files import UploadedFile

from crm.api.gate import ApiRequest
from crm.api.names import ApiNames, load_api_names
from crm.api.shapes import (
    ALWAYS,
    BODY,
    FileId,
    FileOut,
    FilesOut,
    ModuleKey,
    NoteIn,
    NoteOut,
    NotesOut,
    RecordId,
)
from crm.door import Source
from crm.door.attach import add_file, add_note, open_file, remove_file
from crm.door.verbs import not_found
from crm.models import Attachment, Note
from crm.views.asking import asked_record

router = Router()
NOTES, FILES = (f"/{{slug:module}}/records/{{int:record_id}}/{part}" for part in ("notes", "files"))
SIZE = 50
Before = Annotated[int | None, Query(ge=0, lt=10**18, description="`next` of the answer before.")]


@router.get(NOTES, response={200: NotesOut} | ALWAYS, summary="A record's notes")
def list_notes(
    request: ApiRequest, module: ModuleKey, record_id: RecordId, before: Before = None
) -> dict[str, Any]:
    """The notes on a record, newest first."""
    asked_record(request.user, module, record_id)
    told, following = _listed(request, Note.objects.filter(record_id=record_id), before, _note)
    return {"notes": told, "next": following}


@router.post(NOTES, response={201: NoteOut} | ALWAYS | BODY, summary="Write a note")
def write_note(
    request: ApiRequest, module: ModuleKey, record_id: RecordId, payload: NoteIn
) -> Status[dict[str, Any]]:
    """Writes a note on a record that you may see."""
    asked_record(request.user, module, record_id)
    note = add_note(
        module,
        record_id,
        payload.text,
        actor=request.user,
        source=Source.API,
        label=request.token.name,
    )
    return Status(201, _note(note, _authors(request, [note])))


@router.get(FILES, response={200: FilesOut} | ALWAYS, summary="A record's files")
def list_files(
    request: ApiRequest, module: ModuleKey, record_id: RecordId, before: Before = None
) -> dict[str, Any]:
    """The files on a record, newest first."""
    asked_record(request.user, module, record_id)
    told, following = _listed(request, Attachment.objects.filter(record_id=record_id), before, _file)
    return {"files": told, "next": following}


@router.post(FILES, response={201: FileOut} | ALWAYS | BODY, summary="Add a file")
def upload_file(
    request: ApiRequest, module: ModuleKey, record_id: RecordId, file: File[UploadedFile]
) -> Status[dict[str, Any]]:
    """Puts a file, sent as a form, on a record that you may edit."""
    asked_record(request.user, module, record_id, "edit")
    added = add_file(
        module,
        record_id,
        file.name or "",
        file,
        actor=request.user,
        source=Source.API,
        label=request.token.name,
    )
    return Status(201, _file(added, _authors(request, [added])))


@router.get(FILES + "/{int:file_id}", response=ALWAYS, summary="Download a file",
            openapi_extra={"responses": {200: {
                "description": "The file's content.",
                "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
            }}})  # fmt: skip
def download_file(
    request: ApiRequest, module: ModuleKey, record_id: RecordId, file_id: FileId
) -> FileResponse:
    """The content of a file on a record that you may see."""
    _asked_file(request, module, record_id, file_id)
    attachment, content = open_file(file_id, user=request.user)
    response = FileResponse(content, as_attachment=True, filename=attachment.name)
    response.headers["Content-Type"] = "application/octet-stream"
    return response


@router.delete(FILES + "/{int:file_id}", response={204: None} | ALWAYS, summary="Take a file away")
def delete_file(request: ApiRequest, module: ModuleKey, record_id: RecordId, file_id: FileId) -> Status[None]:
    """Takes a file off a record that you may edit; it cannot be restored."""
    _asked_file(request, module, record_id, file_id)
    remove_file(file_id, actor=request.user, source=Source.API)
    return Status(204, None)


def _asked_file(request: ApiRequest, module: str, record_id: int, file_id: int) -> None:
    """404 unless the file is on this record and the person may see it: an id alone opens nothing."""
    asked_record(request.user, module, record_id)
    if not Attachment.objects.filter(pk=file_id, record_id=record_id, module=module).exists():
        raise not_found(module, record_id)


def _listed(
    request: ApiRequest, rows: Any, before: int | None, tell: Callable[[Any, ApiNames], dict[str, Any]]
) -> tuple[list[dict[str, Any]], int | None]:
    """Rows as JSON, newest first, and the id before which older ones are."""
    found = list((rows.filter(pk__lt=before) if before is not None else rows).order_by("-id")[: SIZE + 1])
    shown = found[:SIZE]
    names = _authors(request, shown)
    return [tell(row, names) for row in shown], shown[-1].pk if len(found) > SIZE else None


def _authors(request: ApiRequest, rows: list[Any]) -> ApiNames:
    return load_api_names(request, {row.author_id for row in rows if row.author_id is not None})


def _author(row: Note | Attachment, names: ApiNames) -> dict[str, Any] | None:
    return names.person(row.author_id) if row.author_id is not None else None


def _note(note: Note, names: ApiNames) -> dict[str, Any]:
    return {"id": note.pk, "text": note.text, "at": note.at.isoformat(), "author": _author(note, names)}


def _file(file: Attachment, names: ApiNames) -> dict[str, Any]:
    return {
        "id": file.pk,
        "name": file.name,
        "size": file.size,
        "content_type": file.content_type,
        "at": file.at.isoformat(),
        "author": _author(file, names),
    }
