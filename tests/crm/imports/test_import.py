"""What an import does: columns to fields, links, doubles, owners, new fields, automation, error file."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from crm.door import Source
from crm.imports.duplicates import OnDuplicate
from crm.imports.problems import ImportProblem
from crm.imports.run import ImportRun
from crm.models import Account, Cause, Contact, Deal, Field, History, Lead
from tests.people import Company, grant

Import = Callable[..., ImportRun]
pytestmark = pytest.mark.django_db


def reasons(run: ImportRun) -> dict[str, int]:
    return {str(problem): count for problem, count in run.tally.reasons.items()}


def test_columns_go_to_fields_of_their_name_whatever_case_and_blanks(import_file: Import) -> None:
    run = import_file("leads", "LAST NAME,company,E-Mail,job_title\nAda,Engines,ada@x.example,Countess\n")
    lead = Lead.objects.get()
    assert (lead.last_name, lead.company, lead.email, lead.title) == (
        "Ada", "Engines", "ada@x.example", "Countess",
    )  # fmt: skip
    assert run.plan.columns["job_title"] == ["title"]


def test_named_columns_win_over_proposed_ones_and_one_column_may_fill_two_fields(import_file: Import) -> None:
    import_file(
        "leads", "Company,Name\nEngines,Ada\n", columns={"Name": ["last_name", "company"], "Company": None}
    )
    assert (Lead.objects.get().last_name, Lead.objects.get().company) == ("Ada", "Ada")


def test_values_are_replaced_and_some_count_as_empty(import_file: Import) -> None:
    run = import_file(
        "leads",
        "last_name,status,rating\nAda,hot,Select\nBen,,High\n",
        values={"status": {"hot": "Qualified"}},
        empty=["Select"],
    )
    assert run.tally.created == 2
    ada, ben = Lead.objects.order_by("last_name")
    assert (ada.status, ada.rating) == ("qualified", None)
    assert (ben.status, ben.rating) == ("new", "high"), "an empty cell leaves the default"


def test_constants_fill_every_row(import_file: Import) -> None:
    import_file("leads", "last_name\nAda\nBen\n", set={"source": "Trade show", "company": "Engines"})
    assert list(Lead.objects.values_list("source", "company")) == [("trade_show", "Engines")] * 2


def test_links_are_found_by_name_or_another_field(import_file: Import) -> None:
    import_file("accounts", "name,phone\nEngines,0123\nLooms,0456\n")
    import_file("contacts", "last_name,account\nAda,Looms\n")
    import_file("contacts", "last_name,account\nBen,0123\n", columns={"account": "account.phone"})
    assert dict(Contact.objects.values_list("last_name", "account__name")) == {
        "Ada": "Looms",
        "Ben": "Engines",
    }


def test_a_link_to_nothing_is_reported_with_the_closest_match(import_file: Import) -> None:
    import_file("accounts", "name\nEngines Ltd\nLooms\n")
    run = import_file("contacts", "last_name,account\nAda,EnginesLtd\nBen,Looms\n")
    assert (run.tally.created, run.tally.refused) == (1, 1)
    assert "The closest is “Engines Ltd”" in next(iter(reasons(run)))


def test_a_name_that_several_records_have_is_reported(import_file: Import) -> None:
    import_file("accounts", "name\nEngines\nEngines\n")
    run = import_file("contacts", "last_name,account\nAda,Engines\n")
    assert reasons(run) == {"account: Several Accounts have the Name “Engines”.": 1}


def test_rows_link_to_rows_that_come_later_in_the_same_file(import_file: Import) -> None:
    run = import_file("accounts", "name,parent\nLeaf,Branch\nBranch,Root\nRoot,\nStray,Nowhere\n")
    parents = dict(Account.objects.values_list("name", "parent__name"))
    assert parents == {"Leaf": "Branch", "Branch": "Root", "Root": None, "Stray": None}
    assert (run.tally.created, run.tally.incomplete) == (4, 1)
    assert "Nowhere" in next(iter(reasons(run)))


def test_doubles_are_skipped(import_file: Import) -> None:
    import_file("leads", "last_name,email\nAda,ada@x.example\n")
    again = import_file(
        "leads", "last_name,email\nAda B,ada@x.example\nBen,ben@x.example\nBen C,ben@x.example\nNo key,\n",
        keys=("email",), duplicates=OnDuplicate.SKIP,
    )  # fmt: skip
    assert (again.tally.created, again.tally.skipped) == (2, 2)
    assert sorted(Lead.objects.values_list("last_name", flat=True)) == ["Ada", "Ben", "No key"]


def test_doubles_are_updated_and_empty_cells_leave_what_was_there(import_file: Import) -> None:
    import_file("leads", "last_name,email,company\nAda,ada@x.example,Engines\n")
    rows = "last_name,email,company\nLovelace,ada@x.example,\nBen,ben@x.example,Looms\nBenny,ben@x.example,\n"
    again = import_file("leads", rows, keys=("email",), duplicates=OnDuplicate.UPDATE)
    assert (again.tally.created, again.tally.updated) == (1, 2)
    assert sorted(Lead.objects.values_list("last_name", "company")) == [
        ("Benny", "Looms"),
        ("Lovelace", "Engines"),
    ]


def test_a_key_of_two_fields_needs_both(import_file: Import) -> None:
    rows = "last_name,company\nAda,Engines\nAda,Looms\nAda,Engines\n"
    run = import_file("leads", rows, keys=("last_name", "company"), duplicates=OnDuplicate.SKIP)
    assert (run.tally.created, run.tally.skipped) == (2, 1)


def test_several_records_with_the_key_are_not_updated(import_file: Import) -> None:
    import_file("leads", "last_name\nAda\nAda\n")
    run = import_file(
        "leads", "last_name,company\nAda,X\n", keys=("last_name",), duplicates=OnDuplicate.UPDATE
    )
    assert run.tally.refused == 1
    assert not Lead.objects.filter(company="X").exists()


def test_owners_come_from_a_column_by_name_or_address(import_file: Import, company: Company) -> None:
    rows = f"last_name,owner\nOne,{company.ada.email.upper()}\nTwo,{company.ben.name}\nThree,\n"
    import_file("leads", rows, owner=company.cleo)
    owners = dict(Lead.objects.values_list("last_name", "owner"))
    assert owners == {"One": company.ada.pk, "Two": company.ben.pk, "Three": company.cleo.pk}


def test_rights_of_the_person_apply(import_file: Import, company: Company) -> None:
    rows = f"last_name,owner\nOne,{company.ada.email}\n"
    import_file("leads", rows, actor=company.ada)
    assert Lead.objects.get().created_by == company.ada
    grant(company.staff, "leads", "view", "create", "edit")
    with pytest.raises(ImportProblem, match="does not allow to import"):
        import_file("leads", rows, actor=company.ben)


def test_a_person_links_only_to_records_that_the_person_sees(import_file: Import, company: Company) -> None:
    import_file("accounts", "name\nHidden\n", owner=company.cleo)
    run = import_file("contacts", "last_name,account\nAda,Hidden\n", actor=company.ada)
    assert run.tally.refused == 1
    assert "closest" not in next(iter(reasons(run)))


def test_fields_are_made_for_columns_that_none_fits(import_file: Import) -> None:
    rows = "last_name,Shoe size,Paid,Colour,Note\n" + "A,42,yes,red,a\nB,43,no,Red,b\nC,44,no,red,c\n" * 2
    run = import_file("leads", rows, create_fields=True)
    made = dict(Field.objects.filter(key__in=run.plan.created_fields).values_list("label", "type"))
    assert made == {"Shoe size": "integer", "Paid": "boolean", "Colour": "picklist", "Note": "picklist"}
    colours = Field.objects.get(label="Colour").values.values_list("label", flat=True)
    assert sorted(colours) == ["Red", "red"], "values that differ in case stay two"
    assert Lead.objects.earliest("id").custom["shoe_size"] == 42


def test_nothing_is_made_for_a_column_that_is_left_out(import_file: Import) -> None:
    run = import_file("leads", "last_name,Junk\nA,1\n", columns={"Junk": None}, create_fields=True)
    assert run.plan.created_fields == ()


def test_local_numbers_and_dates_of_a_column_are_read(import_file: Import) -> None:
    rows = "name;amount;close_date\nOne;1.234,50;31/12/2026\nTwo;99;1/2/2027\n"
    import_file("deals", rows)
    found = dict(Deal.objects.values_list("name", "amount"))
    assert found == {"One": Decimal("1234.50"), "Two": Decimal(99)}
    assert Deal.objects.get(name="Two").close_date.isoformat() == "2027-02-01"


def test_one_cause_stands_for_the_whole_import(import_file: Import, settings: pytest.FixtureRequest) -> None:
    settings.CRM_CHUNK_SIZE = {"postgresql": 2, "sqlite": 2}
    run = import_file("leads", "last_name\nA\nB\nC\nD\nE\n")
    cause = Cause.objects.get()
    assert (cause.kind, cause.label, cause.detail) == (Source.IMPORT, "file.csv", {"files": ["file.csv"]})
    assert run.cause.id == cause.pk
    assert History.objects.filter(cause=cause).count() == 5


def test_refused_rows_are_in_the_error_file_as_they_were(import_file: Import, tmp_path: Path) -> None:
    errors = tmp_path / "errors.csv"
    rows = 'last_name;email\nA;a@x.example\n"Zoë; B";no address\n;c@x.example\nD\n'
    run = import_file("leads", rows, errors=errors)
    assert (run.tally.created, run.tally.refused) == (1, 3)
    lines = errors.read_text("utf-8-sig").splitlines()
    assert lines[0] == "last_name;email;Line;Reason"
    told = {line.split(";")[-2]: line for line in lines[1:]}
    assert told["3"].startswith('"Zoë; B";no address;3;email: Enter an e-mail address')
    assert "Last name is required" in told["4"]
    assert told["5"].startswith("D;;5;The row has 1 cells")


def test_no_error_file_is_made_when_every_row_goes_in(import_file: Import, tmp_path: Path) -> None:
    import_file("leads", "last_name\nA\n", errors=tmp_path / "errors.csv")
    assert not (tmp_path / "errors.csv").exists()
