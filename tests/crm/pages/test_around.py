"""Claims about what is around the records: log-in, home page, notifications, errors, language, time zone."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from crm.door import guards
from crm.models import Notification, User
from tests.crm.pages.conftest import Desk, make
from tests.people import PASSWORD, Company
from tests.workflows import rules

pytestmark = pytest.mark.django_db


def log_in(password: str) -> Client:
    client = Client()
    client.response = client.post(
        "/login/?next=/leads/", {"username": "Ada@Example.com", "password": password}
    )
    return client


def test_the_right_password_leads_to_where_one_wanted_to_go(ada: User) -> None:
    assert log_in(PASSWORD).response["Location"] == "/leads/"


def test_a_wrong_password_is_told_and_the_address_kept(ada: User) -> None:
    response = log_in("wrong").response
    assert response.status_code == 422
    assert 'value="Ada@Example.com"' in response.content.decode()
    assert "Please enter a correct e-mail and password" in response.content.decode()


def test_who_is_switched_off_does_not_get_in(ada: User) -> None:
    ada.is_active = False
    ada.save()
    assert log_in(PASSWORD).response.status_code == 422


def test_after_too_many_wrong_passwords_the_right_one_waits_too(ada: User, settings: Settings) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    assert [log_in("wrong").response.status_code for _try in range(4)] == [422, 422, 429, 429]
    response = log_in(PASSWORD).response
    assert response.status_code == 429
    assert "Too many attempts" in response.content.decode()


def test_log_in_leads_to_no_other_host(ada: User) -> None:
    client = Client()
    response = client.post(
        "/login/?next=https://evil.example/", {"username": ada.email, "password": PASSWORD}
    )
    assert response["Location"] == "/"


def test_logging_out_ends_the_session(ada_client: Client) -> None:
    ada_client.post("/logout/")
    assert ada_client.get("/")["Location"] == "/login/?next=/"


def test_the_home_page_shows_my_open_work_and_nobody_else_s(
    desk: Desk, company: Company, as_person: Callable[[User], Client]
) -> None:
    make("tasks", company.ada, name="Done already", status="done")
    make("tasks", company.ben, name="Ben’s own task")
    make("leads", company.ada, last_name="Junk lead", status="junk")
    page = as_person(company.ada).get("/").content.decode()
    for text in ("Call back", "overdue since", "Łukasz 王小明", "Renewal", "Łukasz waits"):
        assert text in page, text
    for text in ("Done already", "Ben’s own task", "Junk lead"):
        assert text not in page, text


def test_a_person_without_a_profile_sees_an_empty_house(
    company: Company, as_person: Callable[[User], Client]
) -> None:
    company.ada.profile = None
    company.ada.save()
    client = as_person(company.ada)
    assert client.get("/").status_code == 200
    assert client.get("/leads/").status_code == 404


def test_the_bell_counts_and_reading_lowers_it(desk: Desk, ada: User, ada_client: Client) -> None:
    assert "Notifications, 1 unread" in ada_client.get("/").content.decode()
    response = ada_client.post(f"/notifications/{desk.message}/")
    assert response["Location"] == f"/leads/{desk.lead}/"
    assert "unread" not in ada_client.get("/").content.decode().partition("<main")[0]
    now = timezone.now()
    Notification.objects.bulk_create(Notification(user=ada, text=f"M{n}", at=now) for n in range(120))
    assert "Notifications, 99+ unread" in ada_client.get("/").content.decode()
    ada_client.post("/notifications/read/")
    assert not Notification.objects.filter(read_at=None).exists()


def test_older_notifications_are_on_the_next_page(desk: Desk, ada: User, ada_client: Client) -> None:
    now = timezone.now()
    Notification.objects.bulk_create(Notification(user=ada, text=f"M{n}.", at=now) for n in range(60))
    first = ada_client.get("/notifications/").content.decode()
    assert ("M59." in first, "M9." in first) == (True, False)
    before = first.partition("?before=")[2].partition('"')[0]
    assert "M9." in ada_client.get(f"/notifications/?before={before}").content.decode()
    assert ada_client.get("/notifications/?before=nonsense").status_code == 200


def test_somebody_else_s_messages_stay_unread(
    desk: Desk, company: Company, as_person: Callable[[User], Client]
) -> None:
    as_person(company.ben).post("/notifications/read/")
    assert Notification.objects.get(pk=desk.message).read_at is None


def test_language_and_time_zone_are_the_person_s(desk: Desk, ada: User, ada_client: Client) -> None:
    ada.language, ada.time_zone = "de", "Asia/Tokyo"
    ada.save()
    deal = make("deals", ada, name="Big", amount="1234.5")
    response = ada_client.get(f"/deals/{deal}/", headers={"Accept-Language": "fr"})
    assert response["Content-Language"] == "de"
    assert '<html lang="de"' in response.content.decode()
    assert "1.234,50 EUR" in response.content.decode()


def test_a_time_zone_that_is_not_known_does_no_harm(ada: User, ada_client: Client) -> None:
    for name in ("Mars/Olympus", "../../etc/passwd", ""):
        User.objects.filter(pk=ada.pk).update(time_zone=name)
        assert ada_client.get("/").status_code == 200


def test_an_error_page_needs_nothing_that_may_be_broken(
    ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("crm.views.home.open_tasks", broken)
    ada_client.raise_request_exception = False
    response = ada_client.get("/")
    assert response.status_code == 500
    assert "Something went wrong" in response.content.decode()


def test_a_form_from_another_site_is_refused_with_a_page(ada: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    response = client.post("/leads/new/", {"last_name": "Forged"})
    assert response.status_code == 403
    assert "The page was open for too long" in response.content.decode()


def test_what_rules_could_not_do_is_told(
    desk: Desk, company: Company, ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        guards, "GUARDS", [lambda batch, draft, key: "It is locked." if key == "status" else None]
    )
    criteria = rules.when(("rating", "is", "high"))
    rules.live_rule("contact", criteria, [rules.update("status", "contacted")], name="Contact at once")
    page = ada_client.post(f"/leads/{desk.lead}/edit/", {"version": "1", "rating": "high"}, follow=True)
    assert "Contact at once: It is locked." in page.content.decode()
