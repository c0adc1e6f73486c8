"""When a rule fires: triggers, modes, blocks and order."""

from typing import Any

import pytest

from crm.door import Change, Source, Verb, apply
from crm.models import User
from tests.workflows import rules as r
from workflows.models import RuleOnce

pytestmark = pytest.mark.django_db
HIGH = r.when(("rating", "is", "high"))
TASK = r.task("Do it")


def names() -> list[str]:
    """The names of all tasks."""
    return [task.name for task in r.tasks()]


@pytest.mark.parametrize(
    ("trigger", "at_creation", "at_edit"),
    [("created", 1, 1), ("edited", 0, 1), ("created_or_edited", 1, 2)],
)
def test_a_trigger_says_when_a_rule_looks(ada: User, trigger: str, at_creation: int, at_edit: int) -> None:
    r.live_rule("watch", {}, [TASK], trigger=trigger, mode="every")
    lead = r.create(ada, owner=ada.pk).or_raise().ids[0]
    assert len(r.tasks()) == at_creation
    r.edit(ada, lead, company="Navy").or_raise()
    assert len(r.tasks()) == at_edit


def test_a_record_created_open_fires_later_when_it_becomes_a_draft(ada: User) -> None:
    r.live_rule("drafts", r.when(("status", "is", "attempted")), [TASK])
    lead = r.create(ada, owner=ada.pk, status="new").or_raise().ids[0]
    assert names() == []
    r.edit(ada, lead, status="attempted").or_raise()
    assert names() == ["Do it"]


def test_from_and_to_are_both_asked(ada: User, lead: int) -> None:
    done = r.when(("status", "changed_from_to", ["attempted", "qualified"]))
    r.live_rule("done", done, [TASK], mode="every")
    r.edit(ada, lead, status="qualified").or_raise()
    assert names() == []
    r.edit(ada, lead, status="attempted").or_raise()
    r.edit(ada, lead, status="qualified").or_raise()
    assert names() == ["Do it"]


@pytest.mark.parametrize("mode", ["every", "becomes"])
def test_a_rule_that_listens_to_a_field_fires_at_its_real_change_only(
    ada: User, lead: int, mode: str
) -> None:
    r.live_rule("listens", r.when(("status", "changed")), [TASK], mode=mode)
    r.edit(ada, lead, company="Navy").or_raise()
    r.edit(ada, lead, status="new").or_raise()
    r.edit(ada, lead, status="new", company="Army").or_raise()
    assert names() == []
    r.edit(ada, lead, status="contacted").or_raise()
    assert names() == ["Do it"]
    r.edit(ada, lead, status="qualified").or_raise()
    assert len(names()) == 2


def test_the_same_or_an_empty_owner_is_no_new_owner(ada: User, ben: User, admin: User, lead: int) -> None:
    given = r.when(("owner", "changed"), ("owner", "is_not_empty"))
    r.live_rule("owner_set", given, [r.task("New owner", owner="owner")], mode="every")
    r.edit(admin, lead, owner=ada.pk, company="Navy").or_raise()
    r.edit(admin, lead, owner="").or_raise()
    assert names() == []
    r.edit(admin, lead, owner=ben.pk).or_raise()
    assert [(task.name, task.owner_id) for task in r.tasks()] == [("New owner", ben.pk)]


def test_a_default_set_at_creation_fires_exactly_once(ada: User) -> None:
    r.live_rule("new_deals", r.when(("stage", "is", "prospecting")), [TASK], module_key="deals")
    r.create(ada, "deals", owner=ada.pk).or_raise()
    assert names() == ["Do it"]


def test_a_value_worked_out_at_creation_is_seen(ada: User) -> None:
    likely = r.when(("probability", "greater", "70"))
    r.live_rule("likely", likely, [TASK], module_key="deals")
    r.create(ada, "deals", owner=ada.pk, stage="negotiation").or_raise()
    assert names() == ["Do it"]


def test_at_every_matching_save(ada: User, lead: int) -> None:
    r.live_rule("every", HIGH, [TASK], mode="every")
    r.edit(ada, lead, rating="high").or_raise()
    r.edit(ada, lead, company="Navy").or_raise()
    assert len(names()) == 2
    r.edit(ada, lead, company="Navy").or_raise()
    assert len(names()) == 2  # saving the same again changes nothing
    r.edit(ada, lead, rating="low").or_raise()
    assert len(names()) == 2


def test_each_time_the_criteria_become_true(ada: User) -> None:
    r.live_rule("becomes", HIGH, [TASK], mode="becomes")
    lead = r.create(ada, owner=ada.pk, rating="high").or_raise().ids[0]
    assert len(names()) == 1
    r.edit(ada, lead, company="Navy").or_raise()
    assert len(names()) == 1
    r.edit(ada, lead, rating="low").or_raise()
    r.edit(ada, lead, rating="high").or_raise()
    assert len(names()) == 2


def test_once_per_record_ever(ada: User, lead: int) -> None:
    r.live_rule("once", HIGH, [TASK], mode="once")
    for rating in ("high", "low", "high"):
        r.edit(ada, lead, rating=rating).or_raise()
    other = r.create(ada, owner=ada.pk, rating="high").or_raise().ids[0]
    r.edit(ada, other, company="Navy").or_raise()
    assert len(names()) == 2
    assert set(RuleOnce.objects.values_list("rule", "record_id")) == {("once", lead), ("once", other)}


def test_the_first_block_that_matches_acts(ada: User) -> None:
    blocks = [
        (r.when(("employees", "greater", 1000)), [r.task("Big")]),
        (r.when(("employees", "greater", 100)), [r.task("Medium")]),
        ({}, [r.task("Any")]),
    ]
    r.live_rule("sizes", blocks=blocks, trigger="created", mode="every")
    for employees in (5000, 500, 5):
        r.create(ada, owner=ada.pk, employees=employees).or_raise()
    assert names() == ["Big", "Medium", "Any"]


def test_rules_act_in_their_order_and_see_what_earlier_ones_changed(ada: User, lead: int) -> None:
    r.live_rule("b_first", HIGH, [r.update("status", "contacted")], position=1)
    r.live_rule("a_second", r.when(("status", "is", "contacted")), [r.update("source", "web")], position=2)
    r.edit(ada, lead, rating="high").or_raise()
    row = r.stored(lead)
    assert (row.status, row.source) == ("contacted", "web")


def test_linked_records_are_read(ada: User) -> None:
    account = r.create(ada, "accounts", owner=ada.pk, name="Acme", industry="finance").or_raise().ids[0]
    other = r.create(ada, "accounts", owner=ada.pk, name="Bolt", industry="retail").or_raise().ids[0]
    finance = r.when(("account.industry", "is", "finance"))
    r.live_rule("finance", finance, [r.task("{{name}} of {{account}}")], module_key="deals")
    deal = r.create(ada, "deals", owner=ada.pk, name="One", account=other).or_raise().ids[0]
    assert names() == []
    r.edit(ada, deal, "deals", account=account).or_raise()
    assert names() == ["One of Acme"]
    r.edit(ada, deal, "deals", name="Two").or_raise()
    assert names() == ["One of Acme"]


def test_a_linked_record_of_the_same_batch_is_read_as_it_will_be(ada: User) -> None:
    finance = r.when(("account.industry", "is", "finance"))
    r.live_rule("finance", finance, [r.task("{{name}} of {{account}}")], module_key="deals")
    account = r.create(ada, "accounts", owner=ada.pk, name="Acme").or_raise().ids[0]
    changes = [
        Change(Verb.EDIT, "accounts", account, {"industry": "finance", "name": "Acme Bank"}),
        Change(Verb.CREATE, "deals", None, {"name": "One", "owner": ada.pk, "account": account}),
    ]
    apply(changes, actor=ada, source=Source.API).or_raise()
    assert names() == ["One of Acme Bank"]


def test_rules_of_custom_fields_and_nested_patterns(ada: User) -> None:
    criteria = r.when(
        ("rating", "is", "high"),
        ("company", "is_empty"),
        ("source", "is", "web"),
        pattern="1 and not (2 or 3)",
    )
    r.live_rule("nested", criteria, [TASK])
    r.create(ada, owner=ada.pk, rating="high").or_raise()
    r.create(ada, owner=ada.pk, rating="high", company="Navy", source="web").or_raise()
    assert names() == []
    r.create(ada, owner=ada.pk, rating="high", company="Navy").or_raise()
    assert names() == ["Do it"]


def test_many_records_are_many_events_of_the_right_kind(ada: User) -> None:
    r.live_rule("made", HIGH, [r.task("Made {{last_name}}")], trigger="created")
    r.live_rule("edited", HIGH, [r.task("Edited {{last_name}}")], trigger="edited")
    values = [
        {"last_name": f"L{n}", "owner": ada.pk, "rating": "high" if n % 2 else "low"} for n in range(40)
    ]
    ids = (
        apply([Change(Verb.CREATE, "leads", values=one) for one in values], actor=ada, source=Source.API)
        .or_raise()
        .ids
    )
    assert sorted(names()) == sorted(f"Made L{n}" for n in range(1, 40, 2))
    apply(
        [Change(Verb.EDIT, "leads", pk, {"rating": "high"}) for pk in ids], actor=ada, source=Source.LIST
    ).or_raise()
    assert len(names()) == 40


def test_the_bin_is_no_edit(ada: User, lead: int) -> None:
    r.edit(ada, lead, rating="high").or_raise()
    r.live_rule("every", HIGH, [TASK], mode="every")
    apply([Change(Verb.BIN, "leads", lead)], actor=ada, source=Source.PAGE).or_raise()
    apply([Change(Verb.RESTORE, "leads", lead)], actor=ada, source=Source.PAGE).or_raise()
    assert names() == []


def test_a_caller_chooses_which_automation_runs(ada: User) -> None:
    r.live_rule("made", {}, [TASK], trigger="created")
    change = Change(Verb.CREATE, "leads", values={"last_name": "Quiet", "owner": ada.pk})
    apply([change], actor=ada, source=Source.API, automation=frozenset()).or_raise()
    assert names() == []


def test_nothing_of_a_refused_change_stays(ada: User) -> None:
    r.live_rule("made", {}, [TASK, r.notify({"to": "owner"})], trigger="created", mode="once")
    changes: list[Any] = [
        Change(Verb.CREATE, "leads", values={"last_name": "Good", "owner": ada.pk}),
        Change(Verb.CREATE, "leads", values={"owner": ada.pk}),
    ]
    assert not apply(changes, actor=ada, source=Source.API).ok
    assert names() == []
    assert not RuleOnce.objects.exists()
    apply(changes, actor=ada, source=Source.API, mode="each")
    assert names() == ["Do it"]
