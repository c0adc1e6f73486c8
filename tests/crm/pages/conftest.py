"""What the tests of the staff pages share: records on every kind of page, and ways to ask for them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from crm.door import Change, Source, Verb, apply
from crm.door.attach import add_note
from crm.lists.saving import Shape, create_view
from crm.models import Notification, User
from tests.crm.imports.making import ended, uploaded
from tests.modules import device_requests
from tests.people import PASSWORD, Company
from tests.rows import leads
from workflows.marketing import Subscriber, unsubscribe_address

__all__ = ["Desk", "ada_client", "as_person", "desk", "device_requests", "edit", "log_in", "make"]

LONG = "Gesellschaft für außergewöhnlich lange Firmennamen mit beschränkter Haftung & Co. KG"


@dataclass
class Desk:
    """Ada's records: a lead with a note and a task, an account, a product, a quote, a message and a view."""

    lead: int
    account: int
    product: int
    quote: int
    task: int
    message: int
    note: int
    view: int  # of leads, shared with everyone
    upload: int  # an import in preparation
    job: int  # one that is done

    @property
    def letter(self) -> str:
        """The token of a marketing letter to the lead."""
        address = unsubscribe_address(Subscriber("leads", self.lead, "lukasz@isdom.example"))
        return address.rstrip("/").rpartition("/")[2]


def make(module: str, actor: User, **values: Any) -> int:
    """The id of a new record of the actor's, made through the door."""
    change = Change(Verb.CREATE, module, values={"owner": actor.pk} | values)
    return apply([change], actor=actor, source=Source.PAGE).or_raise().ids[0]


def edit(module: str, pk: int, actor: User, **values: Any) -> None:
    """Changes a record through the door."""
    apply([Change(Verb.EDIT, module, pk, values)], actor=actor, source=Source.PAGE).or_raise()


@pytest.fixture
def desk(company: Company) -> Desk:
    """Ada's records."""
    ada = company.ada
    lead = make(
        "leads",
        ada,
        first_name="Łukasz",
        last_name="王小明",
        company=LONG,
        rating="low",
        phone="+48221234567",
    )
    account = make("accounts", ada, name="Isdom GmbH", website="isdom.example", type="customer")
    product = make("products", ada, name="GTX Pro", price="100")
    lines = [{"product": product, "quantity": "2", "price": "100", "discount": "10", "tax": "19"}]
    quote = make("quotes", ada, name="Renewal", account=account, lines=lines)
    task = make("tasks", ada, name="Call back", due_date="2026-01-05", related=f"leads:{lead}")
    note = add_note("leads", lead, "First line\nSecond line", actor=company.ben)
    message = Notification.objects.create(
        user=ada, text="Łukasz waits", module="leads", record_id=lead, at=timezone.now()
    )
    shape = Shape(criteria={"conditions": [{"field": "rating", "operator": "is_not_empty"}]})
    view = create_view(actor=ada, module=leads(), name="Rated", shape=shape, sharing="everyone")
    upload, job = uploaded(ada).pk, ended(ada).pk
    return Desk(lead, account, product, quote, task, message.pk, note.pk, view.pk, upload=upload, job=job)


@pytest.fixture
def as_person() -> Callable[[User | None], Client]:
    """A client that is logged in as somebody, or as nobody."""

    def log_in(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return log_in


@pytest.fixture
def ada_client(as_person: Callable[[User], Client], ada: User) -> Client:
    """Logged in as Ada."""
    return as_person(ada)


def log_in(page: Page, user: User) -> None:
    """Logs in as a person does."""
    page.goto("/login/")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/")
