"""Who becomes the owner: entries, turns, absence, and what a person decided."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group

from crm.documents.kinds import DocumentRefused
from crm.door import Change, Outcome, Source, Verb, apply
from crm.models import History, SharingGroup, User
from crm.modules.loading import module
from tests.people import Company, new_person
from tests.workflows import rules as r
from workflows.models import RoundRobinCursor

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 15, 20, tzinfo=UTC)


@pytest.fixture
def reps(company: Company) -> list[User]:
    """Three people who share leads."""
    return [new_person(name, company.staff, company.reps) for name in ("James", "Kim", "Lou")]


def imported(count: int, actor: User | None, now: datetime = NOW, **options: Any) -> Outcome:
    """Imports so many leads of which every other one is from Paris."""
    changes = [
        Change(
            Verb.CREATE, "leads", values={"last_name": f"L{n}", "city": "Paris" if n % 2 else "Rome"}, ref=n
        )
        for n in range(count)
    ]
    return apply(changes, actor=actor, source=Source.IMPORT, options=options, now=now).or_raise()


def owners(**filters: Any) -> Counter[int | None]:
    """How many leads each person owns."""
    return Counter(module("leads").rows().filter(**filters).values_list("owner_id", flat=True))


def test_all_to_one_person(admin: User, reps: list[User]) -> None:
    r.live_assignment("all", {"users": [reps[0]], "kind": "user"})
    imported(20, admin)
    assert owners() == {reps[0].pk: 20}


def test_the_first_entry_that_matches_decides(admin: User, reps: list[User]) -> None:
    paris = {"users": [reps[0]], "kind": "user", "criteria": r.when(("city", "is", "Paris"))}
    r.live_assignment("by_city", paris, {"users": reps[1:]})
    imported(20, admin)
    assert owners(city="Paris") == {reps[0].pk: 10}
    assert owners(city="Rome") == {reps[1].pk: 5, reps[2].pk: 5}


def test_turns_are_fair_to_within_one_over_time(admin: User, reps: list[User]) -> None:
    r.live_assignment("turns", {"users": reps})
    for count in (1, 1, 5, 2, 1, 10, 3, 1):
        imported(count, admin)
        shares = [owners()[rep.pk] for rep in reps]
        assert max(shares) - min(shares) <= 1


def test_turns_go_over_people_roles_and_groups_each_person_once(admin: User, company: Company) -> None:
    group = SharingGroup.objects.create(key="pool", name="Pool", group=Group.objects.create(name="pool"))
    for person in (company.ben, company.cleo):
        person.groups.add(group.group)
    r.live_assignment(
        "turns", {"users": [company.ada, company.ben], "roles": [company.reps], "groups": [group]}
    )
    imported(9, admin)
    assert owners() == {company.ada.pk: 3, company.ben.pk: 3, company.cleo.pk: 3}


def test_who_left_or_is_absent_today_is_skipped_and_comes_back(admin: User, reps: list[User]) -> None:
    r.live_assignment("turns", {"users": reps})
    User.objects.filter(pk=reps[0].pk).update(is_active=False)
    User.objects.filter(pk=reps[1].pk).update(absent_from=NOW.date(), absent_to=NOW.date())
    imported(4, admin)
    assert owners() == {reps[2].pk: 4}
    imported(4, admin, now=datetime(2026, 6, 16, 12, tzinfo=UTC))
    assert owners() == {reps[1].pk: 2, reps[2].pk: 6}


def test_absent_is_by_the_day_where_the_person_is(admin: User, reps: list[User]) -> None:
    """At 20:00 UTC it is already the 16th in Tokyo."""
    r.live_assignment("turns", {"users": reps[:2]})
    User.objects.filter(pk=reps[0].pk).update(
        absent_from="2026-06-15", absent_to="2026-06-15", time_zone="Asia/Tokyo"
    )
    imported(4, admin)
    assert owners() == {reps[0].pk: 2, reps[1].pk: 2}


def test_when_nobody_is_there_it_is_noticed(admin: User, reps: list[User]) -> None:
    r.live_assignment("turns", {"users": reps})
    User.objects.filter(pk__in=[rep.pk for rep in reps]).update(is_active=False)
    outcome = imported(1, admin)
    assert owners() == {admin.pk: 1}  # whoever made it keeps it
    assert outcome.notices[0].message == "Entry 1: nobody is there to get the record."


def test_what_a_person_makes_is_theirs_and_what_nobody_makes_is_nobody_s(ada: User, reps: list[User]) -> None:
    assert r.stored(r.create(ada).or_raise().ids[0]).owner_id == ada.pk
    assert r.stored(r.create(None).or_raise().ids[0]).owner_id is None


def test_an_owner_whom_a_person_chose_is_kept(ada: User, reps: list[User]) -> None:
    r.live_assignment("all", {"users": [reps[0]], "kind": "user"})
    lead = r.create(ada, owner=ada.pk).or_raise().ids[0]
    assert r.stored(lead).owner_id == ada.pk
    assert r.stored(r.create(ada).or_raise().ids[0]).owner_id == reps[0].pk


def test_asked_for_by_name_a_rule_decides_also_on_edits_and_chosen_owners(
    ada: User, reps: list[User]
) -> None:
    r.live_assignment("asked", {"users": [reps[0]], "kind": "user"}, on_create=False)
    lead = r.create(ada, owner=ada.pk).or_raise().ids[0]
    assert r.stored(lead).owner_id == ada.pk
    change = Change(Verb.EDIT, "leads", lead, {"city": "Paris"})
    apply([change], actor=ada, source=Source.LIST, options={"assignment": "asked"}).or_raise()
    assert r.stored(lead).owner_id == reps[0].pk


def test_records_that_the_import_excludes_are_left_alone(admin: User, reps: list[User]) -> None:
    r.live_assignment("asked", {"users": reps}, on_create=False)
    imported(10, admin, assignment="asked", assignment_skips={0, 1, 2, 3})
    assert owners() == {admin.pk: 4, reps[0].pk: 2, reps[1].pk: 2, reps[2].pk: 2}


def test_edits_are_not_assigned_by_themselves(admin: User, reps: list[User]) -> None:
    lead = r.create(admin).or_raise().ids[0]
    r.live_assignment("all", {"users": [reps[0]], "kind": "user"})
    r.edit(admin, lead, city="Paris").or_raise()
    assert r.stored(lead).owner_id == admin.pk


def test_without_a_person_behind_it_a_form_is_assigned_too(company: Company, reps: list[User]) -> None:
    r.live_assignment("all", {"users": [reps[0]], "kind": "user"})
    change = Change(Verb.CREATE, "leads", values={"last_name": "Web"})
    apply([change], actor=None, source=Source.FORM).or_raise()
    assert owners() == {reps[0].pk: 1}


def test_rules_see_the_owner_and_the_history_names_the_entry(admin: User, reps: list[User]) -> None:
    r.live_assignment("all", {"users": [reps[0]], "kind": "user"})
    r.live_rule("welcome", r.when(("owner", "is_not_empty")), [r.task("Call", owner="owner")])
    lead = r.create(admin).or_raise().ids[0]
    [task] = r.tasks()
    assert task.owner_id == reps[0].pk
    from crm.models import Cause

    cause = Cause.objects.get(pk=History.objects.get(record_id=lead).changes["owner"][2])
    assert (cause.kind, cause.label, cause.detail["entry"]) == ("assignment", "All, entry 1", "entry_1")
    assert Cause.objects.get(label="Welcome").parent == cause


def test_a_refused_import_takes_no_turn(admin: User, reps: list[User]) -> None:
    r.live_assignment("turns", {"users": reps})
    bad = [
        Change(Verb.CREATE, "leads", values={"last_name": "Good"}),
        Change(Verb.CREATE, "leads", values={}),
    ]
    assert not apply(bad, actor=admin, source=Source.IMPORT).ok
    assert RoundRobinCursor.objects.get().last_user_id is None
    apply(bad, actor=admin, source=Source.IMPORT, mode="each")
    assert owners() == {reps[0].pk: 1}


def test_a_new_version_goes_on_where_the_last_one_stood(admin: User, reps: list[User]) -> None:
    from workflows.models import AssignmentRule
    from workflows.publishing import publish_assignment

    r.live_assignment("turns", {"users": reps})
    imported(1, admin)
    rule = AssignmentRule.objects.get()
    rule.entries.get().users.remove(reps[2])
    publish_assignment(rule, actor=admin)
    imported(1, admin)
    assert owners() == {reps[0].pk: 1, reps[1].pk: 1}


def test_statements_do_not_grow_with_the_records(
    admin: User, reps: list[User], django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    r.live_assignment("turns", {"users": reps}, {"users": reps[:1]})
    imported(1, admin)
    counts = []
    for count in (14, 200):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            imported(count, admin)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"kind": "user"}, "Entry 1: Name the one person who gets the records."),
        ({}, "Entry 1: Nobody active is named, so nobody would get the records."),
        ({"criteria": r.when(("nothing", "is", 1))}, "Entry 1, condition 1: Leads has no field “nothing”."),
        ({"criteria": r.when(("city", "changed"))}, "Entry 1, condition 1: "),
    ],
)
def test_an_entry_that_cannot_work_is_refused(company: Company, entry: dict[str, Any], expected: str) -> None:
    with pytest.raises(DocumentRefused) as caught:
        r.live_assignment("bad", entry)
    assert str(caught.value.problems[0]).startswith(expected)


def test_one_rule_gives_new_records_of_a_module_an_owner(company: Company) -> None:
    r.live_assignment("first", {"users": [company.ada]})
    with pytest.raises(DocumentRefused, match="“First” already gives every new record of Leads an owner"):
        r.live_assignment("second", {"users": [company.ada]})
    r.live_assignment("third", {"users": [company.ada]}, on_create=False)
