"""Claims about who may open which page of the admin; what is here holds for every page there will be."""

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from unfold.admin import ModelAdmin

from crm.models import Field, FieldRight, Module, ModuleRight, Profile, Record, User
from crm.people.remembered import forget_everything
from tests.people import Company, new_person
from tests.rows import make_row

LogIn = Callable[[User], Client]


def addresses(model: type, name: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)  # type: ignore[attr-defined]


def person_with(*features: str) -> User:
    """Somebody whose profile allows these features and nothing else."""
    group = Group.objects.create(name="profile: some")
    profile = Profile.objects.create(key="some", name="Some", features=list(features), group=group)
    forget_everything()
    return new_person("Mina Mo", profile)


def pages() -> list[tuple[type, ModelAdmin]]:
    return list(admin.site._registry.items())


def test_every_page_is_ours(db: None) -> None:
    assert len(pages()) > 15
    for _model, page in pages():
        assert isinstance(page, ModelAdmin)
        assert type(page).__module__.startswith(("crm.", "workflows.", "approvals.", "blueprints."))


def test_the_index_and_every_list_open_for_the_admin(admin_client: Client, device_requests: Module) -> None:
    assert admin_client.get(reverse("admin:index")).status_code == 200
    for model, _page in pages():
        assert admin_client.get(addresses(model, "changelist")).status_code == 200, model


def test_every_form_opens_for_the_admin(admin_client: Client, rf: object) -> None:
    for model, page in pages():
        status = admin_client.get(addresses(model, "add")).status_code
        assert status in (200, 403), model
        one = model._default_manager.first()  # type: ignore[attr-defined]
        if one is not None and not issubclass(model, Record):
            assert admin_client.get(addresses(model, "change", one.pk)).status_code == 200, page


def test_who_is_not_logged_in_is_sent_to_the_log_in_page(client: Client, db: None) -> None:
    response = client.get(reverse("admin:index"), follow=True)
    assert response.redirect_chain[-1][0].startswith(reverse("login"))


@pytest.mark.parametrize("staff", [True, False])
def test_without_a_feature_nobody_enters_whatever_the_staff_flag_says(
    company: Company, as_person: LogIn, staff: bool
) -> None:
    User.objects.filter(pk=company.ada.pk).update(is_staff=staff)
    client = as_person(company.ada)
    assert client.get(reverse("admin:index")).status_code == 403
    for model, _page in pages():
        assert client.get(addresses(model, "changelist")).status_code == 403, model
        assert client.post(addresses(model, "add"), {}).status_code == 403, model


@pytest.mark.parametrize(
    ("feature", "opens", "refused"),
    [
        (
            "manage_people",
            ["user", "profile", "role", "sharinggroup"],
            ["module", "field", "currency", "rule"],
        ),
        ("manage_modules", ["module", "field", "currency"], ["user", "profile", "role", "rule"]),
        (
            "manage_automation",
            ["rule", "assignmentrule", "actionrun", "webhook", "delivery"],
            ["user", "module", "field"],
        ),
    ],
)
def test_a_feature_opens_its_pages_and_no_others(
    company: Company, as_person: LogIn, feature: str, opens: list[str], refused: list[str]
) -> None:
    client = as_person(person_with(feature))
    by_name = {str(model._meta.model_name): model for model, _page in pages()}  # type: ignore[attr-defined]
    for name in opens:
        assert client.get(addresses(by_name[name], "changelist")).status_code == 200, name
    for name in refused:
        assert client.get(addresses(by_name[name], "changelist")).status_code == 403, name
        assert client.get(addresses(by_name[name], "add")).status_code == 403, name
        assert client.post(addresses(by_name[name], "add"), {}).status_code == 403, name


def test_the_wrong_person_cannot_act_on_a_page_either(company: Company, as_person: LogIn) -> None:
    client = as_person(person_with("manage_modules"))
    for name in ("set_password", "deactivate", "activate"):
        address = reverse(f"admin:crm_user_{name}", args=[company.ada.pk])
        assert client.get(address).status_code == 403
        assert client.post(address, {"successor": company.ben.pk}).status_code == 403
    assert User.objects.get(pk=company.ada.pk).is_active


def test_records_are_looked_at_and_never_changed(
    admin_client: Client, company: Company, as_person: LogIn
) -> None:
    lead = make_row("leads", name="Meier", owner=company.ada)
    model = type(lead)
    page = admin_client.get(addresses(model, "change", lead.pk))
    assert "Meier" in page.content.decode()
    assert reverse("record", args=["leads", lead.pk]) in page.content.decode()
    assert admin_client.get(addresses(model, "add")).status_code == 403
    assert admin_client.post(addresses(model, "change", lead.pk), {"name": "X"}).status_code == 403
    assert admin_client.post(addresses(model, "delete", lead.pk), {"post": "yes"}).status_code == 403


def test_who_manages_people_does_not_take_over_a_superuser(company: Company, as_person: LogIn) -> None:
    client = as_person(person_with("manage_people"))
    same = {"password": "quite long enough", "again": "quite long enough"}
    address = reverse("admin:crm_user_set_password", args=[company.admin.pk])
    assert client.post(address, same).status_code == 422
    assert not User.objects.get(pk=company.admin.pk).check_password("quite long enough")
    data = {
        "name": "Ada",
        "email": company.ada.email,
        "language": "en",
        "time_zone": "UTC",
        "is_superuser": "on",
    }
    client.post(addresses(User, "change", company.ada.pk), data)
    assert not User.objects.get(pk=company.ada.pk).is_superuser


def test_hidden_fields_stay_hidden_in_the_admin(company: Company, as_person: LogIn) -> None:
    lead = make_row("leads", name="Meier", company="Secret Ltd")
    mina = person_with("manage_modules", "see_everything")
    ModuleRight.objects.create(profile=mina.profile, module=Module.objects.get(key="leads"))
    forget_everything()
    page = addresses(type(lead), "change", lead.pk)
    assert "Secret Ltd" in as_person(mina).get(page).content.decode()
    field = Field.objects.get(module__key="leads", key="company")
    FieldRight.objects.create(profile=mina.profile, field=field, access="hidden")
    forget_everything()
    shown = as_person(mina).get(page).content.decode()
    assert "Meier" in shown
    assert "Secret Ltd" not in shown


def test_the_history_of_a_record_is_on_its_staff_page(admin_client: Client, company: Company) -> None:
    lead = make_row("leads", name="Meier", owner=company.ada)
    response = admin_client.get(addresses(type(lead), "history", lead.pk))
    assert response.headers["Location"] == reverse("record", args=["leads", lead.pk])


def test_records_in_the_admin_are_only_those_that_the_person_may_see(
    company: Company, as_person: LogIn
) -> None:
    lead = make_row("leads", name="Meier", owner=company.ada)
    mina = person_with("manage_modules")
    client = as_person(mina)
    assert client.get(addresses(type(lead), "changelist")).status_code == 403
    ModuleRight.objects.create(profile=mina.profile, module=Module.objects.get(key="leads"))
    forget_everything()
    listed = client.get(addresses(type(lead), "changelist"))
    assert listed.status_code == 200
    assert "Meier" not in listed.content.decode()
    assert client.get(addresses(type(lead), "change", lead.pk)).status_code == 302


def test_the_admin_allows_no_inline_script_and_no_other_host(admin_client: Client) -> None:
    policy = admin_client.get(reverse("admin:index")).headers["Content-Security-Policy"]
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts["script-src"] == "'self' 'unsafe-eval'"
    assert parts["style-src"] == "'self' 'unsafe-inline'"
    assert parts["default-src"] == "'self'"
    assert parts["frame-ancestors"] == "'none'"
    staff = admin_client.get(reverse("home")).headers["Content-Security-Policy"]
    assert "unsafe" not in staff
