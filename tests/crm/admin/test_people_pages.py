"""Claims about the pages of people, profiles, roles and groups: every write goes through its service."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from crm.lists.saving import Shape, create_view
from crm.models import ConfigurationChange, Profile, Role, SharingGroup, User
from crm.visibility import has_feature
from tests.people import Company
from tests.rows import leads, make_row

NO_ROWS = {"TOTAL_FORMS": "0", "INITIAL_FORMS": "0"}


def formset(prefix: str, *rows: dict[str, object], stored: int = 0) -> dict[str, object]:
    """What a browser sends of an inline."""
    data: dict[str, object] = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": stored}
    for place, row in enumerate(rows):
        data |= {f"{prefix}-{place}-{name}": value for name, value in row.items()}
    return data


def person(**values: object) -> dict[str, object]:
    return {"language": "en", "time_zone": "Europe/Berlin", "profile": "", "role": "", **values}


def test_a_new_person_can_log_in_and_is_journalled(admin_client: Client, company: Company) -> None:
    data = person(name="Eva Eng", email="Eva@Example.com", profile=company.staff.pk, role=company.reps.pk)
    address = reverse("admin:crm_user_add")
    short = admin_client.post(address, {**data, "password": "short"})
    assert "at least 10" in short.content.decode()
    assert admin_client.post(address, {**data, "password": "quite long enough"}).status_code == 302
    eva = User.objects.get(email="eva@example.com")
    assert eva.check_password("quite long enough")
    assert eva.groups.get() == company.staff.group
    entry = ConfigurationChange.objects.get(kind="person", key="eva@example.com")
    assert (entry.actor, entry.what) == (company.admin, "create")


def test_a_ring_of_superiors_is_refused_beside_the_field(admin_client: Client, company: Company) -> None:
    User.objects.filter(pk=company.ada.pk).update(superior_override=company.ben)
    data = person(
        name="Ben Berg",
        email=company.ben.email,
        profile=company.staff.pk,
        role=company.sales.pk,
        superior_override=company.ada.pk,
    )
    response = admin_client.post(reverse("admin:crm_user_change", args=[company.ben.pk]), data)
    assert response.status_code == 422
    assert "superior_override" in response.context["adminform"].form.errors
    assert User.objects.get(pk=company.ben.pk).superior_override is None


def test_deactivating_asks_who_takes_over(admin_client: Client, company: Company) -> None:
    lead = make_row("leads", name="Meier", last_name="Meier", owner=company.ada, status="new")
    create_view(actor=company.ada, module=leads(), name="Hot", shape=Shape(), sharing="everyone")
    address = reverse("admin:crm_user_deactivate", args=[company.ada.pk])
    asked = admin_client.get(address)
    assert "Leads: 1" in asked.content.decode()
    assert "Shared views: 1" in asked.content.decode()
    assert User.objects.get(pk=company.ada.pk).is_active
    refused = admin_client.post(address, {"successor": ""})
    assert refused.status_code == 422
    assert "choose who takes over" in refused.content.decode()
    assert admin_client.post(address, {"successor": company.ben.pk}).status_code == 302
    lead.refresh_from_db()
    assert lead.owner == company.ben
    assert not User.objects.get(pk=company.ada.pk).is_active
    assert admin_client.post(reverse("admin:crm_user_activate", args=[company.ada.pk])).status_code == 302
    assert User.objects.get(pk=company.ada.pk).is_active


def test_people_are_never_deleted(admin_client: Client, company: Company) -> None:
    address = reverse("admin:crm_user_delete", args=[company.ada.pk])
    assert admin_client.post(address, {"post": "yes"}).status_code == 403


def test_a_password_is_set_on_its_own_page(
    admin_client: Client, company: Company, as_person: Callable[[User], Client]
) -> None:
    address = reverse("admin:crm_user_set_password", args=[company.ada.pk])
    different = admin_client.post(address, {"password": "quite long enough", "again": "another one, long"})
    assert different.status_code == 422
    same = {"password": "quite long enough", "again": "quite long enough"}
    assert admin_client.post(address, same).status_code == 302
    assert User.objects.get(pk=company.ada.pk).check_password("quite long enough")


def test_a_profile_with_rights_and_features_takes_effect_at_once(
    admin_client: Client, company: Company
) -> None:
    row = {"module": "leads", "can_view": "on", "can_edit": "on"}
    data = {"name": "Helpers", "features": ["approve", "manage_modules"]}
    data |= formset("module_rights", row) | formset("field_rights")
    assert admin_client.post(reverse("admin:crm_profile_add"), data).status_code == 302
    helpers = Profile.objects.get(key="helpers")
    right = helpers.module_rights.get()
    assert (right.can_view, right.can_edit, right.can_delete) == (True, True, False)
    company.ada.profile = helpers
    company.ada.save()
    assert has_feature(company.ada, "manage_modules")
    data = {"name": "Helpers", "features": []}
    stored = {**row, "id": right.pk, "profile": helpers.pk}
    data |= formset("module_rights", stored, stored=1) | formset("field_rights")
    assert admin_client.post(reverse("admin:crm_profile_change", args=[helpers.pk]), data).status_code == 302
    assert not has_feature(User.objects.get(pk=company.ada.pk), "manage_modules")


def test_a_profile_in_use_is_not_deleted(admin_client: Client, company: Company) -> None:
    address = reverse("admin:crm_profile_delete", args=[company.staff.pk])
    response = admin_client.post(address, {"post": "yes"}, follow=True)
    assert "Somebody has this profile" in response.content.decode()
    assert Profile.objects.filter(pk=company.staff.pk).exists()


def test_roles_are_shown_as_a_tree(admin_client: Client, company: Company) -> None:
    page = admin_client.get(reverse("admin:crm_role_changelist")).content.decode()
    places = [page.index(f'padding-left: {depth}em">{name}') for depth, name in (
        ("0.0", "Head office"), ("1.5", "Sales"), ("3.0", "Reps"), ("1.5", "Service"),
    )]  # fmt: skip
    assert places == sorted(places)


def test_a_role_is_not_put_below_itself(admin_client: Client, company: Company) -> None:
    data = {"name": "Sales", "parent": company.reps.pk, "head": company.ben.pk}
    response = admin_client.post(reverse("admin:crm_role_change", args=[company.sales.pk]), data)
    assert "descendant of itself" in response.content.decode()
    assert Role.objects.get(pk=company.sales.pk).parent == company.head_office


def test_a_group_comes_down_to_people(admin_client: Client, company: Company) -> None:
    data = {"name": "Sellers", "roles": [company.reps.pk, company.sales.pk], "users": [], "groups": []}
    assert admin_client.post(reverse("admin:crm_sharinggroup_add"), data).status_code == 302
    group = SharingGroup.objects.get(key="sellers")
    assert set(group.group.user_set.all()) == {company.ada, company.ben}
