"""Sheets of Excel files as CSV: checked for bombs first, then read in a process with limits of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import zipfile
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

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


class Program:
    """The other process at work on a workbook; to be closed, whatever comes."""

    def __init__(self, verb: str, path: Path, *more: str) -> None:
        check(path)
        self._told, self._errors = TemporaryFile("w+"), TemporaryFile("w+")  # noqa: SIM115 — closed by close()
        command = [sys.executable, "-I", str(PROGRAM), verb, str(path), *more]
        self._process = subprocess.Popen(command, stdout=self._told, stderr=self._errors)
        self._until = time.monotonic() + SECONDS

    def wait(self, seconds: float) -> None:
        """Waits for its end, for at most so long."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def answer(self) -> list[str] | None:
        """What it told; None while it is at work. Raises ImportProblem."""
        status = self._process.poll()
        if status is None:
            if time.monotonic() > self._until:
                message = _("The Excel file takes too long to read. Save it as CSV.")
                raise ImportProblem(message, "too_slow")
            return None
        if status != 0:
            raise _reason(_text(self._errors))
        told: list[str] = json.loads(_text(self._told) or "[]")
        return told

    def close(self) -> None:
        """Ends it, if it has not ended."""
        self._process.kill()
        self._process.wait()
        self._told.close()
        self._errors.close()


def sheets(path: Path) -> Program:
    """Finds the names of the sheets; raises ImportProblem."""
    return Program("sheets", path)


def to_csv(path: Path, sheet: str, target: Path) -> Program:
    """Writes one sheet as CSV to a new file; raises ImportProblem."""
    return Program("csv", path, sheet, str(target))


def _text(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


def _reason(told: str) -> ImportProblem:
    if "MemoryError" in told:
        return ImportProblem(_("The Excel file is too big to read. Save it as CSV."), "too_big")
    if "No space left" in told or "File too large" in told:
        return ImportProblem(_("There was no room to unpack the Excel file."), "not_stored")
    return _damaged()


def _damaged() -> ImportProblem:
    return ImportProblem(_("The Excel file is damaged or cut off, or protected by a password."), "damaged")
