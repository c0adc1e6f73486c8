"""Claims about saved views: who makes, sees, changes and deletes them, and what they never do."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from crm.lists import saving
from crm.lists.filters import write_text
from crm.lists.problems import ListProblem, ViewProblem
from crm.lists.saved import views_of
from crm.lists.saving import Shape, change_view, choose_default, create_view, delete_view, store_shape
from crm.models import DefaultView, ListView, Module, SharingGroup, User, ViewSharing
from crm.modules.field_editing import delete_field
from crm.modules.loading import module
from crm.modules.usage.base import Subject, usages_of
from crm.people.groups import save_group
from tests.crm.lists.conftest import criteria, hide, names, page_of
from tests.crm.pages.conftest import Desk
from tests.modules import field_of
from tests.people import Company
from tests.rows import leads, make_row, make_rows

pytestmark = pytest.mark.django_db
Log = Callable[[User], Client]
HOT = Shape(("name", "rating", "city"), "-company", criteria(("rating", "is", "high")))


def saved(user: User, name: str = "Hot", shape: Shape = HOT, **more: object) -> ListView:
    """A view of Ada's leads."""
    return create_view(actor=user, module=leads(), name=name, shape=shape, **more)  # type: ignore[arg-type]


@pytest.fixture
def rows(ada: User) -> None:
    """Three leads of Ada's, one of them not hot."""
    given = [("One", "high", "B"), ("Two", "low", "C"), ("Three", "high", "A")]
    make_rows("leads", [{"name": n, "rating": r, "company": c, "owner": ada} for n, r, c in given])


@pytest.fixture
def support(company: Company) -> SharingGroup:
    """A group with Cleo in it."""
    return save_group(
        actor=company.admin, group=SharingGroup(key="support", name="Support"), users=[company.cleo]
    )


def tabs(client: Client, address: str = "/leads/") -> list[str]:
    """The names of the views beside each other."""
    return re.findall(r'<span class="view-name">(.*?)</span>', page_of(client, address))


def test_a_list_is_saved_under_a_name_and_comes_back(rows: None, ada_client: Client) -> None:
    sent = ada_client.post(
        "/leads/views/new/",
        {
            "name": "  Hot   leads ", "sharing": "nobody", "sort": "-company", "columns": "name,rating,city",
            "filter": write_text(criteria(("rating", "is", "high"))),
        },
    )  # fmt: skip
    row = ListView.objects.get()
    assert sent["Location"] == f"/leads/?view={row.pk}"
    assert (row.name, row.columns, row.sort) == ("Hot leads", ["name", "rating", "city"], "-company")
    page = page_of(ada_client, sent["Location"])
    assert names(ada_client, sent["Location"]) == ["One", "Three"]
    assert re.findall(r'<th scope="col"[^>]*>\s*(?:<a[^>]*>)?\s*([A-Z]\w+)', page) == [
        "Name",
        "Rating",
        "City",
    ]
    assert "The view “Hot leads” is saved." in page
    assert "Save changes" not in page


def test_the_views_that_come_with_a_module(rows: None, ada_client: Client) -> None:
    assert tabs(ada_client) == ["All Leads", "My open Leads", "My Leads", "Recently changed"]
    assert tabs(ada_client, "/accounts/") == ["All Accounts", "My Accounts", "Recently changed"]


def test_my_views_are_mine_until_i_share_them(
    company: Company, support: SharingGroup, as_person: Log
) -> None:
    view = saved(company.ada)
    cleo, ben = as_person(company.cleo), as_person(company.ben)
    assert "Hot" in tabs(as_person(company.ada))
    assert "Hot" not in tabs(cleo)
    assert cleo.get(f"/leads/?view={view.pk}").status_code == 400
    change_view(actor=company.ada, view=view, name="Hot", sharing="groups", groups=[support])
    assert "Hot" in tabs(cleo)
    assert "Hot" not in tabs(ben)
    change_view(actor=company.ada, view=view, name="Hot", sharing="everyone")
    assert "Hot" in tabs(ben)
    assert view.groups.count() == 0


def test_a_shared_view_shows_each_person_their_own_rows(rows: None, company: Company, as_person: Log) -> None:
    view = saved(company.ada, sharing=ViewSharing.EVERYONE)
    assert names(as_person(company.ben), f"/leads/?view={view.pk}") == ["One", "Three"]
    assert names(as_person(company.cleo), f"/leads/?view={view.pk}") == []


def test_only_the_owner_changes_a_view_and_whoever_manages_modules(company: Company, as_person: Log) -> None:
    view = saved(company.ada, sharing=ViewSharing.EVERYONE)
    cleo = as_person(company.cleo)
    for part, data in (("", {"name": "Mine", "sharing": "nobody"}), ("store/", {}), ("delete/", {})):
        assert cleo.post(f"/leads/views/{view.pk}/{part}", data).status_code == 403
    for work in (
        lambda: change_view(actor=company.cleo, view=view, name="Mine", sharing="nobody"),
        lambda: store_shape(actor=company.cleo, view=view, module=leads(), shape=Shape()),
        lambda: delete_view(actor=company.cleo, view=view),
    ):
        with pytest.raises(PermissionDenied):
            work()
    change_view(actor=company.admin, view=view, name="Hot ones", sharing="everyone")
    assert ListView.objects.get().name == "Hot ones"


def test_nobody_else_learns_of_a_private_view(company: Company, as_person: Log) -> None:
    view = saved(company.ada)
    for person in (company.cleo, company.admin):
        client = as_person(person)
        assert client.get(f"/leads/views/{view.pk}/").status_code == 404
        assert client.post(f"/leads/views/{view.pk}/delete/").status_code == 404
    assert as_person(company.ada).get(f"/accounts/views/{view.pk}/").status_code == 404
    assert ListView.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "field"), [("", "name"), (" \x00 ", "name"), ("x" * 81, "name"), ("hOT", "name")]
)
def test_a_name_is_needed_and_given_once(company: Company, name: str, field: str) -> None:
    saved(company.ada)
    with pytest.raises(ViewProblem) as refused:
        saved(company.ada, name)
    assert refused.value.field == field
    saved(company.ben, "Hot")
    assert create_view(actor=company.ada, module=module("deals"), name="Hot", shape=Shape()).pk


def test_what_was_typed_stays_when_a_view_is_refused(company: Company, ada_client: Client) -> None:
    saved(company.ada)
    sent = ada_client.post("/leads/views/new/", {"name": "Hot", "sharing": "everyone", "sort": "company"})
    page = sent.content.decode()
    assert sent.status_code == 422
    assert "There is a view called “Hot” already." in page
    assert 'value="Hot" maxlength="80"' in page
    assert re.search(r'name="sharing" value="everyone" checked', page)
    assert '<input type="hidden" name="sort" value="company">' in page
    assert ada_client.post("/leads/views/new/", {"name": "X", "sharing": "all"}).status_code == 422
    assert ada_client.post("/leads/views/new/", {"name": "X", "sharing": "groups"}).status_code == 422


def test_nobody_saves_without_end(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "MOST", 2)
    saved(company.ada, "1")
    saved(company.ada, "2")
    with pytest.raises(ViewProblem):
        saved(company.ada, "3")


def test_nobody_saves_what_they_may_not_ask(company: Company) -> None:
    hide(company, "leads", "city")
    hide(company, "leads", "company")
    hide(company, "leads", "rating")
    for shape in (
        Shape(("city",)),
        Shape(sort="company"),
        Shape(criteria=criteria(("rating", "is", "high"))),
    ):
        with pytest.raises(ListProblem):
            saved(company.ada, shape=shape)
    assert not ListView.objects.exists()


def test_changes_are_seen_saved_and_taken_back(rows: None, company: Company, ada_client: Client) -> None:
    view = saved(company.ada)
    changed = f"/leads/?view={view.pk}&sort=company"
    page = page_of(ada_client, changed)
    assert "Save changes" in page
    reset = re.search(r'href="(\?[^"]*)">\s*<svg[^>]*>.*?</svg> Reset', page)
    assert reset
    assert unescape(reset[1]) == f"?view={view.pk}"
    assert names(ada_client, changed) == ["Three", "One"]
    ada_client.post(f"/leads/views/{view.pk}/store/", {"sort": "company"})
    assert names(ada_client, f"/leads/?view={view.pk}") == ["Three", "One"]
    assert "Save changes" not in page_of(ada_client, f"/leads/?view={view.pk}")
    view.refresh_from_db()
    assert view.criteria == HOT.criteria


def test_others_save_changes_of_a_shared_view_as_their_own(company: Company, as_person: Log) -> None:
    view = saved(company.ada, sharing=ViewSharing.EVERYONE)
    page = page_of(as_person(company.cleo), f"/leads/?view={view.pk}&sort=company")
    assert "Save changes" not in page
    assert "Save view…" in page


def test_the_default_view_opens_the_module_for_me_only(rows: None, company: Company, as_person: Log) -> None:
    view = saved(company.ada, sharing=ViewSharing.EVERYONE)
    ada, ben = as_person(company.ada), as_person(company.ben)
    assert ada.post("/leads/views/default/", {"view": str(view.pk)}).status_code == 302
    assert names(ada, "/leads/") == ["One", "Three"]
    assert len(names(ben, "/leads/")) == 3
    assert len(names(ada, "/leads/?view=all")) == 3
    ada.post("/leads/views/default/", {"view": "mine"})
    assert views_of(company.ada, leads()).default == "mine"
    assert DefaultView.objects.count() == 1
    assert ada.post("/leads/views/default/", {"view": "nothing"}).status_code == 404


def test_a_default_view_that_is_deleted_or_taken_back_is_forgotten(company: Company, as_person: Log) -> None:
    view = saved(company.ada, sharing=ViewSharing.EVERYONE)
    mine = views_of(company.cleo, leads()).by_key[str(view.pk)]
    choose_default(actor=company.cleo, module=leads(), view=mine)
    change_view(actor=company.ada, view=view, name="Hot", sharing="nobody")
    assert views_of(company.cleo, leads()).default == "all"
    with pytest.raises(ViewProblem):
        choose_default(actor=company.cleo, module=leads(), view=mine)
    as_person(company.ada).post(f"/leads/views/{view.pk}/delete/")
    assert not DefaultView.objects.exists()
    with pytest.raises(ViewProblem):
        delete_view(actor=company.ada, view=view)


def test_a_column_that_is_hidden_from_the_reader_is_left_out_and_not_named(
    rows: None, company: Company, ada_client: Client
) -> None:
    view = saved(company.ada, shape=Shape(("name", "city", "rating"), "company"))
    hide(company, "leads", "city")
    hide(company, "leads", "company")
    response = ada_client.get(f"/leads/?view={view.pk}")
    page = response.content.decode()
    assert response.status_code == 200
    assert "A column of this view is left out" in page
    assert "The order of this view is left out" in page
    assert "City" not in page
    assert "Reset" not in page
    assert names(ada_client, f"/leads/?view={view.pk}") == ["Three", "Two", "One"]


def test_a_filter_with_a_hidden_field_is_refused_and_not_widened(
    rows: None, company: Company, ada_client: Client
) -> None:
    view = saved(company.ada)
    hide(company, "leads", "rating")
    response = ada_client.get(f"/leads/?view={view.pk}")
    page = unescape(response.content.decode())
    assert response.status_code == 400
    assert "The filter of “Hot” can't be used" in page
    assert names(ada_client, f"/leads/?view={view.pk}") == []
    assert 'href="?view=all"' in page


def test_a_deleted_field_is_named_and_left_out(
    device_requests: Module, company: Company, ada_client: Client
) -> None:
    key = device_requests.key
    make_row(key, name="Laptop", owner=company.ada)
    shape = Shape(("name", "serial", "weight"), "serial")
    view = create_view(actor=company.ada, module=module(key), name="Serials", shape=shape)
    delete_field(field=field_of(device_requests, "serial"), actor=company.admin, confirmed=True)
    response = ada_client.get(f"/{key}/?view={view.pk}")
    page = response.content.decode()
    assert response.status_code == 200
    assert "The column “serial” is left out" in page
    assert "Weight" in page


def test_many_views_go_into_a_menu_and_the_current_one_stays_in_sight(
    company: Company, ada_client: Client
) -> None:
    views = [saved(company.ada, f"View {number}") for number in range(5)]
    page = page_of(ada_client, f"/leads/?view={views[-1].pk}")
    assert "More views" in page
    nav, menu = page.split("More views", 1)
    assert re.search(r'aria-current="page">\s*<span class="view-name">View 4<', nav)
    assert "View 3" in menu.split("</nav>")[0]


def test_a_record_s_visibility_does_not_depend_on_the_view(
    desk: Desk, company: Company, as_person: Log
) -> None:
    view = saved(company.ada, shape=Shape(), sharing=ViewSharing.EVERYONE)
    assert names(as_person(company.ada), f"/leads/?view={view.pk}") == ["Łukasz 王小明"]
    assert names(as_person(company.cleo), f"/leads/?view={view.pk}") == []


def test_an_admin_is_told_which_views_need_a_field(company: Company) -> None:
    saved(company.ada)
    saved(company.ben, "Open", Shape(criteria=criteria(("status", "is_not", "junk"))))
    deal = Shape(criteria=criteria(("account.industry", "is", "retail")))
    create_view(actor=company.ben, module=module("deals"), name="Retail", shape=deal)

    def told(*subject: str) -> list[str]:
        return [str(usage) for usage in usages_of(Subject(*subject)) if usage.kind == "view"]

    assert told("leads", "city") == told("leads", "company") == ["Leads: 1 saved view"]
    assert told("leads", "status", "junk") == ["Leads: 1 saved view"]
    assert told("accounts", "industry") == ["Accounts: 1 saved view"]
    assert told("leads", "phone") == told("leads", "status", "new") == []
    assert told("leads") == ["Leads: 2 saved views"]
