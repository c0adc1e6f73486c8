"""What rules could not do stays on the record, whoever or whatever changed it."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crm.door import Change, Source, Verb, apply
from crm.models import Field, FieldRight, History, Notification, User
from crm.people.remembered import forget_everything
from tests.people import Company, limited_admin
from tests.workflows import rules as r

pytestmark = pytest.mark.django_db


def reports(pk: int) -> list[History]:
    """What the record's history reports, oldest first."""
    return list(History.objects.filter(record_id=pk, kind="report").order_by("id").select_related("cause"))


def failing_rule(key: str = "fails", **when: Any) -> None:
    """A rule that gives leads an owner who has left."""
    gone = User.objects.get_or_create(email="gone@example.com", defaults={"is_active": False})[0]
    User.objects.filter(pk=gone.pk).update(is_active=True)
    r.live_rule(key, r.when(("rating", "is", "high")), [r.update("owner", "gone@example.com")])
    User.objects.filter(pk=gone.pk).update(is_active=False)


@pytest.mark.parametrize("source", [Source.PAGE, Source.API, Source.CLOCK, Source.IMPORT])
def test_a_rule_that_could_not_set_a_field_is_told_on_the_record(
    ada: User, lead: int, source: Source
) -> None:
    failing_rule()
    change = Change(Verb.EDIT, "leads", lead, {"rating": "high"})
    apply([change], actor=None if source == Source.CLOCK else ada, source=source).or_raise()
    [row] = reports(lead)
    [told] = row.changes["+report"][1]
    assert (told["rule"], told["field"]) == ("Fails", "owner")
    assert "gone@example.com" in told["message"] or "no active person" in told["message"]
    assert (row.cause.kind, row.cause.label) == ("rule", "Fails")
    assert row.cause.parent is not None
    assert row.cause.parent.kind == source.value
    assert row.version == 2


def test_all_that_failed_on_a_record_is_one_row(ada: User, lead: int) -> None:
    failing_rule("one")
    failing_rule("two")
    r.edit(ada, lead, rating="high").or_raise()
    [row] = reports(lead)
    assert [told["rule"] for told in row.changes["+report"][1]] == ["One", "Two"]
    assert row.cause.kind == "page"  # more than one rule: what both reacted to


def test_a_change_without_trouble_reports_nothing(ada: User, lead: int) -> None:
    failing_rule()
    r.edit(ada, lead, rating="low").or_raise()
    assert reports(lead) == []


def test_reports_take_no_statement_of_their_own(ada: User) -> None:
    counts = {}
    for works in (True, False):
        if not works:
            failing_rule()
        for count in (5, 50):
            changes = [
                Change(Verb.CREATE, "leads", values={"last_name": "L", "rating": "high", "owner": ada.pk})
                for _ in range(count)
            ]
            apply(changes, actor=ada, source=Source.API).or_raise()  # fills the caches
            with CaptureQueriesContext(connection) as queries:
                outcome = apply(changes, actor=ada, source=Source.API).or_raise()
            counts[works, count] = len(queries)
            assert History.objects.filter(kind="report", record_id__in=outcome.ids).count() == (
                0 if works else count
            )
    assert counts[False, 50] == counts[False, 5]
    assert counts[False, 5] - counts[True, 5] <= 3  # the rule's cause, and the person who is looked for


def test_an_import_leaves_its_reports_on_the_records(ada: User, tmp_path: Path) -> None:
    failing_rule()
    file = tmp_path / "leads.csv"
    file.write_text("Last name,Rating\nOne,High\nTwo,Low\n")
    call_command("import_records", "leads", str(file), "--as", ada.email, verbosity=0)
    rows = History.objects.filter(kind="report").select_related("cause__parent")
    assert [(row.cause.label, row.cause.parent.kind) for row in rows if row.cause.parent] == [
        ("Fails", "import")
    ]


def test_the_timeline_tells_it_in_words(client: Client, ada: User, lead: int) -> None:
    failing_rule()
    r.edit(ada, lead, rating="high").or_raise()
    client.force_login(ada)
    page = client.get(f"/leads/{lead}/").content.decode()
    assert "Fails: could not set Owner:" in page


def test_what_somebody_may_not_read_is_not_reported_to_them(
    client: Client, company: Company, ada: User, lead: int
) -> None:
    failing_rule()
    r.edit(ada, lead, rating="high").or_raise()
    field = Field.objects.get(module__key="leads", key="owner")
    FieldRight.objects.create(profile=company.staff, field=field, access="hidden")
    forget_everything()
    client.force_login(ada)
    assert "could not" not in client.get(f"/leads/{lead}/").content.decode()
    client.force_login(company.admin)
    assert "could not set Owner" in client.get(f"/leads/{lead}/").content.decode()


def endless_rules() -> None:
    """Each rule prepares the one before it, so that each round lets one act."""
    count = settings.CRM_MAX_ROUNDS + 2
    for number in range(count):
        city = r.when(("city", "is", f"c{number}"))
        r.live_rule(f"step_{number}", city, [r.update("city", f"c{number + 1}")], position=count - number)


def test_the_depth_limit_is_reported_on_the_record_and_to_admins(
    company: Company, ada: User, lead: int
) -> None:
    lena = limited_admin("manage_automation")
    endless_rules()
    r.edit(ada, lead, city="c0").or_raise()
    [row] = reports(lead)
    assert "stopped after 8 rounds" in row.changes["+report"][1][0]["message"]
    assert "Step 7" in row.changes["+report"][1][0]["message"]  # the last one that acted
    told = Notification.objects.order_by("user__email")
    assert [notification.user for notification in told] == [company.admin, lena]  # nobody else
    assert {(one.module, one.record_id) for one in told} == {("leads", lead)}
    assert "Step 7" in told[0].text


def test_admins_are_told_once_until_they_have_read_it(company: Company, ada: User, lead: int) -> None:
    endless_rules()
    for _ in range(3):
        r.edit(ada, lead, city="c0").or_raise()
        r.edit(ada, lead, city=None).or_raise()
    assert len(reports(lead)) == 3
    assert Notification.objects.count() == 1
    Notification.objects.update(read_at="2026-01-01T00:00Z")
    r.edit(ada, lead, city="c0").or_raise()
    assert Notification.objects.count() == 2
