"""Reads CSV files row by row: a row that cannot be read is handed on with the reason, and reading goes on."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

from django.utils.translation import gettext as _

from crm.imports.delimiters import CANDIDATES, find_delimiter
from crm.imports.encodings import Encoding, find_encoding
from crm.imports.problems import ImportProblem, RowProblem

CELL_LIMIT = 10 * 1024 * 1024
ROW_LIMIT = 3 * CELL_LIMIT
SAMPLE = 256 * 1024


@dataclass(slots=True)
class Row:
    """One row of the file: its number among the rows, the line where it begins, its cells."""

    number: int
    line: int
    cells: list[str]
    problem: RowProblem | None = None


@dataclass(frozen=True)
class Place:
    """Where a row of a file begins: a mark for the file, and the rows and lines before it."""

    mark: int
    row: int
    line: int


@dataclass(frozen=True)
class Table:
    """A CSV file that was looked at: how to read it, and its columns. `width` counts nameless ones too."""

    path: Path
    encoding: Encoding
    delimiter: str
    columns: tuple[str, ...]
    width: int
    sep_line: bool = False
    notes: tuple[str, ...] = field(default=())

    def rows(self) -> Iterator[Row]:
        """The rows below the heading, one at a time; blank ones are left out."""
        with self.reading() as reading:
            yield from reading.rows()

    @contextmanager
    def reading(self, start: Place | None = None) -> Iterator[Reading]:
        """The file while it is read, from a place on that an earlier reading told."""
        csv.field_size_limit(CELL_LIMIT)
        with _open(self.path, self.encoding) as text:
            yield Reading(self, text, start)

    def row(self, number: int, line: int, cells: list[str], lines: _Lines) -> Row:
        """A row with what is wrong with it as a whole."""
        row = Row(number, line, cells)
        if lines.ended:
            row.problem = RowProblem(
                None, "cut", _("The file ends within a quoted cell; it seems to be cut off.")
            )
        elif lines.has_nul:
            row.problem = RowProblem(None, "nul", _("The row contains a NUL character."))
        elif len(cells) != len(self.columns):
            row.problem = self._ragged(cells)
            if row.problem is None:
                del cells[len(self.columns) :]
        return row

    def _ragged(self, cells: list[str]) -> RowProblem | None:
        """A row may have the nameless columns at the end or not, and more cells if they are empty."""
        have, want = len(cells), len(self.columns)
        if have < want:
            message = _("The row has %(have)s cells, the heading has %(want)s.")
            return RowProblem(None, "ragged", message % {"have": have, "want": want})
        if any(cell.strip() for cell in cells[want:]):
            message = _("The row has text beyond the last heading (%(have)s cells, %(want)s headings).")
            return RowProblem(None, "ragged", message % {"have": have, "want": want})
        return None


class _Lines:
    """The file's lines for csv.reader, with what that doesn't tell: where a record began, how it ended."""

    def __init__(self, text: TextIO, number: int) -> None:
        self.text = text
        self.number = number  # lines read
        self.ended = False
        self.has_nul = False
        self._line_done = True
        self._quotes = 0
        self._size = 0

    def start_record(self) -> int:
        """Notes that a record begins; tells its line."""
        self.has_nul = False
        self._quotes = self._size = 0
        return self.number + 1

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self.text.readline(ROW_LIMIT)
        if not line:
            self.ended = True
            raise StopIteration
        self._take(line)
        if self._size >= ROW_LIMIT:
            raise csv.Error("row too long")
        return line

    def _take(self, line: str) -> None:
        self._line_done = line[-1] in "\r\n"
        self.number += self._line_done
        self._quotes += line.count('"')
        self._size += len(line)
        if "\x00" in line:
            self.has_nul = True

    def finish_record(self) -> None:
        """Skips what is left of a record that was given up: to the end of the line that closes its quotes."""
        while not self._line_done or self._quotes % 2:
            line = self.text.readline(ROW_LIMIT)
            if not line:
                return
            self._take(line)


class Reading:
    """A file on its way: its rows, and the place where the next one begins."""

    def __init__(self, table: Table, text: TextIO, start: Place | None) -> None:
        self.table = table
        self.number = start.row if start else 0
        self._lines = _Lines(text, start.line if start else 0)
        self._reader = csv.reader(self._lines, delimiter=table.delimiter)
        self._ahead: Place | None = None  # of a row that was read and not given out yet
        if start is not None:
            text.seek(start.mark)
            return
        for _heading in range(2 if table.sep_line else 1):
            next(self._reader, None)

    def place(self) -> Place:
        """Where the row after the last one given out begins."""
        return self._ahead or self._here()

    def _here(self) -> Place:
        return Place(self._lines.text.tell(), self.number, self._lines.number)

    def again(self, start: Place | None) -> Reading:
        """The same open file, from another place on."""
        self._lines.text.seek(start.mark if start else self.table.encoding.skip)
        return Reading(self.table, self._lines.text, start)

    def bytes_read(self) -> int:
        """How much of the file was read, roughly."""
        return int(self._lines.text.buffer.tell())

    def rows(self) -> Iterator[Row]:
        """What is left, row by row."""
        return self._last_is_cut() if self.table.encoding.cut else self._rows()

    def _rows(self) -> Iterator[Row]:
        lines, reader = self._lines, self._reader
        while True:
            line = lines.start_record()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                lines.finish_record()
                self.number += 1
                yield Row(self.number, line, [], _too_long())
                continue
            if not any(cells):
                continue
            self.number += 1
            yield self.table.row(self.number, line, cells, lines)

    def _last_is_cut(self) -> Iterator[Row]:
        """Reports the last row of a file that ends within a character; reads one row ahead to know it."""
        last: Row | None = None
        after: Place | None = None
        for row in self._rows():
            here = self._here()
            if last is not None:
                self._ahead = after
                yield last
            last, after = row, here
        self._ahead = None
        if last is not None:
            last.problem = RowProblem(
                None, "cut", _("The file ends within a character; it seems to be cut off.")
            )
            yield last


def _too_long() -> RowProblem:
    return RowProblem(None, "too_long", _("A cell of this row is longer than 10 MB."))


def _open(path: Path, encoding: Encoding) -> TextIO:
    file = path.open("rb")
    file.seek(encoding.skip)
    errors = "replace" if encoding.cut else "strict"
    return io.TextIOWrapper(file, encoding=encoding.codec, errors=errors, newline="")


def open_table(path: Path, *, encoding: str | None = None, delimiter: str | None = None) -> Table:
    """Looks at a CSV file: finds its encoding and delimiter unless given; raises ImportProblem."""
    try:
        found = find_encoding(path, encoding)
        with _open(path, found) as text:
            sample = text.read(SAMPLE)
    except OSError as error:
        raise ImportProblem(_("The file cannot be read: %s") % error.strerror, "unreadable") from None
    first, _newline, rest = sample.partition("\n")
    sep_line = first[:4].lower() == "sep=" and len(first.rstrip("\r")) == 5
    if sep_line:
        delimiter = delimiter or first[4]
    else:
        rest = sample
    chosen = delimiter or find_delimiter(rest, complete=len(sample) < SAMPLE)
    if len(chosen) != 1 or (chosen not in CANDIDATES and (chosen.isalnum() or chosen in '"\r\n')):
        raise ImportProblem(_("“%s” cannot be a delimiter.") % chosen, "delimiter")
    table = Table(path, found, chosen, (), 0, sep_line, found.notes)
    return _with_columns(table, _heading(rest, chosen))


def _heading(text: str, delimiter: str) -> list[str]:
    csv.field_size_limit(CELL_LIMIT)
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error:
        raise ImportProblem(_("The first line is no heading: it is too long."), "not_csv") from None


def _with_columns(table: Table, heading: list[str]) -> Table:
    """Names the columns: nameless ones at the end are left out, a repeated name gets a number."""
    names = [" ".join(name.replace("\x00", "").split()) for name in heading]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise ImportProblem(_("The first line has no column headings."), "no_heading")
    notes, columns = list(table.notes), list[str]()
    for place, name in enumerate(names, 1):
        unique, count = name or _("Column %s") % place, 2
        while unique in columns:
            unique, count = f"{name} ({count})", count + 1
        if name and unique != name:
            note = _(
                "The heading “%(name)s” appears more than once; column %(place)s is called “%(unique)s”."
            )
            notes.append(note % {"name": name, "place": place, "unique": unique})
        columns.append(unique)
    return replace(table, columns=tuple(columns), width=len(heading), notes=tuple(notes))
