"""Claims about sharing groups and profiles, and the Django groups that mirror them."""

import pytest
from django.contrib.auth.models import Group

from crm.models import CustomRecord, Module, Profile, SharingGroup, User
from crm.people.groups import delete_group, save_group
from crm.people.persons import deactivate_person, save_person
from crm.people.problems import PeopleProblem
from crm.people.profiles import delete_profile, profile_state, save_profile
from crm.visibility import Access, can, fields_of, visible_to
from tests.people import Company, new_person
from tests.rows import leads, make_row, share_row


def new_group(company: Company, key: str, **members: object) -> SharingGroup:
    return save_group(actor=company.admin, group=SharingGroup(key=key, name=key.title()), **members)


def members(group: SharingGroup) -> set[User]:
    return set(group.group.user_set.all())


def test_a_group_has_the_people_of_its_roles_and_groups(company: Company) -> None:
    inner = new_group(company, "inner", users=[company.cleo])
    outer = new_group(company, "outer", roles=[company.reps], groups=[inner])
    assert members(outer) == {company.ada, company.cleo}
    save_group(actor=company.admin, group=inner, users=[company.ben])
    assert members(outer) == {company.ada, company.ben}


def test_members_follow_people_who_move_and_leave(company: Company) -> None:
    reps = new_group(company, "reps", roles=[company.reps], users=[company.cleo])
    company.ada.role = company.sales
    save_person(actor=company.admin, person=company.ada)
    assert members(reps) == {company.cleo}
    deactivate_person(actor=company.admin, person=company.cleo, successor=None)
    assert members(reps) == set()


def test_a_group_is_not_inside_itself(company: Company) -> None:
    inner = new_group(company, "inner")
    middle = new_group(company, "middle", groups=[inner])
    outer = new_group(company, "outer", groups=[middle])
    with pytest.raises(PeopleProblem, match="inside itself"):
        save_group(actor=company.admin, group=inner, groups=[outer])
    with pytest.raises(PeopleProblem, match="inside itself"):
        save_group(actor=company.admin, group=inner, groups=[inner])
    assert inner.groups.count() == 0


def test_sharing_with_a_group_reaches_who_comes_later(company: Company) -> None:
    group = new_group(company, "friends")
    share_row(make_row("leads", name="Zoe", owner=company.ada), group=group)
    assert not visible_to(company.cleo, leads()).exists()
    save_group(actor=company.admin, group=group, users=[company.cleo])
    assert visible_to(company.cleo, leads()).exists()


def test_a_group_inside_another_is_not_deleted(company: Company) -> None:
    inner = new_group(company, "inner")
    outer = new_group(company, "outer", groups=[inner])
    with pytest.raises(PeopleProblem, match="contain"):
        delete_group(actor=company.admin, group=inner)
    delete_group(actor=company.admin, group=outer)
    assert not Group.objects.filter(name="group: outer").exists()


def new_profile(company: Company, **rights: object) -> Profile:
    profile = Profile(key="desk", name="Desk", features=["approve"])
    return save_profile(actor=company.admin, profile=profile, **rights)


def test_a_profile_says_what_its_people_may(company: Company) -> None:
    profile = new_profile(
        company,
        modules={"leads": ["view", "edit"]},
        fields={"leads": {"email": "hidden", "city": Access.EDIT}},
    )
    person = new_person("Mia", profile)
    assert [can(person, verb, leads()) for verb in ("view", "edit", "delete")] == [True, True, False]
    assert fields_of(person, leads())["email"] == Access.HIDDEN
    state = profile_state(profile)
    assert state is not None
    assert state["modules"] == {"leads": ["view", "edit"]}
    assert state["fields"] == {"leads": {"email": "hidden"}}
    save_profile(actor=company.admin, profile=profile, modules={}, fields={})
    assert not can(person, "view", leads())


def test_django_s_permissions_follow_the_profile(company: Company) -> None:
    module = Module.objects.create(key="devices", label="Device", label_plural="Devices")
    profile = new_profile(company, modules={"leads": ["view", "edit"], "devices": ["view", "create"]})
    company.cleo.profile = profile
    save_person(actor=company.admin, person=company.cleo)
    person = User.objects.get(pk=company.cleo.pk)
    may = [person.has_perm(f"crm.{name}") for name in ("view_lead", "change_lead", "delete_lead", "add_lead")]
    assert may == [True, True, False, False]
    assert person.has_perm(f"crm.view_{module.key}")
    assert person.has_perm(f"crm.add_{module.key}")
    assert not person.has_perm(f"crm.change_{module.key}")
    assert not company.cleo.groups.filter(pk=company.staff.group_id).exists()
    assert CustomRecord._meta.app_label == "crm"


def test_the_admin_opens_with_a_feature_to_manage_and_closes_without(company: Company) -> None:
    assert not User.objects.get(pk=company.ada.pk).is_staff
    company.staff.features = ["manage_automation"]
    save_profile(actor=company.admin, profile=company.staff)
    assert User.objects.get(pk=company.ada.pk).is_staff
    company.staff.features = ["approve", "see_everything"]
    save_profile(actor=company.admin, profile=company.staff)
    assert not User.objects.get(pk=company.ada.pk).is_staff
    assert User.objects.get(pk=company.admin.pk).is_staff


def test_nobody_gives_what_they_do_not_have(company: Company) -> None:
    company.staff.features = ["manage_people"]
    save_profile(actor=company.admin, profile=company.staff)
    company.staff.features = ["manage_people", "see_everything"]
    with pytest.raises(PeopleProblem, match="your own"):
        save_profile(actor=company.ada, profile=company.staff)


@pytest.mark.parametrize(
    ("rights", "message"),
    [
        ({"modules": {"trains": ["view"]}}, "no module"),
        ({"modules": {"leads": ["fly"]}}, "no right"),
        ({"fields": {"leads": {"wings": "read"}}}, "no field"),
        ({"fields": {"leads": {"email": "maybe"}}}, "edited, read or hidden"),
    ],
)
def test_unknown_rights_are_refused_and_nothing_is_saved(
    company: Company, rights: dict[str, object], message: str
) -> None:
    with pytest.raises(PeopleProblem, match=message):
        new_profile(company, **rights)
    assert not Profile.objects.filter(key="desk").exists()
    company.staff.features = ["fly"]
    with pytest.raises(PeopleProblem, match="no feature"):
        save_profile(actor=company.admin, profile=company.staff)


def test_a_profile_in_use_is_not_deleted(company: Company) -> None:
    with pytest.raises(PeopleProblem, match="Somebody"):
        delete_profile(actor=company.admin, profile=company.staff)
    profile = new_profile(company, modules={"leads": ["view"]})
    delete_profile(actor=company.admin, profile=profile)
    assert not Group.objects.filter(name="profile: desk").exists()
