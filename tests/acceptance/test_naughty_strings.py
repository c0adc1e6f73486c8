"""Strings that break software: through the door and the import, lists, queries and history, unchanged."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crm.door import Change, Source, Verb, apply
from crm.models import Account, History, User
from crm.modules.loading import module
from crm.visibility import Sort, page, visible_to
from tests.acceptance.conftest import matching
from tests.acceptance.naughty import kept

pytestmark = pytest.mark.django_db
Run = Callable[..., dict[str, Any]]


def test_each_goes_through_the_door_lists_queries_and_history_unchanged(
    strings: list[str], chief: User
) -> None:
    changes = [
        Change(Verb.CREATE, "accounts", values={"name": text[:200], "description": text}, ref=text)
        for text in strings
    ]
    outcome = apply(changes, actor=chief, source=Source.API, mode="each")
    assert [result.change.ref for result in outcome.results if not result.ok] == []
    ids = {result.change.ref: result.id for result in outcome.results}
    rows = visible_to(chief, module("accounts")).in_bulk()
    history = dict(History.objects.values_list("record_id", "changes"))
    for text, record_id in ids.items():
        assert rows[record_id].description == kept(text)
        assert history[record_id]["description"] == [None, kept(text), None]
    listed = [row.name for row in page(chief, module("accounts"), sort=Sort("name"), size=1000).rows]
    assert sorted(listed) == sorted(row.name for row in rows.values())
    for text, record_id in ids.items():
        for field, wanted in (("description", kept(text)), ("name", rows[record_id].name)):
            for operator in ("is", "contains"):
                found = visible_to(chief, module("accounts")).filter(
                    matching("accounts", (field, operator, wanted))
                )
                assert record_id in set(found.values_list("id", flat=True)), (field, operator, text)


def test_each_is_imported_unchanged(strings: list[str], run: Run, tmp_path: Path) -> None:
    path = tmp_path / "naughty.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [("name", "description"), *((f"n{n}", text) for n, text in enumerate(strings))]
        )
    told = run("import_records", "accounts", path)
    assert (told["created"], told["refused"], told["encoding"]) == (len(strings), 0, "utf-8")
    stored = dict(Account.objects.values_list("name", "description"))
    assert [stored[f"n{n}"] for n in range(len(strings))] == [kept(text) for text in strings]
