"""Claims about the admin's page of business hours."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from crm.models import SharingGroup, User
from crm.people.groups import save_group
from tests.crm.admin.conftest import admin_client, as_person
from tests.crm.admin.test_people_pages import formset
from tests.people import Company, limited_admin
from workflows.business_hours import hours_of
from workflows.hours.periods import periods
from workflows.models import BusinessHours

__all__ = ["admin_client", "as_person"]

ADD = "admin:workflows_businesshours_add"
pytestmark = pytest.mark.django_db


def typed(*special: dict[str, Any], **given: Any) -> dict[str, Any]:
    """What a browser sends."""
    week = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday"), "9-12:30, 13-17")
    week |= {"friday": "9:00–15:00", "saturday": "", "sunday": ""}
    data = {"name": "Office", "time_zone": "Europe/Warsaw", "country": "PL", "region": ""}
    return data | week | given | formset("special_days", *special)


def change(hours: BusinessHours) -> str:
    return reverse("admin:workflows_businesshours_change", args=[hours.pk])


def test_hours_are_typed_and_shown_again(admin_client: Client, company: Company) -> None:
    group = save_group(actor=None, group=SharingGroup(key="service", name="Service"), users=[company.cleo])
    closed = {"day": "2026-05-04", "name": "Company trip", "kind": "closed", "periods": ""}
    opened = {"day": "2026-05-09", "name": "", "kind": "open", "periods": "10-12"}
    data = typed(closed, opened, is_default="on", users=[company.ada.pk], groups=[group.pk])
    assert admin_client.post(reverse(ADD), data).status_code == 302
    hours = BusinessHours.objects.get()
    assert (hours.key, hours.country, hours.is_default) == ("office", "PL", True)
    assert hours.week["monday"] == [["09:00", "12:30"], ["13:00", "17:00"]]
    assert "saturday" not in hours.week
    for person in (company.ada, company.cleo, None):
        found = hours_of(person)
        assert found is not None
        assert found.week[4] == periods(("9:00", "15:00"))
    assert [special.day for special in found.special] == [date(2026, 5, 4), date(2026, 5, 9)]
    shown = admin_client.get(change(hours)).content.decode()
    assert 'value="09:00–12:30, 13:00–17:00"' in shown
    assert 'value="10:00–12:00"' in shown
    assert "Company trip" in shown


@time_machine.travel("2026-06-01")
def test_the_holidays_of_this_year_and_the_next_are_shown(admin_client: Client) -> None:
    assert "Choose a country and save" in admin_client.get(reverse(ADD)).content.decode()
    admin_client.post(reverse(ADD), typed(country="DE"))
    hours = BusinessHours.objects.get()
    shown = admin_client.get(change(hours)).content.decode()
    assert "Germany 2026" in shown
    assert "Germany 2027" in shown
    assert "Fri 1 January" in shown
    assert "Epiphany" not in shown
    assert "Bayern" in shown
    response = admin_client.post(change(hours), typed(country="DE", region="BY"))
    assert response.status_code == 302
    assert "Epiphany" in admin_client.get(change(hours)).content.decode()


def test_a_special_day_is_changed_and_deleted(admin_client: Client) -> None:
    opened = {"day": "2026-05-09", "name": "Fair", "kind": "open", "periods": "10-12"}
    admin_client.post(reverse(ADD), typed(opened))
    hours = BusinessHours.objects.get()
    stored = hours.special_days.get()
    data = typed(opened | {"id": stored.pk, "periods": "10-14"}) | {"special_days-INITIAL_FORMS": 1}
    assert admin_client.post(change(hours), data).status_code == 302
    stored = hours.special_days.get()
    assert (stored.name, stored.periods) == ("Fair", [["10:00", "14:00"]])
    data = typed(opened | {"id": stored.pk, "DELETE": "on"}) | {"special_days-INITIAL_FORMS": 1}
    assert admin_client.post(change(hours), data).status_code == 302
    assert not hours.special_days.exists()


@pytest.mark.parametrize(
    ("given", "messages"),
    [
        ({"monday": "17-9"}, ["17:00–09:00 ends before it begins"]),
        (
            {"monday": "17-9", "sunday": "8-10, 9-11"},
            ["ends before it begins", "08:00–10:00 and 09:00–11:00 overlap"],
        ),
        ({"monday": "all day"}, ["“all day” is not a period"]),
        ({"time_zone": "Mars/Olympus"}, ["Select a valid choice. Mars/Olympus"]),
        ({"country": "XX"}, ["Select a valid choice. XX"]),
        ({"country": "PL", "region": "BY"}, ["Select a valid choice. BY"]),
        ({"name": ""}, ["This field is required"]),
    ],
)
def test_mistakes_are_told_beside_their_fields(
    admin_client: Client, given: dict[str, str], messages: list[str]
) -> None:
    response = admin_client.post(reverse(ADD), typed(**given))
    form = response.context["adminform"].form
    assert set(form.errors) == ({"region"} if "region" in given else set(given))
    for field, message in zip(form.errors, messages, strict=True):
        assert message in str(form.errors[field])
        assert message in response.content.decode()
    for text in given.values():
        assert text in response.content.decode()
    assert not BusinessHours.objects.exists()


@pytest.mark.parametrize(
    ("special", "message"),
    [
        ({"kind": "closed", "periods": "9-12"}, "A closed day has no periods."),
        ({"kind": "open", "periods": "9-9"}, "09:00–09:00 ends before it begins"),
        ({"kind": "open", "periods": "", "day": "2026-05-09"}, "2026-05-09 is usually closed"),
    ],
)
def test_mistakes_in_special_days_are_told(
    admin_client: Client, special: dict[str, str], message: str
) -> None:
    response = admin_client.post(reverse(ADD), typed({"day": "2026-05-08", "name": ""} | special))
    assert message in response.content.decode()
    assert not BusinessHours.objects.exists()


def test_two_special_days_of_one_date_are_refused(admin_client: Client) -> None:
    double = {"day": "2026-05-08", "name": "", "kind": "closed", "periods": ""}
    response = admin_client.post(reverse(ADD), typed(double, double))
    assert "duplicate" in response.content.decode()
    assert not BusinessHours.objects.exists()


def test_somebody_who_has_hours_already_is_refused_beside_the_field(
    admin_client: Client, company: Company
) -> None:
    admin_client.post(reverse(ADD), typed(users=[company.ada.pk]))
    response = admin_client.post(reverse(ADD), typed(name="Late shift", users=[company.ada.pk]))
    assert response.status_code == 422
    assert "Ada Adler" in str(response.context["adminform"].form.errors["users"])
    assert BusinessHours.objects.count() == 1


def test_hours_in_use_are_not_deleted_and_the_users_are_named(admin_client: Client, company: Company) -> None:
    admin_client.post(reverse(ADD), typed(users=[company.ada.pk]))
    hours = BusinessHours.objects.get()
    address = reverse("admin:workflows_businesshours_delete", args=[hours.pk])
    refused = admin_client.post(address, {"post": "yes"}, follow=True)
    assert "person: Ada Adler" in refused.content.decode()
    assert BusinessHours.objects.exists()
    admin_client.post(change(hours), typed())
    admin_client.post(address, {"post": "yes"})
    assert not BusinessHours.objects.exists()


def test_whoever_manages_automation_may_and_others_may_not(
    company: Company, as_person: Callable[[User], Client]
) -> None:
    lena = as_person(limited_admin("manage_automation"))
    assert lena.get(reverse(ADD)).status_code == 200
    assert lena.post(reverse(ADD), typed(users=[company.ada.pk])).status_code == 302
    hours = BusinessHours.objects.get()
    profile = User.objects.get(email="lena@example.com").profile
    assert profile is not None
    ada = as_person(company.ada)
    for address in (reverse(ADD), change(hours)):
        assert ada.get(address).status_code == 403
        assert ada.post(address, typed(name="Other")).status_code == 403
    hours.refresh_from_db()
    assert hours.name == "Office"


def test_the_time_zone_of_new_hours_is_the_organisations(admin_client: Client) -> None:
    admin_client.post(reverse(ADD), typed(time_zone="Asia/Shanghai", is_default="on"))
    form = admin_client.get(reverse(ADD)).context["adminform"].form
    assert form["time_zone"].value() == "Asia/Shanghai"
