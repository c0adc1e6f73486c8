"""Every template of the staff pages is rendered, and none holds a script, a style or a missing variable."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Template
from django.test import Client

from crm.models import Module, User
from crm.views import lists, timeline
from tests.crm.pages.conftest import Desk, edit, make
from tests.crm.pages.test_forms import TYPED
from tests.people import PASSWORD, Company, grant

FOLDER = settings.BASE_DIR / "templates"
OWN = ("base.html", "403.html", "403_csrf.html", "404.html", "500.html", "crm/", "registration/")


def own_templates() -> list[Path]:
    """The templates of the staff pages."""
    return [path for path in FOLDER.rglob("*.html") if str(path.relative_to(FOLDER)).startswith(OWN)]


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of the templates that the test renders."""
    names: set[str] = set()
    real = Template._render

    def noted(self: Template, context: object) -> str:
        names.add(str(self.name))
        return real(self, context)

    monkeypatch.setattr(Template, "_render", noted)
    return names


@pytest.mark.django_db
def test_every_template_is_rendered(
    rendered: set[str],
    desk: Desk,
    device_requests: Module,
    company: Company,
    as_person: Callable[[User | None], Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lists, "SIZE", 1)
    monkeypatch.setattr(timeline, "SIZE", 1)
    settings.AXES_FAILURE_LIMIT, limit = 1, settings.AXES_FAILURE_LIMIT
    try:
        walk(desk, device_requests, company, as_person, monkeypatch)
    finally:
        settings.AXES_FAILURE_LIMIT = limit
    names = {str(path.relative_to(FOLDER)) for path in own_templates()}
    assert names - rendered == set()


def walk(
    desk: Desk,
    device_requests: Module,
    company: Company,
    as_person: Callable[[User | None], Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Asks for every kind of page."""
    ada = as_person(company.ada)
    edit("leads", desk.lead, company.ben, rating="high")
    make("leads", company.ada, last_name="Second")
    pages = [
        "",
        "notifications/",
        "leads/",
        "leads/count/",
        "lookup/leads/?q=a",
        "lookup/leads/?q=zzz",
        "tasks/new/",
    ]
    pages += [f"leads/{desk.lead}/{part}" for part in ("", "edit/", "delete/", "timeline/")]
    pages += [f"quotes/{desk.quote}/{part}" for part in ("", "edit/")]
    for page in [*pages, "unknown/"]:
        ada.get(f"/{page}")
    ada.post(f"/{device_requests.key}/new/", TYPED | {"pieces": "x"})
    ada.post(f"/leads/{desk.lead}/edit/", {"version": "1", "rating": "medium"})
    ada.post(f"/leads/{desk.lead}/notes/", {"text": ""})
    as_person(None).post("/login/", {"username": company.ada.email, "password": PASSWORD + "x"})
    as_person(None).get("/login/")
    strict = Client(enforce_csrf_checks=True)
    strict.post("/login/", {})
    monkeypatch.setattr("crm.views.home.open_tasks", None)
    ada.raise_request_exception = False
    ada.get("/")
    grant(company.staff, "leads", "view")
    ada.get("/leads/new/")


def test_no_template_holds_a_script_or_style_of_its_own() -> None:
    pattern = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", re.IGNORECASE)
    assert [str(path) for path in own_templates() if pattern.search(path.read_text())] == []


def test_no_template_is_longer_than_120_lines() -> None:
    assert [str(path) for path in own_templates() if len(path.read_text().splitlines()) >= 120] == []
