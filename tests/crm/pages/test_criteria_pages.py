"""Claims about what the editor asks the server as somebody works in it, and about explanations."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crm.forms import criteria_count
from crm.lists.saving import Shape, create_view
from crm.models import Profile, User
from crm.people.remembered import forget_everything
from crm.visibility import TooSlow
from tests.crm.pages.conftest import Desk, as_person, desk, make
from tests.crm.pages.test_criteria_editor import HIGH, conditions, hide
from tests.people import Company
from tests.rows import leads

__all__ = ["as_person", "desk"]

pytestmark = pytest.mark.django_db
AsPerson = Callable[[User | None], Client]


def asked(client: Client, part: str, data: Any, key: str = "leads", query: str = "") -> str:
    """The answer about these criteria."""
    return client.post(f"/criteria/{key}/{part}/?{query}", {"criteria": json.dumps(data)}).content.decode()


def explained(client: Client, data: Any, pk: int, key: str = "leads") -> Any:
    return client.get(f"/criteria/{key}/{pk}/explain/", {"criteria": json.dumps(data)})


def cleos_deal(company: Company, desk: Desk) -> int:
    """A deal of Cleo's with Ada's account, which she may not see."""
    values = {"stage": "prospecting", "close_date": "2026-01-01", "owner": company.cleo.pk}
    return make("deals", company.admin, name="Hers", account=desk.account, **values)


def manage_automation(company: Company) -> None:
    """Lets the staff define rules."""
    Profile.objects.filter(pk=company.staff.pk).update(features=["approve", "manage_automation"])
    forget_everything()


def test_the_count_is_of_what_the_person_sees(company: Company, desk: Desk, as_person: AsPerson) -> None:
    low = conditions(("rating", "is", "low"))
    assert "1 record matches now" in asked(as_person(company.ada), "count", low)
    assert "0 records match now" in asked(as_person(company.ada), "count", HIGH)
    assert "0 records match now" in asked(as_person(company.cleo), "count", low)


def test_the_count_is_capped_and_says_when_it_takes_too_long(
    company: Company, desk: Desk, as_person: AsPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("leads", company.ada, last_name="Second", rating="low")
    monkeypatch.setattr(criteria_count, "CAP", 1)
    low = conditions(("rating", "is", "low"))
    assert "1+ record matches now" in asked(as_person(company.ada), "count", low)

    def slow(*_args: object, **_given: object) -> None:
        raise TooSlow

    monkeypatch.setattr(criteria_count, "count", slow)
    assert "Not counted: that takes too long." in asked(as_person(company.ada), "count", low)


def test_what_is_wrong_or_only_known_on_saving_is_not_counted(
    company: Company, desk: Desk, as_person: AsPerson
) -> None:
    ada = as_person(company.ada)
    assert asked(ada, "count", conditions(("rating", "is", "huge"))).strip() == ""
    changed = conditions(("rating", "changed"))
    assert "only known when a record is saved" in asked(ada, "count", changed, query="events=1")


def test_counting_does_not_tell_hidden_values(company: Company, desk: Desk, as_person: AsPerson) -> None:
    manage_automation(company)
    hide(company, "leads", "rating")
    low = conditions(("rating", "is", "low"))
    assert asked(as_person(company.ada), "count", low).strip() == ""
    in_admin = asked(as_person(company.ada), "count", low, query="all=1")
    assert "something that you may not read" in in_admin
    assert "matches now" in asked(as_person(company.admin), "count", low, query="all=1")


def test_a_count_does_not_look_into_linked_records_out_of_reach(
    company: Company, desk: Desk, as_person: AsPerson
) -> None:
    cleos_deal(company, desk)
    data = conditions(("account.type", "is", "customer"))
    assert "0 records match" in asked(as_person(company.cleo), "count", data, key="deals")
    assert "1 record matches" in asked(as_person(company.admin), "count", data, key="deals")


def test_all_fields_are_for_those_who_define_rules(company: Company, as_person: AsPerson) -> None:
    hide(company, "leads", "rating")
    ada = as_person(company.ada)
    assert "rating" not in ada.get("/criteria/leads/fields/?q=rating").content.decode().split("data-path")[0]
    assert 'data-path="rating"' not in ada.get("/criteria/leads/fields/?q=rating").content.decode()
    assert ada.get("/criteria/leads/fields/?q=rating&all=1").status_code == 403
    assert ada.post("/criteria/leads/editor/?all=1").status_code == 403
    manage_automation(company)
    assert 'data-path="rating"' in ada.get("/criteria/leads/fields/?q=rating&all=1").content.decode()
    assert ada.get("/criteria/unknown/fields/?all=1").status_code == 404


def test_fields_are_found_over_links_and_by_what_they_can_be_compared_with(
    company: Company, as_person: AsPerson
) -> None:
    ada = as_person(company.ada)
    far = ada.get("/criteria/deals/fields/?q=parent+industry").content.decode()
    assert 'data-path="account.parent.industry"' in far
    assert 'data-path="account.industry"' not in far
    assert "No field is called that." in ada.get("/criteria/deals/fields/?q=xyzzy").content.decode()
    amounts = ada.get("/criteria/deals/fields/?like=amount").content.decode()
    assert 'data-path="expected_revenue"' in amounts
    assert 'data-path="account.annual_revenue"' in amounts
    assert 'data-path="stage"' not in amounts
    assert ada.get("/criteria/deals/fields/?like=nonsense").status_code == 404


def test_the_editor_answers_with_fitting_controls_and_messages(company: Company, as_person: AsPerson) -> None:
    ada = as_person(company.ada)
    form = {"x-rows": "1", "x-0-field": "rating", "x-0-asked": ""}
    html = ada.post("/criteria/leads/editor/?name=x", form).content.decode()
    assert 'name="x-0-operator"' in html
    assert '<option value="high" >High</option>' in html
    assert "Enter a value" not in html
    form |= {"x-0-operator": "is", "x-0-asked": "is value rating"}
    assert "Rating: Enter a value." in ada.post("/criteria/leads/editor/?name=x", form).content.decode()


def test_statements_do_not_grow_with_the_conditions(
    company: Company, desk: Desk, as_person: AsPerson
) -> None:
    ada = as_person(company.ada)
    plain = [
        ("rating", "is", "low"),
        ("company", "contains", "x"),
        ("created_at", "today"),
        ("city", "is_empty"),
    ]
    linked = [
        ("account.type", "is", "customer"),
        ("account.industry", "is_empty"),
        ("account.name", "is", "x"),
    ]
    deal = make(
        "deals", company.ada, name="D", account=desk.account, stage="prospecting", close_date="2026-01-01"
    )

    def taken(part: str, data: Any, key: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            if part == "explain":
                assert explained(ada, data, deal, key).status_code == 200
            else:
                asked(ada, part, data, key)
        return len(queries)

    for part, most in (("editor", 6), ("count", 8)):
        assert taken(part, conditions(*plain[:1]), "leads") <= most
        assert taken(part, conditions(*plain), "leads") == taken(part, conditions(*plain[:1]), "leads")
    assert taken("explain", conditions(*linked[:1]), "deals") <= 14
    assert taken("explain", conditions(*linked), "deals") == taken(
        "explain", conditions(*linked[:1]), "deals"
    )
    with CaptureQueriesContext(connection) as queries:
        ada.get("/criteria/deals/fields/?q=xyzzy")
    assert len(queries) <= 6


def test_an_explanation_says_what_was_expected_and_found(
    company: Company, desk: Desk, as_person: AsPerson
) -> None:
    data = conditions(("rating", "is", "high"), ("owner", "is", {"current_user": True}), pattern="1 or 2")
    page = explained(as_person(company.ada), data, desk.lead).content.decode()
    assert "Yes, they hold for this record." in page
    assert "If Rating is High or Owner is the current user." in page
    rows = page.split("<tr>")[2:]
    assert ["Low" in rows[0], "criteria-no" in rows[0]] == [True, True]
    assert ["Ada Adler" in rows[1], "criteria-yes" in rows[1]] == [True, True]
    assert "Łukasz" in page


def test_without_conditions_the_explanation_is_yes(company: Company, desk: Desk, as_person: AsPerson) -> None:
    page = as_person(company.ada).get(f"/criteria/leads/{desk.lead}/explain/?criteria=")
    assert "Yes, they hold" in page.content.decode()


def saved(user: User, data: Any, **more: Any) -> str:
    """The key of a new view of leads."""
    return str(create_view(actor=user, module=leads(), name="Hot", shape=Shape(criteria=data), **more).pk)


def test_the_record_page_leads_to_an_explanation_of_each_view(
    company: Company, desk: Desk, as_person: AsPerson
) -> None:
    key = saved(company.ada, HIGH)
    ada = as_person(company.ada)
    address = f"/criteria/leads/{desk.lead}/explain/"
    assert f'href="{address}"' in ada.get(f"/leads/{desk.lead}/").content.decode()
    choice = ada.get(address).content.decode()
    assert f'<option value="{key}" >Hot</option>' in choice
    assert "hold for this record" not in choice
    told = ada.get(address, {"view": key}).content.decode()
    assert f'<option value="{key}" selected>Hot</option>' in told
    assert "No, they do not hold for this record." in told
    assert "If Rating is High." in told
    assert "Yes, they hold" in ada.get(address, {"view": "mine"}).content.decode()
    assert "Hot" not in as_person(company.ben).get(address).content.decode()
    assert as_person(company.ben).get(address, {"view": key}).status_code == 400


def test_the_filter_of_a_list_is_explained_for_a_record_that_is_named(
    company: Company, desk: Desk, as_person: AsPerson
) -> None:
    ada = as_person(company.ada)
    assert "explain-record" not in ada.get("/leads/filter/").content.decode()
    given = {"filter": json.dumps(HIGH), "q": "isdom"}
    panel = ada.get("/leads/filter/", given).content.decode()
    assert 'action="/leads/filter/explain/"' in panel
    for typed in (
        {"name": "Łukasz 王小明"},
        {"name": "Łukasz 王小明", "pick": desk.lead},
        {"name": f"#{desk.lead}"},
    ):
        response = ada.get("/leads/filter/explain/", given | typed)
        assert response.status_code == 302
        told = ada.get(response["Location"]).content.decode()
        assert "No, they do not hold for this record." in told
        assert "with another filter" in told
        assert "was also searched for “isdom”" in told


def test_a_list_that_opens_with_a_view_is_explained_by_that_view(
    company: Company, desk: Desk, as_person: AsPerson
) -> None:
    key = saved(company.ada, HIGH)
    ada = as_person(company.ada)
    ada.post("/leads/views/default/", {"view": key})
    response = ada.get("/leads/filter/explain/", {"name": f"#{desk.lead}"})
    assert response["Location"] == f"/criteria/leads/{desk.lead}/explain/?view={key}"


def test_a_name_that_nobody_or_several_have_is_asked_again(
    company: Company, desk: Desk, as_person: AsPerson
) -> None:
    for _number in range(2):
        make("leads", company.ada, last_name="Wang")
    ada = as_person(company.ada)
    given = {"filter": json.dumps(HIGH)}
    for name, message in (
        ("", "Enter the name"),
        ("Nobody", "Nothing that you may"),
        ("Wang", "Several are"),
    ):
        response = ada.get("/leads/filter/explain/", given | {"name": name})
        assert response.status_code == 422
        assert message in response.content.decode()
        assert "Rating" in response.content.decode(), "the filter is still there"
    assert response.content.decode().count('type="radio" name="pick"') == 2


def test_a_record_out_of_reach_is_not_explained_by_its_name(
    company: Company, desk: Desk, as_person: AsPerson
) -> None:
    response = as_person(company.cleo).get("/leads/filter/explain/", {"name": "Łukasz 王小明"})
    assert response.status_code == 422


def test_a_shared_view_with_a_field_hidden_from_the_reader_is_not_explained(
    company: Company, desk: Desk, as_person: AsPerson
) -> None:
    key = saved(company.admin, HIGH, sharing="everyone")
    hide(company, "leads", "rating")
    response = as_person(company.ada).get(f"/criteria/leads/{desk.lead}/explain/", {"view": key})
    assert response.status_code == 400
    assert "can&#x27;t be used" in response.content.decode()
    assert "hold for this record" not in response.content.decode()


def test_hidden_fields_are_not_explained_and_not_guessed(
    company: Company, desk: Desk, as_person: AsPerson
) -> None:
    hide(company, "leads", "rating")
    for value in ("low", "high"):
        data = conditions(("rating", "is", value), ("city", "is_empty"))
        page = explained(as_person(company.ada), data, desk.lead).content.decode()
        assert "It depends on something that you may not see." in page
        assert "hidden" in page
        assert "Rating" not in page
        assert "Low" not in page
        either = data | {"pattern": "1 or 2"}
        assert "Yes, they hold" in explained(as_person(company.ada), either, desk.lead).content.decode()
        denied = conditions(("rating", "is", value), ("city", "is_not_empty"))
        assert "No, they do not hold" in explained(as_person(company.ada), denied, desk.lead).content.decode()
    assert "No, they do not" in explained(as_person(company.admin), HIGH, desk.lead).content.decode()
    wrong = explained(as_person(company.ada), conditions(("rating", "is", "huge")), desk.lead)
    assert wrong.status_code == 400
    assert "Low" not in wrong.content.decode()
    assert "has no field “rating”" in wrong.content.decode()


def test_what_a_record_out_of_reach_says_is_not_explained(
    company: Company, desk: Desk, as_person: AsPerson
) -> None:
    deal = cleos_deal(company, desk)
    data = conditions(("account.type", "is", "customer"), ("account", "is_not_empty"))
    page = explained(as_person(company.cleo), data, deal, "deals").content.decode()
    assert "It depends on something that you may not see." in page
    assert "Record without access" in page
    assert "Isdom" not in page
    admins = explained(as_person(company.admin), data, deal, "deals").content.decode()
    assert "Yes, they hold" in admins
    assert "Isdom GmbH" in admins
