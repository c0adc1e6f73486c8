"""The shapes of bodies and answers, as the OpenAPI description has them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Field, Path, Schema
from pydantic import ConfigDict

MOST_IN_BATCH = 500
MOST_ON_PAGE = 200

ModuleKey = Annotated[str, Path(pattern="^[-a-zA-Z0-9_]{1,60}$", description="The module's key.")]
RecordId = Annotated[int, Path(ge=0, lt=10**18, description="The record's id.")]
FileId = Annotated[int, Path(ge=0, lt=10**18, description="The file's id.")]
Version = Annotated[int | None, Field(ge=0, lt=2**31, description=(
    "The version that you read. Fields that others changed since are then not overwritten, but refused (409)."
))]  # fmt: skip
Values = Annotated[dict[str, Any], Field(description="Values by field key; null empties a field.")]


class Sent(Schema):
    """A body: what it does not know is refused, so that a misspelt name is never passed over."""

    model_config = ConfigDict(extra="forbid")


class ErrorOut(Schema):
    """One reason for a refusal."""

    field: str | None = Field(description="What it is about: a field's key, or a parameter's name.")
    code: str = Field(description="For programs; it stays the same in every language.")
    message: str = Field(description="For people, in their language.")
    index: int | None = Field(None, description="In a batch: which change, from 0.")
    condition: int | None = Field(None, description="In a filter: which condition, from 1.")
    current: Any = Field(None, description="Of a stale field: its value now.")
    version: int | None = Field(None, description="Of a stale field: the record's version now.")


class Errors(Schema):
    """Why a request was refused."""

    errors: list[ErrorOut]


class NoticeOut(Schema):
    """What a rule wanted and could not do, while the change itself went in."""

    record: int
    label: str
    field: str | None
    message: str


class RecordOut(Schema):
    """A record; `values` has the fields that were asked for, by key."""

    module: str
    id: int
    version: int
    url: str
    values: dict[str, Any]


class WrittenOut(RecordOut):
    """A record after a change. `values` is null if the change moved it out of your sight."""

    values: dict[str, Any] | None  # type: ignore[assignment]
    notices: list[NoticeOut]


class PageOut(Schema):
    """Some records in order, and where the next ones begin."""

    records: list[RecordOut]
    next: str | None = Field(description="Send it as `after` for the next page; null on the last one.")


class CountOut(Schema):
    """How many records there are; not exact means at least so many."""

    count: int
    exact: bool


class CreateIn(Sent):
    """A new record."""

    values: Values


class EditIn(Sent):
    """A change of a record; fields that are not named stay as they are."""

    values: Values
    version: Version = None


class ChangeIn(Sent):
    """One change. All but `create` need `id`; `create` and `edit` need `values`; `version` is for `edit`."""

    do: Literal["create", "edit", "delete", "restore"]
    id: int | None = Field(None, ge=0, lt=10**18)
    values: dict[str, Any] | None = None
    version: Version = None


class BatchIn(Sent):
    """Changes of records of one module, carried out in this order."""

    changes: list[ChangeIn] = Field(min_length=1, max_length=MOST_IN_BATCH)
    mode: Literal["all", "each"] = Field(
        "all", description="`all`: one refusal refuses everything. `each`: what is right goes in."
    )


class ResultOut(Schema):
    """How one change of a batch went: id and version, or errors."""

    index: int
    ok: bool
    id: int | None
    version: int | None
    errors: list[ErrorOut]


class BatchOut(Schema):
    """How a batch went, change by change."""

    results: list[ResultOut]
    notices: list[NoticeOut]


class DeletedOut(Schema):
    """A record that is in the bin now."""

    module: str
    id: int
    notices: list[NoticeOut]


class ChoiceOut(Schema):
    """A choice of a picklist; one that is not active is only read."""

    key: str
    label: str
    active: bool


class FieldOut(Schema):
    """A field of a module."""

    key: str
    label: str
    help: str
    type: str
    form: str = Field(description="How its values stand in JSON.")
    access: Literal["read", "edit"]
    required: bool
    unique: bool
    searched: bool
    sorted: bool
    section: str | None
    module: str | None = Field(description="Of a link: the module that it points at.")
    choices: list[ChoiceOut]


class ModuleOut(Schema):
    """A module, with your rights in it and the fields that you may read."""

    key: str
    label: str
    label_plural: str
    custom: bool
    rights: list[str]
    fields: list[FieldOut]


class ModulesOut(Schema):
    """Every module that you may view."""

    modules: list[ModuleOut]


class PersonOut(Schema):
    """A person."""

    id: int
    name: str | None
    email: str | None


class TokenOut(Schema):
    """A token and what it is for."""

    name: str
    may_write: bool
    modules: list[str] = Field(description="Keys; none means every module.")
    expires_at: str | None


class MeOut(Schema):
    """Whose token this is."""

    person: PersonOut
    token: TokenOut


class NoteIn(Sent):
    """A new note."""

    text: str = Field(max_length=100_000)


class NoteOut(Schema):
    """A note on a record."""

    id: int
    text: str
    at: str
    author: PersonOut | None


class NotesOut(Schema):
    """Notes, newest first."""

    notes: list[NoteOut]
    next: int | None = Field(description="Send it as `before` for older ones.")


class FileOut(Schema):
    """A file on a record."""

    id: int
    name: str
    size: int
    content_type: str
    at: str
    author: PersonOut | None


class FilesOut(Schema):
    """Files, newest first."""

    files: list[FileOut]
    next: int | None = Field(description="Send it as `before` for older ones.")


ALWAYS: dict[int, Any] = {401: Errors, 403: Errors, 404: Errors, 422: Errors, 429: Errors}
BODY: dict[int, Any] = {400: Errors, 413: Errors}
