"""How many database statements each kind of page takes: written down here, and never more than 20."""

from typing import NamedTuple

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.models import User
from tests.crm.pages.conftest import Desk, make

pytestmark = pytest.mark.django_db


class Page(NamedTuple):
    """A kind of page and the most statements that it takes, however many rows it shows."""

    name: str
    args: tuple[str, ...]
    most: int
    query: str = ""


PAGES = [
    Page("home", (), 13),
    Page("notifications", (), 6),
    Page("lookup", ("leads",), 10, "?q=a"),
    Page("lookup", ("all-people",), 6, "?q=a"),
    Page("list", ("quotes",), 13),
    Page("list", ("leads",), 14, "?q=a&sort=company"),
    Page("count", ("leads",), 6),
    Page("new", ("quotes",), 6),
    Page("record", ("leads", "lead"), 20),
    Page("record", ("quotes", "quote"), 20),
    Page("timeline", ("leads", "lead"), 12),
    Page("edit", ("leads", "lead"), 10),
    Page("edit", ("quotes", "quote"), 12),
    Page("delete", ("leads", "lead"), 12),
]


def fill(ada: User) -> None:
    """More rows on every page."""
    account = make("accounts", ada, name="Another")
    for number in range(6):
        lead = make("leads", ada, last_name=f"a{number}", company=f"a{number}")
        make("quotes", ada, name=f"a{number}", account=account)
        make("tasks", ada, name=f"a{number}", related=f"leads:{lead}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.name} {'/'.join(page.args)}")
def test_a_page_takes_as_many_statements_as_written(
    page: Page, desk: Desk, ada: User, ada_client: Client
) -> None:
    assert page.most <= 20
    fill(ada)
    address = reverse(page.name, args=[getattr(desk, arg, arg) for arg in page.args]) + page.query
    ada_client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert ada_client.get(address).status_code == 200
    statements = [query["sql"] for query in captured.captured_queries]
    assert len(statements) <= page.most, "\n".join(statements)
