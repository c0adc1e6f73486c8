"""Claims about related lists: whatever points at the record, as far as the person may see it."""

import json
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crm.models import Module, User
from crm.views import record_related
from tests.crm.pages.conftest import Desk, make
from tests.crm.pages.record_asking import get, limit, text_of
from tests.people import Company, grant

pytestmark = pytest.mark.django_db


def related(desk: Desk, module: str, field: str = "account") -> str:
    return f"/accounts/{desk.account}/related/{module}/{field}/"


def test_the_page_offers_a_list_for_every_link_of_every_module(
    device_requests: Module, desk: Desk, ada_client: Client
) -> None:
    page = text_of(ada_client.get(f"/accounts/{desk.account}/"))
    for module in ("contacts", "deals", "quotes", "invoices", "cases", device_requests.key):
        assert f'hx-get="{related(desk, module)}"' in page, module
    assert f'hx-get="{related(desk, "accounts", "parent")}"' in page
    assert "Accounts · Parent account" in page
    assert "/related/tasks/related/" not in page  # tasks have a panel


def test_a_list_shows_the_newest_and_counts_them_all(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    for number in range(7):
        make(
            "deals", company.ada, name=f"Deal {number}", account=desk.account, amount="1000", stage="proposal"
        )
    make("deals", company.ada, name="Elsewhere")
    page = text_of(get(ada_client, related(desk, "deals")))
    assert "<html" not in page
    assert [f"Deal {number}<" in page for number in range(7)] == [False] * 2 + [True] * 5
    assert '<span class="number-badge">7</span>' in page
    assert "1,000.00 EUR" in page
    assert "Elsewhere" not in page
    assert 'data-label="Account"' not in page  # it is this one in every row


def test_above_the_cap_the_count_says_so(
    desk: Desk, company: Company, ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_related, "CAP", 6)
    for number in range(8):
        make("deals", company.ada, name=f"Deal {number}", account=desk.account)
    assert ">6+</span>" in text_of(get(ada_client, related(desk, "deals")))


def test_a_new_one_comes_with_the_link_filled(desk: Desk, ada_client: Client) -> None:
    page = text_of(get(ada_client, related(desk, "contacts")))
    assert f'href="/contacts/new/?account={desk.account}"' in page
    form = text_of(ada_client.get(f"/contacts/new/?account={desk.account}"))
    assert 'value="Isdom GmbH"' in form


def test_show_all_is_the_list_filtered_by_the_link(desk: Desk, company: Company, ada_client: Client) -> None:
    for number in range(6):
        make("deals", company.ada, name=f"Deal {number}", account=desk.account)
    page = text_of(get(ada_client, related(desk, "deals")))
    address = page.partition('href="/deals/?')[2].partition('"')[0]
    criteria = json.loads(parse_qs(urlsplit(f"/?{address}").query)["filter"][0])
    assert criteria == {"conditions": [{"field": "account", "operator": "is", "value": desk.account}]}
    make("deals", company.ada, name="Elsewhere")
    found = text_of(ada_client.get(f"/deals/?{address}"))
    assert all(f"Deal {number}<" in found for number in range(6))
    assert "Elsewhere" not in found


def test_what_the_person_may_not_see_is_neither_shown_nor_counted(
    desk: Desk, company: Company, ada_client: Client, as_person: Callable[[User], Client]
) -> None:
    make("deals", company.admin, name="Hers alone", account=desk.account)
    make("deals", company.ada, name="Ada’s own", account=desk.account)
    page = text_of(get(ada_client, related(desk, "deals")))
    assert "Ada’s own" in page
    assert "Hers alone" not in page
    assert '<span class="number-badge">1</span>' in page
    assert '<span class="number-badge">2</span>' in text_of(
        get(as_person(company.admin), related(desk, "deals"))
    )
    assert get(as_person(company.cleo), related(desk, "deals")).status_code == 404


def test_a_module_without_rights_and_a_hidden_link_are_not_offered(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    grant(company.staff, "deals", "edit")
    limit(company, "contacts", "account")
    page = text_of(ada_client.get(f"/accounts/{desk.account}/"))
    assert related(desk, "quotes") in page
    for module in ("deals", "contacts"):
        assert related(desk, module) not in page
        assert get(ada_client, related(desk, module)).status_code == 404


def test_who_may_not_create_gets_no_button(desk: Desk, company: Company, ada_client: Client) -> None:
    make("quotes", company.ada, name="Second", account=desk.account)
    grant(company.staff, "quotes", "view")
    page = text_of(get(ada_client, related(desk, "quotes")))
    assert "Second" in page
    assert "New Quote" not in page


def test_an_empty_list_of_the_system_s_own_links_is_left_out(desk: Desk, ada_client: Client) -> None:
    left_out = text_of(get(ada_client, related(desk, "leads", "converted_account")))
    assert "hidden" in left_out
    assert "<section" not in left_out
    assert "New Deal" in text_of(get(ada_client, related(desk, "deals")))


def test_without_javascript_a_list_is_a_page(desk: Desk, ada_client: Client) -> None:
    page = text_of(ada_client.get(related(desk, "quotes")))
    assert "<html" in page
    assert "Renewal" in page
    assert "There are none." in text_of(ada_client.get(related(desk, "leads", "converted_account")))


def test_a_custom_module_s_links_work_like_any_other(
    device_requests: Module, desk: Desk, company: Company, ada_client: Client
) -> None:
    make(device_requests.key, company.ada, name="扫描仪", account=desk.account, status="ordered")
    page = text_of(get(ada_client, related(desk, device_requests.key)))
    assert "扫描仪" in page
    assert "Ordered" in page


def test_a_list_takes_as_many_statements_for_many_rows_as_for_few(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert get(ada_client, related(desk, "contacts")).status_code == 200
        return len(captured)

    def contacts(number: int) -> None:
        for place in range(number):
            make("contacts", company.ada, last_name=f"Contact {place}", account=desk.account)

    contacts(6)
    statements()
    few = statements()
    contacts(6)
    assert statements() == few <= 14
