"""Every template of the staff pages is rendered, and none holds a script, a style or a missing variable."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import Template
from django.test import Client
from django.urls import reverse

from crm.door.attach import add_note
from crm.models import AccessToken, ImportLook, Module, User
from crm.views import lists, timeline
from tests.crm.pages.conftest import Desk, edit, make
from tests.crm.pages.record_asking import HTMX
from tests.crm.pages.test_forms import TYPED
from tests.people import PASSWORD, Company, grant
from tests.workflows.rules import draft_rule
from workflows.models import RuleAction
from workflows.publishing import publish_rule

FOLDER = settings.BASE_DIR / "templates"
OWN = (
    "base.html",
    "403.html",
    "403_csrf.html",
    "404.html",
    "500.html",
    "crm/",
    "registration/",
    "workflows/",
)


EVERY_INPUT: list[dict[str, Any]] = [
    {"operator": "is", "value": "x"},
    {"operator": "is_any_of", "value": ["x"]},
    {"operator": "contains_any", "value": ["x"]},
    {"operator": "in_last", "value": {"n": 3, "unit": "days"}},
    {"operator": "is_empty"},
]


def criteria_of(field: str, **given: Any) -> dict[str, Any]:
    """Criteria with one condition, which need not make sense."""
    return {"conditions": [{"field": field, **given}]}


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
        "account/tokens/",
        "api/docs",
        "api/docs/leads",
        "leads/",
        "leads/count/",
        "search/?q=second",
        "lookup/leads/?q=a",
        "lookup/leads/?q=zzz",
        "tasks/new/",
    ]
    pages += [f"leads/{desk.lead}/{part}" for part in ("", "edit/", "delete/", "timeline/")]
    pages += [f"quotes/{desk.quote}/{part}" for part in ("", "edit/")]
    for page in [*pages, "unknown/"]:
        ada.get(f"/{page}")
    ada.get("/search/?q=second", headers={"HX-Request": "true", "HX-Target": "search-list"})
    ada.post(f"/{device_requests.key}/new/", TYPED | {"pieces": "x"})
    ada.post(f"/leads/{desk.lead}/edit/", {"version": "1", "rating": "medium"})
    walk_record(ada, desk)
    walk_verbs(desk, company, ada)
    walk_imports(desk, ada)
    walk_lists(desk, ada)
    walk_bulk(desk, ada)
    ada.post("/account/tokens/", {"name": "Web shop", "access": "read"})
    ada.get(f"/account/tokens/{AccessToken.objects.get().pk}/revoke/")
    for field in ("due_date", "related", "owner", "status", "tags", "created_at", "description"):
        for given in EVERY_INPUT:
            ada.post("/criteria/tasks/editor/", {"criteria": json.dumps(criteria_of(field, **given))})
    ada.post("/criteria/tasks/count/")
    ada.get("/criteria/tasks/fields/")
    ada.get(f"/criteria/leads/{desk.lead}/explain/?view={desk.view}")
    walk_automation(desk, ada, as_person(company.admin))
    as_person(None).post("/login/", {"username": company.ada.email, "password": PASSWORD + "x"})
    as_person(None).get("/login/")
    as_person(None).get(f"/unsubscribe/{desk.letter}/")
    strict = Client(enforce_csrf_checks=True)
    strict.post("/login/", {})
    monkeypatch.setattr("crm.views.home.open_tasks", None)
    ada.raise_request_exception = False
    ada.get("/")
    grant(company.staff, "leads", "view")
    ada.get("/leads/new/")


def walk_automation(desk: Desk, ada: Client, admin: Client) -> None:
    """Asks for the editor of actions, and for a record for which an action waits."""
    admin.get("/admin/workflows/rule/add/")
    admin.post(reverse("admin:action_settings") + "?module=leads&name=config", {"kind": "assign_owner"})
    rule = draft_rule("later", {}, [("add_tags", {"tags": ["seen"]})], mode="every")
    RuleAction.objects.filter(block__rule=rule).update(later={"amount": 1, "unit": "days"})
    publish_rule(rule, actor=None)
    edit("leads", desk.lead, User.objects.get(email="ada@example.com"), title="Head")
    ada.get(f"/leads/{desk.lead}/")


def walk_lists(desk: Desk, ada: Client) -> None:
    """Asks for what opens above the rows of a list, and what comes later."""
    parts: tuple[str, ...] = (
        f"filter/?view={desk.view}",
        "columns/",
        "export/",
        "views/order/",
        "views/new/",
        f"views/{desk.view}/",
        "totals/",
        "?q=nothing",
    )
    for part in parts:
        ada.get(f"/leads/{part}")
    ada.get("/quotes/totals/?columns=name,total")
    ada.get(f"/leads/?view={desk.view}&sort=company&columns=name,tags,website,modified_at,company")


def walk_bulk(desk: Desk, ada: Client) -> None:
    """Asks for each bulk action's form, a preview, and the message when it is done."""
    ada.get("/leads/")
    for action in ("update", "owner", "tag", "share", "delete"):
        ada.post(f"/leads/bulk/{action}/", {"record": desk.lead, "field": "company", "preview": "1"})
    ada.post("/leads/bulk/tag/", {"record": desk.lead, "add_tags": "seen", "go": "1"})


def walk_imports(desk: Desk, ada: Client) -> None:
    """Asks for jobs and for the steps of an import."""
    for page in ("jobs", f"jobs/{desk.job}", f"jobs/{desk.job}/records", "leads/import"):
        ada.get(f"/{page}/")
    for step in ("file", "columns", "values", "options", "preview"):
        assert ada.get(f"/imports/{desk.upload}/{step}/").status_code == 200
    ImportLook.objects.filter(job=desk.upload).delete()
    ada.get(f"/imports/{desk.upload}/columns/")
    ada.post("/leads/import/")


def walk_verbs(desk: Desk, company: Company, ada: Client) -> None:
    """Asks for the pages of what is done to records beside editing them."""
    double = make("leads", company.ada, last_name="Double", phone="+48221234567")
    ada.post("/leads/new/", {"last_name": "Third", "phone": "+48221234567"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("crm.views.merging.in_short", lambda *_args: None)  # it took too long
        ada.get(f"/leads/{desk.lead}/merge/")
    for page in (f"leads/{desk.lead}/merge/", f"leads/{desk.lead}/merge/?with={double}", "leads/bin/"):
        ada.get(f"/{page}")
    ada.get(f"/quotes/{desk.quote}/invoice/")
    ada.get(f"/leads/{double}/convert/")
    ada.post(f"/leads/{double}/convert/", {"contacts-choice": "new", "contacts-last_name": "D"}, follow=True)
    ada.get(f"/leads/{double}/")
    ada.post(f"/leads/{double}/delete/", follow=True)
    ada.get(f"/leads/bin/delete/?ids={double}")
    ada.get("/leads/bin/empty/")


def walk_record(ada: Client, desk: Desk) -> None:
    """Asks for the fragments and forms of the record page."""
    ada.post(f"/leads/{desk.lead}/files/", {"file": SimpleUploadedFile("a.txt", b"hello")})
    own = add_note("leads", desk.lead, "Mine", actor=User.objects.get(email="ada@example.com")).pk
    parts = ("fields/rating/", f"notes/{own}/", f"notes/{own}/delete/", "notes/", "tags/", "shares/")
    for headers in ({}, HTMX):
        for part in parts:
            ada.get(f"/leads/{desk.lead}/{part}", headers=headers)
        ada.get(f"/accounts/{desk.account}/related/quotes/account/", headers=headers)
    ada.post(f"/leads/{desk.lead}/shares/", {"with": "Cleo Cole", "level": "read"}, headers=HTMX)
    ada.post(f"/leads/{desk.lead}/notes/", {"text": ""})


def test_no_template_holds_a_script_or_style_of_its_own() -> None:
    pattern = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", re.IGNORECASE)
    assert [str(path) for path in own_templates() if pattern.search(path.read_text())] == []


def test_no_template_is_longer_than_120_lines() -> None:
    assert [str(path) for path in own_templates() if len(path.read_text().splitlines()) >= 120] == []
