"""The demo company: loads once, quickly, and lets everybody log in."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from crm.demo import PASSWORD, PEOPLE
from crm.models import Account, Case, Deal, DocumentVersion, History, Lead, Quote, User
from crm.modules.loading import module
from crm.people.hierarchy import superior_of
from crm.visibility import visible_to

pytestmark = pytest.mark.django_db


def load() -> str:
    out = StringIO()
    call_command("load_demo", stdout=out)
    return out.getvalue()


def test_the_demo_company_loads_through_the_door_and_only_once(client: Client) -> None:
    assert "is loaded" in load()
    assert Lead.objects.count() >= 300
    assert History.objects.filter(module="leads", kind="create").count() == Lead.objects.count()
    assert min(model.objects.count() for model in (Account, Deal, Quote, Case)) >= 40
    assert Quote.objects.filter(total__gt=0).exists()
    before = (User.objects.count(), History.objects.count())
    assert "people already" in load()
    assert (User.objects.count(), History.objects.count()) == before
    live = DocumentVersion.objects.filter(state="published").values_list("kind", "key")
    assert {("rule", "hot_lead"), ("assignment", "new_leads")} <= set(live)
    by_key = {one.key: User.objects.get(email=one.email) for one in PEOPLE}
    assert all(user.check_password(PASSWORD) for user in by_key.values())
    assert superior_of(by_key["james"]) == by_key["marta"]
    assert superior_of(by_key["marta"]) == by_key["ines"]
    leads = module("leads")
    seen = {key: visible_to(by_key[key], leads).count() for key in ("ines", "marta", "james", "priya", "wei")}
    assert seen["ines"] > seen["marta"] == seen["james"] + seen["priya"] > seen["james"] > 50
    assert seen["wei"] == 0


def test_there_is_one_person_per_kind_of_work() -> None:
    titles = [one.title for one in PEOPLE]
    assert len(PEOPLE) == 7
    assert {"Administrator", "Sales manager", "Head of marketing", "Head of finance", "Support agent"} <= set(
        titles
    )
    assert any(one.name.startswith("James") for one in PEOPLE)
