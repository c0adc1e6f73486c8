"""Money and quotes: what is rounded where, currencies and rates, totals, document numbers."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from crm.documents.generation import configuration_changed
from crm.door import Change, Source, Verb, apply
from crm.fields.lines import clean_line, totals
from crm.models import Currency, ExchangeRate, LineItem, User
from tests.crm.door.making import codes, edit, make, stored, value


def quote(actor: User, lines: list[dict[str, Any]], **values: Any) -> int:
    return make("quotes", actor, lines=lines, **values)


def line(quantity: Any = 1, price: Any = 100, discount: Any = 0, tax: Any = 0) -> dict[str, Any]:
    return {"text": "Work", "quantity": quantity, "price": price, "discount": discount, "tax": tax}


def test_a_quote_adds_up(ada: User) -> None:
    pk = quote(ada, [line(3, "19.99", 10, 19), line("0.5", "100", 0, 7)])
    values = stored("quotes", pk).values
    keys = ("subtotal", "discount_total", "tax_total", "total", "largest_discount")
    # 59.97 less 10 % = 53.973 -> 53.97, tax 10.2543 -> 10.25; 50.00, tax 3.50
    assert [values[key] for key in keys] == [
        Decimal(text) for text in ("109.97", "6.00", "13.75", "117.72", "10.00")
    ]
    rows = LineItem.objects.filter(record_id=pk).values_list("position", "net", "total")
    assert list(rows) == [(1, Decimal("53.97"), Decimal("64.22")), (2, Decimal("50.00"), Decimal("53.50"))]


@pytest.mark.parametrize(
    ("price", "discount", "net"),
    [("0.01", "50", "0.01"), ("0.03", "50", "0.02"), ("1.00", "0.5", "1.00"), ("0.99", "50", "0.50")],
)
def test_half_a_cent_is_rounded_up(price: str, discount: str, net: str) -> None:
    assert clean_line(line(1, price, discount))["net"] == net


@given(
    st.lists(
        st.builds(
            line,
            st.decimals(0, 1000, places=4),
            st.decimals(0, 10_000, places=2),
            st.decimals(0, 100, places=2),
            st.decimals(0, 100, places=2),
        ),
        max_size=8,
    )
)
def test_what_is_printed_adds_up(lines: list[dict[str, Any]]) -> None:
    cleaned = [clean_line(one) for one in lines]
    sums = totals(cleaned)
    assert sums.total == sum((Decimal(one["total"]) for one in cleaned), Decimal(0))
    assert sums.subtotal - sums.discount_total + sums.tax_total == sums.total
    assert [clean_line(one) for one in cleaned] == cleaned


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": 1},
        {"text": "x", "discount": 101},
        {"text": "x", "price": -1},
        {"text": "x", "tax": "NaN"},
        {"text": "x", "quantity": "many"},
        {"text": "x", "quantity": 10**9, "price": 10**11},
        "x",
        None,
    ],
)
def test_a_wrong_line_is_refused(ada: User, wrong: Any) -> None:
    change = Change(Verb.CREATE, "quotes", None, {"name": "Q", "lines": [wrong]})
    assert codes(apply([change], actor=ada, source=Source.PAGE)) == [("lines", "invalid")]


def test_totals_follow_the_lines_and_other_edits_leave_them(ada: User) -> None:
    pk = quote(ada, [line()])
    edit("quotes", pk, ada, lines=[line(2)]).or_raise()
    assert value("quotes", pk, "total") == 200
    assert edit("quotes", pk, ada, name="Other").ok
    assert edit("quotes", pk, ada, lines=[]).ok
    assert (value("quotes", pk, "total"), value("quotes", pk, "largest_discount")) == (0, None)
    assert not LineItem.objects.filter(record_id=pk).exists()
    assert codes(edit("quotes", pk, ada, total=5)) == [("total", "system")]


@pytest.fixture
def dollars(db: None) -> None:
    """A dollar was worth 0.80, and is worth 0.90 from 2026 on; yen have no rate."""
    currency = Currency.objects.create(code="USD")
    Currency.objects.create(code="JPY")
    ExchangeRate.objects.create(currency=currency, day=date(2020, 1, 1), rate=Decimal("0.8"))
    ExchangeRate.objects.create(currency=currency, day=date(2026, 1, 1), rate=Decimal("0.9"))
    configuration_changed(actor=None, kind="currency", key="USD", what="created")


@pytest.mark.usefixtures("dollars")
def test_an_amount_is_also_in_the_companys_currency_at_the_rate_of_the_day(ada: User) -> None:
    from datetime import UTC, datetime

    pk = make("deals", ada, amount="99.99", currency="usd")
    assert (value("deals", pk, "amount_base"), value("deals", pk, "rate")) == (
        Decimal("89.99"),
        Decimal("0.9"),
    )
    change = Change(Verb.CREATE, "deals", None, {"name": "Old", "amount": 10, "currency": "USD"})
    old = apply([change], actor=None, source=Source.IMPORT, now=datetime(2024, 5, 1, tzinfo=UTC)).ids[0]
    assert value("deals", old, "amount_base") == 8
    edit("deals", old, None, amount=20).or_raise()  # the rate stays with the record
    assert (value("deals", old, "amount_base"), value("deals", old, "rate")) == (16, Decimal("0.8"))


@pytest.mark.usefixtures("dollars")
def test_a_currency_without_a_rate_is_refused(ada: User) -> None:
    for code in ("JPY", "XXX"):
        change = Change(Verb.CREATE, "deals", None, {"name": "D", "amount": 1, "currency": code})
        assert codes(apply([change], actor=ada, source=Source.PAGE)) == [("currency", "unknown_value")]


def test_a_deal_takes_the_stages_probability_unless_one_is_given(ada: User) -> None:
    pk = make("deals", ada, amount="1000", stage="proposal")
    assert (value("deals", pk, "probability"), value("deals", pk, "expected_revenue")) == (50, 500)
    edit("deals", pk, ada, stage="won").or_raise()
    assert value("deals", pk, "expected_revenue") == 1000
    edit("deals", pk, ada, stage="proposal", probability="33.335").or_raise()
    assert value("deals", pk, "probability") == Decimal("33.34")
    edit("deals", pk, ada, amount=None).or_raise()
    assert value("deals", pk, "expected_revenue") is None


@pytest.mark.parametrize("amount", ["9999999999999.99", "-0.005", "1e3"])
def test_amounts_are_exact(ada: User, amount: str) -> None:
    pk = make("deals", ada, amount=amount)
    want = {"-0.005": "-0.01", "1e3": "1000.00"}.get(amount, amount)
    assert value("deals", pk, "amount") == Decimal(want)


@pytest.mark.parametrize("amount", ["99999999999999.99", "inf", "1,5", "abc", "1e99"])
def test_amounts_that_cannot_be_kept_are_refused(ada: User, amount: str) -> None:
    change = Change(Verb.CREATE, "deals", None, {"name": "D", "amount": amount})
    assert [key for key, _code in codes(apply([change], actor=ada, source=Source.PAGE))] == ["amount"]


def test_document_numbers_have_no_gap_when_something_is_refused(ada: User) -> None:
    first = value("invoices", make("invoices", ada), "number")
    with transaction.atomic():
        make("invoices", ada)
        transaction.set_rollback(True)
    refused = apply(
        [Change(Verb.CREATE, "invoices", None, {"name": n}) for n in ("a", "")], actor=ada, source=Source.PAGE
    )
    assert not refused.ok
    second = value("invoices", make("invoices", ada), "number")
    assert int(second.split("-")[1]) == int(first.split("-")[1]) + 1
    assert codes(edit("invoices", make("invoices", ada), ada, number="I-1")) == [("number", "system")]
