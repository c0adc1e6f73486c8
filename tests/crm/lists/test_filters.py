"""Claims about the filter of a list: what it finds, what it refuses, and what it keeps to itself."""

import json
import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.door.share import share_records
from crm.models import User
from tests.crm.lists.conftest import criteria, filtered, hide, names, page_of
from tests.crm.pages.conftest import Desk, make
from tests.people import Company
from tests.rows import make_rows

pytestmark = pytest.mark.django_db
CHIP = re.compile(r'<li class="filter-chip">\s*<span>(.*?)</span>\s*<a href="(\?[^"]*)"')


def chips(client: Client, address: str) -> dict[str, str]:
    """The filter in words, each part with the query that takes it away."""
    found = CHIP.findall(page_of(client, address))
    return {unescape(words): unescape(query) for words, query in found}


@pytest.fixture
def three(ada: User) -> None:
    """Three leads of Ada's."""
    rows = [("One", "new", "high"), ("Two", "new", "low"), ("Three", "junk", "high")]
    make_rows("leads", [{"name": n, "status": s, "rating": r, "owner": ada} for n, s, r in rows])


def test_a_filter_in_the_address_finds_what_it_says(three: None, ada_client: Client) -> None:
    both = [("status", "is", "new"), ("rating", "is", "high")]
    assert names(ada_client, filtered("leads", *both)) == ["One"]
    assert names(ada_client, filtered("leads", *both, pattern="1 or 2")) == ["Three", "Two", "One"]
    assert page_of(ada_client, filtered("leads", *both).replace("/?", "/count/?")).strip() == "1"


def test_filter_and_search_both_count(three: None, ada_client: Client) -> None:
    assert names(ada_client, filtered("leads", ("status", "is", "new")) + "&q=two") == ["Two"]
    assert names(ada_client, filtered("leads", ("status", "is", "new")) + "&q=three") == []


def test_each_condition_is_a_chip_that_can_be_taken_away(three: None, ada_client: Client) -> None:
    shown = chips(ada_client, filtered("leads", ("status", "is", "new"), ("rating", "is", "high")))
    assert list(shown) == ["Status is New", "Rating is High"]
    rest = "/leads/" + shown["Status is New"]
    assert list(chips(ada_client, rest)) == ["Rating is High"]
    assert names(ada_client, rest) == ["Three", "One"]
    assert names(ada_client, "/leads/" + chips(ada_client, rest)["Rating is High"]) == ["Three", "Two", "One"]


def test_a_pattern_is_one_chip_with_the_whole_sentence(three: None, ada_client: Client) -> None:
    shown = chips(ada_client, filtered("leads", ("status", "is", "new"), ("rating", "is", "high"),
                                       pattern="1 or 2"))  # fmt: skip
    assert list(shown) == ["Status is New or Rating is High"]


def test_clear_all_shows_all(three: None, ada_client: Client) -> None:
    text = page_of(ada_client, filtered("leads", ("status", "is", "new")))
    clear = re.search(r'href="(\?[^"]*)">Clear all<', text)
    assert clear
    assert len(names(ada_client, "/leads/" + unescape(clear[1]))) == 3


def test_what_a_view_filters_can_be_taken_away_too(three: None, ada_client: Client) -> None:
    shown = chips(ada_client, "/leads/?view=my_open")
    assert shown.keys() >= {"Owner is the current user"}
    rest = next(query for words, query in shown.items() if words.startswith("Status"))
    assert names(ada_client, "/leads/?view=my_open") == ["Two", "One"]
    assert names(ada_client, "/leads/" + rest) == ["Three", "Two", "One"]


BAD = [
    "{", "[]", "7", '"x"', "null ", "[" * 3000, '{"conditions":1}', '{"conditions":[1]}',
    '{"conditions":[{"field":"nothing","operator":"is","value":"x"}]}',
    '{"conditions":[{"field":"company","operator":"changed"}]}',
    '{"conditions":[{"field":"company","operator":"is","value":"\\u0000"}]}',
    '{"conditions":[{"field":"company","operator":"is","value":"\\ud800"}]}',
    '{"conditions":[{"field":"employees","operator":"is","value":1e400}]}',
    '{"conditions":[{"field":"owner","operator":"is","value":99999999999999999999999}]}',
    '{"conditions":[{"field":["a"],"operator":{},"value":[[]]}]}',
    '{"conditions":[],"pattern":"1"}',
]  # fmt: skip


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_a_filter_that_makes_no_sense_is_refused_within_the_list(ada_client: Client, text: str) -> None:
    response = ada_client.get("/leads/", {"filter": text})
    page = response.content.decode()
    if text == "null ":
        assert response.status_code == 200  # no criteria match everything
        return
    assert response.status_code == 400
    assert 'role="alert"' in page
    assert ">Reset<" in re.sub(r"<svg.*?</svg>\s*", "", page).replace("> Reset", ">Reset")
    assert 'aria-label="Views"' in page


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["conditions", "pattern", "field", "operator", "value", "n", "unit"]),
            inner | st.sampled_from(["company", "owner", "status", "is", "contains", "in_last", "1", "days"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(data=JSON)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_filter_is_a_server_error(ada_client: Client, data: object) -> None:
    for address in ("/leads/", "/leads/count/", "/leads/totals/", "/leads/filter/"):
        assert ada_client.get(address, {"filter": json.dumps(data)}).status_code in (200, 400)


def test_a_hidden_field_can_t_be_asked_and_is_told_like_an_unknown_one(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    asked = filtered("leads", ("company", "contains", "gesellschaft"))
    assert names(ada_client, asked) == ["Łukasz 王小明"]
    hide(company, "leads", "company")
    response = ada_client.get(asked)
    assert response.status_code == 400
    page = unescape(response.content.decode())
    assert "Leads has no field “company”" in page
    assert "Łukasz" not in page
    assert names(ada_client, filtered("leads", ("rating", "is", {"field": "company"}))) == []
    assert page_of(ada_client, asked.replace("/?", "/count/?")).strip().startswith("<span")


def test_a_hidden_field_of_a_linked_record_can_t_be_asked(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    asked = filtered("quotes", ("account.type", "is", "customer"))
    assert names(ada_client, asked) == ["Renewal"]
    hide(company, "accounts", "type")
    assert ada_client.get(asked).status_code == 400


def test_a_filter_does_not_look_into_linked_records_out_of_reach(
    desk: Desk, company: Company, as_person: Callable[[User], Client]
) -> None:
    """Ben's deal is shared with Cleo, its account is not: she must not guess the account's name."""
    account = make("accounts", company.ben, name="Secret Ltd")
    deal = make("deals", company.ben, name="Shared deal", account=account)
    share_records("deals", [deal], company.cleo, "read", actor=company.ben)
    cleo, ben = as_person(company.cleo), as_person(company.ben)
    for condition in (("account.name", "contains", "secret"), ("account.name", "not_contains", "xyz")):
        assert names(ben, filtered("deals", condition)) == ["Shared deal"]
        assert names(cleo, filtered("deals", condition)) == []
    assert names(cleo, "/deals/") == ["Shared deal"]
    assert names(cleo, filtered("deals", ("account", "is_not_empty"))) == ["Shared deal"]
    named = page_of(cleo, filtered("deals", ("account", "is", account)))
    assert "Secret" not in named
    assert "Record without access" in named


def test_a_filter_looks_through_custom_links_only_as_far_as_the_person_sees(
    device_requests: object, company: Company, as_person: Callable[[User], Client]
) -> None:
    key = device_requests.key  # type: ignore[attr-defined]
    account = make("accounts", company.ben, name="Secret Ltd")
    pk = make(key, company.ben, name="Laptop", account=account)
    share_records(key, [pk], company.cleo, "read", actor=company.ben)
    asked = filtered(key, ("account.name", "contains", "secret"))
    assert names(as_person(company.ben), asked) == ["Laptop"]
    assert names(as_person(company.cleo), asked) == []
    assert names(as_person(company.cleo), f"/{key}/") == ["Laptop"]


def test_a_stranger_s_filter_finds_nothing(
    three: None, company: Company, as_person: Callable[[User], Client]
) -> None:
    assert names(as_person(company.cleo), filtered("leads", ("status", "is", "new"))) == []


def test_the_filter_panel_leads_back_to_the_list(three: None, ada_client: Client) -> None:
    page = page_of(ada_client, "/leads/filter/?sort=company")
    assert 'id="panel-title"' in page
    assert 'action="/leads/filter/"' in page
    sent = ada_client.post(
        "/leads/filter/", {"criteria": json.dumps(criteria(("rating", "is", "high"))), "sort": "company"}
    )
    assert sent.status_code == 302
    assert "sort=company" in sent["Location"]
    assert set(names(ada_client, sent["Location"])) == {"One", "Three"}
    assert ada_client.post("/leads/filter/", {"criteria": "", "sort": "company"})["Location"] == (
        "/leads/?sort=company"
    )


def test_a_wrong_filter_keeps_the_panel_open(three: None, ada_client: Client) -> None:
    sent = ada_client.post("/leads/filter/", {"criteria": json.dumps(criteria(("employees", "is", "many")))})
    assert sent.status_code == 422
    page = sent.content.decode()
    assert 'id="panel-title"' in page
    assert 'name="q"' in page
    assert len(re.findall(r'<th scope="row">', page)) == 3


def test_a_filter_too_long_for_an_address_is_refused(three: None, ada_client: Client) -> None:
    long = criteria(*(("company", "is_not", "x" * 300) for _number in range(30)))
    sent = ada_client.post("/leads/filter/", {"criteria": json.dumps(long)})
    assert sent.status_code == 422
    assert "too long for an address" in sent.content.decode()


def test_the_panel_comes_alone_for_htmx(three: None, ada_client: Client) -> None:
    for part in ("filter", "columns", "export", "views/new"):
        alone = ada_client.get(f"/leads/{part}/", headers={"hx-request": "true"})
        assert alone.content.decode().lstrip().startswith("<section")
        assert "HX-Request" in alone["Vary"]
