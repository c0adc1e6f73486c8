"""Claims about exports: what is in the file, who gets it, and what no program will work out."""

import csv
import io
import logging
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client
from openpyxl import load_workbook

from crm.lists import exporting, sheets
from crm.lists.sheets import csv_text, csv_value, harmless, xlsx_file
from crm.models import User
from tests.crm.lists.conftest import filtered, hide
from tests.crm.pages.conftest import Desk, make
from tests.people import Company, grant
from tests.rows import make_row, make_rows

pytestmark = pytest.mark.django_db
EVIL = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "\rx", "＝1+1"]
TAME = ["-5.5", "+48221234567", "1,5", "Ada", "a=b", "", "5-3"]


def read_csv(response: Any) -> list[dict[str, str]]:
    """The rows of a CSV file by heading."""
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


def read_xlsx(response: Any) -> list[list[Any]]:
    """The rows of an XLSX file."""
    book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    return [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]


@pytest.fixture
def four(ada: User) -> None:
    """Four leads of Ada's."""
    given = [("One", "B"), ("Two", "A"), ("=1+1", "C"), ("王小明", None)]
    make_rows("leads", [{"name": n, "company": c, "owner": ada} for n, c in given])


def test_the_file_has_the_rows_columns_and_order_of_the_list(four: None, ada_client: Client) -> None:
    response = ada_client.get("/leads/export/?format=csv&columns=name,company,owner&sort=company")
    assert isinstance(response, StreamingHttpResponse)
    rows = read_csv(response)
    assert [row["Name"] for row in rows] == ["Two", "One", "'=1+1", "王小明"]
    assert rows[0].keys() == {"ID", "Name", "Company", "Owner"}
    assert rows[0]["Owner"] == "Ada Adler"
    assert rows[3]["Company"] == ""
    assert "filename=" in response["Content-Disposition"]


def test_filter_and_search_narrow_the_file(four: None, ada_client: Client) -> None:
    address = filtered("leads", ("company", "is_any_of", ["A", "B"])).replace("/?", "/export/?")
    assert {row["Name"] for row in read_csv(ada_client.get(address + "&format=csv"))} == {"One", "Two"}
    assert [row["Name"] for row in read_csv(ada_client.get(address + "&format=csv&q=two"))] == ["Two"]


def test_a_workbook_has_the_same_and_no_formula(four: None, ada_client: Client) -> None:
    response = ada_client.get("/leads/export/?format=xlsx&columns=name,company&sort=company")
    raw = b"".join(response.streaming_content)
    sheet = load_workbook(io.BytesIO(raw)).worksheets[0]
    assert [cell.value for cell in sheet["B"]] == ["Name", "Two", "One", "=1+1", "王小明"]
    assert {cell.data_type for cell in sheet["B"]} == {"s"}
    assert sheet["B4"].quotePrefix
    assert sheet.freeze_panes == "A2"


def test_numbers_dates_and_moments_stay_what_they_are(
    company: Company, as_person: Callable[[User], Client]
) -> None:
    company.ada.time_zone = "Europe/Warsaw"
    company.ada.language = "de"
    company.ada.save()
    client = as_person(company.ada)
    make(
        "deals", company.ada, name="Big", amount="-1234.5", close_date="2026-03-01", stage="won",
        currency="EUR", probability="12.5",
    )  # fmt: skip
    fields = "name,amount,close_date,stage,probability,created_at"
    row = read_csv(client.get(f"/deals/export/?format=csv&columns={fields}"))[0]
    amount, day, created = list(row.values())[2], list(row.values())[3], list(row.values())[6]
    assert (amount, day) == ("-1234.50", "2026-03-01")
    assert datetime.fromisoformat(created).utcoffset() is not None
    assert list(row.values())[-1] == "EUR"
    cells = read_xlsx(client.get(f"/deals/export/?format=xlsx&columns={fields}"))[1]
    assert (cells[2], cells[3], cells[5]) == (-1234.5, datetime(2026, 3, 1), 12.5)
    assert isinstance(cells[6], datetime)


def test_all_fields_are_those_that_the_person_may_read(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    row = read_csv(ada_client.get("/leads/export/?format=csv&fields=all"))[0]
    assert {"ID", "Name", "Phone", "Company", "Tags", "Description"} <= row.keys()
    assert row["ID"] == str(desk.lead)
    hide(company, "leads", "company")
    row = read_csv(ada_client.get("/leads/export/?format=csv&fields=all"))[0]
    assert "Company" not in row
    assert "Gesellschaft" not in str(row)
    assert ada_client.get("/leads/export/?format=csv&columns=name,company").status_code == 422


def test_who_may_not_export_gets_no_file_and_no_button(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    assert "/leads/export/" in ada_client.get("/leads/").content.decode()
    grant(company.staff, "leads", "view", "edit")
    for query in ("", "?format=csv", "?format=xlsx"):
        assert ada_client.get(f"/leads/export/{query}").status_code == 403
    assert "/leads/export/" not in ada_client.get("/leads/").content.decode()


def test_a_stranger_s_file_is_empty(
    four: None, company: Company, as_person: Callable[[User], Client]
) -> None:
    cleo = as_person(company.cleo)
    assert read_csv(cleo.get("/leads/export/?format=csv&fields=all")) == []
    assert len(read_xlsx(cleo.get("/leads/export/?format=xlsx"))) == 1


def test_the_name_of_a_record_without_access_is_not_in_the_file(
    company: Company, as_person: Callable[[User], Client]
) -> None:
    secret = make("accounts", company.ben, name="Secret Ltd")
    make("deals", company.ben, name="Deal", account=secret, owner=company.ada.pk)
    row = read_csv(as_person(company.ada).get("/deals/export/?format=csv&columns=name,account"))[0]
    assert row["Account"] == "Record without access"


def test_rights_that_are_taken_back_count_at_once(
    four: None, company: Company, ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "CHUNK", 1)
    monkeypatch.setattr(sheets, "AT_ONCE", 1)
    pieces = ada_client.get("/leads/export/?format=csv&columns=name,company").streaming_content
    first = next(pieces).decode() + next(pieces).decode()
    assert "'=1+1,C" in first
    hide(company, "leads", "company")
    second = next(pieces).decode()
    assert second.split(",")[1:] == ["Two", "\r\n"]
    grant(company.staff, "leads", "view")
    assert b"".join(pieces) == b""


@pytest.mark.parametrize("many", [2, 10_000])
def test_a_large_file_comes_whole_chunk_by_chunk(
    ada: User, ada_client: Client, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    """Above IN_ORDER, filtered rows come newest first by another way."""
    monkeypatch.setattr(exporting, "CHUNK", 3)
    monkeypatch.setattr(exporting, "IN_ORDER", many)
    make_rows("leads", [{"name": f"N{n}", "company": "x", "city": "Y", "owner": ada} for n in range(10)])
    address = filtered("leads", ("city", "is", "Y")).replace("/?", "/export/?")
    for query in (address + "&format=csv", "/leads/export/?format=csv"):
        found = [row["Name"] for row in read_csv(ada_client.get(query))]
        assert found == [f"N{n}" for n in range(9, -1, -1)]
    by_name = read_csv(ada_client.get("/leads/export/?format=csv&sort=name"))
    assert [row["Name"] for row in by_name] == [f"N{n}" for n in range(10)]


def test_a_workbook_has_a_limit_and_says_what_to_do(
    four: None, ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.views.list_export.MOST_XLSX", 3)
    response = ada_client.get("/leads/export/?format=xlsx")
    assert response.status_code == 422
    assert "at most 3 records: choose CSV" in response.content.decode()
    assert ada_client.get("/leads/export/?format=csv").status_code == 200


@pytest.mark.parametrize("query", ["sort=nonsense", "filter={", "columns=x", "view=77"])
def test_what_makes_no_sense_is_refused_before_the_file_begins(
    four: None, ada_client: Client, query: str
) -> None:
    for kind in ("csv", "xlsx"):
        response = ada_client.get(f"/leads/export/?format={kind}&{query}")
        assert isinstance(response, HttpResponse)
        assert response.status_code == 422
        assert 'role="alert"' in response.content.decode()


def test_who_exports_what_is_in_the_log(
    four: None, ada_client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "crm.audit"):
        read_csv(
            ada_client.get(
                filtered("leads", ("company", "is", "A")).replace("/?", "/export/?") + "&format=csv"
            )
        )
    assert "ada@example.com took 1 records of leads" in caplog.text
    assert "Company is “A”" in caplog.text


@pytest.mark.parametrize("text", EVIL)
def test_a_text_that_looks_like_a_formula_is_made_harmless(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert next(csv_text([text], [])).lstrip("\ufeff").lstrip('"').startswith("'")


@pytest.mark.parametrize("text", TAME)
def test_a_text_that_is_no_formula_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


def test_values_are_written_so_that_programs_can_read_them() -> None:
    assert csv_value(Decimal("1E+3")) == "1000"
    assert csv_value(Decimal("-0.50")) == "-0.50"
    assert csv_value(date(26, 1, 2)) == "0026-01-02"
    assert csv_value(None) == ""
    assert csv_value(-7) == "-7"


def test_a_workbook_takes_what_spreadsheets_can_t_hold() -> None:
    rows = [["a\x0b\x1f\ufffe\uffffb", "x" * 40_000, date(1600, 1, 1), datetime(1, 1, 1, 3), True]]
    with xlsx_file("A/b:*?[c]" * 9, ["1", "2", "3", "4", "5"], rows) as file:
        found = load_workbook(file).worksheets[0]
    assert [cell.value for cell in found[2]][:4] == ["ab", "x" * 32_767, "1600-01-01", "0001-01-01T03:00:00"]
    assert len(found.title) <= 31


def test_naughty_names_survive_the_export(ada: User, ada_client: Client) -> None:
    nasty = ['"; DROP TABLE--', "a,b;c", "line", "👩‍💻", "<script>", "\u202eabc"]
    for text in nasty:
        make_row("leads", name=text, owner=ada)
    names = [row["Name"] for row in read_csv(ada_client.get("/leads/export/?format=csv&columns=name"))]
    assert names == nasty[::-1]
