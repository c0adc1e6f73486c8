"""Rows as CSV or XLSX. A text never becomes a formula, whatever the program that opens the file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

MOST_XLSX = 100_000
LONGEST_CELL = 32_767  # characters that a cell of a spreadsheet holds
FIRST_YEAR = 1901  # spreadsheets count days from 1900
AT_ONCE = 200  # rows that are sent together
BOM = "\ufeff"
FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")  # the wide ones too, with some keyboards
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
# One of these, and no program opens the workbook.
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might work this text out; a number, also a phone number, does no harm."""
    return bool(FORMULA.match(text)) and not NUMBER.fullmatch(text)


def harmless(text: str) -> str:
    """The text with an apostrophe in front where a spreadsheet would take it as a formula."""
    return f"'{text}" if is_formula(text) else text


def csv_text(heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The file in pieces. The mark at the beginning tells spreadsheets that it is UTF-8."""
    piece = io.StringIO()
    writer = csv.writer(piece)
    piece.write(BOM)
    writer.writerow([harmless(text) for text in heading])
    remaining = iter(rows)
    while True:
        writer.writerows([csv_value(value) for value in row] for row in islice(remaining, AT_ONCE))
        if not piece.tell():
            return
        yield piece.getvalue()
        piece.seek(0)
        piece.truncate()


def csv_value(value: Any) -> str:
    """Numbers with a point, dates and moments as ISO 8601; an empty value is an empty text."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return harmless(value) if isinstance(value, str) else str(value)


class XlsxBook:
    """A workbook with one sheet, to which rows are added; they wait on the disk, not in memory."""

    def __init__(self, title: str, heading: Sequence[str]) -> None:
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet(re.sub(r"[\\/*?:\[\]]", " ", title)[:31])
        self._sheet.freeze_panes = "A2"
        cells = [_text_cell(self._sheet, text) for text in heading]
        for cell in cells:
            cell.font = Font(bold=True)
        self._sheet.append(cells)
        self.rows = 0
        self._is_saved = False

    def add(self, rows: Iterable[Sequence[Any]]) -> int:
        """Adds these rows; tells how many there were."""
        before = self.rows
        for row in rows:
            self._sheet.append([_xlsx_value(self._sheet, value) for value in row])
            self.rows += 1
        return self.rows - before

    def file(self) -> IO[bytes]:
        """The whole workbook in a temporary file, at its beginning. Nothing can be added afterwards."""
        found = TemporaryFile()  # noqa: SIM115 — closed when it has been sent
        self._book.save(found)
        self._is_saved = True
        found.seek(0)
        return found

    def close(self) -> None:
        """Lets go of the rows on the disk; only saving does, also what nobody wants any more."""
        if not self._is_saved:
            self.file().close()


def xlsx_file(title: str, heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> IO[bytes]:
    """The workbook in a temporary file, at its beginning; at most MOST_XLSX rows."""
    with closing(XlsxBook(title, heading)) as book:
        book.add(islice(rows, MOST_XLSX))
        return book.file()


def _xlsx_value(sheet: Any, value: Any) -> Any:
    """Moments lose their zone, which a spreadsheet does not know: they are in the person's own."""
    if isinstance(value, date) and value.year < FIRST_YEAR:
        return _text_cell(sheet, csv_value(value))
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return _text_cell(sheet, value) if isinstance(value, str) else value


def _text_cell(sheet: Any, text: str) -> Any:
    """Kept as text, also when somebody opens the cell and closes it again."""
    cell = WriteOnlyCell(sheet, NOT_IN_XML.sub("", text)[:LONGEST_CELL])
    cell.data_type = "s"
    if is_formula(text):
        cell.quotePrefix = True
    return cell
