"""What the kinds of actions do that make records, change linked ones, tag, assign and convert."""

from typing import Any

import pytest
from django.core import mail as outgoing

from crm.door import Change, Source, Verb, apply
from crm.door.preview import preview
from crm.jobs.undoing import ALSO_UNDONE
from crm.models import Cause, History, RecordLink, User
from crm.modules.loading import module
from tests.people import Company
from tests.workflows import rules as r
from workflows.kinds.base import ACTION_KINDS
from workflows.models import ActionRun, RunState
from workflows.stages import linked
from workflows.tasks import process_due

pytestmark = pytest.mark.django_db
HIGH = r.when(("rating", "is", "high"))


def make(actor: User, module_key: str, **values: Any) -> int:
    return r.create(actor, module_key, owner=actor.pk, **values).or_raise().ids[0]


def high(actor: User, lead: int) -> list[str]:
    """Makes the rating High; what was noticed."""
    return [notice.message for notice in r.edit(actor, lead, rating="high").or_raise().notices]


def rows(module_key: str) -> list[Any]:
    return list(module(module_key).rows().order_by("id"))


def foreseen(actor: User, lead: int) -> list[str]:
    change = Change(Verb.EDIT, "leads", lead, {"rating": "high"})
    [answer] = preview([change], actor=actor, source=Source.PAGE)
    return answer.words


# Tags and owner


def test_tags_are_put_on_and_taken_off_and_others_stay(ada: User, lead: int) -> None:
    r.edit(ada, lead, tags=["cold", "fair"]).or_raise()
    r.live_rule("fire", HIGH, [("add_tags", {"tags": ["hot"]}), ("remove_tags", {"tags": ["cold", "none"]})])
    assert high(ada, lead) == []
    assert r.stored(lead).tags == ["fair", "hot"]


@pytest.mark.parametrize("to", ["person", "superior"])
def test_the_record_gets_another_owner(company: Company, lead: int, to: str) -> None:
    r.live_rule("fire", HIGH, [("assign_owner", {"to": to, "person": company.cleo.email})])
    assert high(company.ada, lead) == []
    expected = {"person": company.cleo, "superior": company.ben}[to]
    assert r.stored(lead).owner_id == expected.pk


def test_an_assignment_rule_names_the_owner_and_is_the_cause(company: Company, lead: int) -> None:
    r.live_assignment("shared", {"users": [company.ben, company.cleo]}, on_create=False)
    r.live_rule("fire", HIGH, [("assign_owner", {"to": "rule", "rule": "shared"})])
    other = make(company.ada, "leads")
    for one in (lead, other):
        assert high(company.ada, one) == []
    people = {company.ben.pk, company.cleo.pk}
    assert {r.stored(lead).owner_id, r.stored(other).owner_id} == people, "in turn"
    row = History.objects.filter(record_id=lead, changes__owner__isnull=False).latest("id")
    cause = Cause.objects.get(pk=row.changes["owner"][2])
    assert (cause.label, cause.parent and cause.parent.label) == ("Shared, entry 1", "Fire")


def test_an_owner_who_is_not_there_is_noticed(ada: User, ben: User, lead: int) -> None:
    r.live_rule("fire", HIGH, [("assign_owner", {"to": "person", "person": ben.email})])
    User.objects.filter(pk=ben.pk).update(is_active=False)
    assert high(ada, lead) == ["There is nobody to give the record to."]
    assert r.stored(lead).owner_id == ada.pk


# Making records

ACCOUNT = {
    "module": "accounts",
    "values": {
        "name": {"how": "text", "text": "{{company}} ({{owner.name}})"},
        "rating": {"how": "copy", "from": "rating"},
        "employees": {"how": "value", "value": 12},
    },
}


def test_a_record_is_made_in_the_same_batch(ada: User, lead: int) -> None:
    r.live_rule("fire", HIGH, [("create_record", ACCOUNT)])
    r.edit(ada, lead, company="Navy").or_raise()
    assert high(ada, lead) == []
    [account] = rows("accounts")
    assert (account.name, account.rating, account.employees) == ("Navy (Ada Adler)", "high", 12)
    assert account.owner_id == ada.pk
    made = History.objects.get(record_id=account.pk)
    changed = History.objects.filter(record_id=lead).latest("id")
    assert made.cause.label == "Fire"
    assert made.cause.root_id == changed.cause_id


def test_a_record_links_to_the_one_that_it_was_made_for(ada: User) -> None:
    contact = {"last_name": {"how": "value", "value": "Office"}, "account": {"how": "record"}}
    action = ("create_record", {"module": "contacts", "values": contact})
    r.live_rule("fire", {}, [action], module_key="accounts", trigger="created")
    account = make(ada, "accounts", name="Navy")
    [office] = rows("contacts")
    assert office.account_id == account
    assert RecordLink.objects.filter(from_id=office.pk, to_id=account).exists()


def test_a_record_that_lacks_something_required_is_not_made(ada: User, lead: int) -> None:
    r.live_rule("fire", HIGH, [("create_record", ACCOUNT), r.update("status", "contacted")])
    config = {**ACCOUNT, "values": {"name": {"how": "copy", "from": "company"}}}
    r.live_rule("empty", HIGH, [("create_record", config)], position=200)
    assert high(ada, lead) == ["No record of Accounts was created: Name: it is required"]
    assert [row.name for row in rows("accounts")] == ["(Ada Adler)"]
    assert r.stored(lead).status == "contacted"


def test_a_rule_does_not_make_records_because_of_those_that_it_made(ada: User) -> None:
    config = {"module": "accounts", "values": {"name": {"how": "text", "text": "Copy of {{name}}"}}}
    r.live_rule("more", {}, [("create_record", config)], module_key="accounts", trigger="created")
    r.live_rule("tag", {}, [("add_tags", {"tags": ["seen"]})], module_key="accounts", trigger="created")
    make(ada, "accounts", name="Navy")
    assert [(row.name, row.tags) for row in rows("accounts")] == [
        ("Navy", ["seen"]), ("Copy of Navy", ["seen"]),
    ]  # fmt: skip


def test_nobody_owns_the_record_until_assignment_decides(company: Company, lead: int) -> None:
    r.live_assignment("accounts", {"users": [company.cleo]}, module_key="accounts")
    r.live_rule("fire", HIGH, [("create_record", {**ACCOUNT, "owner": "nobody"})])
    assert high(company.ada, lead) == []
    [account] = rows("accounts")
    assert account.owner_id == company.cleo.pk


# Linked records


def linked_update(link: str, **how: Any) -> r.Action:
    return "update_linked", {"link": link, **how}


def test_the_linked_record_is_changed_and_other_rules_see_it(ada: User) -> None:
    account = make(ada, "accounts", name="Navy")
    contact = make(ada, "contacts", account=account)
    change = linked_update("account", field="rating", how="value", value="high")
    r.live_rule("up", r.when(("title", "is", "Admiral")), [change], module_key="contacts")
    r.live_rule("see", HIGH, [r.update("employees", 7)], module_key="accounts")
    assert r.edit(ada, contact, "contacts", title="Admiral").or_raise().notices == []
    row = r.stored(account, "accounts")
    assert (row.rating, row.employees, row.version) == ("high", 7, 2)
    told = History.objects.filter(record_id=account).latest("id")
    assert told.cause.label == "Up"
    assert Cause.objects.get(label="See").parent == told.cause


def test_records_that_link_here_are_changed_with_values_of_this_one(ada: User) -> None:
    account = make(ada, "accounts", name="Navy", phone="1")
    children = [make(ada, "contacts", account=account) for _number in range(3)]
    stranger = make(ada, "contacts")
    [binned, moved, kept] = children
    apply([Change(Verb.BIN, "contacts", binned)], actor=ada, source=Source.PAGE).or_raise()
    r.edit(ada, moved, "contacts", account=None).or_raise()
    change = linked_update("contacts.account", field="phone", how="copy", **{"from": "phone"})
    r.live_rule("down", {}, [change], module_key="accounts", mode="every")
    r.edit(ada, account, "accounts", phone="555").or_raise()
    told = {pk: r.stored(pk, "contacts").phone for pk in (*children, stranger)}
    assert told == {binned: None, moved: None, kept: "555", stranger: None}


def test_more_linked_records_than_allowed_are_told(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linked, "MOST", 2)
    account = make(ada, "accounts", name="Navy")
    children = [make(ada, "contacts", account=account) for _number in range(3)]
    change = linked_update("contacts.account", field="title", how="value", value="Sir")
    r.live_rule("down", HIGH, [change], module_key="accounts")
    [notice] = r.edit(ada, account, "accounts", rating="high").or_raise().notices
    assert "More than 2 records are linked" in notice.message
    assert [r.stored(pk, "contacts").title for pk in children] == ["Sir", "Sir", None]


def test_many_records_ask_with_a_fixed_number_of_statements(
    ada: User, django_assert_max_num_queries: Any
) -> None:
    change = linked_update("account", field="employees", how="value", value=5)
    r.live_rule("up", r.when(("title", "is", "Admiral")), [change], module_key="contacts")
    contacts = [make(ada, "contacts", account=make(ada, "accounts", name=str(n))) for n in range(30)]
    changes = [Change(Verb.EDIT, "contacts", pk, {"title": "Admiral"}) for pk in contacts]
    with django_assert_max_num_queries(40):
        assert apply(changes, actor=ada, source=Source.PAGE).or_raise().notices == []
    assert {row.employees for row in rows("accounts")} == {5}


def test_two_rules_on_both_ends_of_a_link_come_to_an_end(ada: User) -> None:
    account = make(ada, "accounts", name="Navy")
    contact = make(ada, "contacts", account=account)
    up = linked_update("account", field="phone", how="copy", **{"from": "phone"})
    down = linked_update("contacts.account", field="phone", how="copy", **{"from": "phone"})
    r.live_rule("up", {}, [up], module_key="contacts", mode="every")
    r.live_rule("down", {}, [down], module_key="accounts", mode="every")
    r.edit(ada, contact, "contacts", phone="555").or_raise()
    assert (r.stored(account, "accounts").phone, r.stored(contact, "contacts").phone) == ("555", "555")


def test_a_linked_value_that_is_not_allowed_is_noticed(ada: User) -> None:
    account = make(ada, "accounts", name="Navy")
    contact = make(ada, "contacts", account=account)
    change = linked_update("account", field="name", how="copy", **{"from": "phone"})
    r.live_rule("up", r.when(("title", "is", "x")), [change], module_key="contacts")
    [notice] = r.edit(ada, contact, "contacts", title="x").or_raise().notices
    assert (notice.record_id, notice.field, notice.message) == (account, "name", "required")
    assert r.stored(account, "accounts").name == "Navy"


# Conversion


def test_a_lead_is_converted_by_a_worker(ada: User, lead: int) -> None:
    r.live_rule("fire", HIGH, [("convert_lead", {"account": True, "deal": True})], mode="every")
    r.edit(ada, lead, company="Navy").or_raise()
    assert high(ada, lead) == []
    assert rows("contacts") == []
    process_due()
    run = ActionRun.objects.get()
    assert run.state == RunState.DONE
    assert [len(rows(key)) for key in ("accounts", "contacts", "deals")] == [1, 1, 1]
    contact = rows("contacts")[0]
    assert (contact.name, contact.owner_id) == ("Grace Hopper", ada.pk)
    assert r.stored(lead).status == "converted"
    made = History.objects.filter(record_id=contact.pk).earliest("id")
    assert made.cause.root_id == run.cause.root_id, "so that undoing the change finds it"


def test_without_account_and_deal_only_a_contact_is_made(ada: User, lead: int) -> None:
    r.live_rule("fire", HIGH, [("convert_lead", {})])
    r.edit(ada, lead, company="Navy").or_raise()
    high(ada, lead)
    process_due()
    assert [len(rows(key)) for key in ("accounts", "contacts", "deals")] == [0, 1, 0]


def test_a_lead_that_cannot_be_converted_stays_and_says_why(ada: User, lead: int) -> None:
    r.live_rule("fire", HIGH, [("convert_lead", {})])
    high(ada, lead)
    apply([Change(Verb.BIN, "leads", lead)], actor=ada, source=Source.PAGE).or_raise()
    process_due()
    run = ActionRun.objects.get()
    assert (run.state, run.answer) == (RunState.DONE, {"refused": "There is no such record."})
    report = History.objects.filter(record_id=lead, kind=History.Kind.REPORT).get()
    assert "The lead was not converted" in report.changes["+report"][1][0]["message"]
    assert rows("contacts") == []


def test_a_converted_lead_is_not_converted_again(ada: User, lead: int) -> None:
    r.live_rule("fire", HIGH, [("convert_lead", {})], mode="every")
    high(ada, lead)
    process_due()
    outcome = r.edit(ada, lead, title="Dr").or_raise()
    assert [notice.message for notice in outcome.notices] == ["This lead is converted already."]
    assert ActionRun.objects.count() == 1


# What is foreseen


def test_a_preview_says_what_actions_would_do_to_this_record(company: Company) -> None:
    ada = company.ada
    account = make(ada, "accounts", name="Navy")
    contact = make(ada, "contacts", account=account, email="grace@navy.example")
    actions = [
        r.mail({"to": "owner"}, {"to": "field", "field": "email"}, subject="Ahoy {{name}}"),
        r.notify({"to": "superior"}, text="See {{name}}"),
        linked_update("account", field="rating", how="value", value="high"),
    ]
    r.live_rule("fire", r.when(("title", "is", "x")), actions, module_key="contacts")
    change = Change(Verb.EDIT, "contacts", contact, {"title": "x"})
    [answer] = preview([change], actor=ada, source=Source.PAGE)
    assert sorted(answer.words) == [
        "would notify Ben Berg: “See Lovelace” (Fire)",
        "would send “Ahoy Lovelace” to ada@example.com, grace@navy.example (Fire)",
        "would set Rating to High on 1 linked: “Navy” (Fire)",
    ]
    assert r.stored(account, "accounts").rating is None
    assert outgoing.outbox == []


def test_a_preview_says_that_a_lead_would_be_converted(ada: User, lead: int) -> None:
    r.live_rule("fire", HIGH, [("convert_lead", {"account": True})])
    assert foreseen(ada, lead) == ["would convert the lead into: Contact, Account (Fire)"]


def test_every_kind_tells_what_it_would_do(company: Company, lead: int) -> None:
    """Whatever a kind is, its words are about the record, and asking changes nothing."""
    from tests.workflows.sound import SOUND, firing_for

    offered = {key for key, kind in ACTION_KINDS.items() if kind.offered}
    assert SOUND.keys() == offered, "a new kind needs sound settings here"
    firing = firing_for(company.ada, lead)
    before = dict(firing.draft.after)
    for key, config in SOUND.items():
        kind = ACTION_KINDS[key]
        assert kind.validate(config, firing.draft.module) == [], key
        words = kind.foresee(firing, kind.prepare(config, firing.draft.module))
        assert words, key
        assert all(word.startswith("would ") for word in words), words
    assert firing.draft.after == before
    assert firing.batch.touched == {}


def test_undoing_calls_conversions_off(ada: User, lead: int) -> None:
    r.live_rule("fire", HIGH, [("convert_lead", {})])
    high(ada, lead)
    root = ActionRun.objects.get().cause.root_id
    assert root is not None
    assert [line for told in ALSO_UNDONE for line in told(root)] == ["1 waiting action was cancelled."]
    process_due()
    assert rows("contacts") == []
