"""Run as a program of its own, with limits: tells the sheets of a workbook, or writes one as CSV.

workbook_process.py sheets FILE
workbook_process.py csv FILE SHEET TARGET
"""

from __future__ import annotations

import csv
import json
import resource
import sys
from datetime import date, datetime, time, timedelta
from typing import Any

from openpyxl import load_workbook

MEMORY = 1024 * 1024 * 1024
CPU_SECONDS = 180
WRITTEN = 2 * 1024 * 1024 * 1024


def text_of(value: Any) -> str:
    """A cell as text: dates as ISO, whole numbers without a point, the words for yes and no."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)


def main(verb: str, path: str, *more: str) -> None:
    """Prints a JSON list on standard output; a refusal is the traceback and a status other than 0."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (WRITTEN, WRITTEN))
    book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    if verb == "sheets":
        names = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
        sys.stdout.write(json.dumps(names))
        return
    sheet, target = more
    with open(target, "x", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for row in book[sheet].iter_rows(values_only=True):
            writer.writerow([text_of(value) for value in row])


if __name__ == "__main__":
    main(*sys.argv[1:])
