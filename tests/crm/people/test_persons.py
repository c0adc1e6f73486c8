"""Claims about people and roles: saving, rings, leaving."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from crm.door import Change, Source, Verb, apply
from crm.lists.saved import views_of
from crm.lists.saving import Shape, create_view
from crm.models import ConfigurationChange, History, Lead, ListView, Profile, Role, Task, User
from crm.people.hierarchy import people_below, superior_of
from crm.people.persons import activate_person, deactivate_person, save_person, set_absence
from crm.people.problems import PeopleProblem
from crm.people.profiles import save_profile
from crm.people.roles import delete_role, save_role
from crm.visibility import fields_of
from crm.visibility.access import can
from tests.people import Company, limited_admin, new_person
from tests.rows import leads, make_row

HOT = {"conditions": [{"field": "rating", "operator": "is", "value": "high"}]}


def test_only_who_manages_people_saves_people_and_roles(company: Company) -> None:
    with pytest.raises(PermissionDenied):
        save_person(actor=company.ada, person=company.ada)
    with pytest.raises(PermissionDenied):
        save_role(actor=company.ada, role=company.sales)
    save_person(actor=None, person=company.ada)


def test_a_saved_person_takes_effect_at_once_and_is_journalled(company: Company) -> None:
    assert people_below(company.cleo) == set()
    company.ada.superior_override = company.cleo
    company.ada.email = " ADA@Example.com "
    save_person(actor=company.admin, person=company.ada)
    assert people_below(company.cleo) == {company.ada.pk}
    assert superior_of(company.ada) == company.cleo
    change = ConfigurationChange.objects.get(kind="person")
    assert (change.key, change.what, change.actor) == ("ada@example.com", "edit", company.admin)
    assert change.before["superior_override_id"] is None
    assert change.after["superior_override_id"] == company.cleo.pk


def test_nobody_becomes_their_own_superior(company: Company) -> None:
    company.ben.superior_override = company.ada
    with pytest.raises(PeopleProblem, match=r"Ben Berg → Ada Adler|Ada Adler → Ben Berg"):
        save_person(actor=company.admin, person=company.ben)
    company.ben.refresh_from_db()
    assert company.ben.superior_override is None


def test_a_role_is_not_above_itself(company: Company) -> None:
    company.head_office.parent = company.reps
    with pytest.raises(PeopleProblem, match="above itself") as refused:
        save_role(actor=company.admin, role=company.head_office)
    assert refused.value.field == "parent"
    assert Role.objects.get(key="head_office").parent is None


def test_a_head_that_makes_a_ring_is_refused(company: Company) -> None:
    company.ben.superior_override = company.cleo
    save_person(actor=company.admin, person=company.ben)
    company.service.head = company.ada
    with pytest.raises(PeopleProblem, match="own superior"):
        save_role(actor=company.admin, role=company.service)


def test_a_moved_role_takes_its_people_along(company: Company) -> None:
    company.reps.parent = company.service
    company.reps.save()
    company.service.head = company.cleo
    save_role(actor=company.admin, role=company.service)
    assert superior_of(company.ada) == company.cleo
    assert people_below(company.ben) == set()


def test_a_role_in_use_is_not_deleted(company: Company) -> None:
    with pytest.raises(PeopleProblem, match="Somebody"):
        delete_role(actor=company.admin, role=company.reps)
    with pytest.raises(PeopleProblem, match="below"):
        delete_role(actor=company.admin, role=company.head_office)
    spare = save_role(actor=company.admin, role=Role(key="spare", name="Spare"))
    delete_role(actor=company.admin, role=spare)
    assert not Role.objects.filter(key="spare").exists()


def test_superusers_are_made_and_ended_by_superusers_only(company: Company) -> None:
    manager = new_person("Mia", company.admins)
    company.ada.is_superuser = True
    with pytest.raises(PeopleProblem, match="Only a superuser"):
        save_person(actor=manager, person=company.ada)
    company.admin.name = "Changed"
    with pytest.raises(PeopleProblem, match="Only a superuser"):
        save_person(actor=manager, person=company.admin)
    save_person(actor=company.admin, person=company.ada)
    assert User.objects.get(pk=company.ada.pk).is_staff


def test_the_last_superuser_stays(company: Company) -> None:
    person = User.objects.get(pk=company.admin.pk)
    for field in ("is_superuser", "is_active"):
        person.refresh_from_db()
        setattr(person, field, False)
        with pytest.raises(PeopleProblem, match="last superuser"):
            save_person(actor=company.admin, person=person)


def test_who_leaves_hands_over_what_is_open(company: Company) -> None:
    mine = make_row("leads", last_name="Open", status="new", owner=company.ada)
    done = make_row("leads", last_name="Done", status="converted", owner=company.ada)
    task = make_row("tasks", name="Call", status="open", owner=company.ada)
    with pytest.raises(PeopleProblem, match="2 open records"):
        deactivate_person(actor=company.admin, person=company.ada, successor=None)
    assert User.objects.get(pk=company.ada.pk).is_active
    company.ada.refresh_from_db()
    assert deactivate_person(actor=company.admin, person=company.ada, successor=company.cleo) == 2
    assert Lead.objects.get(pk=mine.pk).owner == company.cleo
    assert Task.objects.get(pk=task.pk).owner == company.cleo
    assert Lead.objects.get(pk=done.pk).owner == company.ada
    assert not can(company.ada, "view", leads())
    assert superior_of(company.ada) == company.ben  # who still sees what she had


def test_who_leaves_hands_over_shared_views(company: Company) -> None:
    def view(owner: User, name: str, sharing: str) -> ListView:
        shape = Shape(criteria=HOT)
        return create_view(actor=owner, module=leads(), name=name, shape=shape, sharing=sharing)

    views = [view(company.ada, "Hot", "everyone"), view(company.ada, "New", "everyone")]
    own = view(company.ada, "Mine", "nobody")
    hers = view(company.cleo, "HOT", "nobody")
    deactivate_person(actor=company.admin, person=company.ada, successor=company.cleo)
    rows = ListView.objects.filter(owner=company.cleo)
    assert [(row.pk, row.name, row.sharing, row.criteria) for row in rows] == [
        (hers.pk, "HOT", "nobody", HOT),
        (views[0].pk, "Hot (Ada Adler)", "everyone", HOT),
        (views[1].pk, "New", "everyone", HOT),
    ]
    assert ListView.objects.get(owner=company.ada) == own


def test_without_a_successor_shared_views_stay_and_nobody_loses_them(company: Company) -> None:
    view = create_view(actor=company.ada, module=leads(), name="Hot", shape=Shape(), sharing="everyone")
    deactivate_person(actor=company.admin, person=company.ada, successor=None)
    assert ListView.objects.get().owner == company.ada
    assert str(view.pk) in views_of(company.ben, leads()).by_key


def test_the_admin_who_lets_somebody_go_is_named_without_rights_on_the_records(company: Company) -> None:
    lena = limited_admin("manage_people", "approve")
    rows = [make_row("leads", last_name="Open", status="new", owner=company.ada)]
    rows.append(make_row("tasks", name="Call", status="open", owner=company.ada))
    by_hand = apply(
        [Change(Verb.EDIT, "leads", rows[0].pk, {"owner": company.cleo.pk})], actor=lena, source=Source.PAGE
    )
    assert by_hand.problems[0].code == "forbidden"
    assert deactivate_person(actor=lena, person=company.ada, successor=company.cleo) == 2
    told = History.objects.filter(record_id__in=[row.pk for row in rows]).select_related("cause")
    assert [(row.actor, row.cause.actor, row.cause.kind) for row in told] == [(lena, lena, "admin")] * 2
    assert len({row.cause_id for row in told}) == 1  # one person left once
    assert Lead.objects.get(pk=rows[0].pk).modified_by == lena


def test_a_successor_is_somebody_else_who_is_there(company: Company) -> None:
    for successor in (company.ada, new_person("Gil", company.staff, is_active=False)):
        with pytest.raises(PeopleProblem, match="another, active"):
            deactivate_person(actor=company.admin, person=company.ada, successor=successor)


def test_without_open_records_nobody_needs_to_take_over(company: Company) -> None:
    assert deactivate_person(actor=company.admin, person=company.cleo, successor=None) == 0
    activate_person(actor=company.admin, person=company.cleo)
    assert can(company.cleo, "view", leads())
    assert "email" in fields_of(company.cleo, leads())


def test_everybody_sets_their_own_absence_and_nobody_else_s(company: Company) -> None:
    start, end = date(2026, 12, 24), date(2026, 12, 31)
    set_absence(actor=company.ada, person=company.ada, absent_from=start, absent_to=end)
    assert User.objects.get(pk=company.ada.pk).is_absent(date(2026, 12, 25))
    with pytest.raises(PermissionDenied):
        set_absence(actor=company.ben, person=company.ada, absent_from=start, absent_to=end)
    with pytest.raises(ValidationError, match="before"):
        set_absence(actor=company.ada, person=company.ada, absent_from=end, absent_to=start)


def test_nobody_gives_or_takes_over_more_than_they_have(company: Company) -> None:
    desk = Profile(key="desk", name="People desk", features=["manage_people"])
    company.cleo.profile = save_profile(actor=company.admin, profile=desk)
    save_person(actor=company.admin, person=company.cleo)
    company.ada.profile = company.admins
    with pytest.raises(PeopleProblem, match="Only somebody who may do this too"):
        save_person(actor=company.cleo, person=company.ada)
    mia = new_person("Mia", company.admins)
    mia.email = "cleo.too@example.com"
    with pytest.raises(PeopleProblem, match="Only somebody who may do this too"):
        save_person(actor=company.cleo, person=mia)
    company.ben.name = "Benjamin"
    assert save_person(actor=company.cleo, person=company.ben).name == "Benjamin"
