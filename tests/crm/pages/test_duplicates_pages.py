"""Claims about the warning that a record may be there already: who is told what, and who may go on."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from crm.models import Field, FieldRight, User
from crm.modules.loading import module
from crm.people.remembered import forget_everything
from crm.views import duplicates
from tests.crm.pages.conftest import Desk, edit, make
from tests.people import Company, grant

pytestmark = pytest.mark.django_db
AsPerson = Callable[[User | None], Client]
UNCHECKED = "It took too long to find out whether this is there already."
SAME = {"last_name": "Wang", "phone": "+48 22 123 45 67"}


def count(key: str = "leads") -> int:
    return int(module(key).rows().count())


def asked(client: Client, key: str = "leads", **data: Any) -> str:
    response = client.post(f"/{key}/duplicates/", data, headers={"HX-Request": "true"})
    assert response.status_code == 200
    return response.content.decode().strip()


def test_while_typing_those_that_look_the_same_are_named_with_a_link(desk: Desk, ada_client: Client) -> None:
    found = asked(ada_client, **SAME)
    assert "There may be already:" in found
    assert f'href="/leads/{desk.lead}/"' in found
    assert "same: Phone" in " ".join(found.split())
    assert f'name="anyway" value="{desk.lead}"' in found
    assert asked(ada_client, last_name="Wang", phone="+48 22 000") == ""
    assert asked(ada_client) == ""


def test_a_stranger_is_told_nothing_about_what_she_may_not_see(
    desk: Desk, company: Company, as_person: AsPerson
) -> None:
    cleo = as_person(company.cleo)
    assert asked(cleo, **SAME) == ""
    assert cleo.post("/leads/new/", SAME).status_code == 302


def test_a_field_that_may_not_be_read_gives_nothing_away(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    for key in ("phone", "mobile"):
        field = Field.objects.get(module__key="leads", key=key)
        FieldRight.objects.create(profile=company.staff, field=field, access="hidden")
    forget_everything()
    assert asked(ada_client, **SAME) == ""


def test_who_may_not_view_the_module_is_told_nothing(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    grant(company.staff, "leads", "edit")
    assert ada_client.post("/leads/duplicates/", SAME).status_code == 404


def test_the_first_save_warns_and_what_was_typed_stays(desk: Desk, ada_client: Client) -> None:
    response = ada_client.post("/leads/new/", SAME | {"city": "Kraków"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "Not saved yet. There may be already:" in page
    assert 'name="city" value="Kraków"' in page
    assert f'name="anyway" value="{desk.lead}" form="record-form"' in page
    assert count() == 1


def test_save_anyway_saves(desk: Desk, ada_client: Client) -> None:
    assert ada_client.post("/leads/new/", SAME | {"anyway": desk.lead}).status_code == 302
    assert count() == 2


def test_save_anyway_passes_over_those_only_that_were_shown(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    second = make("leads", company.ada, last_name="Other", phone="+48 22 123 45 67")
    response = ada_client.post("/leads/new/", SAME | {"anyway": desk.lead})
    assert response.status_code == 422
    assert f'value="{second},{desk.lead}"' in response.content.decode()
    assert ada_client.post("/leads/new/", SAME | {"anyway": f"{second},{desk.lead}"}).status_code == 302


def test_an_edit_warns_only_when_it_makes_the_record_look_the_same(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    other = make("leads", company.ada, last_name="Wang", phone="+48 22 999")
    address = f"/leads/{other}/edit/"
    response = ada_client.post(address, {"version": "1", "phone": "+48 22 123 45 67"})
    assert response.status_code == 422
    assert f'href="/leads/{desk.lead}/"' in response.content.decode()
    assert f'href="/leads/{other}/merge/?with={desk.lead}"' in response.content.decode()
    edit("leads", other, company.ada, phone="+48 22 123 45 67")
    assert ada_client.post(address, {"version": "2", "city": "Kraków"}).status_code == 302


def test_a_record_is_no_duplicate_of_itself(desk: Desk, ada_client: Client) -> None:
    assert asked(ada_client, record=desk.lead, **SAME) == ""
    data = {"version": "1", "last_name": "Wang", "first_name": "L."}
    assert ada_client.post(f"/leads/{desk.lead}/edit/", data).status_code == 302


def test_an_account_with_the_same_name_is_found_whatever_its_case(desk: Desk, ada_client: Client) -> None:
    assert f'href="/accounts/{desk.account}/"' in asked(ada_client, "accounts", name="ISDOM GMBH")


@pytest.fixture
def too_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking for duplicates takes too long."""

    def slow(*args: object, **named: object) -> None:
        raise duplicates.TooSlow

    monkeypatch.setattr(duplicates, "find_duplicates", slow)


def test_a_search_that_takes_too_long_says_so_and_can_be_tried_again(
    desk: Desk, too_slow: None, ada_client: Client
) -> None:
    told = asked(ada_client, **SAME)
    assert UNCHECKED in told
    assert 'hx-post="/leads/duplicates/"' in told
    for page in (f"/leads/{desk.lead}/merge/", f"/leads/{desk.lead}/convert/"):
        told = ada_client.get(page).content.decode()
        assert UNCHECKED in told
        assert f'<a href="{page}">Check again</a>' in told


def test_a_search_that_takes_too_long_stops_nobody(
    desk: Desk, too_slow: None, company: Company, ada_client: Client
) -> None:
    response = ada_client.post("/leads/new/", SAME)
    assert response.status_code == 302
    page = ada_client.get(response["Location"]).content.decode()
    assert UNCHECKED in page
    assert f'<a href="{response["Location"]}merge/">Check again</a>' in page
    data = {"version": "1", "last_name": "Wang"}
    assert ada_client.post(f"/leads/{desk.lead}/edit/", data).status_code == 302
    assert UNCHECKED in ada_client.get(f"/leads/{desk.lead}/").content.decode()
    grant(company.staff, "leads", "view", "create")
    response = ada_client.post("/leads/new/", SAME)
    page = ada_client.get(response["Location"]).content.decode()
    assert UNCHECKED in page
    assert "Check again" not in page


def test_what_was_not_saved_is_not_told_to_be_unchecked(
    desk: Desk, too_slow: None, ada_client: Client
) -> None:
    address = f"/leads/{desk.lead}/edit/"
    data = {"version": "1", "phone": "+48 22 000", "email": "nobody"}
    assert ada_client.post(address, data).status_code == 422
    assert UNCHECKED not in ada_client.get("/leads/").content.decode()


def test_without_a_delay_nothing_is_said(desk: Desk, ada_client: Client) -> None:
    assert UNCHECKED not in asked(ada_client, last_name="Somebody else")
    assert UNCHECKED not in ada_client.get(f"/leads/{desk.lead}/merge/").content.decode()
