"""Claims about the order of saved views, and about who gets those of somebody who has left."""

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from crm.lists.handing import give_views
from crm.lists.problems import ViewProblem
from crm.lists.saving import Shape, create_view, order_views, take_over
from crm.models import ListView, User
from tests.crm.lists.conftest import page_of
from tests.crm.lists.test_views import tabs
from tests.people import Company
from tests.rows import leads

pytestmark = pytest.mark.django_db
Log = Callable[[User], Client]


def made(owner: User, *names: str, sharing: str = "nobody") -> list[int]:
    """The ids of new views of leads."""
    views = (
        create_view(actor=owner, module=leads(), name=name, shape=Shape(), sharing=sharing) for name in names
    )
    return [view.pk for view in views]


def own(owner: User) -> list[str]:
    """The names of somebody's views in their order."""
    return list(ListView.objects.filter(owner=owner).values_list("name", flat=True))


def test_views_come_in_the_order_that_was_sent(company: Company, as_person: Log) -> None:
    one, two, three = made(company.ada, "One", "Two", "Three")
    ada = as_person(company.ada)
    assert "Order of my views" in page_of(ada, "/leads/")
    sent = ada.post("/leads/views/order/", {"order": [three, one, two], "view": "mine"})
    assert sent["Location"] == "/leads/?view=mine"
    assert own(company.ada) == ["Three", "One", "Two"]
    page = page_of(ada, "/leads/")
    assert page.index("Three") < page.index("One") < page.index("Two")
    assert tabs(ada)[0] == "All Leads"


def test_without_javascript_a_button_moves_one_and_stores_at_once(company: Company, as_person: Log) -> None:
    one, two, three = made(company.ada, "One", "Two", "Three")
    ada = as_person(company.ada)
    page = page_of(ada, "/leads/views/order/")
    assert f'name="up" value="{three}"' in page
    moves = [
        ({"order": [one, two, three], "up": three}, ["One", "Three", "Two"]),
        ({"order": [one, three, two], "down": one}, ["Three", "One", "Two"]),
        ({"order": [three, one, two], "up": three}, ["Three", "One", "Two"]),
        ({"order": [three, one, two], "down": two}, ["Three", "One", "Two"]),
    ]
    for data, names in moves:
        sent = ada.post("/leads/views/order/", data | {"q": "x"})
        assert sent["Location"] == "/leads/views/order/?q=x"
        assert own(company.ada) == names


def test_who_has_one_view_has_nothing_to_order(company: Company, as_person: Log) -> None:
    made(company.ada, "One")
    made(company.ben, "Two", "Three", sharing="everyone")
    assert "Order of my views" not in page_of(as_person(company.ada), "/leads/")


def test_nobody_orders_the_views_of_others(company: Company, as_person: Log) -> None:
    hers = made(company.ada, "One", "Two", sharing="everyone")
    mine = made(company.ben, "Three", "Four")
    as_person(company.ben).post(
        "/leads/views/order/", {"order": [*reversed(hers), *reversed(mine), "x", "-1"]}
    )
    assert own(company.ada) == ["One", "Two"]
    assert own(company.ben) == ["Four", "Three"]


def test_views_that_are_not_named_follow_as_they_stood(company: Company) -> None:
    _one, _two, three = made(company.ada, "One", "Two", "Three")
    order_views(actor=company.ada, module=leads(), ids=[three])
    assert own(company.ada) == ["Three", "One", "Two"]


def leave(person: User) -> None:
    person.is_active = False
    person.save()


def test_an_admin_takes_over_the_shared_view_of_somebody_who_left(company: Company, as_person: Log) -> None:
    (pk,) = made(company.ada, "Hot", sharing="everyone")
    admin = as_person(company.admin)
    assert "Take over" not in page_of(admin, f"/leads/views/{pk}/")
    admin.post(f"/leads/views/{pk}/take/")
    assert ListView.objects.get().owner == company.ada, "she is still there"
    leave(company.ada)
    assert "Ada Adler made this view and has left." in page_of(admin, f"/leads/views/{pk}/")
    sent = admin.post(f"/leads/views/{pk}/take/")
    assert sent["Location"] == f"/leads/?view={pk}"
    assert ListView.objects.get().owner == company.admin
    assert "Hot" in tabs(as_person(company.ben))


def test_only_who_manages_modules_takes_over_and_only_what_is_shared(company: Company) -> None:
    shared, private = made(company.ada, "Hot", sharing="everyone") + made(company.ada, "Mine")
    leave(company.ada)
    rows = ListView.objects.in_bulk()
    for actor, pk in ((company.ben, shared), (company.admin, private)):
        with pytest.raises(PermissionDenied):
            take_over(actor=actor, view=rows[pk])
    take_over(actor=company.admin, view=rows[shared])
    with pytest.raises(ViewProblem):
        take_over(actor=company.admin, view=rows[shared])


def test_a_name_that_is_taken_tells_whose_view_it_was(company: Company) -> None:
    made(company.ben, "Hot", "HOT (ada adler)", "x" * 80)
    given = made(company.ada, "hot", "x" * 80)
    give_views(ListView.objects.filter(pk__in=given).select_related("owner"), company.ben)
    names = own(company.ben)
    assert names[3:] == ["hot (Ada Adler) 2", "x" * 68 + " (Ada Adler)"]
    assert max(map(len, names)) == 80
