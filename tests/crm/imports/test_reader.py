"""CSV files as people have them: encodings, delimiters, quotes, and rows that are wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from crm.imports import reader
from crm.imports.problems import ImportProblem
from crm.imports.reader import open_table

Write = Callable[..., Path]
LINES = "name,city\nŁukasz,Łódź\nZoë,Köln\n"


def cells(path: Path, **options: str) -> list[list[str]]:
    return [row.cells for row in open_table(path, **options).rows() if row.problem is None]


def problems(path: Path) -> list[tuple[int, str]]:
    return [(row.line, row.problem.code) for row in open_table(path).rows() if row.problem is not None]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_files_are_read_with_and_without_a_mark(write: Write, codec: str) -> None:
    table = open_table(write(LINES.encode(codec)))
    assert table.columns == ("name", "city")
    assert [row.cells for row in table.rows()] == [["Łukasz", "Łódź"], ["Zoë", "Köln"]]
    assert table.notes == ()


def test_windows_1252_is_found_and_told(write: Write) -> None:
    table = open_table(write("name\nZoë – Köln\n".encode("cp1252")))
    assert [row.cells for row in table.rows()] == [["Zoë – Köln"]]
    assert "Windows-1252" in table.notes[0]


def test_bytes_that_windows_1252_does_not_have_are_latin_1(write: Write) -> None:
    assert open_table(write(b"name\nK\xf6ln\x81\n")).encoding.codec == "latin-1"


def test_a_late_byte_that_is_no_utf_8_decides_for_the_whole_file(write: Write) -> None:
    path = write(b"name\n" + b"plain\n" * 300_000 + b"K\xf6ln\n")
    assert open_table(path).encoding.codec == "cp1252"


def test_latin_1_under_a_false_utf_8_mark_is_read_and_told(write: Write) -> None:
    table = open_table(write(b"\xef\xbb\xbfname\nK\xf6ln\n"))
    assert table.columns == ("name",)
    assert [row.cells for row in table.rows()] == [["Köln"]]
    assert "marked as UTF-8" in table.notes[0]


def test_an_encoding_that_is_asked_for_is_used(write: Write) -> None:
    assert cells(write("name\nŁódź\n".encode("cp1250")), encoding="cp1250") == [["Łódź"]]


@pytest.mark.parametrize("asked", ["ascii", "no-such-thing", "base64", "utf-8"])
def test_an_encoding_that_does_not_fit_is_refused(write: Write, asked: str) -> None:
    with pytest.raises(ImportProblem, match="encoding"):
        open_table(write("name\nŁódź\n".encode("cp1250")), encoding=asked)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (b"PK\x03\x04rest", "Excel"),
        (b"%PDF-1.7", "PDF"),
        (bytes(range(256)) * 40 + bytes(2000), "not a text"),
        (b",,,\n1,2,3,4\n", "no column headings"),
    ],
)
def test_what_is_no_csv_file_is_refused_with_a_reason(write: Write, content: bytes, what: str) -> None:
    with pytest.raises(ImportProblem, match=what):
        open_table(write(content))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportProblem, match="cannot be read"):
        open_table(tmp_path / "missing.csv")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(write: Write, delimiter: str) -> None:
    rows = [["name", "note", "amount"], ["Ada", "one; two, three | four", "1,5"], ["Ben", "", "2"]]
    quoted = "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    assert cells(write(quoted)) == rows[1:]


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        ("name;amount\nAda;1,5\nBen;2,75\n", ";"),
        ("name\nAda, Countess\nBen\nCleo\nDana\n", ","),
        ("Name, first;Name, last\nAda;Lovelace\nBen;Miles\n", ";"),
        ("a\tb\n1,5\t2,5\n", "\t"),
        ('a;b\n"x\ny, z";2\n', ";"),
        ("just one line of text", ","),
    ],
)
def test_decimal_commas_and_lists_are_no_delimiters(write: Write, content: str, delimiter: str) -> None:
    assert open_table(write(content)).delimiter == delimiter


def test_a_line_that_names_the_delimiter_is_no_heading(write: Write) -> None:
    assert cells(write("sep=;\r\na;b\r\n1;2\r\n")) == [["1", "2"]]


def test_quoted_line_breaks_and_quotes_stay_in_the_cell(write: Write) -> None:
    path = write('a,b\r\n"Once upon\r\na time","ha ""ha"""\r\n37°36\'37.8"N,x\r\n')
    assert cells(path) == [["Once upon\r\na time", 'ha "ha"'], ["37°36'37.8\"N", "x"]]


def test_rows_know_the_line_where_they_begin(write: Write) -> None:
    table = open_table(write('a,b\n"x\ny",1\n\n2,3\n'))
    assert [(row.number, row.line) for row in table.rows()] == [(1, 2), (2, 5)]


def test_lines_may_end_as_on_old_computers(write: Write) -> None:
    assert cells(write("a,b\r1,2\r3,4\r")) == [["1", "2"], ["3", "4"]]


def test_a_unicode_line_separator_ends_no_line(write: Write) -> None:
    assert cells(write("a\u2028b,c\x0c\n1\x85,2\n")) == [["1\x85", "2"]]


def test_ragged_rows_are_handed_on_with_the_reason(write: Write) -> None:
    path = write("a,b,c\n1,2,3\n1,2\n1,2,3,4\n1,2,3,,\n")
    assert problems(path) == [(3, "ragged"), (4, "ragged")]
    assert cells(path) == [["1", "2", "3"], ["1", "2", "3"]]


def test_an_empty_column_at_the_end_is_left_out(write: Write) -> None:
    path = write("a,b,\n1,2,\n3,4\n5,6,7\n")
    assert open_table(path).columns == ("a", "b")
    assert cells(path) == [["1", "2"], ["3", "4"]]
    assert problems(path) == [(4, "ragged")]


def test_a_repeated_heading_gets_a_number_and_is_told(write: Write) -> None:
    table = open_table(write("Phone,Name,Phone,,x\n1,2,3,4,5\n"))
    assert table.columns == ("Phone", "Name", "Phone (2)", "Column 4", "x")
    assert "more than once" in table.notes[0]


def test_a_row_with_nul_is_handed_on_with_the_reason(write: Write) -> None:
    path = write(b"a,b\n1,x\x00y\n3,4\n")
    assert problems(path) == [(2, "nul")]
    assert cells(path) == [["3", "4"]]


def test_a_cell_of_10_mb_is_read_and_a_longer_one_is_not(write: Write) -> None:
    limit = reader.CELL_LIMIT
    assert [len(row[0]) for row in cells(write("a,b\n" + "x" * limit + ",1\n"))] == [limit]
    path = write("a,b\n" + "x" * (limit + 1) + ",1\n2,3\n")
    assert problems(path) == [(2, "too_long")]
    assert cells(path) == [["2", "3"]]


def test_reading_goes_on_behind_a_quoted_cell_that_is_too_long(write: Write) -> None:
    long = '"' + "many lines, with commas\n" * 450_000 + '"'
    path = write(f"a,b\n{long},1\n2,3\n")
    assert problems(path) == [(2, "too_long")]
    assert cells(path) == [["2", "3"]]


def test_a_line_without_end_is_given_up_without_reading_it_whole(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "CELL_LIMIT", 1000)
    monkeypatch.setattr(reader, "ROW_LIMIT", 3000)
    path = write("a,b\n" + "x,y" * 5000 + "\n2,3\n")
    assert problems(path) == [(2, "too_long")]
    assert cells(path) == [["2", "3"]]


def test_a_file_cut_within_quotes_is_told_at_its_last_row(write: Write) -> None:
    path = write('a,b\n1,2\n3,"4 and th')
    assert problems(path) == [(3, "cut")]
    assert cells(path) == [["1", "2"]]


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_a_file_cut_within_a_character_is_told_at_its_last_row(write: Write, codec: str) -> None:
    path = write("a,b\n1,2\n3,Łódź".encode(codec)[:-1])
    assert problems(path) == [(3, "cut")]
    assert cells(path) == [["1", "2"]]


def test_blank_rows_are_left_out(write: Write) -> None:
    assert cells(write("a,b\n\n1,2\n,\n\n3,4\n")) == [["1", "2"], ["3", "4"]]


def test_a_file_with_a_heading_only_has_no_rows(write: Write) -> None:
    assert cells(write("a,b")) == []
