"""Excel files for tests."""

import io
import zipfile
from datetime import date, datetime
from typing import Any

from openpyxl import Workbook

MEGABYTE = 1024 * 1024


def xlsx(rows: list[list[Any]], **more: list[list[Any]]) -> bytes:
    """A workbook with one sheet called Leads, and more by name."""
    book = Workbook()
    first = book.active
    assert first is not None
    first.title = "Leads"
    for row in rows:
        first.append(row)
    for title, cells in more.items():
        sheet = book.create_sheet(title)
        for row in cells:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def bomb() -> bytes:
    """A workbook of which one sheet unpacks to 300 MB."""
    file = io.BytesIO()
    small = zipfile.ZipFile(io.BytesIO(xlsx([["last_name"]])))
    with small, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as changed:
        for name in small.namelist():
            if name != "xl/worksheets/sheet1.xml":
                changed.writestr(name, small.read(name))
        with changed.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _part in range(300):
                sheet.write(b" " * MEGABYTE)
    return file.getvalue()


MIXED = [
    ["last_name", "employees", "annual_revenue", "seen", "call_at", "description", "Formula"],
    ["Łukasz", 12, 1234.5, date(2026, 3, 1), datetime(2026, 3, 1, 14, 30), True, "=1+1"],
    ["王小明", 3.0, None, None, None, False, None],
]
