"""Sheets of Excel files as CSV: checked for bombs first, then read in a process with limits of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

from django.utils.translation import gettext as _

from crm.imports.problems import ImportProblem

MAGIC = b"PK\x03\x04"
MOST_ENTRIES = 2_000
MOST_BYTES = 1024 * 1024 * 1024  # unpacked
MOST_RATIO = 200  # unpacked to packed, of one entry; real sheets stay below 50
SMALL = 1024 * 1024  # entries that no ratio makes dangerous
SECONDS = 240
PROGRAM = Path(__file__).with_name("workbook_process.py")


def is_workbook(path: Path) -> bool:
    """Whether the file begins like a ZIP archive that holds a workbook."""
    with path.open("rb") as file:
        if file.read(4) != MAGIC:
            return False
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError):
        raise _damaged() from None


def check(path: Path) -> None:
    """Raises ImportProblem for an archive that would unpack to more than a real workbook does."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError):
        raise _damaged() from None
    whole = sum(entry.file_size for entry in entries)
    suspicious = any(
        entry.file_size > SMALL and entry.file_size > MOST_RATIO * max(entry.compress_size, 1)
        for entry in entries
    )
    if len(entries) > MOST_ENTRIES or whole > MOST_BYTES or suspicious:
        message = _("The Excel file would unpack to far more than it is; it was not opened.")
        raise ImportProblem(message, "bomb")


def sheets(path: Path) -> list[str]:
    """The names of the sheets; raises ImportProblem."""
    found = _run("sheets", str(path))
    if not found:
        raise ImportProblem(_("The Excel file has no sheets with cells."), "empty")
    return found


def to_csv(path: Path, sheet: str, target: Path) -> None:
    """Writes one sheet as CSV; raises ImportProblem, and then there is no file."""
    try:
        _run("csv", str(path), sheet, str(target))
        if not target.stat().st_size:
            raise ImportProblem(_("The sheet “%s” is empty.") % sheet, "empty")
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _run(*arguments: str) -> list[str]:
    check(Path(arguments[1]))
    command = [sys.executable, "-I", str(PROGRAM), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise ImportProblem(_("The Excel file takes too long to read. Save it as CSV."), "too_slow") from None
    if done.returncode != 0:
        raise _reason(done.stderr)
    told: list[str] = json.loads(done.stdout or "[]")
    return told


def _reason(told: str) -> ImportProblem:
    if "MemoryError" in told:
        return ImportProblem(_("The Excel file is too big to read. Save it as CSV."), "too_big")
    if "No space left" in told or "File too large" in told:
        return ImportProblem(_("There was no room to unpack the Excel file."), "not_stored")
    return _damaged()


def _damaged() -> ImportProblem:
    return ImportProblem(_("The Excel file is damaged or cut off, or protected by a password."), "damaged")
