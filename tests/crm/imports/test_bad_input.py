"""Bad input: each is told in words or reported in its row, and nothing is half-saved or lost."""

from collections.abc import Callable

import pytest

from crm.imports.duplicates import OnDuplicate
from crm.imports.problems import ImportProblem
from crm.imports.run import ImportRun
from crm.models import Deal, Lead
from tests.people import Company

Import = Callable[..., ImportRun]
pytestmark = pytest.mark.django_db


@pytest.fixture(params=["command", "browser"])
def import_file(request: pytest.FixtureRequest) -> Import:
    """By the command, and as the browser does."""
    ways = {"command": "import_file", "browser": "import_by_job"}
    found: Import = request.getfixturevalue(ways[request.param])
    return found


def names() -> list[str]:
    return sorted(Lead.objects.values_list("last_name", flat=True))


def reason(run: ImportRun) -> str:
    (only,) = run.tally.reasons
    return str(only)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"columns": {"Nmae": "last_name"}}, "no column “Nmae”.*The closest is “Name”"),
        ({"columns": {"Name": "lastname"}}, "no field “lastname”.*The closest is “last_name”"),
        ({"columns": {"Name": "created_at"}}, "cannot be filled"),
        ({"columns": {"Name": "last_name", "City": "last_name"}}, "from two columns"),
        ({"columns": {"Name": "last_name"}, "dates": "Y-M-D"}, "Dates are"),
        ({"columns": {"Name": "last_name"}, "keys": ("email",)}, "No column fills the key"),
        ({"columns": {"Name": "last_name"}, "keys": ("lines",)}, "cannot be a key"),
        ({"columns": {"Name": "last_name"}, "duplicates": OnDuplicate.SKIP}, "only be found by a key"),
        ({"columns": {"Name": "last_name"}, "assignment": "none_such"}, "no live assignment rule"),
    ],
)
def test_what_cannot_be_is_refused_before_the_first_row(
    import_file: Import, asked: dict[str, object], message: str
) -> None:
    with pytest.raises(ImportProblem, match=message):
        import_file("leads", "Name,City\nAda,London\n", **asked)
    assert names() == []


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"values": {"Status": {"a": "b"}}}, "no column “Status”"),
        ({"dates": {"Born": "ISO"}}, "no column “Born”"),
        ({"columns": {"Name": "last_name"}, "set": {"rating": "enormous"}}, "not one of the values"),
    ],
)
@pytest.mark.parametrize("import_file", ["command"], indirect=True)
def test_what_only_the_command_takes_is_checked_as_well(
    import_file: Import, asked: dict[str, object], message: str
) -> None:
    with pytest.raises(ImportProblem, match=message):
        import_file("leads", "Name,City\nAda,London\n", **asked)
    assert names() == []


def test_a_required_field_that_no_column_fills_is_refused(import_file: Import) -> None:
    with pytest.raises(ImportProblem, match="Last name, which is required"):
        import_file("leads", "First name,Company\nAda,Engines\n")


@pytest.mark.parametrize("import_file", ["command"], indirect=True)
def test_a_module_that_does_not_exist_is_refused(import_file: Import) -> None:
    with pytest.raises(ImportProblem, match="no module “leeds”"):
        import_file("leeds", "a\n1\n")


def test_a_wrong_encoding_is_refused_with_the_place(import_file: Import) -> None:
    with pytest.raises(ImportProblem, match="not utf-8: byte 11 cannot be read"):
        import_file("leads", b"last_name\n\xd6zil\n", encoding="utf-8")
    assert names() == []


def test_utf_16_goes_in(import_file: Import) -> None:
    import_file("leads", "last_name\nŁukasz\n王\n".encode("utf-16"))
    assert names() == ["Łukasz", "王"]


def test_latin_1_under_a_false_mark_goes_in_and_is_told(import_file: Import) -> None:
    run = import_file("leads", b"\xef\xbb\xbflast_name\nM\xfcller\n")
    assert names() == ["Müller"]
    assert "marked as UTF-8" in run.plan.tables[0].notes[0]


def test_ragged_rows_are_reported_and_the_others_go_in(import_file: Import) -> None:
    run = import_file("leads", "last_name,company\nA,x\nB\nC,y,z\nD,w\n")
    assert names() == ["A", "D"]
    assert {problem.code for problem in run.tally.reasons} == {"ragged"}


def test_a_cell_of_more_than_10_mb_is_reported_and_the_others_go_in(import_file: Import) -> None:
    run = import_file("leads", "last_name,description\nA,x\nB," + "x" * (10 * 1024 * 1024 + 1) + "\nC,y\n")
    assert names() == ["A", "C"]
    assert "longer than 10 MB" in reason(run)


def test_a_cell_that_its_field_does_not_hold_is_reported(import_file: Import) -> None:
    run = import_file("leads", "last_name,description\nA," + "x" * 5_000_000 + "\nB,y\n")
    assert names() == ["B"]
    assert "At most 100000 characters" in reason(run).replace(",", "")


def test_nul_is_reported_and_the_others_go_in(import_file: Import) -> None:
    run = import_file("leads", b"last_name\nA\nB\x00B\nC\n")
    assert names() == ["A", "C"]
    assert "NUL" in reason(run)


def test_quoted_line_breaks_go_in(import_file: Import) -> None:
    import_file("leads", 'last_name,description\r\nA,"one\r\ntwo"\r\n')
    assert Lead.objects.get().description == "one\ntwo"


def test_duplicate_headings_are_told_apart(import_file: Import) -> None:
    run = import_file("leads", "last_name,Phone,Phone\nA,1,2\n", columns={"Phone (2)": "mobile"})
    lead = Lead.objects.get()
    assert (lead.phone, lead.mobile) == ("1", "2")
    assert "more than once" in run.plan.tables[0].notes[0]


def test_dates_that_do_not_exist_are_reported(import_file: Import) -> None:
    run = import_file("deals", "name,close_date\nA,28/02/2026\nB,29/02/2026\nC,31/04/2026\n")
    assert list(Deal.objects.values_list("name", flat=True)) == ["A"]
    assert {problem.code for problem in run.tally.reasons} == {"no_such_date"}


def test_dates_that_can_be_read_two_ways_are_asked_for(import_file: Import) -> None:
    rows = "name,close_date\nA,3/4/2026\nB,5/6/2026\n"
    with pytest.raises(ImportProblem, match="“close_date” must be chosen: “3/4/2026” can have"):
        import_file("deals", rows)
    assert not Deal.objects.exists()
    import_file("deals", rows, dates={"close_date": "M/D/Y"})
    assert Deal.objects.get(name="A").close_date.isoformat() == "2026-03-04"


def test_local_number_separators_are_found_or_asked_for(import_file: Import) -> None:
    rows = "name;amount\nA;1.234\nB;{}\n"
    import_file("deals", rows.format("5,50"))
    assert sorted(map(str, Deal.objects.values_list("amount", flat=True))) == ["1234.00", "5.50"]
    with pytest.raises(ImportProblem, match=r"“amount” must be chosen: “1.234” can have"):
        import_file("deals", rows.format("5"))
    import_file("deals", rows.format("5"), decimals=".")
    assert str(Deal.objects.filter(name="A").latest("id").amount) == "1.23"


def test_numbers_of_another_form_are_reported(import_file: Import) -> None:
    run = import_file("deals", "name,amount\nA,1.5\nB,twelve\nC,2.75\n")
    assert run.tally.refused == 1
    assert "“twelve” is not a number" in reason(run)


def test_an_owner_who_is_unknown_inactive_or_ambiguous_is_reported(
    import_file: Import, company: Company
) -> None:
    company.cleo.is_active = False
    company.cleo.save()
    company.ben.name = company.ada.name
    company.ben.save()
    rows = f"last_name,owner\nA,{company.ada.email}\nB,{company.cleo.email}\nC,nobody\nD,{company.ada.name}\n"
    run = import_file("leads", rows)
    assert names() == ["A"]
    codes = {problem.code for problem in run.tally.reasons}
    assert codes == {"inactive_person", "unknown_person", "ambiguous"}


def test_an_inactive_owner_for_all_is_refused(import_file: Import, company: Company) -> None:
    company.cleo.is_active = False
    company.cleo.save()
    with pytest.raises(ImportProblem, match="no longer active"):
        import_file("leads", "last_name\nA\n", owner=company.cleo)


@pytest.mark.parametrize("cut", ["B,2\nC", 'B,2\nC,"3', "B,2\nŁ"])
def test_of_a_file_cut_in_half_the_whole_rows_go_in_and_the_last_is_reported(
    import_file: Import, cut: str
) -> None:
    content = f"last_name,company\nA,1\n{cut}".encode()
    run = import_file("leads", content[:-1] if cut.endswith("Ł") else content)
    assert names() == ["A", "B"]
    assert run.tally.refused == 1


def test_the_same_file_twice_with_a_key_makes_nothing_twice(import_file: Import) -> None:
    rows = "last_name,email\n" + "".join(f"L{n},l{n}@x.example\n" for n in range(30))
    first = import_file("leads", rows, keys=("email",), duplicates=OnDuplicate.SKIP)
    again = import_file("leads", rows, keys=("email",), duplicates=OnDuplicate.SKIP)
    assert (first.tally.created, again.tally.created, again.tally.skipped) == (30, 0, 30)


def test_the_same_file_twice_as_an_update_changes_nothing(import_file: Import) -> None:
    rows = "last_name,email\nA,a@x.example\n"
    import_file("leads", rows, keys=("email",), duplicates=OnDuplicate.UPDATE)
    version = Lead.objects.get().version
    import_file("leads", rows, keys=("email",), duplicates=OnDuplicate.UPDATE)
    assert Lead.objects.get().version == version


def test_formula_cells_stay_text(import_file: Import) -> None:
    import_file("leads", "last_name,company\n=1+1,@SUM(A1)\n")
    assert (Lead.objects.get().last_name, Lead.objects.get().company) == ("=1+1", "@SUM(A1)")


def test_one_bad_value_among_many_refuses_only_its_row(import_file: Import) -> None:
    rows = "last_name,email\n" + "".join(
        f"L{n},{'bad' if n == 77 else f'l{n}@x.example'}\n" for n in range(200)
    )
    run = import_file("leads", rows)
    assert (run.tally.created, run.tally.refused) == (199, 1)
