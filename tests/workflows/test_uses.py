"""What live rules name cannot be deleted under them, and who is told of it; named actions in use."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm.models import (
    ConfigurationChange,
    Field,
    Module,
    Notification,
    PicklistValue,
    Role,
    SharingGroup,
    User,
)
from crm.modules.field_editing import create_field, delete_field
from crm.modules.picklists import delete_value
from crm.modules.problems import InUse, ModuleProblem
from crm.people.groups import delete_group, save_group
from crm.people.persons import deactivate_person
from crm.people.problems import PeopleProblem
from crm.people.roles import delete_role, save_role
from tests.crm.admin.conftest import as_person
from tests.modules import device_requests, field_of
from tests.people import Company
from tests.workflows import rules as r
from tests.workflows.sound import SOUND
from workflows.kinds.base import ACTION_KINDS
from workflows.kinds.references import Reference
from workflows.models import NamedAction, Rule, RuleAction
from workflows.named import delete_named, named_actions, places_of, save_named
from workflows.publishing import publish_rule, switch_off_rule

__all__ = ["as_person", "device_requests"]
pytestmark = pytest.mark.django_db
HIGH = r.when(("rating", "is", "high"))
OWNER = {"to": "owner"}


@pytest.fixture
def helpers(db: None) -> Role:
    """A role that nobody has."""
    return save_role(actor=None, role=Role(key="helpers", name="Helpers"))


@pytest.fixture
def friends(ada: User) -> SharingGroup:
    """A group with Ada."""
    return save_group(actor=None, group=SharingGroup(key="friends", name="Friends"), users=[ada])


@pytest.mark.parametrize(
    ("criteria", "action"),
    [
        (HIGH, r.notify({"to": "role", "role": "helpers"})),
        (r.when(("owner.role", "is", "helpers")), r.notify(OWNER)),
    ],
)
def test_a_role_that_a_live_rule_names_stays(helpers: Role, criteria: Any, action: r.Action) -> None:
    r.live_rule("hot_lead", criteria, [action])
    with pytest.raises(PeopleProblem, match="Workflow rule: “Hot lead”"):
        delete_role(actor=None, role=Role.objects.get(key="helpers"))
    assert Role.objects.filter(key="helpers").exists()
    assert not ConfigurationChange.objects.filter(kind="trial").exists()
    switch_off_rule("hot_lead", actor=None)
    delete_role(actor=None, role=Role.objects.get(key="helpers"))
    assert not Role.objects.filter(key="helpers").exists()


def test_a_group_that_a_live_rule_names_stays(friends: SharingGroup) -> None:
    r.live_rule("hot_lead", HIGH, [r.mail({"to": "group", "group": "friends"})])
    with pytest.raises(PeopleProblem, match="Workflow rule: “Hot lead”"):
        delete_group(actor=None, group=friends)
    assert SharingGroup.objects.filter(key="friends").exists()


def test_a_role_that_gives_leads_to_people_stays(company: Company, helpers: Role) -> None:
    entry = {"roles": [helpers, company.reps]}
    r.live_assignment("new_leads", entry)
    with pytest.raises(PeopleProblem, match="Assignment rule: “New leads”"):
        delete_role(actor=None, role=helpers)


def test_the_page_of_a_role_names_the_rules_with_links(
    as_person: Callable[[User], Client], admin: User, helpers: Role
) -> None:
    r.live_rule("hot_lead", HIGH, [r.notify({"to": "role", "role": "helpers"})])
    address = reverse("admin:crm_role_delete", args=[helpers.pk])
    rule = reverse("admin:workflows_rule_change", args=[Rule.objects.get().pk])
    for answer in (as_person(admin).get(address), as_person(admin).post(address, {"post": "yes"})):
        assert f'href="{rule}"' in answer.content.decode()
    assert Role.objects.filter(key="helpers").exists()


def test_who_lets_a_person_go_is_told_which_rules_name_them(
    as_person: Callable[[User], Client], company: Company
) -> None:
    r.live_rule("hot_lead", HIGH, [r.task("Call", owner="person", person=company.cleo.email)])
    page = reverse("admin:crm_user_deactivate", args=[company.cleo.pk])
    shown = as_person(company.admin).get(page).content.decode()
    assert "This will no longer work:" in shown
    assert reverse("admin:workflows_rule_change", args=[Rule.objects.get().pk]) in shown
    assert User.objects.get(pk=company.cleo.pk).is_active, "looking changes nothing"
    deactivate_person(actor=None, person=company.cleo, successor=None)
    assert not User.objects.get(pk=company.cleo.pk).is_active, "nobody has to stay for a rule"


DEVICES = {"name": {"how": "value", "value": "Laptop"}, "pieces": {"how": "value", "value": 3}}


@pytest.mark.parametrize(
    "action",
    [
        ("create_record", {"module": "device_requests", "values": DEVICES}),
        ("named", {"action": "order"}),
    ],
)
def test_a_field_of_another_module_that_an_action_sets_stays(
    device_requests: Module, action: r.Action
) -> None:
    order = NamedAction(name="Order", module_id="leads", kind="create_record")
    order.config = {"module": "device_requests", "values": DEVICES}
    save_named(action=order, actor=None)
    r.live_rule("hot_lead", HIGH, [action])
    with pytest.raises(InUse, match="Workflow rule: “Hot lead”") as refused:
        delete_field(field=field_of(device_requests, "pieces"), actor=None, confirmed=True)
    assert refused.value.blocked
    assert refused.value.usages[0].url


@pytest.mark.parametrize(
    "action",
    [
        ("update_linked", {"link": "tasks.related", "field": "priority", "how": "value", "value": "high"}),
        ("create_task", {"subject": "Call", "priority": "high"}),
    ],
)
def test_a_value_of_another_module_that_an_action_sets_stays(company: Company, action: r.Action) -> None:
    r.live_rule("hot_lead", {}, [action])
    field = Field.objects.get(module__key="tasks", key="priority")
    value = PicklistValue.objects.get(field=field, key="high")
    with pytest.raises(InUse, match="Workflow rule: “Hot lead”"):
        delete_value(value=value, actor=None, clear=True)


# Named actions


def greet(**config: Any) -> NamedAction:
    given = {**SOUND["notify"], **config}
    return save_named(
        action=NamedAction(name="Greet", module_id="leads", kind="notify", config=given), actor=None
    )


def test_a_changed_named_action_acts_at_once(ada: User, lead: int) -> None:
    action = greet(text="First")
    r.live_rule("fire", HIGH, [("named", {"action": "greet"})], mode="every")
    r.edit(ada, lead, rating="high").or_raise()
    action.config = {**action.config, "text": "Second"}
    save_named(action=action, actor=None)
    r.edit(ada, lead, title="Dr").or_raise()
    assert [row.text for row in Notification.objects.order_by("pk")] == ["First", "Second"]
    entries = ConfigurationChange.objects.filter(kind="named action").order_by("pk")
    assert [entry.what for entry in entries] == ["created", "changed"]
    assert entries[1].before["config"]["text"] == "First"


def test_a_named_action_is_deleted_once_nothing_names_it(company: Company) -> None:
    action = greet()
    r.live_rule("fire", HIGH, [("named", {"action": "greet"})])
    with pytest.raises(ModuleProblem, match="workflow rule “Fire”"):
        delete_named(action=action, actor=company.admin)
    switch_off_rule("fire", actor=None)
    with pytest.raises(ModuleProblem, match="workflow rule “Fire”"):
        delete_named(action=action, actor=company.admin)
    Rule.objects.all().delete()
    delete_named(action=action, actor=company.admin)
    assert named_actions() == {}


def test_a_named_action_cannot_name_another(db: None) -> None:
    greet()
    inner = NamedAction(name="Twice", module_id="leads", kind="named", config={"action": "greet"})
    with pytest.raises(ModuleProblem, match="no action"):
        save_named(action=inner, actor=None)


def test_every_kind_says_what_its_settings_name(company: Company) -> None:
    greet()
    from crm.modules.loading import module

    leads = module("leads")
    named = {key: set(ACTION_KINDS[key].uses(config, leads)) for key, config in SOUND.items()}
    assert named["assign_owner"] == {Reference("person", "ben@example.com")}
    assert named["update_field"] == {
        Reference("field", "leads.status"), Reference("value", "leads.status.contacted"),
    }  # fmt: skip
    assert named["named"] == {Reference("action", "greet")}
    assert Reference("field", "leads.name") in named["create_task"]
    assert named["update_linked"] >= {
        Reference("field", "tasks.related"), Reference("value", "tasks.priority.high"),
    }  # fmt: skip
    assert Reference("field", "accounts.name") in named["create_record"]
    assert named["convert_lead"] == set()


def test_places_are_found_in_live_rules_drafts_and_named_actions(company: Company) -> None:
    greet(recipients=[{"to": "person", "person": "ben@example.com"}])
    r.live_rule("fire", HIGH, [r.update("owner", "ben@example.com")])
    r.draft_rule("later", HIGH, [("assign_owner", {"to": "person", "person": "ben@example.com"})])
    names = [place.name for place in places_of(Reference("person", "ben@example.com"))]
    assert names == ["workflow rule “Fire”", "workflow rule “Later”", "named action “Greet”"]


@pytest.mark.parametrize("where", ["trigger", "later"])
def test_the_date_that_a_live_rule_waits_for_is_kept(device_requests: Module, where: str) -> None:
    create_field(module=device_requests, label="Due", key="due", type="date", actor=None)
    offset = {"amount": 1, "unit": "days", "field": "due"}
    given = {"trigger": "date", "trigger_config": offset} if where == "trigger" else {}
    rule = r.draft_rule("hot_lead", {}, [r.task("Call")], module_key=device_requests.key, **given)
    if where == "later":
        RuleAction.objects.filter(block__rule=rule).update(later=offset)
    publish_rule(rule, actor=None)
    with pytest.raises(InUse, match="Workflow rule: “Hot lead”"):
        delete_field(field=field_of(device_requests, "due"), actor=None, confirmed=True)
