"""`manage.py import_records` and `import_people`: summary, exit status, what the command line takes."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from crm.models import Lead, Role, User
from crm.people.hierarchy import superior_of
from tests.people import Company

Write = Callable[..., Path]
pytestmark = pytest.mark.django_db


def run(*arguments: Any) -> dict[str, Any]:
    out = StringIO()
    call_command(*map(str, arguments), stdout=out)
    return json.loads(out.getvalue())


def test_the_summary_counts_every_row_and_reason(write: Write, tmp_path: Path) -> None:
    path = write("Name;rating\nAda;High\nBen;enormous\nCleo;Select\n")
    told = run(
        "import_records", "leads", path, "--map", "Name=last_name", "--empty", "Select",
        "--set", "source=Partner", "--errors", tmp_path / "errors.csv",
    )  # fmt: skip
    assert (told["rows"], told["created"], told["refused"]) == (3, 2, 1)
    assert (told["encoding"], told["delimiter"]) == ("utf-8", ";")
    assert told["columns"] == {"Name": ["last_name"], "rating": ["rating"]}
    (reason,) = told["reasons"]
    assert (reason["column"], reason["code"], reason["rows"]) == ("rating", "unknown_value", 1)
    assert (tmp_path / "errors.csv").exists()
    assert told["rows_per_second"] > 0


def test_several_files_are_one_import(write: Write) -> None:
    files = write("name,parent\nLeaf,Root\n", "a.csv"), write("name,parent\nRoot,\n", "b.csv")
    told = run("import_records", "accounts", *files)
    assert (told["created"], told["incomplete"], told["files"]) == (2, 0, ["a.csv", "b.csv"])


def test_a_mapping_file_and_the_command_line_go_together(write: Write) -> None:
    mapping = {"columns": {"A": "last_name"}, "values": {"B": {"x": "High"}}, "empty": ["-"]}
    told = run(
        "import_records", "leads", write("A,B,C\nAda,x,1\nBen,-,2\n"),
        "--mapping", write(json.dumps(mapping), "map.json"), "--map", "B=rating", "--map", "C=",
    )  # fmt: skip
    assert told["created"] == 2
    assert dict(Lead.objects.values_list("last_name", "rating")) == {"Ada": "high", "Ben": None}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--map", "nonsense"], "not of the form"),
        (["--map", "X=last_name"], "no column “X”"),
        (["--map", "a=last_name", "--automation", "magic"], "no automation “magic”"),
        (["--map", "a=last_name", "--owner", "nobody"], "no person “nobody”"),
        (["--map", "a=last_name", "--delimiter", "ab"], "cannot be a delimiter"),
        (["--map", "a=last_name", "--encoding", "klingon"], "no encoding"),
        (["--mapping", "missing.json"], "No such file"),
        ([], "which is required"),
    ],
)
def test_what_cannot_be_used_ends_with_a_message(write: Write, arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message) as refused:
        run("import_records", "leads", write("a\n1\n"), *arguments)
    assert refused.value.returncode == 1
    assert not Lead.objects.exists()


@pytest.mark.parametrize("content", ["[]", '{"colums": {}}', "{", '{"columns": ["a"]}'])
def test_a_mapping_of_another_form_is_refused(write: Write, content: str) -> None:
    with pytest.raises(CommandError, match=r"mapping|JSON"):
        run("import_records", "leads", write("a\n1\n"), "--mapping", write(content, "map.json"))


def test_the_stages_that_run_can_be_chosen(write: Write) -> None:
    for choice in ("all", "none", "assignment,rules"):
        run("import_records", "leads", write("last_name\nA\n"), "--automation", choice)
    assert Lead.objects.count() == 3


TEAMS = "sales_agent,manager,regional_office\nAnn,Max,East\nBob,Max,East\nCal,Nia,West\n"


def test_people_get_their_managers_as_superiors(write: Write) -> None:
    assert run("import_people", write(TEAMS), "--domain", "x.example") == {
        "people_created": 5, "people_changed": 0, "roles_created": 5,
    }  # fmt: skip
    by_name = {user.name: user for user in User.objects.all()}
    superiors = {name: superior_of(user) for name, user in by_name.items()}
    assert superiors == {
        "Ann": by_name["Max"], "Bob": by_name["Max"], "Cal": by_name["Nia"], "Max": None, "Nia": None,
    }  # fmt: skip
    assert by_name["Ann"].email == "ann@x.example"
    assert by_name["Ann"].role.parent.key == "east"
    assert Role.objects.get(key="east").parent.key == "sales"


def test_people_who_are_there_are_placed_and_not_made_again(write: Write) -> None:
    User.objects.create_user("ann@x.example", name="Ann")
    first = run("import_people", write(TEAMS), "--domain", "x.example")
    again = run("import_people", write(TEAMS), "--domain", "x.example")
    assert (first["people_created"], first["people_changed"]) == (4, 1)
    assert set(again.values()) == {0}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("agent,boss\nA,B\n", "no column for manager, office"),
        ("agent,manager,office\nA,,East\n", "Line 2 has no manager"),
        ("agent,manager,office\nA,B,East\nA,C,East\n", "“A” is there twice"),
        ("agent,manager,office\nA,B\n", "has 2 cells"),
    ],
)
def test_a_list_of_people_that_cannot_be_used_makes_nobody(write: Write, content: str, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run("import_people", write(content))
    assert not User.objects.exists()


def test_new_people_get_the_profile_that_is_named(write: Write, company: Company) -> None:
    run("import_people", write(TEAMS), "--profile", "staff")
    assert User.objects.get(name="Ann").profile == company.staff
    with pytest.raises(CommandError, match="no profile “none”"):
        run("import_people", write(TEAMS), "--profile", "none")
