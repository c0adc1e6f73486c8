"""Claims about forms: every type of field, what is wrong stays as it was typed, nothing else is touched."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from crm.door.reading import read_records
from crm.models import History, Module, User
from crm.modules.loading import module
from tests.crm.pages.conftest import Desk, edit, make
from tests.people import Company

pytestmark = pytest.mark.django_db

TYPED: dict[str, Any] = {
    "name": "Łóżko 床 ’quoted’ <b>",
    "serial": "S-1",
    "reason": "First line\r\nSecond line",
    "pieces": "12",
    "weight": "1.5",
    "price": "1234.5",
    "rebate": "12.5",
    "needed_on": "2026-12-24",
    "call_at": "2026-12-24T09:30",
    "urgent": ["", "on"],
    "status": "ordered",
    "extras": ["", "bag", "mouse"],
    "contact_email": "a@example.com",
    "contact_phone": "+48 22 123 45 67",
    "website": "example.com",
    "helper": "Ben Berg",
    "account": "isdom gmbh",
    "tags": "new, b2b",
}


def values(key: str, pk: int) -> dict[str, Any]:
    """The stored record."""
    return read_records(module(key), [pk])[pk].values


def made(client: Client, key: str, data: dict[str, Any]) -> int:
    """Posts the form of a new record; the record's id."""
    response = client.post(f"/{key}/new/", data)
    assert response.status_code == 302, response.content.decode()
    return int(response["Location"].strip("/").split("/")[-1])


def shown(page: str) -> dict[str, str]:
    """The values in the form's one-line controls."""
    found = {}
    for tag in re.findall(r"<input\b[^>]*>", page):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes.get("type") not in ("checkbox", "radio") and "name" in attributes:
            found[attributes["name"]] = unescape(attributes.get("value", ""))
    return found


def test_every_type_of_field_goes_through_the_form_and_back(
    device_requests: Module, desk: Desk, company: Company, ada_client: Client
) -> None:
    company.ada.time_zone = "Europe/Warsaw"
    company.ada.save()
    key = device_requests.key
    pk = made(ada_client, key, TYPED)
    stored = values(key, pk)
    assert stored["reason"] == "First line\nSecond line"
    assert (stored["pieces"], str(stored["weight"]), str(stored["price"])) == (12, "1.500", "1234.50")
    assert stored["call_at"].isoformat() == "2026-12-24T08:30:00+00:00"
    assert (stored["urgent"], stored["extras"], stored["tags"]) == (True, ["bag", "mouse"], ["b2b", "new"])
    assert (stored["helper"], stored["account"]) == (company.ben.pk, desk.account)
    page = ada_client.get(f"/{key}/{pk}/").content.decode()
    for text in (
        "Łóżko 床",
        "&lt;b&gt;",
        "1,234.50 EUR",
        "Dec 24, 2026",
        "9:30",
        "Ordered",
        "Bag, Mouse",
        "Isdom GmbH",
    ):
        assert text in page, text
    form = shown(ada_client.get(f"/{key}/{pk}/edit/").content.decode())
    assert (form["call_at"], form["weight"], form["rebate"]) == ("2026-12-24T09:30", "1.500", "12.5")
    assert (form["account"], form["account-id"]) == ("Isdom GmbH", str(desk.account))


def test_a_form_that_is_sent_back_untouched_changes_nothing(
    device_requests: Module, desk: Desk, ada_client: Client
) -> None:
    key = device_requests.key
    pk = made(ada_client, key, TYPED | {"call_at": "2026-12-24T09:30:15"})
    page = ada_client.get(f"/{key}/{pk}/edit/").content.decode()
    untouched = shown(page) | {"reason": "First line\r\nSecond line", "status": "ordered", "currency": "EUR"}
    data: dict[str, Any] = untouched | {"urgent": ["", "on"], "extras": ["", "mouse", "bag"]}
    before = History.objects.count()
    assert ada_client.post(f"/{key}/{pk}/edit/", data | {"extras": ["", "bag", "mouse"]}).status_code == 302
    assert History.objects.count() == before


@pytest.mark.parametrize(
    ("key", "typed", "message"),
    [
        ("pieces", "1.5", "Enter a whole number."),
        ("price", "12,50 €", "Enter a number, such as 1234.5."),
        ("needed_on", "2026-02-30", "Enter a date that exists"),
        ("call_at", "yesterday", "Enter a date and time that exist"),
        ("contact_email", "nobody", "Enter an e-mail address"),
        ("website", "ftp://example.com", "Enter a web address"),
        ("helper", "Nobody Known", "Nothing that you may see is called"),
        ("account", "Nowhere Ltd", "Nothing that you may see is called"),
        ("name", "", "Name is required."),
        ("serial", "x" * 300, "At most 255 characters"),
    ],
)
def test_what_is_wrong_is_told_beside_the_field_and_what_was_typed_stays(
    device_requests: Module, desk: Desk, ada_client: Client, key: str, typed: str, message: str
) -> None:
    response = ada_client.post(f"/{device_requests.key}/new/", TYPED | {key: typed})
    page = response.content.decode()
    assert response.status_code == 422
    assert page.count(message) == 2
    assert f'href="#id_{key}"' in page
    assert f'id="id_{key}-error"' in page
    form = shown(page)
    assert form[key] == typed
    assert form["contact_phone"] == TYPED["contact_phone"]
    assert "Łóżko 床" in form["name"] or key == "name"
    assert "First line\nSecond line</textarea>" in page
    assert 'value="mouse" checked' in page
    assert not module(device_requests.key).rows().exists()


def test_a_new_record_belongs_to_who_makes_it(desk: Desk, ada: User, ada_client: Client) -> None:
    form = shown(ada_client.get("/leads/new/").content.decode())
    assert (form["owner"], form["owner-id"]) == ("Ada Adler", str(ada.pk))


def test_an_address_can_fill_the_form(desk: Desk, ada_client: Client) -> None:
    form = shown(ada_client.get(f"/tasks/new/?related=leads:{desk.lead}&name=Call").content.decode())
    assert (form["related"], form["related-id"], form["name"]) == ("Łukasz 王小明", str(desk.lead), "Call")
    data = {
        "name": "Call",
        "related-module": "leads",
        "related": "Łukasz 王小明",
        "related-id": str(desk.lead),
    }
    assert values("tasks", made(ada_client, "tasks", data))["related"] == ("leads", desk.lead)


def test_of_several_with_one_name_the_form_asks_which(desk: Desk, ada: User, ada_client: Client) -> None:
    second = make("accounts", ada, name="Isdom GmbH")
    response = ada_client.post("/contacts/new/", {"last_name": "Kowalski", "account": "Isdom GmbH"})
    page = response.content.decode()
    assert response.status_code == 422
    assert f'name="account-pick" value="{second}"' in page
    data = {"last_name": "Kowalski", "account": "Isdom GmbH", "account-pick": str(second)}
    assert values("contacts", made(ada_client, "contacts", data))["account"] == second


def test_lines_are_entered_without_javascript(desk: Desk, ada_client: Client) -> None:
    address = f"/quotes/{desk.quote}/edit/"
    form = shown(ada_client.get(address).content.decode())
    assert (form["lines-0-product"], form["lines-0-discount"], form["lines-rows"]) == ("GTX Pro", "10", "2")
    form |= {"lines-1-text": "Setup", "lines-1-price": "50"}
    page = ada_client.post(address, form | {"add_line": "1"}).content.decode()
    assert shown(page)["lines-1-text"] == "Setup"
    assert shown(page)["lines-rows"] == "3"
    assert len(values("quotes", desk.quote)["lines"]) == 1
    assert ada_client.post(address, form | {"status": "draft"}).status_code == 302
    assert [line["text"] for line in values("quotes", desk.quote)["lines"]] == [None, "Setup"]
    assert str(values("quotes", desk.quote)["total"]) == "264.20"
    form = shown(ada_client.get(address).content.decode()) | {"lines-0-remove": "1"}
    assert ada_client.post(address, form).status_code == 302
    assert [line["text"] for line in values("quotes", desk.quote)["lines"]] == ["Setup"]


def test_a_wrong_line_keeps_what_was_typed(desk: Desk, ada_client: Client) -> None:
    address = f"/quotes/{desk.quote}/edit/"
    form = shown(ada_client.get(address).content.decode())
    response = ada_client.post(address, form | {"lines-1-product": "No such", "lines-1-price": "cheap"})
    assert response.status_code == 422
    assert "Nothing that you may see is called “No such”" in response.content.decode()
    typed = shown(response.content.decode())
    assert (typed["lines-1-product"], typed["lines-1-price"]) == ("No such", "cheap")
    response = ada_client.post(address, form | {"lines-1-text": "Setup", "lines-1-price": "cheap"})
    assert "Enter a number" in response.content.decode()


def test_fields_that_may_not_be_edited_are_not_in_the_form_and_not_taken(
    desk: Desk, ada_client: Client
) -> None:
    page = ada_client.get(f"/quotes/{desk.quote}/edit/").content.decode()
    assert 'name="total"' not in page
    assert 'name="created_at"' not in page
    data = {"version": "1", "name": "Renewal 2", "total": "1", "number": "Q-9"}
    ada_client.post(f"/quotes/{desk.quote}/edit/", data)
    stored = values("quotes", desk.quote)
    assert (stored["name"], str(stored["total"]), stored["number"]) == ("Renewal 2", "214.20", "Q-00001")


def test_what_others_changed_elsewhere_stays(desk: Desk, company: Company, ada_client: Client) -> None:
    address = f"/leads/{desk.lead}/edit/"
    form = shown(ada_client.get(address).content.decode())
    edit("leads", desk.lead, company.ben, city="Kraków", rating="high")
    assert ada_client.post(address, form | {"rating": "low", "title": "Head"}).status_code == 302
    stored = values("leads", desk.lead)
    assert (stored["city"], stored["rating"], stored["title"]) == ("Kraków", "high", "Head")


class TestConflict:
    """Ben sets the rating to high while Ada, who saw low, has her form open and chooses medium."""

    @pytest.fixture
    def page(self, desk: Desk, company: Company, ada_client: Client) -> str:
        form = shown(ada_client.get(f"/leads/{desk.lead}/edit/").content.decode())
        edit("leads", desk.lead, company.ben, rating="high", city="Kraków")
        response = ada_client.post(f"/leads/{desk.lead}/edit/", form | {"rating": "medium", "title": "Head"})
        assert response.status_code == 422
        assert values("leads", desk.lead)["rating"] == "high"
        return response.content.decode()

    def test_both_values_are_shown(self, page: str) -> None:
        assert "Keep what Ben Berg entered:" in page
        assert "<strong>High</strong>" in page
        assert 'value="medium" selected' in page
        assert (shown(page)["title"], shown(page)["city"], shown(page)["version"]) == ("Head", "Kraków", "2")

    @pytest.mark.parametrize(("choice", "rating"), [("mine", "medium"), ("theirs", "high")])
    def test_the_choice_decides(
        self, page: str, desk: Desk, ada_client: Client, choice: str, rating: str
    ) -> None:
        data = shown(page) | {"rating": "medium", "rating-choice": choice}
        assert ada_client.post(f"/leads/{desk.lead}/edit/", data).status_code == 302
        stored = values("leads", desk.lead)
        assert (stored["rating"], stored["title"], stored["city"]) == (rating, "Head", "Kraków")

    def test_without_a_choice_it_asks_again(self, page: str, desk: Desk, ada_client: Client) -> None:
        response = ada_client.post(f"/leads/{desk.lead}/edit/", shown(page) | {"rating": "medium"})
        assert response.status_code == 422
        assert "Choose which value to keep." in response.content.decode()
        assert "Ben Berg" in response.content.decode()
        assert values("leads", desk.lead)["rating"] == "high"


@pytest.mark.parametrize("version", ["", "-1", "abc", "99999999999999999999"])
def test_a_version_that_makes_no_sense_overwrites_nothing(
    desk: Desk, ada_client: Client, version: str
) -> None:
    data = {"version": version, "rating": "high"}
    assert ada_client.post(f"/leads/{desk.lead}/edit/", data).status_code == 422
    assert values("leads", desk.lead)["rating"] == "low"


def test_everything_that_is_wrong_is_told_at_once(desk: Desk, ada_client: Client) -> None:
    data = {"last_name": "", "account": "Nowhere Ltd", "email": "nobody", "owner": "", "first_name": "Jan"}
    response = ada_client.post("/contacts/new/", data)
    page = response.content.decode()
    assert response.status_code == 422
    for key in ("last_name", "account", "email"):
        assert f'id="id_{key}-error"' in page, key
    assert page.count('<a href="#id_') == 3
    edited = ada_client.post(
        f"/quotes/{desk.quote}/edit/",
        {
            "version": "1",
            "name": "",
            "account": "Nowhere Ltd",
            "lines-rows": "1",
            "lines-0-product": "No such",
        },
    )
    assert edited.status_code == 422
    assert edited.content.decode().count('<a href="#id_') == 3
    assert values("quotes", desk.quote)["name"] == "Renewal"
