"""Drafts become documents: what is refused, what makes a version, what the engine then runs."""

import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from crm.documents.generation import current_generation
from crm.documents.kinds import DOCUMENT_KINDS, DocumentRefused, canonical
from crm.documents.live import document_data, live
from crm.models import ConfigurationChange, DocumentVersion, User, VersionState
from crm.modules.loading import registry
from tests.workflows import rules as r
from workflows.models import AssignmentRule, Rule
from workflows.publishing import publish_assignment, publish_rule, rule_data, switch_off_rule
from workflows.triggers.base import TRIGGER_KINDS

pytestmark = pytest.mark.django_db
HIGH = r.when(("rating", "is", "high"))
TASK = r.task("Do it")


def refused(rule: Rule | AssignmentRule) -> list[str]:
    """Why a draft cannot go live."""
    service: Any = publish_rule if isinstance(rule, Rule) else publish_assignment
    with pytest.raises(DocumentRefused) as caught:
        service(rule, actor=None)
    assert not DocumentVersion.objects.exists()
    return [str(problem) for problem in caught.value.problems]


def test_a_document_names_no_row_ids(ada: User) -> None:
    version = r.live_rule("owner", HIGH, [r.update("owner", ada.email), TASK])
    assert json.loads(version.text) == {
        "module": "leads",
        "trigger": "created_or_edited",
        "mode": "becomes",
        "position": 100,
        "description": "",
        "blocks": [
            {
                "criteria": {"conditions": [{"field": "rating", "operator": "is", "value": "high"}]},
                "actions": [
                    {"kind": "update_field", "config": {"field": "owner", "value": "ada@example.com"}},
                    {"kind": "create_task", "config": {"subject": "Do it"}},
                ],
            }
        ],
    }


def test_the_text_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical({"b": 1, "a": {"d": "é", "c": [2]}}) == canonical({"a": {"c": [2], "d": "é"}, "b": 1})


def test_publishing_again_makes_the_next_version_and_retires_the_last(admin: User) -> None:
    rule = r.draft_rule("rule", HIGH, [TASK])
    first = publish_rule(rule, actor=admin, note="to begin with")
    rule.position = 5
    second = publish_rule(rule, actor=admin)
    first.refresh_from_db()
    assert (first.number, first.state, first.note) == (1, VersionState.RETIRED, "to begin with")
    assert first.retired_at is not None
    assert (second.number, second.state, second.published_by) == (2, VersionState.PUBLISHED, admin)
    assert ConfigurationChange.objects.filter(kind="rule", key="rule", what="published").count() == 2


def test_an_unchanged_draft_makes_no_version(admin: User) -> None:
    rule = r.draft_rule("rule", HIGH, [TASK])
    first = publish_rule(rule, actor=admin)
    generation = current_generation()
    assert publish_rule(Rule.objects.get(), actor=admin) == first
    assert current_generation() == generation


def test_editing_a_draft_changes_nothing_that_is_live(ada: User) -> None:
    r.live_rule("rule", HIGH, [TASK])
    Rule.objects.get().blocks.all().delete()
    r.create(ada, owner=ada.pk, rating="high").or_raise()
    assert len(r.tasks()) == 1


def test_a_rule_that_is_switched_off_does_not_fire_and_comes_back_as_the_next_version(ada: User) -> None:
    rule = r.draft_rule("rule", HIGH, [TASK])
    publish_rule(rule, actor=None)
    old = switch_off_rule("rule", actor=None)
    assert old is not None
    r.create(ada, owner=ada.pk, rating="high").or_raise()
    assert r.tasks() == []
    assert publish_rule(rule, actor=None).number == 2
    assert switch_off_rule("other", actor=None) is None


def test_only_who_may_manage_automation_publishes(ada: User) -> None:
    rule = r.draft_rule("rule", HIGH, [TASK])
    with pytest.raises(PermissionDenied):
        publish_rule(rule, actor=ada)
    with pytest.raises(PermissionDenied):
        switch_off_rule("rule", actor=ada)


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        (r.when(("nothing", "is", "x")), "Block 1, condition 1: Leads has no field “nothing”."),
        (r.when(("company", "greater", "x")), "Block 1, condition 1: Company: “greater” does not fit"),
        (r.when(("rating", "is", "highest")), "Block 1, condition 1: Rating: “highest” is not one"),
        (r.when(("rating", "is")), "Block 1, condition 1: Rating: "),
        (r.when(("rating", "is", "high"), pattern="1 and 2"), "Block 1: The pattern names condition 2"),
    ],
)
def test_criteria_that_cannot_be_judged_are_refused(criteria: dict[str, Any], expected: str) -> None:
    [problem] = refused(r.draft_rule("rule", criteria, [TASK]))
    assert problem.startswith(expected)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (("fly", {}), "Block 1, action 1: There is no action “fly”."),
        (r.update("nothing", 1), "(Update field): Leads have no field “nothing”."),
        (r.update("modified_at", 1), "Changed is kept by the system."),
        (r.update("rating", "highest"), "Rating: “highest” is not one of the values"),
        (r.update("rating"), "Say which value Rating gets"),
        (r.update("rating", "high", how="fly"), "“how” is one of"),
        (r.update("last_name", how="clear"), "Last name is required"),
        (r.update("employees", how="copy", **{"from": "company"}), "Company does not fit into Employees."),
        (r.update("employees", how="copy", **{"from": "nothing"}), "has no field “nothing”"),
        (r.update("company", how="now"), "That does not fit into Company."),
        (r.update("owner", "nobody@example.com"), "There is no active person “nobody@example.com”."),
        (r.update("converted_account", 5), "is kept by the system"),
        (r.task(""), "(Create task): The task needs a subject."),
        (r.task("Call {{nothing}}"), "Merge field {{nothing}}: Leads has no field “nothing”."),
        (r.task("Call {{name"), "a pair of braces is left open"),
        (r.task("Call", owner="cat"), "“owner” is one of"),
        (
            r.task("Call", owner="person", person="x@example.com"),
            "There is no active person “x@example.com”.",
        ),
        (r.task("Call", due_in_days="soon"), "“due_in_days” is a whole number"),
        (r.task("Call", priority="highest"), "“highest” is not one of the values of Priority"),
        (r.mail(), "(Send e-mail): Name at least one recipient."),
        (r.mail({"to": "moon"}), "A recipient has “to”"),
        (r.mail({"to": "role", "role": "x"}), "There is no role “x”."),
        (r.mail({"to": "group", "group": "x"}), "There is no group “x”."),
        (r.mail({"to": "address", "address": "x"}), "“x” is not an e-mail address."),
        (r.mail({"to": "field", "field": "company"}), "Leads has no field “company” that holds"),
        (r.mail({"to": "owner"}, subject=" "), "The e-mail needs a subject."),
        (r.notify({"to": "owner"}, text=""), "The notification needs a text."),
    ],
)
def test_an_action_that_cannot_work_is_refused_by_name(company: Any, action: r.Action, expected: str) -> None:
    [problem] = refused(r.draft_rule("rule", HIGH, [action]))
    assert problem.startswith("Block 1, action 1")
    assert expected in problem


def test_every_problem_is_named_at_once() -> None:
    blocks = [(r.when(("nothing", "is", "x")), [r.task("")]), (HIGH, [])]
    rule = r.draft_rule("rule", blocks=blocks, mode="sometimes", trigger="never")
    assert refused(rule) == [
        f"“trigger” is one of: {', '.join(TRIGGER_KINDS)}.",
        "“mode” is one of: every, becomes, once.",
        "Block 1, condition 1: Leads has no field “nothing”.",
        "Block 1, action 1 (Create task): The task needs a subject.",
        "Block 2: There are no actions.",
    ]


def test_a_rule_without_blocks_is_refused() -> None:
    rule = Rule.objects.create(key="empty", name="Empty", module_id="leads")
    assert refused(rule) == ["The rule has no block with actions."]


def test_a_rule_is_told_in_plain_words(ada: User) -> None:
    actions = [
        r.update("status", "contacted"),
        r.task("Call {{name}}", due_in_days=1),
        r.mail({"to": "superior"}, subject="High"),
        r.notify({"to": "owner"}, text="Look"),
    ]
    version = r.live_rule("rule", HIGH, actions)
    assert DOCUMENT_KINDS["rule"].describe(document_data(version)) == [
        "When a record of Leads is created or edited: acts each time the criteria become true.",
        "1. If Rating is High:",
        "Set Status to Contacted",
        "Create the task “Call {{name}}” for the owner, due in 1 day",
        "Send the e-mail “High” to the owner's superior",
        "Notify the owner: “Look”",
    ]


def test_live_documents_are_compiled_once_per_generation(django_assert_num_queries: Any) -> None:
    r.live_rule("rule", HIGH, [TASK])
    [compiled] = live("rule")
    with django_assert_num_queries(1):  # the generation
        assert live("rule")[0] is compiled
    r.live_rule("other", HIGH, [TASK])
    assert len(live("rule")) == 2


def test_an_older_format_is_brought_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    version = r.live_rule("rule", HIGH, [TASK])
    kind = type(DOCUMENT_KINDS["rule"])
    monkeypatch.setattr(kind, "format", 3)
    monkeypatch.setattr(
        kind, "upgraders", {1: lambda d: d | {"mode": "once"}, 2: lambda d: d | {"position": 7}}
    )
    assert (document_data(version)["mode"], document_data(version)["position"]) == ("once", 7)


def test_drafts_and_documents_say_the_same(admin: User) -> None:
    rule = r.draft_rule("rule", HIGH, [TASK])
    assert json.loads(publish_rule(rule, actor=admin).text) == rule_data(rule)
    assert registry().modules["leads"].key == rule_data(rule)["module"]
