"""What each kind of action does, and what it does when it cannot."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core import mail as outgoing

from crm.door import Change, Source, Verb, apply
from crm.models import Field, FieldRight, Notification, Profile, User
from crm.people.remembered import forget_everything
from tests.people import Company, grant
from tests.workflows import rules as r
from workflows.models import ActionRun
from workflows.tasks import process_due

pytestmark = pytest.mark.django_db
HIGH = r.when(("rating", "is", "high"))
OWNER = {"to": "owner"}


def fire(actor: User | None, lead: int, *actions: r.Action, **values: Any) -> list[str]:
    """Publishes a rule with the actions, makes the rating High, and returns what was noticed."""
    r.live_rule("fire", HIGH, actions, name="Fire")
    return [notice.message for notice in r.edit(actor, lead, rating="high", **values).or_raise().notices]


@pytest.mark.parametrize(
    ("action", "field", "expected"),
    [
        (r.update("company", "Navy"), "company", "Navy"),
        (r.update("employees", 12), "employees", 12),
        (r.update("company", how="copy", **{"from": "last_name"}), "company", "Hopper"),
        (r.update("title", how="copy", **{"from": "owner.name"}), "title", "Ada Adler"),
        (r.update("first_name", how="clear"), "first_name", None),
        (r.update("owner", "ben@example.com"), "owner_id", "ben"),
        (r.update("owner", how="current_user"), "owner_id", "ada"),
    ],
)
def test_update_field(company: Company, lead: int, action: r.Action, field: str, expected: Any) -> None:
    assert fire(company.ada, lead, action) == []
    people = {"ben": company.ben.pk, "ada": company.ada.pk}
    assert getattr(r.stored(lead), field) == people.get(expected, expected)


def test_update_field_to_today_is_the_organisations_day(ada: User) -> None:
    r.live_rule("close", {}, [r.update("close_date", how="today")], module_key="deals")
    now = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    change = Change(Verb.CREATE, "deals", values={"name": "One", "owner": ada.pk})
    deal = apply([change], actor=ada, source=Source.PAGE, now=now).or_raise().ids[0]
    assert r.stored(deal, "deals").close_date == date(2026, 3, 1)


def test_a_value_that_does_not_fit_is_noticed_and_the_rest_goes_on(ada: User, lead: int) -> None:
    copied = r.update("email", how="copy", **{"from": "company"})
    notices = fire(ada, lead, copied, r.update("status", "contacted"), company="no address")
    assert len(notices) == 1
    assert "e-mail" in notices[0]
    assert (r.stored(lead).status, r.stored(lead).rating) == ("contacted", "high")


def test_a_person_who_left_does_not_stop_the_change(ada: User, ben: User, lead: int) -> None:
    r.live_rule("fire", HIGH, [r.update("owner", ben.email), r.update("status", "contacted")])
    User.objects.filter(pk=ben.pk).update(is_active=False)
    outcome = r.edit(ada, lead, rating="high").or_raise()
    row = r.stored(lead)
    assert (row.rating, row.status, row.owner_id) == ("high", "contacted", ada.pk)
    assert [notice.message for notice in outcome.notices] == ["There is no active person “ben@example.com”."]


def test_a_copied_person_who_left_is_taken_back_and_noticed(ada: User, ben: User, lead: int) -> None:
    """The rule's value is refused by the door's own check; the change and the rest of the rule go in."""
    copy = r.update("owner", how="copy", **{"from": "created_by"})
    r.live_rule("fire", HIGH, [copy, r.update("status", "contacted")])
    other = r.create(ben, owner=ada.pk).or_raise().ids[0]
    User.objects.filter(pk=ben.pk).update(is_active=False)
    outcome = r.edit(ada, other, rating="high").or_raise()
    row = r.stored(other)
    assert (row.rating, row.status, row.owner_id) == ("high", "contacted", ada.pk)
    assert [(notice.label, notice.field) for notice in outcome.notices] == [("Fire", "owner")]


def test_a_task_for_somebody_who_left_is_not_made_and_noticed(ada: User, ben: User, lead: int) -> None:
    r.live_rule("fire", HIGH, [r.task("Call", owner="person", person=ben.email), r.notify(OWNER)])
    r.live_rule("on_task", {}, [r.notify(OWNER)], module_key="tasks")
    User.objects.filter(pk=ben.pk).update(is_active=False)
    outcome = r.edit(ada, lead, rating="high").or_raise()
    assert r.tasks() == []
    assert [notice.record_id for notice in outcome.notices] == [lead]
    assert Notification.objects.get().record_id == lead


@pytest.mark.parametrize(("owner", "expected"), [("owner", "ada"), ("superior", "ben"), ("person", "cleo")])
def test_a_task_goes_to(company: Company, lead: int, owner: str, expected: str) -> None:
    fire(company.ada, lead, r.task("Call", owner=owner, person=company.cleo.email))
    assert r.tasks()[0].owner_id == getattr(company, expected).pk


def test_a_task_without_anybody_to_do_it_is_not_made(admin: User) -> None:
    lead = r.create(None).or_raise().ids[0]
    assert fire(admin, lead, r.task("Call {{name}}")) == [
        "There is nobody to give the task “Call Lovelace” to."
    ]
    assert r.tasks() == []


def test_a_task_is_due_in_days_and_says_what_it_is_about(ada: User, lead: int) -> None:
    r.live_rule("fire", HIGH, [r.task("Call", due_in_days=3, description="{{name}}\n{{company}}")])
    now = datetime(2026, 12, 30, 9, tzinfo=UTC)
    change = Change(Verb.EDIT, "leads", lead, {"rating": "high", "company": "Navy"})
    apply([change], actor=ada, source=Source.PAGE, now=now).or_raise()
    [task] = r.tasks()
    assert (task.due_date, task.description) == (date(2027, 1, 2), "Grace Hopper\nNavy")


def test_a_notification_is_stored_with_the_change_for_active_people(ada: User, ben: User, lead: int) -> None:
    about = r.notify(OWNER, {"to": "superior"}, {"to": "role", "role": "reps"}, text="{{name}}: {{rating}}")
    fire(ada, lead, about)
    rows = Notification.objects.order_by("user__name").values_list("user", "text", "record_id", "module")
    assert list(rows) == [
        (ada.pk, "Grace Hopper: High", lead, "leads"), (ben.pk, "Grace Hopper: High", lead, "leads"),
    ]  # fmt: skip
    assert Notification.objects.exclude(cause__label="Fire").count() == 0
    assert not ActionRun.objects.exists()


def test_a_mail_goes_to_people_roles_groups_addresses_and_fields(company: Company, lead: int) -> None:
    recipients = [
        OWNER,
        {"to": "superior"},
        {"to": "person", "person": company.cleo.email},
        {"to": "role", "role": "reps"},
        {"to": "address", "address": "Outside@example.org"},
        {"to": "field", "field": "email"},
        {"to": "field", "field": "created_by"},
    ]
    fire(company.ada, lead, r.mail(*recipients), email="grace@navy.example")
    process_due()
    to = [letter.to[0] for letter in outgoing.outbox]
    people = [company.ada.email, company.ben.email, company.cleo.email]
    assert to == [*people, "Outside@example.org", "grace@navy.example"]


def test_a_mail_keeps_the_values_of_the_moment(ada: User, lead: int) -> None:
    fire(ada, lead, r.mail(OWNER, subject="{{name}}", body="{{company}}"), company="Navy")
    r.edit(ada, lead, company="Army", last_name="Other").or_raise()
    process_due()
    [letter] = outgoing.outbox
    assert (letter.subject, letter.body) == ("Grace Hopper", "Navy")


def test_a_mail_sees_what_later_rules_changed_in_the_same_change(ada: User, lead: int) -> None:
    r.live_rule("late", HIGH, [r.update("company", "Navy")], position=200)
    fire(ada, lead, r.mail(OWNER, body="{{company}}"))
    process_due()
    assert outgoing.outbox[0].body == "Navy"


def test_merge_fields_are_escaped_in_html(ada: User, lead: int) -> None:
    body = {"body": "<p>{{company}}</p>", "html": True, "subject": "{{company}}", "recipients": [OWNER]}
    fire(ada, lead, ("send_email", body), company="<b>Navy & Co</b>")
    r.live_rule("plain", r.when(("title", "is", "x")), [r.mail(OWNER, body="1 < 2 {{company}}")])
    r.edit(ada, lead, title="x").or_raise()
    process_due()
    html, plain = outgoing.outbox
    assert html.alternatives[0].content == "<p>&lt;b&gt;Navy &amp; Co&lt;/b&gt;</p>"
    assert html.subject == html.body == "<b>Navy & Co</b>", "what is no HTML shows signs as they are"
    assert plain.body == "1 < 2 <b>Navy & Co</b>"
    assert "<p>1 &lt; 2 &lt;b&gt;" in plain.alternatives[0].content


def test_a_subject_stays_one_header(ada: User, lead: int) -> None:
    fire(ada, lead, r.mail(OWNER, subject="A {{description}}"), description="b\nBcc: all@example.com\u2028x")
    process_due()
    [letter] = outgoing.outbox
    assert letter.subject == "A b Bcc: all@example.com x"
    assert letter.recipients() == [ada.email]
    assert letter.message()["Bcc"] is None


def test_a_mail_is_in_the_language_of_who_gets_it(ada: User, ben: User, lead: int) -> None:
    User.objects.filter(pk=ben.pk).update(language="de", time_zone="Asia/Tokyo")
    fire(ada, lead, r.mail(OWNER, {"to": "superior"}, body="{{employees}}"), employees=12345)
    process_due()
    assert [letter.body for letter in outgoing.outbox] == ["12,345", "12.345"]


def test_a_mail_leaves_out_what_its_reader_may_not_see(
    company: Company, ada: User, ben: User, lead: int
) -> None:
    hidden = Field.objects.get(module__key="leads", key="employees")
    seller = Profile.objects.create(key="seller", name="Seller", group=Group.objects.create(name="seller"))
    grant(seller, "leads")
    FieldRight.objects.create(profile=seller, field=hidden, access="hidden")
    User.objects.filter(pk=ada.pk).update(profile=seller)
    forget_everything()
    fire(ben, lead, r.mail(OWNER, {"to": "superior"}, body="{{name}} {{employees}}"), employees=12)
    process_due()
    assert {m.to[0]: m.body for m in outgoing.outbox} == {
        ada.email: "Grace Hopper ",
        ben.email: "Grace Hopper 12",
    }


def test_somebody_who_left_gets_no_mail(ada: User, ben: User, lead: int) -> None:
    fire(ada, lead, r.mail(OWNER, {"to": "superior"}, {"to": "person", "person": ben.email}))
    User.objects.filter(pk=ben.pk).update(is_active=False)
    process_due()
    assert [letter.to for letter in outgoing.outbox] == [[ada.email]]
    answer = ActionRun.objects.get().answer
    assert answer == {"sent": [ada.email], "not_sent": [{"to": ben.email, "why": "inactive"}]}


def test_what_a_rule_asked_for_is_told_even_if_it_undid_the_change(ada: User, lead: int) -> None:
    """The record is as before, so nothing is written for it; the mail still has its cause."""
    fire(ada, lead, r.update("rating", how="clear"), r.mail(OWNER))
    r.edit(ada, lead, rating="high").or_raise()
    assert ActionRun.objects.filter(cause__label="Fire").count() == 2
