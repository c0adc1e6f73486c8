"""Every address of the staff pages, asked for by everybody: this table fails when an address is missing."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

import workflows.urls
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
    Row("tokens", (), 200, 200, 200),
    Row("tokens", (), 200, 200, 200, method="post", data={"name": "Web shop", "access": "read"}),
    Row("tokens", (), 422, 422, 422, method="post"),
    Row("revoke_token", ("999999999",), 404, 404, 404),
    Row("criteria_editor", ("leads",), 200, 200, 200, method="post"),
    Row("criteria_editor", ("leads",), 405, 405, 405),
    Row("criteria_editor", ("unknown",), 404, 404, 404, method="post"),
    Row("criteria_count", ("leads",), 200, 200, 200, method="post"),
    Row("criteria_count", ("leads",), 405, 405, 405),
    Row("criteria_fields", ("leads",), 200, 200, 200),
    Row("criteria_fields", ("unknown",), 404, 404, 404),
    Row("explain", LEAD, 200, 200, 404),
    Row("explain", LEAD, 200, 200, 404, data={"view": "mine"}),
    Row("explain", LEAD, 400, 400, 404, data={"view": "unknown"}),
    Row("explain", ("accounts", "lead"), 404, 404, 404),
    Row("explain_record", ("leads",), 422, 422, 422),
    Row("explain_record", ("leads",), 302, 302, 422, data={"name": "Łukasz 王小明"}),
    Row("explain_record", ("unknown",), 404, 404, 404),
    Row("jobs", (), 200, 200, 200),
    Row("job", ("job",), 200, 404, 404),
    Row("job", ("upload",), 404, 404, 404),
    Row("job_records", ("job",), 200, 404, 404),
    Row("job_file", ("job",), 404, 404, 404),
    Row("job_refusals", ("job",), 200, 404, 404),
    Row("job_cancel", ("job",), 302, 404, 404, method="post"),
    Row("job_cancel", ("job",), 405, 405, 405),
    Row("job_continue", ("job",), 302, 404, 404, method="post"),
    Row("job_undo", ("job",), 302, 404, 404, method="post"),
    Row("import", ("leads",), 200, 200, 200),
    Row("import", ("leads",), 422, 422, 422, method="post"),
    Row("import", ("unknown",), 404, 404, 404),
    Row("import_file", ("upload",), 200, 404, 404),
    Row("import_file", ("upload",), 302, 404, 404, method="post"),
    Row("import_file", ("job",), 302, 404, 404),
    Row("import_columns", ("upload",), 200, 404, 404),
    Row("import_columns", ("upload",), 302, 404, 404, method="post"),
    Row("import_values", ("upload",), 200, 404, 404),
    Row("import_values", ("upload",), 302, 404, 404, method="post"),
    Row("import_options", ("upload",), 200, 404, 404),
    Row("import_options", ("upload",), 302, 404, 404, method="post"),
    Row("import_options", ("upload",), 422, 404, 404, method="post", data={"duplicates": "skip"}),
    Row("import_preview", ("upload",), 200, 404, 404),
    Row("import_preview", ("upload",), 302, 404, 404, method="post"),
    Row("import_discard", ("upload",), 302, 404, 404, method="post"),
    Row("import_discard", ("upload",), 405, 405, 405),
    Row("import_errors", ("job",), 200, 404, 404),
    Row("unsubscribe", ("letter",), 200, 200, 200, nobody=200),
    Row("unsubscribe", ("letter",), 200, 200, 200, nobody=200, method="post"),
    Row("unsubscribe", ("letter",), 405, 405, 405, nobody=405, method="put"),
    Row("unsubscribe", ("unknown",), 404, 404, 404, nobody=404),
    Row("search", (), 200, 200, 200),
    Row("search", (), 405, 405, 405, method="post"),
    Row("lookup", ("leads",), 200, 200, 200),
    Row("lookup", ("all-people",), 200, 200, 200),
    Row("lookup", ("unknown",), 404, 404, 404),
    Row("list", ("leads",), 200, 200, 200),
    Row("list", ("unknown",), 404, 404, 404),
    Row("list", ("leads",), 405, 405, 405, method="post"),
    Row("count", ("leads",), 200, 200, 200),
    Row("totals", ("leads",), 200, 200, 200),
    Row("totals", ("unknown",), 404, 404, 404),
    Row("list_filter", ("leads",), 200, 200, 200),
    Row("list_filter", ("unknown",), 404, 404, 404),
    Row("list_filter", ("leads",), 302, 302, 302, method="post"),
    Row("list_filter", ("leads",), 422, 422, 422, method="post", data={"criteria": "{"}),
    Row("list_columns", ("leads",), 200, 200, 200),
    Row("list_columns", ("leads",), 302, 302, 302, method="post", data={"show": "phone"}),
    Row("list_columns", ("leads",), 422, 422, 422, method="post", data={"show": "unknown"}),
    Row("export", ("leads",), 200, 200, 200),
    Row("export", ("leads",), 200, 200, 200, data={"format": "csv"}),
    Row("export", ("unknown",), 404, 404, 404),
    Row("export", ("leads",), 302, 302, 302, method="post"),
    Row("export", ("leads",), 422, 422, 422, method="post", data={"filter": "{"}),
    Row("export", ("unknown",), 404, 404, 404, method="post"),
    Row("new_view", ("leads",), 200, 200, 200),
    Row("new_view", ("leads",), 302, 302, 302, method="post", data={"name": "New", "sharing": "nobody"}),
    Row("new_view", ("leads",), 422, 422, 422, method="post"),
    Row("view", ("leads", "view"), 200, 403, 403),
    Row("view", ("leads", "view"), 302, 403, 403, method="post", data={"name": "New", "sharing": "nobody"}),
    Row("view", ("leads", "view"), 422, 403, 403, method="post"),
    Row("view", ("accounts", "view"), 404, 404, 404),
    Row("view", ("leads", "999999999"), 404, 404, 404),
    Row("store_view", ("leads", "view"), 302, 403, 403, method="post"),
    Row("store_view", ("leads", "view"), 405, 405, 405),
    Row("take_view", ("leads", "view"), 302, 403, 403, method="post"),
    Row("take_view", ("leads", "view"), 405, 405, 405),
    Row("order_views", ("leads",), 200, 200, 200),
    Row("order_views", ("leads",), 302, 302, 302, method="post"),
    Row("order_views", ("unknown",), 404, 404, 404),
    Row("delete_view", ("leads", "view"), 302, 403, 403, method="post"),
    Row("delete_view", ("leads", "view"), 405, 405, 405),
    Row("default_view", ("leads",), 302, 302, 302, method="post", data={"view": "mine"}),
    Row("default_view", ("leads",), 404, 404, 404, method="post", data={"view": "unknown"}),
    Row("default_view", ("leads",), 405, 405, 405),
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
    Row("bin", ("leads",), 200, 200, 200),
    Row("bin", ("unknown",), 404, 404, 404),
    Row("bring_back", ("leads",), 405, 405, 405),
    Row("bring_back", ("leads",), 302, 302, 302, method="post"),
    Row("bring_back", ("leads",), 404, 404, 404, method="post", data={"ids": "999999999"}),
    Row("delete_for_good", ("leads",), 302, 302, 302),
    Row("delete_for_good", ("leads",), 404, 404, 404, method="post", data={"ids": "999999999"}),
    Row("empty_bin", ("leads",), 302, 302, 302),
    Row("empty_bin", ("leads",), 302, 302, 302, method="post", data={"confirmed": "1"}),
    Row("empty_bin", ("unknown",), 404, 404, 404),
    Row("duplicates", ("leads",), 405, 405, 405),
    Row("duplicates", ("leads",), 200, 200, 200, method="post", data={"last_name": "New"}),
    Row("duplicates", ("unknown",), 404, 404, 404, method="post"),
    Row("merge", LEAD, 200, 200, 404),
    Row("merge", LEAD, 404, 404, 404, method="post", data={"with": "999999999"}),
    Row("convert", ("lead",), 200, 200, 404),
    Row("convert", ("lead",), 302, 302, 404, method="post", data={"contacts-last_name": "Wang"}),
    Row("convert", ("account",), 404, 404, 404),
    Row("invoice", ("quote",), 200, 200, 404),
    Row("invoice", ("quote",), 422, 422, 404, method="post"),
    Row("product_terms", ("product",), 200, 200, 404),
    Row("edit_field", (*LEAD, "rating"), 302, 302, 404),
    Row(
        "edit_field", (*LEAD, "rating"), 302, 302, 404, method="post", data={"version": "1", "rating": "high"}
    ),
    Row("edit_field", (*LEAD, "email"), 422, 422, 404, method="post", data={"version": "1", "email": "x"}),
    Row("edit_field", (*LEAD, "created_at"), 403, 403, 404),
    Row("edit_field", (*LEAD, "unknown"), 404, 404, 404),
    Row("related", ("accounts", "account", "accounts", "parent"), 200, 200, 404),
    Row("related", ("accounts", "account", "accounts", "owner"), 404, 404, 404),
    Row("related", ("accounts", "account", "unknown", "parent"), 404, 404, 404),
    Row("notes", LEAD, 200, 200, 404),
    Row("notes", LEAD, 302, 302, 404, method="post", data={"text": "Hello"}),
    Row("notes", LEAD, 422, 422, 404, method="post", data={"text": " "}),
    Row("edit_note", (*LEAD, "note"), 403, 200, 404),
    Row("edit_note", (*LEAD, "note"), 403, 302, 404, method="post", data={"text": "Better"}),
    Row("edit_note", (*LEAD, "note"), 403, 422, 404, method="post", data={"text": ""}),
    Row("edit_note", ("accounts", "account", "note"), 404, 404, 404),
    Row("delete_note", (*LEAD, "note"), 200, 200, 404),
    Row("delete_note", (*LEAD, "note"), 302, 302, 404, method="post"),
    Row("add_files", LEAD, 405, 405, 405),
    Row("add_files", LEAD, 422, 422, 404, method="post"),
    Row("file", (*LEAD, "999999999"), 404, 404, 404),
    Row("delete_file", (*LEAD, "999999999"), 404, 404, 404),
    Row("tags", LEAD, 200, 200, 404),
    Row("tags", LEAD, 302, 302, 404, method="post", data={"add": "b2b"}),
    Row("tags", LEAD, 422, 422, 404, method="post"),
    Row("shares", LEAD, 200, 200, 404),
    Row("shares", LEAD, 302, 302, 404, method="post", data={"with": "Cleo Cole", "level": "read"}),
    Row("shares", LEAD, 422, 422, 404, method="post", data={"with": "Nobody", "level": "read"}),
    Row("bulk", ("leads", "update"), 302, 302, 302),
    Row("bulk", ("leads", "update"), 302, 302, 302, method="post"),
    Row("bulk", ("leads", "unknown"), 404, 404, 404, method="post"),
    Row("bulk", ("unknown", "update"), 404, 404, 404, method="post"),
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
    everything = [*urlpatterns, *workflows.urls.urlpatterns]
    own = {pattern.name for pattern in everything if isinstance(pattern, URLPattern)}
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
    client.post(f"/leads/{desk.lead}/tags/", {"add": "Hers"})
    client.post(f"/leads/{desk.lead}/fields/company/", {"version": "1", "company": "Hers"})
    page = as_person(company.ada).get(f"/leads/{desk.lead}/").content.decode()
    assert "Hers" not in page
    assert "Was here" not in page
    assert page.count("wrote a note") == 1
