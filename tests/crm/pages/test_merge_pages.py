"""Claims about merging two records on the pages: choosing, looking, deciding, and being refused."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crm.company import save_currency, save_rate
from crm.door.attach import add_note
from crm.door.reading import read_records
from crm.models import Currency, ExchangeRate, Field, FieldRight, Note, User
from crm.modules.loading import module
from crm.people.remembered import forget_everything
from tests.crm.pages.conftest import Desk, edit, make
from tests.people import Company, grant

pytestmark = pytest.mark.django_db
AsPerson = Callable[[User | None], Client]


def values(pk: int, key: str = "leads") -> dict[str, Any]:
    return read_records(module(key), [pk])[pk].values


def is_live(pk: int, key: str = "leads") -> bool:
    return bool(module(key).rows().filter(pk=pk, binned_at=None).exists())


@pytest.fixture
def double(desk: Desk, company: Company) -> int:
    """Another lead of Ada's with the same phone number, with two notes of its own."""
    given = {"first_name": "Lukasz", "last_name": "Wang", "phone": "+48221234567", "title": "Head of IT"}
    pk = make("leads", company.ada, rating="high", tags="fair", **given)
    for text in ("One", "Two"):
        add_note("leads", pk, text, actor=company.ada)
    return pk


def seen(desk: Desk, double: int, **given: Any) -> dict[str, Any]:
    """What the form sends."""
    return {"with": double, "stays": desk.lead, f"version-{desk.lead}": 1, f"version-{double}": 1} | given


def test_records_that_look_the_same_are_offered_and_others_looked_up(
    desk: Desk, double: int, ada_client: Client
) -> None:
    page = ada_client.get(f"/leads/{desk.lead}/merge/").content.decode()
    assert f'href="/leads/{desk.lead}/merge/?with={double}"' in page
    response = ada_client.get(f"/leads/{desk.lead}/merge/", {"name": "lukasz wang"})
    assert response["Location"] == f"/leads/{desk.lead}/merge/?with={double}"
    response = ada_client.get(f"/leads/{desk.lead}/merge/", {"name": "Nobody"})
    assert response.status_code == 422
    assert "Nothing that you may see is called “Nobody”" in response.content.decode()


def test_a_record_is_not_merged_with_itself(desk: Desk, ada_client: Client) -> None:
    for query in ({"with": desk.lead}, {"name": "Łukasz 王小明"}):
        response = ada_client.get(f"/leads/{desk.lead}/merge/", query)
        assert response.status_code == 422
        assert "Choose another record than this one." in response.content.decode()


def test_both_are_shown_with_what_differs_and_what_moves(desk: Desk, double: int, ada_client: Client) -> None:
    page = ada_client.get(f"/leads/{desk.lead}/merge/?with={double}").content.decode()
    assert f'name="field-rating" value="{desk.lead}" aria-label="Rating: Low"  checked' in page
    assert f'name="field-title" value="{double}" aria-label="Job title: Head of IT"  checked' in page
    assert "Both together: fair" not in page.partition("Tags")[0]
    text = " ".join(page.split())
    assert "“Łukasz 王小明” stays." in text
    assert "It takes over from “Lukasz Wang”: Job title." in text
    assert "Notes 2" in text
    assert 'name="field-phone"' not in page


def test_the_preview_follows_the_choices(desk: Desk, double: int, ada_client: Client) -> None:
    query = {"with": double, "stays": double, "field-rating": desk.lead, "field-company": double}
    response = ada_client.get(f"/leads/{desk.lead}/merge/", query, headers={"HX-Request": "true"})
    text = " ".join(response.content.decode().split())
    assert "“Lukasz Wang” stays." in text
    assert "from “Łukasz 王小明”: Rating." in text
    assert "Notes 1, Tasks 1" in text
    assert "<html" not in text


def chosen(page: str, key: str) -> int:
    """The record whose value of a field is ticked."""
    (found,) = re.findall(rf'name="{key}" value="(\d+)"[^>]*checked', page)
    return int(found)


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_javascript_the_other_one_is_kept_by_a_button(
    method: str, desk: Desk, double: int, ada_client: Client
) -> None:
    address = f"/leads/{desk.lead}/merge/"
    page = ada_client.get(address, {"with": double}).content.decode()
    assert re.findall(r'name="keep" value="(\d+)"', page) == [str(double)]
    assert (chosen(page, "stays"), chosen(page, "field-rating")) == (desk.lead, desk.lead)
    answer = getattr(ada_client, method)(address, {"with": double, "keep": double})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert (chosen(page, "stays"), chosen(page, "field-rating")) == (double, double)
    assert chosen(page, "field-company") == desk.lead, "the one that stays has none"
    assert "“Lukasz Wang” stays." in page
    assert re.findall(r'name="keep" value="(\d+)"', page) == [str(desk.lead)]
    assert is_live(double)
    assert is_live(desk.lead)


def test_what_was_chosen_by_hand_stays_chosen_when_the_other_one_is_kept(
    desk: Desk, double: int, ada_client: Client
) -> None:
    by_hand = {"field-first_name": double, "field-rating": desk.lead, "field-title": desk.lead}
    data = seen(desk, double, keep=double, **by_hand)
    page = ada_client.post(f"/leads/{desk.lead}/merge/", data).content.decode()
    assert chosen(page, "field-first_name") == double
    assert chosen(page, "field-title") == desk.lead
    assert chosen(page, "field-rating") == double, "this one was only preset"
    back = seen(desk, double, **by_hand) | {"stays": double, "keep": desk.lead, "field-rating": double}
    page = ada_client.post(f"/leads/{desk.lead}/merge/", back).content.decode()
    assert chosen(page, "field-rating") == desk.lead
    assert is_live(double)


def test_who_is_to_be_kept_must_be_one_of_the_two(desk: Desk, double: int, ada_client: Client) -> None:
    page = ada_client.get(f"/leads/{desk.lead}/merge/", {"with": double, "keep": desk.account})
    assert chosen(page.content.decode(), "stays") == desk.lead


def test_the_choices_decide_and_the_other_one_goes_to_the_bin(
    desk: Desk, double: int, ada_client: Client
) -> None:
    data = seen(desk, double, **{"field-rating": double, "field-title": desk.lead})
    response = ada_client.post(f"/leads/{desk.lead}/merge/", data)
    assert response["Location"] == f"/leads/{desk.lead}/"
    stored = values(desk.lead)
    assert (stored["rating"], stored["title"], stored["tags"]) == ("high", None, ["fair"])
    assert Note.objects.filter(record_id=desk.lead).count() == 3
    assert not is_live(double)
    page = ada_client.get(f"/leads/{desk.lead}/").content.decode()
    assert "“Lukasz Wang” was merged into" in page


def test_the_other_one_can_stay(desk: Desk, double: int, ada_client: Client) -> None:
    response = ada_client.post(f"/leads/{desk.lead}/merge/", seen(desk, double, stays=double))
    assert response["Location"] == f"/leads/{double}/"
    assert (is_live(double), is_live(desk.lead)) == (True, False)
    assert values(double)["company"].startswith("Gesellschaft")


def test_what_others_changed_meanwhile_stops_the_merge_with_a_message(
    desk: Desk, double: int, company: Company, ada_client: Client
) -> None:
    edit("leads", double, company.ben, city="Kraków")
    response = ada_client.post(f"/leads/{desk.lead}/merge/", seen(desk, double, **{"field-rating": double}))
    page = response.content.decode()
    assert response.status_code == 422
    assert "“Lukasz Wang” was changed in the meantime; look at it again." in page
    assert f'name="field-rating" value="{double}" aria-label="Rating: High"  checked' in page
    assert "Kraków" in page
    assert is_live(double)


def test_a_stranger_and_who_may_not_delete_do_not_merge(
    desk: Desk, double: int, company: Company, as_person: AsPerson
) -> None:
    address = f"/leads/{desk.lead}/merge/"
    cleo, ada = as_person(company.cleo), as_person(company.ada)
    hers = make("leads", company.cleo, last_name="Hers")
    assert cleo.get(address).status_code == 404
    assert cleo.post(address, seen(desk, double)).status_code == 404
    assert cleo.post(f"/leads/{hers}/merge/", {"with": double, "stays": hers}).status_code == 404
    assert ada.get(f"{address}?with={hers}").status_code == 404
    grant(company.staff, "leads", "view", "edit")
    assert ada.get(f"{address}?with={double}").status_code == 403
    assert ada.post(address, seen(desk, double)).status_code == 403
    assert is_live(double)


def test_fields_that_may_not_be_read_or_changed_are_no_choice(
    desk: Desk, double: int, company: Company, ada_client: Client
) -> None:
    for key, access in (("rating", "hidden"), ("last_name", "read")):
        field = Field.objects.get(module__key="leads", key=key)
        FieldRight.objects.create(profile=company.staff, field=field, access=access)
    forget_everything()
    page = ada_client.get(f"/leads/{desk.lead}/merge/?with={double}").content.decode()
    assert "Rating" not in page
    assert 'name="field-last_name"' not in page
    assert "You may not change this" in page
    data = seen(desk, double, **{"field-rating": double, "field-last_name": double})
    assert ada_client.post(f"/leads/{desk.lead}/merge/", data).status_code == 302
    stored = values(desk.lead)
    assert (stored["rating"], stored["last_name"]) == ("low", "王小明")


def test_a_converted_lead_is_not_merged(desk: Desk, double: int, ada_client: Client) -> None:
    ada_client.post(f"/leads/{double}/convert/", {"contacts-choice": "new", "contacts-last_name": "Wang"})
    version = module("leads").rows().get(pk=double).version
    data = seen(desk, double) | {f"version-{double}": version}
    response = ada_client.post(f"/leads/{desk.lead}/merge/", data)
    assert response.status_code == 422
    assert "a converted lead is not merged" in response.content.decode()


def test_an_amount_goes_with_its_currency_or_not_at_all(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    dollars = save_currency(currency=Currency(code="USD"), actor=company.admin)
    save_rate(rate=ExchangeRate(currency=dollars, day=date(2020, 1, 1), rate="0.9"), actor=company.admin)
    euro = make("deals", company.ada, name="Euro", amount="100", currency="EUR")
    dollar = make("deals", company.ada, name="Dollar", amount="200", currency="USD")
    page = ada_client.get(f"/deals/{euro}/merge/?with={dollar}").content.decode()
    assert f'name="field-amount" value="{euro}" aria-label="Amount: 100.00 EUR"  checked' in page
    data = {"with": dollar, "stays": euro, "field-amount": dollar, "field-currency": euro}
    data |= {f"version-{euro}": 1, f"version-{dollar}": 1}
    response = ada_client.post(f"/deals/{euro}/merge/", data)
    assert response.status_code == 422
    assert "This amount is in another currency" in response.content.decode()
    assert ada_client.post(f"/deals/{euro}/merge/", data | {"field-currency": dollar}).status_code == 302
    assert (str(values(euro, "deals")["amount"]), values(euro, "deals")["currency"]) == ("200.00", "USD")


def test_an_empty_amount_takes_the_other_one_s_with_its_currency(
    company: Company, ada_client: Client
) -> None:
    bare = make("deals", company.ada, name="Bare")
    full = make("deals", company.ada, name="Full", amount="200")
    data = {"with": full, "stays": bare, f"version-{bare}": 1, f"version-{full}": 1}
    assert ada_client.post(f"/deals/{bare}/merge/", data).status_code == 302
    assert (str(values(bare, "deals")["amount"]), values(bare, "deals")["currency"]) == ("200.00", "EUR")


def test_looking_at_both_takes_few_statements(desk: Desk, double: int, ada_client: Client) -> None:
    address = f"/leads/{desk.lead}/merge/?with={double}"
    ada_client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert ada_client.get(address).status_code == 200
    assert len(captured.captured_queries) <= 12
