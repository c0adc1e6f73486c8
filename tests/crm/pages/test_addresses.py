"""Every address of the staff pages, asked for by everybody: this table fails when an address is missing."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from crm.models import User
from crm.urls import urlpatterns
from tests.crm.pages.conftest import Desk
from tests.people import Company, grant

pytestmark = pytest.mark.django_db

LOG_IN = 302  # to the log-in page, if nobody is logged in


class Row(NamedTuple):
    """An address, and what Ada, Ben, Cleo and somebody without log-in get."""

    name: str
    args: tuple[str, ...]
    ada: int
    ben: int
    cleo: int
    nobody: int = LOG_IN
    method: str = "get"
    data: dict[str, str] | None = None


LEAD = ("leads", "lead")
TABLE = [
    Row("home", (), 200, 200, 200),
    Row("login", (), 302, 302, 302, nobody=200),
    Row("logout", (), 302, 302, 302, method="post"),
    Row("logout", (), 405, 405, 405),
    Row("notifications", (), 200, 200, 200),
    Row("read_all", (), 302, 302, 302, method="post"),
    Row("read_all", (), 405, 405, 405),
    Row("open_notification", ("message",), 302, 404, 404, method="post"),
    Row("lookup", ("leads",), 200, 200, 200),
    Row("lookup", ("all-people",), 200, 200, 200),
    Row("lookup", ("unknown",), 404, 404, 404),
    Row("list", ("leads",), 200, 200, 200),
    Row("list", ("unknown",), 404, 404, 404),
    Row("list", ("leads",), 405, 405, 405, method="post"),
    Row("count", ("leads",), 200, 200, 200),
    Row("new", ("leads",), 200, 200, 200),
    Row("new", ("leads",), 302, 302, 302, method="post", data={"last_name": "New"}),
    Row("new", ("leads",), 422, 422, 422, method="post"),
    Row("record", LEAD, 200, 200, 404),
    Row("record", ("leads", "999999999"), 404, 404, 404),
    Row("record", ("accounts", "lead"), 404, 404, 404),
    Row("timeline", LEAD, 200, 200, 404),
    Row("edit", LEAD, 200, 200, 404),
    Row("edit", LEAD, 302, 302, 404, method="post", data={"version": "1", "title": "Head"}),
    Row("delete", LEAD, 200, 200, 404),
    Row("delete", LEAD, 302, 302, 404, method="post"),
    Row("add_note", LEAD, 302, 302, 404, method="post", data={"text": "Hello"}),
    Row("add_note", LEAD, 422, 422, 404, method="post", data={"text": " "}),
]
AsPerson = Callable[[User | None], Client]


def ask(client: Client, row: Row, desk: Desk) -> int:
    """The status of the answer."""
    args = [getattr(desk, arg, arg) for arg in row.args]
    address = reverse(row.name, args=args)
    return getattr(client, row.method)(address, row.data or {}).status_code


@pytest.mark.parametrize("who", ["ada", "ben", "cleo", "nobody"])
@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method} {row.name} {'/'.join(row.args)}")
def test_each_address_answers_each_person_as_written(
    row: Row, who: str, desk: Desk, company: Company, as_person: AsPerson
) -> None:
    client = as_person(getattr(company, who, None))
    assert ask(client, row, desk) == getattr(row, who)


def test_no_address_is_missing_in_the_table() -> None:
    own = {pattern.name for pattern in urlpatterns if isinstance(pattern, URLPattern)}
    assert own == {row.name for row in TABLE}


@pytest.mark.parametrize(
    ("name", "verb", "method"),
    [
        ("edit", "edit", "get"),
        ("edit", "edit", "post"),
        ("delete", "delete", "get"),
        ("delete", "delete", "post"),
    ],
)
def test_who_sees_a_record_but_may_not_do_this_is_told_so(
    name: str, verb: str, method: str, desk: Desk, company: Company, ada_client: Client
) -> None:
    grant(company.staff, "leads", *({"view", "create", "edit", "delete"} - {verb}))
    response = getattr(ada_client, method)(reverse(name, args=["leads", desk.lead]))
    assert response.status_code == 403
    assert "Not allowed" in response.content.decode()


def test_who_may_not_create_is_told_so(company: Company, ada_client: Client) -> None:
    grant(company.staff, "leads", "view")
    assert ada_client.get("/leads/new/").status_code == 403
    assert "New Lead" not in ada_client.get("/leads/").content.decode()


def test_a_module_that_the_profile_may_not_view_is_not_there(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    grant(company.staff, "leads", "edit")
    for address in ("/leads/", "/leads/count/", "/leads/new/", f"/leads/{desk.lead}/", "/lookup/leads/?q=a"):
        assert ada_client.get(address).status_code == 404, address
    assert 'href="/leads/"' not in ada_client.get("/").content.decode()


def test_a_stranger_changes_nothing_by_posting(desk: Desk, company: Company, as_person: AsPerson) -> None:
    client = as_person(company.cleo)
    client.post(f"/leads/{desk.lead}/edit/", {"version": "1", "company": "Hers"})
    client.post(f"/leads/{desk.lead}/delete/")
    client.post(f"/leads/{desk.lead}/notes/", {"text": "Was here"})
    page = as_person(company.ada).get(f"/leads/{desk.lead}/").content.decode()
    assert "Hers" not in page
    assert "Was here" not in page
    assert page.count("wrote a note") == 1
