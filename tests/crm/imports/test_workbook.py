"""Excel files: sheets as CSV with plain texts; bombs, damaged and protected ones are refused in words."""

import csv
import io
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from crm.imports import workbook
from crm.imports.problems import ImportProblem
from tests.crm.imports.sheets import MIXED, bomb, xlsx

Write = Callable[..., Path]


def ended(program: workbook.Program) -> list[str]:
    """What the other process told at its end."""
    with closing(program):
        while (answer := program.answer()) is None:
            program.wait(0.1)
        return answer


def read(path: Path, sheet: str = "Leads") -> list[list[str]]:
    """The sheet as the import reads it."""
    target = path.with_suffix(".csv")
    ended(workbook.to_csv(path, sheet, target))
    with target.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_cells_become_plain_text(write: Write) -> None:
    path = write(xlsx(MIXED), "mixed.xlsx")
    assert workbook.is_workbook(path)
    assert read(path)[1:] == [
        ["Łukasz", "12", "1234.5", "2026-03-01", "2026-03-01 14:30:00", "true", ""],
        ["王小明", "3", "", "", "", "false", ""],
    ], "a formula that no program has worked out yet is empty"


def test_sheets_are_told_and_one_is_chosen(write: Write) -> None:
    path = write(xlsx([["a"]], Second=[["last_name"], ["Ada"]]), "two.xlsx")
    assert ended(workbook.sheets(path)) == ["Leads", "Second"]
    assert read(path, "Second") == [["last_name"], ["Ada"]]


def test_a_bomb_is_not_opened(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(bomb(), "bomb.xlsx")
    assert path.stat().st_size < 2 * 1024 * 1024
    monkeypatch.setattr("subprocess.Popen", None)
    with pytest.raises(ImportProblem, match="far more than it is"):
        workbook.sheets(path)


@pytest.mark.parametrize("cut", [40, 2000, -300])
def test_a_file_that_is_cut_off_is_refused(write: Write, cut: int) -> None:
    path = write(xlsx(MIXED)[:cut], "cut.xlsx")
    with pytest.raises(ImportProblem, match="damaged or cut off"):
        workbook.is_workbook(path)


def test_what_needs_too_much_memory_or_time_is_refused_and_ended(
    write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path, target = write(xlsx(MIXED), "mixed.xlsx"), tmp_path / "out.csv"
    program = write("import sys\nopen(sys.argv[4], 'x').write('half')\nbytearray(1 << 62)\n", "program.py")
    monkeypatch.setattr(workbook, "PROGRAM", program)
    with pytest.raises(ImportProblem, match="too big"):
        ended(workbook.to_csv(path, "Leads", target))
    slow = write("import time\ntime.sleep(60)\n", "slow.py")
    monkeypatch.setattr(workbook, "PROGRAM", slow)
    monkeypatch.setattr(workbook, "SECONDS", 1)
    before = time.monotonic()
    with pytest.raises(ImportProblem, match="too long"):
        ended(workbook.to_csv(path, "Leads", target))
    assert time.monotonic() - before < 30


def test_a_zip_that_is_no_workbook_is_none(write: Write) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("hello.txt", "hello")
    assert not workbook.is_workbook(write(file.getvalue(), "other.zip"))
