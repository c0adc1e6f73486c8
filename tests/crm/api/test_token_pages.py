"""Claims about the pages: a person's tokens, everybody's in the admin, and the API's reference."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from crm.api.tokens import make_token
from crm.models import AccessToken, Field, FieldRight, Module, User
from crm.people.remembered import forget_everything
from tests.crm.api.conftest import Asker
from tests.crm.pages.conftest import Desk, log_in
from tests.crm.pages.test_browser import findings
from tests.people import Company

pytestmark = pytest.mark.django_db
LogIn = Callable[[User | None], Client]
SECRET = re.compile(r'value="(sbx_[\w-]{43})"')


def test_a_token_is_shown_once_and_works(as_person: LogIn, ada: User, desk: Desk) -> None:
    client = as_person(ada)
    data = {"name": "Web shop", "access": "write", "lasts": "30", "modules": ["leads"]}
    page = client.post("/account/tokens/", data)
    secret = SECRET.search(page.content.decode())
    assert secret is not None
    assert "no-store" in page.headers["Cache-Control"]
    asker = Asker(secret[1])
    assert asker.get("me")["token"]["modules"] == ["leads"]
    assert asker.ask("get", f"accounts/records/{desk.account}").status_code == 403
    again = client.get("/account/tokens/").content.decode()
    assert "Web shop" in again
    assert secret[1] not in again
    token = AccessToken.objects.get()
    assert token.expires_at is not None
    assert timedelta(days=29) < token.expires_at - timezone.now() < timedelta(days=31)


def test_the_form_sent_again_by_a_reload_makes_no_second_token(as_person: LogIn, ada: User) -> None:
    client = as_person(ada)
    data = {"name": "Web shop", "access": "read", "lasts": ""}
    assert client.post("/account/tokens/", data).status_code == 200
    again = client.post("/account/tokens/", data)
    assert again.status_code == 422
    assert "You have a token of this name already" in again.content.decode()
    assert 'value="Web shop"' in again.content.decode()
    assert AccessToken.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "x" * 101}, {"access": "all"}, {"lasts": "9999"}, {"modules": ["made_up"]}],
)
def test_a_wrong_form_makes_nothing(as_person: LogIn, ada: User, wrong: dict[str, object]) -> None:
    data = {"name": "Web shop", "access": "read", "lasts": "90"} | wrong
    assert as_person(ada).post("/account/tokens/", data).status_code == 422
    assert not AccessToken.objects.exists()


def test_one_revokes_ones_own_token_and_nobody_elses(
    as_person: LogIn, company: Company, asker: Asker
) -> None:
    address = reverse("revoke_token", args=[AccessToken.objects.get().pk])
    for stranger in (company.cleo, company.ben, company.admin):
        assert as_person(stranger).get(address).status_code == 404
        assert as_person(stranger).post(address).status_code == 404
    assert asker.ask("get", "me").status_code == 200
    client = as_person(company.ada)
    assert client.get(address).status_code == 200
    assert asker.ask("get", "me").status_code == 200
    assert client.post(address).status_code == 302
    assert asker.ask("get", "me").status_code == 401
    assert client.post(address).status_code == 302
    assert AccessToken.objects.get().revoked_by == company.ada


def test_one_sees_ones_own_tokens_only(as_person: LogIn, company: Company) -> None:
    make_token(actor=company.ada, name="Adas shop", may_write=False)
    assert "Adas shop" in as_person(company.ada).get("/account/tokens/").content.decode()
    assert "Adas shop" not in as_person(company.ben).get("/account/tokens/").content.decode()


def test_who_manages_people_sees_and_revokes_every_token(
    as_person: LogIn, company: Company, asker: Asker
) -> None:
    token = AccessToken.objects.get()
    listed = reverse("admin:crm_accesstoken_changelist")
    revoke = reverse("admin:crm_accesstoken_revoke", args=[token.pk])
    stranger = as_person(company.cleo)
    assert (stranger.get(listed).status_code, stranger.post(revoke).status_code) == (403, 403)
    assert asker.ask("get", "me").status_code == 200
    admin = as_person(company.admin)
    assert "Robot 0" in admin.get(listed).content.decode()
    page = admin.get(reverse("admin:crm_accesstoken_change", args=[token.pk])).content.decode()
    assert token.prefix in page
    assert token.digest not in page
    assert revoke in page
    assert admin.get(revoke).status_code == 200
    assert admin.post(revoke).status_code == 302
    assert asker.ask("get", "me").status_code == 401
    assert AccessToken.objects.get().revoked_by == company.admin
    assert revoke not in admin.get(reverse("admin:crm_accesstoken_change", args=[token.pk])).content.decode()


def test_the_reference_tells_every_operation_and_is_for_people_who_are_logged_in(
    as_person: LogIn, ada: User
) -> None:
    assert as_person(None).get("/api/docs").status_code == 302
    page = as_person(ada).get("/api/docs")
    for part in ("/api/{module}/records/{record_id}", "Change many records", "automation"):
        assert part in page.content.decode()
    assert "unsafe" not in page.headers["Content-Security-Policy"]


def test_the_reference_of_a_module_tells_the_fields_that_the_person_may_read(
    as_person: LogIn, company: Company, device_requests: Module
) -> None:
    client = as_person(company.ada)
    assert "weight" in client.get(f"/api/docs/{device_requests.key}").content.decode()
    field = Field.objects.get(module=device_requests, key="weight")
    FieldRight.objects.create(profile=company.staff, field=field, access="hidden")
    forget_everything()
    assert "weight" not in client.get(f"/api/docs/{device_requests.key}").content.decode()
    assert client.get("/api/docs/unknown").status_code == 404


def test_the_description_is_for_people_and_for_tokens(as_person: LogIn, asker: Asker, ada: User) -> None:
    assert as_person(None).get("/api/openapi.json").status_code == 401
    assert as_person(ada).get("/api/openapi.json").json()["openapi"].startswith("3.")
    assert asker.get("openapi.json")["info"]["title"] == "Signalbox"


@pytest.mark.django_db(transaction=True)
def test_a_rep_makes_a_token_uses_it_and_revokes_it(browser_page: Page, desk: Desk, company: Company) -> None:
    log_in(browser_page, company.ada)
    browser_page.get_by_role("button", name="Ada Adler").click()
    browser_page.get_by_role("link", name="Access tokens").click()
    expect(browser_page.get_by_text("No tokens yet.")).to_be_visible()
    assert findings(browser_page) == []
    browser_page.get_by_label("Name").fill("Web shop")
    browser_page.get_by_label("It may").select_option("Read and write")
    browser_page.get_by_role("button", name="Make token").click()
    expect(browser_page.get_by_role("heading", name="“Web shop” is made")).to_be_visible()
    assert findings(browser_page) == []
    headers = {"Authorization": "Bearer " + browser_page.get_by_label("Token", exact=True).input_value()}
    lead = f"/api/leads/records/{desk.lead}"
    answer = browser_page.request.patch(lead, headers=headers, data={"values": {"title": "Head of sales"}})
    assert answer.status == 200
    browser_page.goto(f"/leads/{desk.lead}/")
    expect(browser_page.get_by_text("Head of sales").first).to_be_visible()
    expect(browser_page.get_by_text("Web shop").first).to_be_visible()
    browser_page.goto("/account/tokens/")
    browser_page.get_by_role("link", name="Revoke Web shop").click()
    browser_page.get_by_role("button", name="Revoke token").click()
    expect(browser_page.get_by_role("status")).to_contain_text("is revoked")
    assert browser_page.request.get(lead, headers=headers).status == 401


@pytest.mark.django_db(transaction=True)
def test_the_reference_is_read_without_findings(browser_page: Page, desk: Desk, company: Company) -> None:
    log_in(browser_page, company.ada)
    for address in ("/api/docs", "/api/docs/quotes"):
        browser_page.goto(address)
        assert findings(browser_page) == [], address
        browser_page.set_viewport_size({"width": 360, "height": 740})
        width = browser_page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, address
        browser_page.set_viewport_size({"width": 1400, "height": 900})
