"""Files on the disk: their names, types and sizes, and how they are saved whole or not at all.

A file is kept in the storage (var/files) under the space that it belongs to, with a random name and
without an ending, so that nothing on the way can run or guess it. Its real name is in the database.
"""

from __future__ import annotations

import logging
import mimetypes
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from uuid import uuid4

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.door.changes import Problem
from crm.models import Attachment
from crm.space import current_space

logger = logging.getLogger(__name__)
UNKNOWN = "application/octet-stream"
NAME_LENGTH = 200
# What a file begins with, if it is of that type; a name that says otherwise is not believed.
SIGNS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"MZ", "application/x-msdownload"),
    (b"\x7fELF", "application/x-executable"),
)
PROGRAMS = frozenset({"application/x-msdownload", "application/x-executable"})
# Types that a browser may show in the page; everything else is downloaded.
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "application/pdf"})


def clean_name(raw: str) -> str:
    """A file name without folders, control characters and what file systems refuse; never empty."""
    name = unicodedata.normalize("NFC", raw).replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(" " if c in '<>:"|?*' or unicodedata.category(c)[0] == "C" else c for c in name)
    kept = " ".join(kept.split()).strip(" .")
    if len(kept) > NAME_LENGTH:
        ending = PurePosixPath(kept).suffix[:20]
        kept = kept[: NAME_LENGTH - len(ending)] + ending
    return kept or "file"


def problem_with(name: str, content: File) -> Problem | None:  # type: ignore[type-arg]
    """Why a file is not taken, or None: empty, too large, or of a type that could do harm when opened."""
    limit = settings.CRM_FILE_MAX_BYTES
    size = content.size or 0
    if not size:
        return Problem("file", "required", _("The file is empty."))
    if size > limit:
        message = _("Files have at most %(limit)s MB; this one has %(size)s MB.")
        megabytes = {"limit": round(limit / 2**20, 1), "size": round(size / 2**20, 1)}
        return Problem("file", "too_long", message % megabytes)
    ending = PurePosixPath(name).suffix.lower()
    if ending in settings.CRM_FILE_REFUSED_ENDINGS or _sign(content) in PROGRAMS:
        message = _("Programs and scripts are not taken as files; put it into an archive.")
        return Problem("file", "refused_type", message)
    return None


def _sign(content: File) -> str | None:  # type: ignore[type-arg]
    content.seek(0)
    start = content.read(16)
    content.seek(0)
    start = start if isinstance(start, bytes) else start.encode()
    return next((kind for sign, kind in SIGNS if start.startswith(sign)), None)


def type_of(name: str, content: File) -> str:  # type: ignore[type-arg]
    """The file's type: by its content where that is plain, else by its name, if the two agree."""
    named = mimetypes.guess_type(name)[0] or UNKNOWN
    sign = _sign(content)
    if sign is None:
        return UNKNOWN if named in SHOWN else named
    if sign == "application/zip":  # office documents are archives
        return named if named.startswith("application/") and named not in SHOWN else sign
    return sign


def is_shown(content_type: str) -> bool:
    """Whether a page may show the file itself; all others are offered as a download."""
    return content_type in SHOWN


def save(content: File, at: datetime) -> str:  # type: ignore[type-arg]
    """Saves the content and returns its name in the storage; OSError leaves nothing behind."""
    wanted = f"{current_space()}/{at:%Y/%m}/{uuid4().hex}"
    try:
        content.seek(0)
        saved = default_storage.save(wanted, content)
        if default_storage.size(saved) != content.size:
            raise OSError("The file was not saved whole.")
    except BaseException:
        delete_now([wanted])
        raise
    return str(saved)


def delete_now(names: Iterable[str]) -> None:
    """Removes files of this space; one that cannot be removed is logged, and swept up later."""
    own = f"{current_space()}/"
    for name in names:
        # A sandbox's copy of a row may point at production's file, which stays.
        if not name.startswith(own):
            continue
        try:
            default_storage.delete(name)
        except OSError:
            logger.exception("The file %s could not be removed.", name)


def delete_on_commit(names: Iterable[str]) -> None:
    """Removes files when the transaction has gone in, so that a rollback keeps them."""
    listed = list(names)
    if listed:
        transaction.on_commit(lambda: delete_now(listed))


def sweep(*, older_than: timedelta = timedelta(days=1)) -> int:
    """Removes this space's files that no attachment has: what a crash left behind; how many.

    Young ones stay, since theirs may be a transaction that is still under way.
    """
    limit = timezone.now() - older_than
    swept = 0
    for folder in folders(current_space(), depth=2):
        names = [f"{folder}/{name}" for name in default_storage.listdir(folder)[1]]
        known = set(Attachment.objects.filter(file__startswith=f"{folder}/").values_list("file", flat=True))
        lost = [
            name for name in names if name not in known and default_storage.get_modified_time(name) < limit
        ]
        delete_now(lost)
        swept += len(lost)
    return swept


def folders(top: str, depth: int) -> Iterator[str]:
    """The folders so many levels below, of which there may be none."""
    if depth == 0:
        yield top
    elif default_storage.exists(top):
        for name in sorted(default_storage.listdir(top)[0]):
            yield from folders(f"{top}/{name}", depth - 1)
