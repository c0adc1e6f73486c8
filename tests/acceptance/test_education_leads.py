"""9,240 leads of a training company: fields made as needed, converted ones to James, the others in turn."""

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from crm.door.reading import read_rows
from crm.models import Field, History, Lead, User
from crm.modules.loading import module
from crm.visibility import count
from tests.acceptance.conftest import matching
from workflows.models import AssignmentEntry, AssignmentRule
from workflows.publishing import publish_assignment

pytestmark = pytest.mark.django_db
Run = Callable[..., dict[str, Any]]
REPS = ("rosa", "sven", "tuva")
MAPPING = {"columns": {"Lead Number": "last_name"}, "empty": ["Select"]}


def share_out() -> None:
    """One entry gives converted leads to James, the next the others to three reps in turn."""
    people = {
        key: User.objects.create_user(f"{key}@example.com", name=key.title()) for key in ("james", *REPS)
    }
    rule = AssignmentRule.objects.create(key="education", name="Education", module_id="leads")
    converted = {"conditions": [{"field": "converted", "operator": "is", "value": True}]}
    first = AssignmentEntry.objects.create(rule=rule, key="converted", criteria=converted, position=1)
    first.users.set([people["james"]])
    turn = AssignmentEntry.Kind.ROUND_ROBIN
    second = AssignmentEntry.objects.create(rule=rule, key="others", kind=turn, position=2)
    second.users.set([people[key] for key in REPS])
    publish_assignment(rule, actor=None)


@pytest.fixture
def file(acceptance_data: Path) -> Path:
    """The leads."""
    return acceptance_data / "x_education_leads" / "Leads.csv"


def rows_of(file: Path) -> Iterator[dict[str, str]]:
    """The rows as Python reads them, blanks and “Select” as empty."""
    with file.open(newline="", encoding="utf-8") as text:
        for row in csv.DictReader(text):
            yield {key: "" if value == "Select" else value.strip() for key, value in row.items() if key}


def test_all_leads_go_in_and_find_their_owners(file: Path, run: Run, chief: User, tmp_path: Path) -> None:
    # The fields must be there before a rule can name them: the heading and some rows make them.
    told = run("import_records", "leads", file, "--create-fields", "--automation", "none", mapping=MAPPING)
    assert (told["rows"], told["created"], told["refused"], told["delimiter"]) == (9240, 9240, 0, ",")
    fields_fit_their_columns(told["columns"])
    values_are_those_of_the_file(file, told["columns"])
    share_out()
    told = run(
        "import_records", "leads", file, "--as", chief.email, "--assignment", "education",
        "--key", "prospect_id", "--duplicates", "create", mapping=MAPPING,
    )  # fmt: skip
    assert told["created"] == 9240
    owners = Counter(Lead.objects.filter(owner__isnull=False).values_list("owner__name", flat=True))
    assert owners["James"] == 3561
    others = sorted(owners[key.title()] for key in REPS)
    assert sum(others) == 9240 - 3561
    assert others[-1] - others[0] <= 1
    assert History.objects.filter(module="leads", cause_id=told["cause"]).count() == 9240
    where = matching("leads", ("owner.name", "is", "James"), ("converted", "is", True))
    assert count(chief, module("leads"), where=where).number == 3561


def fields_fit_their_columns(columns: dict[str, list[str]]) -> None:
    types = dict(Field.objects.filter(module__key="leads").values_list("key", "type"))
    assert len(columns) == 37, "the empty 38th column is left out"
    assert (columns["City"], columns["Country"], columns["Tags"]) == (["city"], ["country"], ["tags"])
    kinds = Counter(types[key] for keys in columns.values() for key in keys)
    assert kinds["boolean"] == 15
    assert (types["totalvisits"], types["page_views_per_visit"], types["converted"]) == (
        "integer", "decimal", "boolean",
    )  # fmt: skip
    sources = Field.objects.get(module__key="leads", key="lead_source").values
    assert {"Google", "google"} <= set(sources.values_list("label", flat=True))
    assert not sources.filter(label="Select").exists()


def values_are_those_of_the_file(file: Path, columns: dict[str, list[str]]) -> None:
    """Every cell of every 20th row is the record's value, as the door reads it."""
    leads = module("leads")
    found = {stored.values["prospect_id"]: stored.values for stored in read_rows(leads, leads.rows())}
    for row in islice(rows_of(file), 0, None, 20):
        values = found[row["Prospect ID"]]
        for column, (key,) in columns.items():
            info, cell = leads.field(key), row[column]
            assert values[key] == info.type.clean(told(info, cell), info), (column, cell)


def told(info: Any, cell: str) -> Any:
    """The cell with a picklist's key for its label."""
    return next((choice.key for choice in info.choices.values() if choice.label == cell), cell)


def test_google_and_google_in_small_letters_stay_two_sources(file: Path, run: Run, chief: User) -> None:
    run("import_records", "leads", file, "--create-fields", "--automation", "none", mapping=MAPPING)
    expected = Counter(row["Lead Source"] for row in rows_of(file))
    found = {
        label: count(chief, module("leads"), where=matching("leads", ("lead_source", "is", key))).number
        for key, label in Field.objects.get(module__key="leads", key="lead_source").values.values_list(
            "key", "label"
        )
    }
    assert found == {label: number for label, number in expected.items() if label}
    assert found["Google"] != found["google"] > 0


def test_the_same_file_again_is_all_doubles(file: Path, run: Run) -> None:
    first = run("import_records", "leads", file, "--create-fields", "--automation", "none", mapping=MAPPING)
    again = run("import_records", "leads", file, "--key", "prospect_id", mapping=MAPPING)
    assert (first["created"], again["created"], again["skipped"]) == (9240, 0, 9240)
