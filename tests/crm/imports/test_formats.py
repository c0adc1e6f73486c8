"""Dates and numbers: the format is the column's, found from all its values or asked for."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from crm.fields import ValueProblem
from crm.imports.analysis import ColumnEvidence
from crm.imports.closest import closest
from crm.imports.dates import DAY_FIRST, ISO, MONTH_FIRST, DateEvidence, parse_date
from crm.imports.numbers import NumberEvidence, plain_number


def dates(*values: str) -> DateEvidence:
    evidence = DateEvidence()
    for value in values:
        evidence.add(value)
    return evidence


def numbers(*values: str) -> NumberEvidence:
    evidence = NumberEvidence()
    for value in values:
        evidence.add(value)
    return evidence


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["2017-03-01", "2016-10-20"], ISO),
        (["3/1/2017", "10/20/2016"], MONTH_FIRST),
        (["1/3/2017", "20/10/2016"], DAY_FIRST),
        (["01.03.2017"], DAY_FIRST),
        (["3/1/2017", "4/2/2017"], None),
        (["20/10/2016", "10/20/2016"], None),
        (["2017-03-01", "3/1/2017"], None),
        (["30/02/2017"], DAY_FIRST),
        ([], ISO),
    ],
)
def test_the_order_of_day_and_month_is_found_or_left_open(values: list[str], found: str | None) -> None:
    assert dates(*values).format() == found


def test_a_day_that_is_its_own_month_asks_nobody() -> None:
    assert dates("5/5/2017").format() == DAY_FIRST


@pytest.mark.parametrize(
    ("text", "order", "value"),
    [
        ("2017-03-01", MONTH_FIRST, date(2017, 3, 1)),
        ("3/1/2017", MONTH_FIRST, date(2017, 3, 1)),
        ("3/1/2017", DAY_FIRST, date(2017, 1, 3)),
        ("3.1.17", DAY_FIRST, date(2017, 1, 3)),
        ("3.1.69", DAY_FIRST, date(1969, 1, 3)),
        ("2017/3/1", ISO, date(2017, 3, 1)),
        ("3/1/2017 4:05 PM", MONTH_FIRST, datetime(2017, 3, 1, 16, 5)),
        ("2017-03-01T12:30:15", ISO, datetime(2017, 3, 1, 12, 30, 15)),
        ("29/02/2024", DAY_FIRST, date(2024, 2, 29)),
    ],
)
def test_dates_are_read_in_the_order_of_the_column(text: str, order: str, value: date) -> None:
    assert parse_date(text, order) == value


@pytest.mark.parametrize(
    "text", ["30/02/2017", "29.02.2023", "31/04/2020", "0/1/2020", "2017-13-01", "1/1/123"]
)
def test_dates_that_do_not_exist_are_refused(text: str) -> None:
    with pytest.raises(ValueProblem, match="does not exist"):
        parse_date(text, DAY_FIRST)


@pytest.mark.parametrize("text", ["soon", "3/1", "20170301", "3/1-2017"])
def test_other_text_is_no_date(text: str) -> None:
    with pytest.raises(ValueProblem, match="is not a date"):
        parse_date(text, DAY_FIRST)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["1", "2"], "."),
        (["1.5", "1,234"], "."),
        (["1,5", "1.234"], ","),
        (["1.234,56"], ","),
        (["1,234.56"], "."),
        (["1.234.567"], ","),
        (["1,234,567"], "."),
        (["0.125"], "."),
        (["1234.567"], "."),
        (["1,234"], None),
        (["1.234"], None),
        (["1,5", "1.5"], None),
    ],
)
def test_the_decimal_sign_is_found_or_left_open(values: list[str], found: str | None) -> None:
    assert numbers(*values).decimal() == found


@pytest.mark.parametrize(
    ("text", "sign", "number"),
    [
        ("1.234,56", ",", "1234.56"),
        ("1,234.56", ".", "1234.56"),
        ("1 234,5", ",", "1234.5"),
        ("1\u202f234,5", ",", "1234.5"),
        ("1'234.50", ".", "1234.50"),
        ("€ 12,00", ",", "12.00"),
        ("-$5", ".", None),
        ("$-5", ".", "-5"),
        ("\u22125,5", ",", "-5.5"),
        ("1.234", ",", "1234"),
    ],
)
def test_local_numbers_are_read_with_the_columns_sign(text: str, sign: str, number: str | None) -> None:
    if number is None:
        with pytest.raises(ValueProblem):
            plain_number(text, sign)
    else:
        assert Decimal(plain_number(text, sign)) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "sign"), [("1,5", "."), ("1.5", ","), ("12,34,567", "."), ("many", "."), ("", ".")]
)
def test_numbers_of_another_form_are_refused(text: str, sign: str) -> None:
    with pytest.raises(ValueProblem, match="is not a number"):
        plain_number(text, sign)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["Yes", "no", "YES"], "boolean"),
        (["Yes", "", "No"], "picklist"),
        (["0", "1", "1", "0"], "boolean"),
        (["0", "0"], "integer"),
        (["1", "2", "300"], "integer"),
        (["08123", "10115"], "text"),
        (["1.5", "2"], "decimal"),
        (["1,50", "2"], "decimal"),
        (["2020-01-31", "2020-02-01"], "date"),
        (["red", "green", "red", "green"], "picklist"),
        (["one", "two", "three"], "text"),
        (["two\nlines", "x"], "long_text"),
        (["x" * 300], "long_text"),
        (["", ""], "text"),
        (["1" * 16], "text"),
    ],
)
def test_the_type_of_a_new_field_is_seen_from_its_values(values: list[str], kind: str) -> None:
    evidence = ColumnEvidence()
    for value in values * (2 if kind == "picklist" else 1):
        evidence.add(value)
    assert evidence.field_type()[0] == kind


@pytest.mark.parametrize(
    ("text", "match"),
    [("GTXPro", "GTX Pro"), ("technolgy", "Technology"), ("gtx basic", "GTX Basic"), ("zebra", None)],
)
def test_the_closest_match_is_the_one_that_was_meant(text: str, match: str | None) -> None:
    assert closest(text, ["GTX Pro", "GTX Basic", "GTX Plus Pro", "Technology", "Medical"]) == match
