"""Claims about lists: order, pages, search, count, and what they keep to themselves."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from crm.models import Field, FieldRight, Module, User
from crm.people.remembered import forget_everything
from crm.views import lists
from tests.crm.pages.conftest import Desk, make
from tests.people import Company
from tests.rows import make_rows

pytestmark = pytest.mark.django_db
ROW = re.compile(r'<th scope="row">\s*<a href="/\w+/\d+/">(.*?)</a>')


def names(client: Client, address: str) -> list[str]:
    """The first column of a list."""
    return ROW.findall(client.get(address).content.decode())


@pytest.fixture
def seven(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven leads of Ada's, three on a page; one has no company."""
    monkeypatch.setattr(lists, "SIZE", 3)
    companies = ["D", "b", "A", None, "c", "E", "f"]
    make_rows("leads", [{"name": f"N{n}", "company": c, "owner": ada} for n, c in enumerate(companies)])


def test_the_newest_come_first(seven: None, ada_client: Client) -> None:
    assert names(ada_client, "/leads/") == ["N6", "N5", "N4"]


@pytest.mark.parametrize("sort", ["", "company", "-company"])
def test_next_leads_through_all_pages_and_previous_back(seven: None, ada_client: Client, sort: str) -> None:
    pages, address = [], f"/leads/?sort={sort}"
    while address:
        text = ada_client.get(address).content.decode()
        pages.append(ROW.findall(text))
        found = re.search(r'href="(\?[^"]*)" rel="next"', text)
        back = re.search(r'href="(\?[^"]*)" rel="prev"', text)
        assert bool(back) == (len(pages) > 1)
        address = "/leads/" + found[1].replace("&amp;", "&") if found else ""
    assert [len(page) for page in pages] == [3, 3, 1]
    assert len({name for page in pages for name in page}) == 7
    for page in reversed(pages[:-1]):
        assert back
        text = ada_client.get("/leads/" + back[1].replace("&amp;", "&")).content.decode()
        assert ROW.findall(text) == page
        back = re.search(r'href="(\?[^"]*)" rel="prev"', text)


def test_the_heading_shows_the_order_and_offers_the_other(seven: None, ada_client: Client) -> None:
    text = ada_client.get("/leads/?sort=company").content.decode()
    assert 'aria-sort="ascending"' in text
    assert 'href="?sort=-company"' in text


@pytest.mark.parametrize(
    "query",
    ["sort=phone", "sort=nonsense", "sort=" + "x" * 500, "after=broken", "sort=%00", "after=a&sort=company"],
)
def test_an_address_that_makes_no_sense_is_refused_with_a_message(
    seven: None, ada_client: Client, query: str
) -> None:
    response = ada_client.get(f"/leads/?{query}")
    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()


@pytest.mark.parametrize("text", ["łukasz", "ŁUKASZ", "小明", "außergewöhn", "+4822", " Łukasz "])
def test_search_finds_by_name_and_searched_fields_in_any_case(
    desk: Desk, ada_client: Client, text: str
) -> None:
    page = ada_client.get("/leads/", {"q": text}).content.decode()
    assert ROW.findall(page) == ["Łukasz 王小明"]
    assert f'value="{text.strip()}"' in page


def test_search_takes_no_character_as_a_pattern(desk: Desk, ada_client: Client) -> None:
    for text in ("%", "_", "\\", "'", "\x00"):
        assert ada_client.get("/leads/", {"q": f"zq{text}"}).status_code == 200
        assert names(ada_client, f"/leads/?q=zq{text}") == []


def test_an_empty_list_says_what_to_do_next(company: Company, ada_client: Client) -> None:
    page = ada_client.get("/leads/").content.decode()
    assert "No Leads here yet" in page
    assert page.count('href="/leads/new/"') == 2
    assert "No Leads match" in ada_client.get("/leads/?q=nobody").content.decode()


def test_the_count_is_a_fragment(seven: None, ada_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ada_client.get("/leads/count/").content.decode().strip() == "7"
    assert ada_client.get("/leads/count/?q=n3").content.decode().strip() == "1"
    real = lists.count
    monkeypatch.setattr(lists, "count", lambda *args, cap, **rest: real(*args, cap=cap and 5, **rest))
    capped = ada_client.get("/leads/count/").content.decode()
    assert "5+" in capped
    assert "exact=1" in capped
    assert ada_client.get("/leads/count/?exact=1").content.decode().strip() == "7"


def test_a_stranger_s_list_and_search_and_count_are_empty(
    desk: Desk, company: Company, as_person: Callable[[User], Client]
) -> None:
    cleo = as_person(company.cleo)
    assert names(cleo, "/leads/") == names(cleo, "/leads/?q=łukasz") == []
    assert cleo.get("/leads/count/").content.decode().strip() == "0"
    assert "Łukasz" not in cleo.get("/lookup/leads/?q=łuk").content.decode()


def hide(company: Company, module: str, key: str) -> None:
    """Takes a field away from the staff."""
    field = Field.objects.get(module=Module.objects.get(key=module), key=key)
    FieldRight.objects.create(profile=company.staff, field=field, access=FieldRight.Access.HIDDEN)
    forget_everything()


def test_a_hidden_field_is_nowhere(desk: Desk, company: Company, ada_client: Client) -> None:
    hide(company, "leads", "company")
    for address in ("/leads/", f"/leads/{desk.lead}/", f"/leads/{desk.lead}/edit/", "/leads/new/"):
        page = ada_client.get(address).content.decode()
        assert "Gesellschaft" not in page, address
        assert "Company" not in page, address
    assert names(ada_client, "/leads/?q=gesellschaft") == []
    assert ada_client.get("/leads/?sort=company").status_code == 400


def test_the_name_of_a_record_without_access_is_not_told(
    desk: Desk, company: Company, as_person: Callable[[User], Client]
) -> None:
    secret = make("accounts", company.ben, name="Secret Ltd")
    deal = make("deals", company.ben, name="Shared deal", account=secret, owner=company.ada.pk)
    client = as_person(company.ada)
    for address in ("/deals/", f"/deals/{deal}/", f"/deals/{deal}/edit/"):
        page = client.get(address).content.decode()
        assert "Secret" not in page, address
        assert "Record without access" in page, address
    saved = client.post(f"/deals/{deal}/edit/", {"version": "1", "account": "Record without access",
                                                 "account-id": str(secret), "next_step": "Call"})  # fmt: skip
    assert saved.status_code == 302
    assert "Secret Ltd" in as_person(company.ben).get(f"/deals/{deal}/").content.decode()
