"""Files of the record that go with an e-mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.models import Attachment
from workflows.kinds.base import ActionProblem

ALL, NEWEST, MATCHING = "all", "newest", "matching"
CHOICES: dict[str, str | Promise] = {
    ALL: gettext_lazy("all files"),
    NEWEST: gettext_lazy("the newest file"),
    MATCHING: gettext_lazy("files by name"),
}
UNKNOWN = "application/octet-stream"
MEGABYTE = 2**20


@dataclass(frozen=True)
class Enclosed:
    """A file as it goes with an e-mail."""

    name: str
    content: bytes
    type: str


def attachment_problems(config: Mapping[str, Any]) -> list[str]:
    """What is wrong with an action's files: `attachments` is one of CHOICES, `attachment_names` a pattern."""
    which = config.get("attachments")
    if not which:
        return []
    if which not in CHOICES:
        return [_("“attachments” is one of: %s.") % ", ".join(CHOICES)]
    if which == MATCHING and not str(config.get("attachment_names") or "").strip():
        return [_("Say which files to attach, such as *.pdf.")]
    return []


def describe_attachments(config: Mapping[str, Any]) -> str:
    """In plain words; empty if no files go along."""
    which = config.get("attachments")
    if not which:
        return ""
    return str(config["attachment_names"]) if which == MATCHING else str(CHOICES[which])


def enclosed(record_id: int | None, which: str | None, names: str | None) -> list[Enclosed]:
    """The record's files that are asked for, newest first, with their content.

    Raises ActionProblem, with the figures, if together they are larger than EMAIL_ATTACHMENTS_MAX_MB, or
    if one is missing from the disk: an e-mail that should bring files is not sent without them.
    """
    if not which or record_id is None:
        return []
    rows = list(Attachment.objects.filter(record_id=record_id).order_by("-id"))
    if which == NEWEST:
        rows = rows[:1]
    elif which == MATCHING:
        patterns = [part.strip().lower() for part in (names or "").split(",") if part.strip()]
        rows = [row for row in rows if any(fnmatchcase(row.name.lower(), one) for one in patterns)]
    _check_size(rows)
    return [Enclosed(row.name, _content(row), _type(row)) for row in rows]


def _check_size(rows: list[Attachment]) -> None:
    limit = settings.EMAIL_ATTACHMENTS_MAX_MB
    size = sum(row.size for row in rows)
    if size > limit * MEGABYTE:
        message = _("The %(count)s files to attach have %(size)s MB together; at most %(limit)s MB are sent.")
        told = {"count": len(rows), "size": round(size / MEGABYTE, 1), "limit": limit}
        raise ActionProblem(message % told)


def _content(row: Attachment) -> bytes:
    try:
        with default_storage.open(str(row.file.name), "rb") as file:
            return bytes(file.read())
    except FileNotFoundError:
        raise ActionProblem(_("The file “%s” is gone from the server's disk.") % row.name) from None


def _type(row: Attachment) -> str:
    """Text and messages go as they are, byte by byte, whatever their encoding."""
    return UNKNOWN if row.content_type.startswith(("message/", "multipart/")) else row.content_type
