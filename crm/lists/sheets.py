"""Rows as CSV or XLSX. A text never becomes a formula, whatever the program that opens the file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

MOST_XLSX = 100_000
LONGEST_CELL = 32_767  # characters that a cell of a spreadsheet holds
FIRST_YEAR = 1901  # spreadsheets count days from 1900
AT_ONCE = 200  # rows that are sent together
BOM = "\ufeff"
FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")  # the wide ones too, with some keyboards
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


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


def xlsx_file(title: str, heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> IO[bytes]:
    """The workbook in a temporary file, at its beginning; at most MOST_XLSX rows."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\\/*?:\[\]]", " ", title)[:31])
    sheet.freeze_panes = "A2"
    cells = [_text_cell(sheet, text) for text in heading]
    for cell in cells:
        cell.font = Font(bold=True)
    sheet.append(cells)
    for row in islice(rows, MOST_XLSX):
        sheet.append([_xlsx_value(sheet, value) for value in row])
    found = TemporaryFile()  # noqa: SIM115 — closed when it has been sent
    book.save(found)
    found.seek(0)
    return found


def _xlsx_value(sheet: Any, value: Any) -> Any:
    """Moments lose their zone, which a spreadsheet does not know: they are in the person's own."""
    if isinstance(value, date) and value.year < FIRST_YEAR:
        return _text_cell(sheet, csv_value(value))
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return _text_cell(sheet, value) if isinstance(value, str) else value


def _text_cell(sheet: Any, text: str) -> Any:
    """Kept as text, also when somebody opens the cell and closes it again."""
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", text)[:LONGEST_CELL])
    cell.data_type = "s"
    if is_formula(text):
        cell.quotePrefix = True
    return cell
