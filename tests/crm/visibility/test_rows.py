"""Claims about which rows somebody may read or change, and who may do so with one row."""

import pytest
from django.contrib.auth.models import Group
from django.db.models import QuerySet

from crm.documents.generation import held_generation
from crm.models import CustomRecord, Module, SharingGroup, User
from crm.modules.loading import clear_registry, module
from crm.people.remembered import forget_everything
from crm.people.rights import UnknownVerb
from crm.visibility import can, editable_ids, users_who_can, visible_ids, visible_to
from tests.people import Company, grant, new_person
from tests.rows import change_row, leads, make_row, share_row


def seen(user: User) -> set[str]:
    return set(visible_to(user, leads()).values_list("name", flat=True))


def names(people: QuerySet[User]) -> set[str]:
    return {person.name.split()[0] for person in people}


def set_sharing(module_key: str, sharing: str) -> None:
    Module.objects.filter(key=module_key).update(sharing=sharing)
    clear_registry()


def group_of(*people: User) -> SharingGroup:
    mirror = Group.objects.create(name="group: friends")
    mirror.user_set.set(people)
    return SharingGroup.objects.create(key="friends", name="Friends", group=mirror)


def test_the_owner_and_her_manager_see_a_record_and_a_stranger_does_not(company: Company) -> None:
    make_row("leads", name="Zoe", owner=company.ada)
    assert [seen(person) for person in (company.ada, company.ben, company.cleo)] == [{"Zoe"}, {"Zoe"}, set()]


def test_a_manager_s_own_records_are_not_seen_from_below(company: Company) -> None:
    make_row("leads", name="Zoe", owner=company.ben)
    assert seen(company.ada) == set()


def test_a_superuser_sees_records_without_owner_and_nobody_else_does(company: Company) -> None:
    make_row("leads", name="Zoe", owner=None)
    assert [seen(person) for person in (company.admin, company.ada, company.ben)] == [{"Zoe"}, set(), set()]


def test_who_sees_everything_needs_the_right_to_view(company: Company) -> None:
    make_row("leads", name="Zoe", owner=company.ada)
    company.staff.features = ["see_everything"]
    company.staff.save()
    forget_everything()
    assert seen(company.cleo) == {"Zoe"}
    grant(company.staff, "leads", "create", "edit")
    assert seen(company.cleo) == set()


def test_records_in_the_bin_are_not_seen_but_can_be_restored(company: Company) -> None:
    lead = make_row("leads", name="Zoe", owner=company.ada)
    change_row(lead, binned_at=lead.created_at)
    assert visible_ids(company.ada, leads(), [lead.pk]) == set()
    assert editable_ids(company.ada, leads(), [lead.pk], verb="delete") == {lead.pk}


def test_people_without_profile_and_people_who_have_left_see_nothing(company: Company) -> None:
    make_row("leads", name="Zoe", owner=company.ada)
    company.ada.is_active = False
    assert seen(company.ada) == set()
    company.admin.is_active = False
    assert seen(company.admin) == set()
    nobody = new_person("Nora")
    make_row("leads", name="Hers", owner=nobody)
    assert seen(nobody) == set()


@pytest.mark.parametrize(("edit", "editable"), [(False, False), (True, True)])
def test_a_record_shared_with_a_person_can_be_read_or_edited(
    company: Company, edit: bool, editable: bool
) -> None:
    lead, _other = make_row("leads", name="Zoe", owner=company.ada), make_row("leads", owner=company.ada)
    share_row(lead, user=company.cleo, edit=edit)
    assert seen(company.cleo) == {"Zoe"}
    assert (editable_ids(company.cleo, leads(), [lead.pk]) == {lead.pk}) is editable
    assert ("Cleo" in names(users_who_can("edit", leads(), lead.pk))) is editable


def test_a_record_shared_with_a_group_is_seen_by_its_members_once(company: Company) -> None:
    lead = make_row("leads", name="Zoe", owner=company.ada)
    share_row(lead, group=group_of(company.cleo, company.ben), user=company.cleo)
    assert list(visible_to(company.cleo, leads()).values_list("name", flat=True)) == ["Zoe"]
    assert list(users_who_can("view", leads(), lead.pk)).count(company.cleo) == 1


@pytest.mark.parametrize(("sharing", "reads", "edits"), [("private", 0, 0), ("read", 1, 0), ("edit", 1, 1)])
def test_the_sharing_default_opens_a_module(company: Company, sharing: str, reads: int, edits: int) -> None:
    lead = make_row("leads", name="Zoe", owner=company.ada)
    set_sharing("leads", sharing)
    assert len(visible_ids(company.cleo, leads(), [lead.pk])) == reads
    assert len(editable_ids(company.cleo, leads(), [lead.pk])) == edits
    assert ("Cleo" in names(users_who_can("edit", leads(), lead.pk))) == bool(edits)


def test_changing_needs_the_right_and_the_record(company: Company) -> None:
    hers, other = make_row("leads", owner=company.ada), make_row("leads", owner=company.cleo)
    ids = [hers.pk, other.pk]
    assert editable_ids(company.ada, leads(), ids) == {hers.pk}
    assert editable_ids(company.ben, leads(), ids) == {hers.pk}
    grant(company.staff, "leads", "view", "edit")
    assert editable_ids(company.ada, leads(), ids) == {hers.pk}
    assert editable_ids(company.ada, leads(), ids, verb="delete") == set()
    grant(company.staff, "leads", "view", "delete")
    assert editable_ids(company.ada, leads(), ids) == set()
    assert can(company.ada, "delete", leads(), hers.pk)
    assert not can(company.ada, "delete", leads(), other.pk)


def test_who_sees_everything_does_not_edit_everything_but_a_superuser_does(company: Company) -> None:
    lead = make_row("leads", owner=company.ada)
    company.staff.features = ["see_everything"]
    company.staff.save()
    forget_everything()
    assert can(company.cleo, "view", leads(), lead.pk)
    assert not can(company.cleo, "edit", leads(), lead.pk)
    assert can(company.admin, "edit", leads(), lead.pk)


def test_users_who_can_agrees_with_what_each_person_may(company: Company) -> None:
    lead = make_row("leads", name="Zoe", owner=company.ada)
    share_row(lead, user=company.cleo)
    gone = new_person("Gil", company.staff, company.sales, is_active=False)
    forget_everything()
    for verb in ("view", "edit", "delete", "export"):
        allowed = set(users_who_can(verb, leads(), lead.pk))
        everybody = [company.admin, company.ada, company.ben, company.cleo, gone]
        assert allowed == {person for person in everybody if can(person, verb, leads(), lead.pk)}
    assert names(users_who_can("view", leads(), lead.pk)) == {"Dana", "Ada", "Ben", "Cleo"}
    assert not users_who_can("view", leads(), 5).exists()


def test_a_record_of_another_custom_module_is_none_of_this_one(company: Company) -> None:
    for key in ("devices", "rooms"):
        Module.objects.create(key=key, label=key, label_plural=key)
        grant(company.staff, key)
    clear_registry()
    device, room = make_row("devices", name="Laptop", owner=company.ada), make_row("rooms", owner=company.ada)
    assert isinstance(device, CustomRecord)
    share_row(room, user=company.cleo)
    assert visible_ids(company.ada, module("devices"), [device.pk, room.pk]) == {device.pk}
    assert visible_ids(company.cleo, module("devices"), [device.pk, room.pk]) == set()
    assert visible_ids(company.cleo, module("rooms"), [device.pk, room.pk]) == {room.pk}


def test_batches_cost_one_statement_whatever_their_size(
    company: Company, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    ids = [make_row("leads", owner=company.ada).pk for _place in range(40)]
    visible_ids(company.ben, leads(), ids)
    info = leads()
    with held_generation():
        for some in (ids, ids[:1]):
            with django_assert_num_queries(1):
                assert visible_ids(company.ben, info, some) == set(some)
            with django_assert_num_queries(1):
                assert editable_ids(company.ben, info, some) == set(some)


def test_an_unknown_verb_is_an_error(company: Company) -> None:
    with pytest.raises(UnknownVerb):
        can(company.ada, "look", leads())
    with pytest.raises(UnknownVerb):
        users_who_can("look", leads(), 1)
