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
    htmx: bool = False


PAGES = [
    Page("home", (), 13),
    Page("notifications", (), 6),
    Page("tokens", (), 8),
    Page("api:docs", (), 6),
    Page("api:module_docs", ("leads",), 6),
    Page("jobs", (), 6),
    Page("job", ("job",), 7),
    Page("job_records", ("job",), 8),
    Page("import", ("leads",), 6),
    Page("import_file", ("upload",), 6),
    Page("import_columns", ("upload",), 8),
    Page("import_values", ("upload",), 12),
    Page("import_options", ("upload",), 10),
    Page("import_preview", ("upload",), 20),
    Page("unsubscribe", ("letter",), 3),
    Page("search", (), 8, "?q=a"),
    Page("search", (), 13, "?q=a&module=leads"),
    Page("lookup", ("leads",), 10, "?q=a"),
    Page("lookup", ("all-people",), 6, "?q=a"),
    Page("list", ("quotes",), 13),
    Page("list", ("leads",), 14, "?q=a&sort=company"),
    Page("list", ("leads",), 15, "?view=my_open&columns=name,owner,modified_by,converted_account"),
    Page("count", ("leads",), 7),
    Page("totals", ("quotes",), 9),
    Page("list_filter", ("leads",), 9, htmx=True),
    Page("list_columns", ("leads",), 7, htmx=True),
    Page("export", ("leads",), 7, htmx=True),
    Page("new_view", ("leads",), 7, htmx=True),
    Page("view", ("leads", "view"), 9, htmx=True),
    Page("order_views", ("leads",), 7, htmx=True),
    Page("explain", ("leads", "lead"), 10, "?view=my_open"),
    Page("new", ("quotes",), 6),
    Page("record", ("leads", "lead"), 15),
    Page("record", ("quotes", "quote"), 19),
    Page("timeline", ("leads", "lead"), 9),
    Page("edit_field", ("leads", "lead", "owner"), 7, htmx=True),
    Page("related", ("accounts", "account", "accounts", "parent"), 8, htmx=True),
    Page("notes", ("leads", "lead"), 8),
    Page("tags", ("leads", "lead"), 10),
    Page("shares", ("leads", "lead"), 12),
    Page("edit", ("leads", "lead"), 10),
    Page("edit", ("quotes", "quote"), 12),
    Page("delete", ("leads", "lead"), 12),
    Page("bin", ("leads",), 7),
    Page("merge", ("leads", "lead"), 12),
    Page("convert", ("lead",), 20),
    Page("invoice", ("quote",), 14),
    Page("product_terms", ("product",), 8),
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
    headers = {"HX-Request": "true"} if page.htmx else {}
    ada_client.get(address, headers=headers)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert ada_client.get(address, headers=headers).status_code == 200
    # PostgreSQL sets a time limit around some reads; SQLite needs no statement for that.
    marks = ("SAVEPOINT", "RELEASE SAVEPOINT", "SELECT set_config")
    asked = (query["sql"] for query in captured.captured_queries)
    statements = [sql for sql in asked if not sql.startswith(marks)]
    assert len(statements) <= page.most, "\n".join(statements)
