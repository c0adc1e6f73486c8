"""Claims about converting a lead on the pages, and about making an invoice of a quote."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from crm.door import guards
from crm.door.reading import read_records
from crm.models import Note, User
from crm.modules.field_editing import change_field
from crm.modules.loading import module
from tests.crm.pages.conftest import LONG, Desk, edit, make
from tests.modules import field_of
from tests.people import Company, grant

pytestmark = pytest.mark.django_db
AsPerson = Callable[[User | None], Client]


def values(key: str, pk: int) -> dict[str, Any]:
    return read_records(module(key), [pk])[pk].values


def count(*keys: str) -> list[int]:
    return [module(key).rows().count() for key in keys]


NEW = {
    "accounts-choice": "new",
    "accounts-name": "Wang KG",
    "contacts-choice": "new",
    "contacts-last_name": "Wang",
}


def test_the_form_proposes_what_the_lead_says_and_what_moves(desk: Desk, ada_client: Client) -> None:
    page = ada_client.get(f"/leads/{desk.lead}/convert/").content.decode()
    assert 'name="accounts-choice" value="new" checked' in page
    assert f'name="accounts-name" value="{LONG.replace("&", "&amp;")}"' in page
    assert 'name="contacts-last_name" value="王小明"' in page
    text = " ".join(page.split())
    assert "To the contact move: Notes 1, Tasks 1." in text


def test_existing_records_that_look_the_same_are_proposed_and_used(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    contact = make("contacts", company.ada, last_name="Known", phone="+48 22 1234567", title="Boss")
    make("contacts", company.cleo, last_name="Hers", phone="+48 22 1234567")
    edit("leads", desk.lead, company.ada, company="isdom gmbh")
    page = ada_client.get(f"/leads/{desk.lead}/convert/").content.decode()
    assert f'name="accounts-choice" value="{desk.account}" checked' in page
    assert f'name="contacts-choice" value="{contact}" checked' in page
    assert "Hers" not in page
    data = {"version": "2", "accounts-choice": desk.account, "contacts-choice": contact}
    response = ada_client.post(f"/leads/{desk.lead}/convert/", data)
    assert response["Location"] == f"/leads/{desk.lead}/convert/"
    lead = values("leads", desk.lead)
    assert (lead["status"], lead["converted_account"], lead["converted_contact"], lead["converted_deal"]) == (
        "converted", desk.account, contact, None,
    )  # fmt: skip
    assert Note.objects.get(record_id=contact).text == "First line\nSecond line"
    assert values("contacts", contact)["title"] == "Boss"


def test_a_deal_is_made_with_what_was_entered_and_the_result_names_all_three(
    desk: Desk, ada_client: Client
) -> None:
    deal = {"deal": "1", "deals-name": "Licences", "deals-amount": "12,500.50", "deals-stage": "proposal"}
    address = f"/leads/{desk.lead}/convert/"
    page = ada_client.post(
        address, NEW | deal | {"deals-close_date": "2027-01-31"}, follow=True
    ).content.decode()
    lead = values("leads", desk.lead)
    stored = values("deals", lead["converted_deal"])
    assert (stored["name"], str(stored["amount"]), stored["stage"]) == ("Licences", "12500.50", "proposal")
    assert (str(stored["close_date"]), stored["account"]) == ("2027-01-31", lead["converted_account"])
    for key, part in (("accounts", "account"), ("contacts", "contact"), ("deals", "deal")):
        assert f'href="/{key}/{lead[f"converted_{part}"]}/"' in page
    record = ada_client.get(f"/leads/{desk.lead}/").content.decode()
    assert f'href="/deals/{lead["converted_deal"]}/">Licences</a>' in record
    assert 'aria-label="Converted"' in record


def test_problems_stand_beside_the_field_of_their_part_and_nothing_is_made(
    desk: Desk, ada_client: Client
) -> None:
    before = count("accounts", "contacts", "deals")
    deal = {"deal": "1", "deals-name": "Licences", "deals-amount": "cheap", "deals-stage": "proposal"}
    response = ada_client.post(f"/leads/{desk.lead}/convert/", NEW | {"contacts-last_name": ""} | deal)
    page = response.content.decode()
    assert response.status_code == 422
    assert 'href="#id_deals-amount"' in page
    assert 'id="id_deals-amount-error"' in page
    assert 'name="deals-amount" value="cheap"' in page
    assert 'name="accounts-name" value="Wang KG"' in page
    assert count("accounts", "contacts", "deals") == before
    assert values("leads", desk.lead)["status"] == "new"


def test_what_a_module_requires_and_a_lead_lacks_is_asked(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    industry = field_of(module_row("accounts"), "industry")
    change_field(field=industry, actor=company.admin, required=True)
    page = ada_client.get(f"/leads/{desk.lead}/convert/").content.decode()
    assert 'name="accounts-industry"' in page
    response = ada_client.post(f"/leads/{desk.lead}/convert/", NEW)
    assert response.status_code == 422
    assert "Industry is required." in response.content.decode()
    assert (
        ada_client.post(f"/leads/{desk.lead}/convert/", NEW | {"accounts-industry": "retail"}).status_code
        == 302
    )


def module_row(key: str) -> Any:
    from crm.models import Module

    return Module.objects.get(key=key)


def test_another_record_is_looked_up_by_name(desk: Desk, ada_client: Client) -> None:
    address = f"/leads/{desk.lead}/convert/"
    data = NEW | {"accounts-choice": "other", "accounts-other": "Nowhere"}
    response = ada_client.post(address, data)
    assert response.status_code == 422
    assert "Nothing that you may see is called “Nowhere”" in response.content.decode()
    response = ada_client.post(address, data | {"accounts-other": ""})
    assert "Choose a record from the list." in response.content.decode()
    assert ada_client.post(address, data | {"accounts-other": "Isdom GmbH"}).status_code == 302
    assert values("leads", desk.lead)["converted_account"] == desk.account


def test_an_account_that_the_person_does_not_see_is_not_taken(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    hers = make("accounts", company.cleo, name="Hers")
    data = NEW | {"accounts-choice": str(hers)}
    ada_client.post(f"/leads/{desk.lead}/convert/", data)
    assert values("leads", desk.lead)["converted_account"] != hers


def test_a_converted_lead_is_not_converted_again(desk: Desk, ada_client: Client) -> None:
    address = f"/leads/{desk.lead}/convert/"
    ada_client.post(address, NEW)
    before = count("accounts", "contacts")
    assert ada_client.post(address, NEW).status_code == 409
    assert count("accounts", "contacts") == before
    page = ada_client.get(f"/leads/{desk.lead}/").content.decode()
    assert "What it became" in page
    assert 'btn" href="/leads/' not in page


def test_a_lead_that_changed_meanwhile_or_is_locked_is_refused_with_the_reason(
    desk: Desk, company: Company, ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit("leads", desk.lead, company.ben, city="Kraków")
    response = ada_client.post(f"/leads/{desk.lead}/convert/", NEW | {"version": "1"})
    assert response.status_code == 422
    assert "This lead was changed in the meantime" in response.content.decode()
    monkeypatch.setattr(guards, "GUARDS", [lambda batch, draft, key: "It waits for approval."])
    response = ada_client.post(f"/leads/{desk.lead}/convert/", NEW | {"version": "2"})
    assert "It waits for approval." in response.content.decode()
    assert values("leads", desk.lead)["converted_at"] is None


def test_who_may_not_make_deals_is_not_asked_for_one(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    grant(company.staff, "deals", "view")
    assert "deals-name" not in ada_client.get(f"/leads/{desk.lead}/convert/").content.decode()
    ada_client.post(f"/leads/{desk.lead}/convert/", NEW | {"deal": "1", "deals-name": "Forced"})
    assert (values("leads", desk.lead)["converted_at"] is not None, count("deals")) == (True, [0])


def test_a_stranger_converts_nothing_and_a_reader_is_told(
    desk: Desk, company: Company, as_person: AsPerson, ada_client: Client
) -> None:
    assert as_person(company.cleo).post(f"/leads/{desk.lead}/convert/", NEW).status_code == 404
    grant(company.staff, "leads", "view")
    assert ada_client.post(f"/leads/{desk.lead}/convert/", NEW).status_code == 403
    assert values("leads", desk.lead)["converted_at"] is None
