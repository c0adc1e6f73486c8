"""Finds the encoding of a file, by its mark and by reading it to the end; memory stays small."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.imports.problems import ImportProblem

BLOCK = 1024 * 1024
SAMPLE = 64 * 1024
MARKS = (  # the longer first: UTF-32 begins like UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
NOT_TEXT = (
    (b"PK\x03\x04", gettext_lazy("an Excel or ZIP file")),
    (b"\xd0\xcf\x11\xe0", gettext_lazy("an old Excel file")),
    (b"%PDF", gettext_lazy("a PDF file")),
    (b"\x1f\x8b", gettext_lazy("a compressed file")),
    (b"\x89PNG", gettext_lazy("a picture")),
    (b"SQLite format 3\x00", gettext_lazy("a database")),
)


@dataclass(frozen=True)
class Encoding:
    """How to read a file's bytes: a codec, the bytes to skip, whether the end is missing, what to tell."""

    codec: str
    skip: int = 0
    cut: bool = False
    notes: tuple[str, ...] = ()


def find_encoding(path: Path, asked: str | None = None) -> Encoding:
    """The file's encoding; raises ImportProblem if it is not text, or not in the encoding asked for."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    if not sample:
        raise ImportProblem(_("The file is empty."), "empty")
    for magic, what in NOT_TEXT:
        if sample.startswith(magic):
            raise ImportProblem(_("This is %s, not a CSV file. Save it as CSV first.") % what, "not_csv")
    mark, marked = next(((mark, codec) for mark, codec in MARKS if sample.startswith(mark)), (b"", None))
    if asked:
        return _asked(path, asked, mark, marked)
    if marked is not None and marked != "utf-8":
        return _marked(path, marked, len(mark))
    if marked is None and (guessed := _without_mark(sample)) is not None:
        return _marked(path, guessed, 0)
    return _utf8_or_windows(path, len(mark))


def _asked(path: Path, asked: str, mark: bytes, marked: str | None) -> Encoding:
    try:
        codec = codecs.lookup(asked).name
        b"a".decode(codec, "ignore")  # not everything that codecs knows is text
    except (LookupError, ValueError):
        raise ImportProblem(_("There is no encoding “%s”.") % asked, "encoding") from None
    if marked is not None and marked.startswith(codec.removesuffix("-sig")):
        return _marked(path, marked, len(mark))
    codec = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(codec, codec)
    return _marked(path, codec, 0)


def _marked(path: Path, codec: str, skip: int) -> Encoding:
    bad, cut = _read_through(path, codec, skip)
    if bad is not None and not cut:
        message = _("The file is not %(encoding)s: byte %(place)s cannot be read. Choose another encoding.")
        raise ImportProblem(message % {"encoding": codec, "place": bad + 1}, "encoding")
    return Encoding(codec, skip, cut)


def _without_mark(sample: bytes) -> str | None:
    """UTF-16 without its mark has a zero in every second byte; many zeros elsewhere are no text at all."""
    half = max(len(sample) // 2, 1)
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd > half * 0.3 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.3 and odd < half * 0.05:
        return "utf-16-be"
    if even + odd > len(sample) * 0.1:
        raise ImportProblem(_("This is not a text file."), "not_csv")
    return None


def _utf8_or_windows(path: Path, skip: int) -> Encoding:
    bad, cut = _read_through(path, "utf-8", skip)
    if bad is None or cut:
        return Encoding("utf-8", skip, cut)
    windows, _cut = _read_through(path, "cp1252", skip)
    codec = "cp1252" if windows is None else "latin-1"
    name = "Windows-1252" if windows is None else "Latin-1"
    told = _("It is marked as UTF-8, but is not") if skip else _("It is not UTF-8")
    note = _(
        "%(told)s (byte %(place)s); it was read as %(name)s. If letters look wrong, choose the encoding."
    )
    return Encoding(codec, skip, notes=(note % {"told": told, "place": bad + 1, "name": name},))


def _read_through(path: Path, codec: str, skip: int) -> tuple[int | None, bool]:
    """The first byte that cannot be read (None: all can), and whether only the end is missing."""
    decoder = codecs.getincrementaldecoder(codec)()
    done = skip
    with path.open("rb") as file:
        file.seek(skip)
        while block := file.read(BLOCK):
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                return done + error.start, False
            done += len(block)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return done, True
    return None, False
