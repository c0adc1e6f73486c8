"""The box in the top bar and the page of results."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from crm.models import User
from crm.views import search
from tests.crm.pages.conftest import LONG, make
from tests.crm.search.conftest import Records, hide
from tests.people import Company, grant

pytestmark = pytest.mark.django_db
RECORD = re.compile(r'href="(/\w+/\d+/)"')
AsPerson = Callable[[User | None], Client]


def addresses(client: Client, query: str, target: str = "") -> list[str]:
    """The records that an answer leads to; `target` as htmx names it."""
    headers = {"HX-Request": "true", "HX-Target": target} if target else {}
    response = client.get(f"/search/?{query}", headers=headers)
    assert response.status_code == 200
    return RECORD.findall(response.content.decode())


@pytest.mark.parametrize("target", ["", search.SUGGESTIONS])
def test_it_finds_in_all_modules(records: Records, ada: User, ada_client: Client, target: str) -> None:
    deal = make("deals", ada, name="Isdom renewal")
    found = addresses(ada_client, "q=isdom", target)
    assert set(found) == {f"/accounts/{records.account}/", f"/deals/{deal}/"}


def test_a_stranger_finds_nothing(records: Records, company: Company, as_person: AsPerson) -> None:
    for query in ("q=isdom", "q=小明", "q=isdom&module=accounts"):
        assert addresses(as_person(company.cleo), query) == []
    assert addresses(as_person(company.ben), "q=小明") == [f"/leads/{records.lead}/"]


def test_who_is_not_logged_in_is_asked_to(records: Records, as_person: AsPerson) -> None:
    response = as_person(None).get("/search/?q=isdom")
    assert response.status_code == 302
    assert "/login/" in response["Location"]


def test_a_suggestion_is_a_part_of_the_page_only(records: Records, ada_client: Client) -> None:
    response = ada_client.get("/search/?q=isdom", headers={"HX-Request": "true", "HX-Target": "search-list"})
    text = response.content.decode()
    assert "<html" not in text
    assert text.count('role="option"') == 2
    assert {"HX-Request", "HX-Target"} <= {part.strip() for part in response["Vary"].split(",")}
    nothing = ada_client.get("/search/?q=qwx", headers={"HX-Request": "true", "HX-Target": "search-list"})
    assert "Nothing found for “qwx”" in nothing.content.decode()


def test_five_of_each_module_and_a_way_to_the_others(ada: User, ada_client: Client) -> None:
    rows = [make("leads", ada, last_name=f"Zolc {number}") for number in range(7)]
    assert addresses(ada_client, "q=zolc") == [f"/leads/{pk}/" for pk in rows[:1:-1]]
    text = ada_client.get("/search/?q=zolc").content.decode()
    assert "All matching Leads" in text
    assert 'href="?q=zolc&amp;module=leads"' in text
    assert '<span class="search-number">7</span>' in text


def test_a_tab_leads_through_all_of_them(
    ada: User, ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SIZE", 3)
    rows = [make("leads", ada, last_name=f"Zolc {number}") for number in range(7)]
    query, seen = "q=zolc&module=leads", []
    while query:
        text = ada_client.get(f"/search/?{query}").content.decode()
        assert ("Back to the newest" in text) == bool(seen)
        seen += RECORD.findall(text)
        following = re.search(r'hx-get="\?([^"]*)"', text)
        query = following[1].replace("&amp;", "&") if following else ""
        if query:
            part = ada_client.get(
                f"/search/?{query}", headers={"HX-Request": "true", "HX-Target": "search-more"}
            )
            assert "<html" not in part.content.decode()
    assert seen == [f"/leads/{pk}/" for pk in rows[::-1]]


def test_many_are_told_as_many(ada: User, ada_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "UP_TO", 2)
    for number in range(3):
        make("leads", ada, last_name=f"Zolc {number}")
    assert '<span class="search-number">2+</span>' in ada_client.get("/search/?q=zolc").content.decode()


def test_what_was_found_is_marked_and_nothing_is_executed(ada: User, ada_client: Client) -> None:
    make("leads", ada, last_name="<script>alert(1)</script>", company="Żółty & <b>Söhne</b>")
    for query in ("q=script", "q=zolty", "q=<script>", "q=zolty&module=leads"):
        text = ada_client.get(f"/search/?{query}").content.decode()
        assert "<script>alert" not in text
        assert "<b>S" not in text
    assert "<mark>Żółty</mark> &amp; &lt;b&gt;Söhne" in text


def test_the_field_that_was_found_comes_first(records: Records, ada_client: Client) -> None:
    text = ada_client.get("/search/?q=4822").content.decode()
    assert "+<mark>4822</mark>1234567" in text
    assert text.index("Phone") < text.index("Company")


def test_a_hidden_field_is_neither_found_by_nor_shown(
    records: Records, company: Company, ada_client: Client
) -> None:
    hide(company, "leads", "company")
    assert addresses(ada_client, "q=gesellschaft") == []
    text = ada_client.get("/search/?q=小明").content.decode()
    assert f"/leads/{records.lead}/" in text
    assert LONG[:20] not in text


@pytest.mark.parametrize("query", ["", "q=", "q=%20", "q=%00", "q=%25", "q=%26%26", "q=" + "x" * 5000])
def test_what_makes_no_search_says_what_to_type(ada_client: Client, query: str) -> None:
    response = ada_client.get(f"/search/?{query}")
    assert response.status_code == 200
    text = response.content.decode()
    assert 'class="empty-title"' in text
    assert ("Nothing found" in text) == ("xxx" in query)


def test_an_address_that_makes_no_sense_is_refused(
    records: Records, company: Company, ada_client: Client
) -> None:
    assert ada_client.get("/search/?q=isdom&module=nonsense").status_code == 404
    response = ada_client.get("/search/?q=isdom&module=accounts&after=broken")
    assert response.status_code == 400
    assert "damaged" in response.content.decode()
    grant(company.staff, "accounts", "edit")
    assert ada_client.get("/search/?q=isdom&module=accounts").status_code == 404
    assert ada_client.post("/search/?q=isdom").status_code == 405


def test_every_page_has_the_box(records: Records, ada_client: Client) -> None:
    for address in ("/", "/leads/", f"/leads/{records.lead}/", "/search/", "/unknown/"):
        text = ada_client.get(address).content.decode()
        assert 'action="/search/"' in text, address
    assert (
        'id="search" type="search" name="q" value="isdom"'
        in ada_client.get("/search/?q=isdom").content.decode()
    )
