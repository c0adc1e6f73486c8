"""What makes a rule look at a record, beside being created and edited."""

from typing import Any

import pytest
from django.core.files.base import ContentFile

from crm.documents.kinds import DocumentRefused
from crm.door import Change, Source, Verb, apply
from crm.door.attach import add_file, add_note
from crm.models import Cause, History, User
from tests.workflows import rules as r
from workflows.publishing import publish_rule
from workflows.rule_documents import RuleDocument

pytestmark = pytest.mark.django_db
TASK = r.task("Do it {{name}}")


def names() -> list[str]:
    """The names of all tasks."""
    return [task.name for task in r.tasks()]


def delete(actor: User, record_id: int) -> Any:
    """Moves a lead to the bin."""
    return apply([Change(Verb.BIN, "leads", record_id)], actor=actor, source=Source.PAGE)


def test_a_deleted_record_is_looked_at_once_with_its_values(ada: User, lead: int) -> None:
    r.live_rule("gone", r.when(("last_name", "is", "Hopper")), [TASK], trigger="deleted")
    r.edit(ada, lead, company="Navy").or_raise()
    assert names() == []
    delete(ada, lead).or_raise()
    assert names() == ["Do it Grace Hopper"]


def test_nothing_of_a_deleted_record_is_changed_and_that_is_told(ada: User, lead: int) -> None:
    r.live_rule("gone", {}, [r.update("rating", "low"), TASK], trigger="deleted")
    outcome = delete(ada, lead).or_raise()
    assert [notice.message for notice in outcome.notices] == [
        "The record is deleted, so nothing of it is changed."
    ]
    assert (r.stored(lead).rating, names()) == (None, ["Do it Grace Hopper"])


@pytest.mark.parametrize(("values", "expected"), [((), 2), (("qualified",), 1), (("new", "qualified"), 2)])
def test_a_field_that_changes_to_a_value(
    ada: User, lead: int, values: tuple[str, ...], expected: int
) -> None:
    config: dict[str, Any] = {"field": "status"} | ({"values": list(values)} if values else {})
    r.live_rule("moves", {}, [TASK], trigger="field_changed", trigger_config=config)
    r.create(ada, owner=ada.pk, status="qualified").or_raise()  # no change: it never was anything else
    r.edit(ada, lead, company="Navy", status="new").or_raise()
    r.edit(ada, lead, status="qualified").or_raise()
    r.edit(ada, lead, status="new").or_raise()
    assert len(names()) == expected


def test_a_note_and_a_file_wake_their_rules_with_the_whole_chain(ada: User, lead: int) -> None:
    r.live_rule("note", {}, [r.update("rating", "high")], trigger="note_added")
    r.live_rule("file", {}, [r.update("rating", "low")], trigger="file_added")
    add_note("leads", lead, "Called.", actor=ada)
    assert r.stored(lead).rating == "high"
    entry = History.objects.filter(record_id=lead, changes__has_key="rating").latest("pk")
    cause = Cause.objects.get(pk=entry.changes["rating"][2])
    assert (cause.kind, cause.label) == ("rule", "Note")
    assert Cause.objects.get(pk=cause.parent_id).kind == "page"
    add_file("leads", lead, "a.txt", ContentFile(b"x"), actor=ada)
    assert r.stored(lead).rating == "low"


def test_a_note_changes_nothing_where_no_rule_waits_for_it(ada: User, lead: int) -> None:
    r.live_rule("edits", {}, [TASK], mode="every")
    add_note("leads", lead, "Called.", actor=ada)
    assert names() == []


def test_the_three_modes_do_not_keep_an_event_from_acting(ada: User, lead: int) -> None:
    r.live_rule("note", {}, [TASK], trigger="note_added", mode="becomes")
    add_note("leads", lead, "One.", actor=ada)
    add_note("leads", lead, "Two.", actor=ada)
    assert len(names()) == 2


def test_once_per_record_holds_for_events_too(ada: User, lead: int) -> None:
    r.live_rule("note", {}, [TASK], trigger="note_added", mode="once")
    add_note("leads", lead, "One.", actor=ada)
    add_note("leads", lead, "Two.", actor=ada)
    assert len(names()) == 1


@pytest.mark.parametrize(
    ("trigger", "config", "expected"),
    [
        ("field_changed", {}, "Trigger: The trigger needs a field of Leads."),
        ("field_changed", {"field": "status", "values": ["no"]}, "“no” is not one of the values"),
        ("date", {"amount": 1, "unit": "days", "field": "name"}, "Leads have no date field “name”."),
        ("date", {"amount": 1, "unit": "years", "field": "created_at"}, "The unit is one of: minutes, hours"),
        ("date", {"amount": -1, "unit": "days", "field": "created_at"}, "from 0 to 10000"),
        ("date", {"amount": 1, "unit": "days", "field": "created_at", "time": "x"}, "written as 9:00"),
        (
            "date",
            {"amount": 1, "unit": "hours", "field": "created_at", "repeat": "yearly"},
            "counted in days",
        ),
        ("date", {"amount": 1, "unit": "days", "field": "created_at", "zone": "moon"}, "“zone” is one of"),
        ("cycle", {"amount": 0, "unit": "days"}, "from 1 to 10000"),
        ("cycle", {"amount": 1, "unit": "months"}, "The unit is one of: hours, days, weeks."),
    ],
)
def test_settings_that_make_no_sense_are_named(trigger: str, config: dict[str, Any], expected: str) -> None:
    draft = r.draft_rule("rule", {}, [TASK], trigger=trigger, trigger_config=config)
    with pytest.raises(DocumentRefused) as refused:
        publish_rule(draft, actor=None)
    assert expected in str(refused.value)


def test_the_clock_does_not_know_what_changed() -> None:
    changed = r.when(("status", "changed"))
    config = {"amount": 1, "unit": "days", "field": "created_at"}
    draft = r.draft_rule("rule", changed, [TASK], trigger="date", trigger_config=config)
    with pytest.raises(ValueError, match="Block 1, condition 1"):
        publish_rule(draft, actor=None)


def test_blocks_after_one_without_criteria_are_refused() -> None:
    high = r.when(("rating", "is", "high"))
    draft = r.draft_rule("rule", blocks=[({}, [TASK]), (high, [TASK])])
    with pytest.raises(ValueError, match="Block 1: It matches every record"):
        publish_rule(draft, actor=None)


def test_a_rule_reads_in_plain_words() -> None:
    high = r.when(("rating", "is", "high"))
    config = {"field": "status", "values": ["qualified"]}
    draft = r.draft_rule(
        "rule", blocks=[(high, [TASK]), ({}, [TASK])], trigger="field_changed", trigger_config=config
    )
    block = draft.blocks.last()
    assert block is not None
    block.actions.update(later={"amount": 2, "unit": "days"})
    data = publish_rule(draft, actor=None).text
    assert RuleDocument().describe(RuleDocument().read(data, 1)) == [
        "When a record of Leads is changed in Status to Qualified:",
        "1. If Rating is High:",
        "Create the task “Do it {{name}}” for the owner",
        "2. Otherwise:",
        "After 2 days: Create the task “Do it {{name}}” for the owner",
    ]
