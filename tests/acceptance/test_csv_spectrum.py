"""Small, nasty CSV files: each says what its JSON says, as read and as records of a custom module."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crm.imports.reader import open_table
from crm.models import CustomRecord, Module
from crm.modules.editing import create_module
from crm.modules.field_editing import create_field

FILES = (
    "comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "location_coordinates", "newlines",
    "newlines_crlf", "quotes_and_newlines", "simple", "simple_crlf", "utf8",
)  # fmt: skip
Run = Callable[..., dict[str, Any]]
Rows = list[dict[str, str]]


def expected(folder: Path, name: str) -> Rows:
    """What the JSON says, with the two places where the files as given here differ from it.

    The telephone number in location_coordinates.csv is not the one in its JSON, and newlines_crlf.csv
    has lost its carriage returns.
    """
    data = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    rows: Rows = data if isinstance(data, list) else [data]
    if name == "location_coordinates":
        rows[0]["Contact Phone Number"] = "2095257564"
    text = (folder / f"{name}.csv").read_bytes()
    if b"\r\n" not in text:
        rows = [{key: value.replace("\r\n", "\n") for key, value in row.items()} for row in rows]
    return rows


@pytest.fixture
def folder(acceptance_data: Path) -> Path:
    """The files."""
    return acceptance_data / "csv_spectrum"


@pytest.mark.parametrize("name", FILES)
def test_what_is_read_is_what_the_json_says(folder: Path, name: str) -> None:
    table = open_table(folder / f"{name}.csv")
    rows = list(table.rows())
    assert [row.problem for row in rows] == [None] * len(rows)
    assert [dict(zip(table.columns, row.cells, strict=True)) for row in rows] == expected(folder, name)


def test_line_breaks_of_windows_stay_within_quotes(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "newlines.csv"
    path.write_bytes((folder / "newlines.csv").read_bytes().replace(b"\n", b"\r\n"))
    data = json.loads((folder / "newlines_crlf.json").read_text())
    table = open_table(path)
    assert [dict(zip(table.columns, row.cells, strict=True)) for row in table.rows()] == data


@pytest.mark.django_db
@pytest.mark.parametrize("name", FILES)
def test_what_is_imported_is_what_the_json_says(folder: Path, run: Run, name: str) -> None:
    rows = expected(folder, name)
    things: Module = create_module(label="Thing", label_plural="Things", actor=None)
    keys = {
        column: create_field(module=things, label=f"{column} field", type="long_text", actor=None).key
        for column in rows[0]
    }
    mapping = {"columns": keys, "set": {"name": "x"}}
    told = run("import_records", things.key, folder / f"{name}.csv", mapping=mapping)
    assert (told["created"], told["refused"]) == (len(rows), 0)
    stored = CustomRecord.objects.filter(module=things.key).order_by("id").values_list("custom", flat=True)
    shown = [{column: custom.get(key, "") for column, key in keys.items()} for custom in stored]
    assert shown == [{key: value.replace("\r\n", "\n") for key, value in row.items()} for row in rows]
