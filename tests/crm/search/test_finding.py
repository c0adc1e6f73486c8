"""Who finds what: only records that the person may see, and only by fields that they may read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.db.models import Q
from django.test import Client

from crm.models import Field, Module, User
from crm.modules.field_editing import change_field
from crm.modules.loading import module, registry
from crm.people.remembered import forget_everything
from crm.search import frequencies, probing
from crm.search import hits as hits_module
from crm.search.conditions import Search
from crm.search.hits import find
from crm.search.query import parse_query
from crm.search.texts import mark, parts_of, text_of
from crm.views.finding import search_condition
from crm.visibility import Sort, TooSlow, count, page, paging
from crm.visibility.sql import Sql
from tests.crm.pages.conftest import make
from tests.crm.search.conftest import found, hide, hits, listed
from tests.modules import field_of
from tests.people import Company, grant
from tests.rows import make_rows, share_row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_old_sample() -> Iterator[None]:
    """How common pieces are is sampled anew in each test."""
    frequencies._read.clear()
    yield
    frequencies._read.clear()


@pytest.fixture(params=["few", "many"])
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Small numbers in the place of large ones, so that a handful of records are many."""
    if request.param == "many":
        monkeypatch.setattr(paging, "FEW_ROWS", 2)
        monkeypatch.setattr(probing, "MANY_OF_NEWEST", 2)
        monkeypatch.setattr(hits_module, "MANY_OF_NEWEST", 2)
        monkeypatch.setattr(hits_module, "CANDIDATES", 2)
        monkeypatch.setattr(probing.few_ids, "__defaults__", (2,))
    return str(request.param)


def test_only_visible_records_are_found(size: str, company: Company) -> None:
    ada, ben, cleo = company.ada, company.ben, company.cleo
    mine = [make("leads", ada, last_name=f"Zolc {number}") for number in range(4)]
    theirs = [make("leads", cleo, last_name=f"Żółć {number}") for number in range(4)]
    assert found(ada, "zolc") == mine[::-1]
    assert found(ben, "zolc") == mine[::-1]
    assert found(cleo, "zolc") == theirs[::-1]
    assert listed(company.admin, "zolc") == [*theirs[::-1], *mine[::-1]]
    assert found(ada, "zolc 2") == [mine[2]]


def test_a_shared_record_is_found(size: str, company: Company) -> None:
    rows = make_rows("leads", [{"name": f"Zolc {n}", "owner": company.cleo} for n in range(6)])
    assert found(company.ada, "zolc") == []
    share_row(rows[1], user=company.ada)
    assert found(company.ada, "zolc") == [rows[1].pk]


def test_a_stranger_finds_nothing_in_any_module(size: str, company: Company) -> None:
    for key in ("leads", "contacts"):
        make(key, company.ada, last_name="Zolc")
    make("accounts", company.ada, name="Zolc GmbH")
    assert set(hits(company.ada, "zolc")) == {"leads", "contacts", "accounts"}
    assert hits(company.cleo, "zolc") == {}


def test_a_module_that_the_profile_may_not_view_is_not_searched(company: Company) -> None:
    lead = make("leads", company.ada, last_name="Zolc")
    make("contacts", company.ada, last_name="Zolc")
    grant(company.staff, "contacts", "edit")
    assert hits(company.ada, "zolc") == {"leads": [lead]}
    assert listed(company.ada, "zolc", "contacts") == []


def test_nobody_finds_by_a_field_that_is_hidden_from_them(size: str, company: Company) -> None:
    rows = [make("leads", company.ada, last_name=f"N{n}", email=f"secret{n}@example.com") for n in range(4)]
    assert found(company.ada, "secret") == rows[::-1]
    hide(company, "leads", "email")
    for text in ("secret", "secret1@example.com", "example", "n1 secret"):
        assert found(company.ada, text) == [], text
    assert found(company.ada, "n1") == [rows[1]]
    assert listed(company.admin, "secret") == rows[::-1]


def test_a_hidden_field_is_not_given_away_by_a_word_of_another(company: Company) -> None:
    """The index finds the hidden word's beginning; in the text that may be read it is no beginning."""
    make("leads", company.ada, last_name="Kazqo", email="zq@example.com")
    hide(company, "leads", "email")
    assert found(company.ada, "zq") == []
    assert len(found(company.ada, "zqo")) == 1


def test_a_hidden_field_of_a_custom_module_is_not_searched(device_requests: Module, company: Company) -> None:
    pk = make(device_requests.key, company.ada, name="Laptop", serial="4711")
    hide(company, device_requests.key, "serial")
    assert found(company.ada, "4711", device_requests.key) == []
    assert found(company.ada, "laptop", device_requests.key) == [pk]


def test_a_hidden_field_is_not_found_by_while_its_text_is_still_there(company: Company) -> None:
    make("leads", company.ada, last_name="Zolc", email="secret@example.com")
    hide(company, "leads", "email")
    change_field(field=Field.objects.get(module__key="leads", key="email"), actor=None, searched=False)
    forget_everything()
    assert found(company.ada, "secret") == []


def test_a_hidden_name_is_neither_searched_nor_told(company: Company) -> None:
    make("leads", company.ada, last_name="Zolc", company="Kamień")
    hide(company, "leads", "name")
    assert found(company.ada, "zolc") == []
    [group] = find(company.ada, "kamien")
    assert group.hits[0].name.startswith("Lead #")
    assert [value for _info, value in group.hits[0].values] == ["Kamień"]


def test_a_hidden_value_is_not_told_beside_a_hit(company: Company) -> None:
    make("leads", company.ada, last_name="Zolc", email="secret@example.com")
    hide(company, "leads", "email")
    assert find(company.ada, "zolc")[0].hits[0].values == []


def test_parts_are_told_apart_by_their_marks() -> None:
    leads = module("leads")
    text = text_of(leads, {"name": "Zolc", "email": "zolc@example.com"})
    assert "example" in text
    part = parts_of(text, mark("name") + mark("company"))
    assert part is not None
    assert "zolc" in part
    assert "example" not in part
    assert parts_of(text, "") == ""


def test_the_marks_of_all_searched_fields_differ(device_requests: Module) -> None:
    for info in registry().modules.values():
        assert len({mark(key) for key in info.fields}) == len(info.fields)


def test_the_newest_are_shown_and_the_others_counted(size: str, company: Company) -> None:
    rows = [make("leads", company.ada, last_name=f"Zolc {number}") for number in range(8)]
    [group] = find(company.ada, "zolc")
    assert [hit.id for hit in group.hits] == rows[:2:-1]
    assert group.exact == (size == "few")
    assert group.number == 8 or (not group.exact and group.number > 5)


def test_a_search_goes_with_a_filter_and_an_order(size: str, company: Company) -> None:
    leads = module("leads")
    for number, rating in enumerate(["high", "low", "high", "low", "high"]):
        make("leads", company.ada, last_name=f"Zolc {number}", company=f"C{9 - number}", rating=rating)
    where = search_condition(company.ada, leads, "zolc")
    assert where is not None
    where &= Q(rating="high")
    for user in (company.ada, company.admin):
        first = page(user, leads, where=where, sort=Sort("company", False), size=2)
        rest = page(user, leads, where=where, sort=Sort("company", False), after=first.next)
        assert [row.company for row in (*first.rows, *rest.rows)] == ["C5", "C7", "C9"]
        assert count(user, leads, where=where).number == 3
        assert count(user, leads, where=where, cap=None).number == 3


def test_every_page_of_a_search_follows_the_one_before(size: str, company: Company) -> None:
    leads = module("leads")
    rows = [make("leads", company.ada, last_name=f"Zolc {number}") for number in range(7)]
    ids: list[int] = []
    after = None
    while True:
        where = search_condition(company.ada, leads, "zolc")
        shown = page(company.ada, leads, where=where, after=after, size=3)
        ids += shown.ids
        if (after := shown.next) is None:
            break
    assert ids == rows[::-1]


def test_common_pieces_are_left_to_the_text(company: Company) -> None:
    for number in range(30):
        make("leads", company.ada, last_name=f"Example {number}", company="Example")
    assert len(frequencies.rarest(["exa", "xam", "amp"])) <= 3
    share = frequencies._frequencies()
    assert max(share.values()) == 1.0
    rare = make("leads", company.ada, last_name="Example Zolc")
    assert found(company.ada, "example zolc") == [rare]
    assert len(listed(company.ada, "example")) == 31


@pytest.mark.postgres
def test_the_index_is_used(company: Company, explain: Callable[[str], str]) -> None:
    assert "crm_searchtext_grams" in explain("小明")
    assert "crm_searchtext_grams" in explain("owals")


@pytest.fixture
def explain(company: Company) -> Callable[[str], str]:
    """How the database looks for a word among leads, if it has no reason to read all of few rows."""

    def plan(text: str) -> str:
        statement = Search(company.admin, module("leads"), parse_query(text)).found(100)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN {statement.text}", statement.params)
            return "\n".join(row[0] for row in cursor.fetchall())

    return plan


def test_the_field_of_another_module_does_not_matter(device_requests: Module, company: Company) -> None:
    serial = field_of(device_requests, "serial")
    assert serial.searched
    make("leads", company.ada, last_name="Zolc")
    pk = make(device_requests.key, company.ada, name="Zolc")
    assert found(company.ada, "zolc", device_requests.key) == [pk]


def test_somebody_without_a_profile_finds_nothing(company: Company) -> None:
    make("leads", company.ada, last_name="Zolc")
    nobody = User.objects.create_user("nobody@example.com", "a long password", name="Nobody")
    assert hits(nobody, "zolc") == {}


def test_that_others_have_many_such_records_is_not_told(size: str, company: Company) -> None:
    for number in range(8):
        make("leads", company.cleo, last_name=f"Zolc {number}")
    make("accounts", company.ada, name="Zolc GmbH")
    for shown in (0, 5):
        assert [group.module.key for group in find(company.ada, "zolc", shown)] == ["accounts"]


def test_a_search_that_takes_too_long_leaves_out_modules_with_hidden_fields(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("leads", company.ada, last_name="Zolc")
    account = make("accounts", company.ada, name="Zolc GmbH")
    hide(company, "leads", "email")
    real = Search.found

    def found_late(search: Search, limit: int | None = None) -> Sql:
        if search.module.key == "leads":
            raise TooSlow
        return real(search, limit)

    assert set(hits(company.ada, "zolc")) == {"leads", "accounts"}
    monkeypatch.setattr(Search, "found", found_late)
    assert hits(company.ada, "zolc") == {"accounts": [account]}


def test_a_word_that_only_hidden_fields_have_is_given_up_in_time(
    company: Company, ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def over() -> Iterator[None]:
        raise TooSlow
        yield

    monkeypatch.setattr(probing, "in_time", over)
    assert ada_client.get("/leads/?q=zolc").status_code == 200, "she sees every field"
    hide(company, "leads", "phone")
    response = ada_client.get("/leads/?q=zolc")
    assert response.status_code == 400
    assert "This takes too long." in response.content.decode()
    assert ada_client.get("/leads/count/?q=zolc").status_code == 200
