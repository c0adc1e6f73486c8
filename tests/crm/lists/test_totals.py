"""Claims about the sums below a list: exact, in the company's currency, and only over what one may see."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client

from crm.lists import totals
from crm.models import Module, User
from tests.crm.lists.conftest import filtered, hide, page_of
from tests.people import Company
from tests.rows import make_row, make_rows

pytestmark = pytest.mark.django_db


def sums(client: Client, address: str) -> list[str]:
    """The texts below the columns."""
    page = page_of(client, address.replace("/?", "/totals/?"))
    return [
        re.sub(r"<.*?>", "", text).strip()
        for text in re.findall(r"<td class=\"num.*?>(.*?)</td>", page, re.S)
    ]


@pytest.fixture
def deals(company: Company) -> None:
    """Two deals of Ada's, one of Cleo's; one is in another currency."""
    rows = [("A", "100.10", "EUR", "100.10", company.ada), ("B", "50.20", "USD", "45.25", company.ada),
            ("C", "7", "EUR", "7", company.cleo)]  # fmt: skip
    make_rows(
        "deals",
        [
            {
                "name": n,
                "amount": Decimal(a),
                "currency": c,
                "amount_base": Decimal(b),
                "owner": o,
                "stage": "won",
            }
            for n, a, c, b, o in rows
        ],
    )


COLUMNS = "/deals/?columns=name,amount,probability,amount_base"


def test_amounts_are_added_in_the_company_s_currency(deals: None, ada_client: Client) -> None:
    assert sums(ada_client, COLUMNS) == ["Sum", "145.35 EUR", "", "145.35 EUR"]


def test_the_filter_counts(deals: None, ada_client: Client) -> None:
    address = filtered("deals", ("name", "is", "B")) + "&columns=name,amount"
    assert sums(ada_client, address) == ["Sum", "45.25 EUR"]


def test_only_visible_records_are_added(
    deals: None, company: Company, as_person: Callable[[User], Client]
) -> None:
    assert sums(as_person(company.cleo), COLUMNS)[1] == "7.00 EUR"


def test_hidden_amounts_are_not_added(deals: None, company: Company, ada_client: Client) -> None:
    hide(company, "deals", "amount_base")
    assert sums(ada_client, "/deals/?columns=name,amount") == ["Sum", ""]
    assert "totals" not in page_of(ada_client, "/deals/?columns=name,amount")


def test_many_rows_are_not_added(deals: None, ada_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(totals, "MOST", 1)
    assert "Narrow the filter to see sums." in page_of(ada_client, "/deals/totals/")


def test_decimals_are_added_exactly(device_requests: Module, ada: User, ada_client: Client) -> None:
    key = device_requests.key
    for number in range(3):
        make_row(key, name=str(number), owner=ada, custom={"weight": 100, "pieces": 2, "price": 10})
    found = sums(ada_client, f"/{key}/?columns=name,pieces,weight")
    assert found == ["Sum", "6", "0.300"]


def test_a_list_without_numbers_asks_for_no_sums(deals: None, ada_client: Client) -> None:
    assert "/deals/totals/" in page_of(ada_client, "/deals/?columns=name,amount")
    assert "/deals/totals/" not in page_of(ada_client, "/deals/?columns=name,stage")


def test_sums_of_nonsense_are_none(deals: None, ada_client: Client) -> None:
    assert "Narrow the filter" in page_of(ada_client, "/deals/totals/?filter=x")
