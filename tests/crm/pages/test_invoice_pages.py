"""Claims about making an invoice of a quote on the pages."""

from collections.abc import Callable

import pytest
from django.test import Client

from crm.models import User
from crm.modules.loading import module
from tests.crm.pages.conftest import Desk, edit
from tests.people import Company, grant

pytestmark = pytest.mark.django_db
AsPerson = Callable[[User | None], Client]


def test_an_approved_quote_becomes_an_invoice_by_one_click(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    edit("quotes", desk.quote, company.ada, status="approved")
    assert (
        f'action="/quotes/{desk.quote}/invoice/"' in ada_client.get(f"/quotes/{desk.quote}/").content.decode()
    )
    response = ada_client.post(f"/quotes/{desk.quote}/invoice/")
    invoice = module("invoices").rows().get()
    assert response["Location"] == f"/invoices/{invoice.pk}/"
    assert (invoice.quote_id, str(invoice.total)) == (desk.quote, "214.20")
    assert "This invoice was made of the quote" in ada_client.get(f"/invoices/{invoice.pk}/").content.decode()


def test_a_second_invoice_is_refused_with_a_link_to_the_first(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    edit("quotes", desk.quote, company.ada, status="approved")
    ada_client.post(f"/quotes/{desk.quote}/invoice/")
    invoice = module("invoices").rows().get()
    response = ada_client.post(f"/quotes/{desk.quote}/invoice/")
    page = response.content.decode()
    assert response.status_code == 422
    assert f"The quote has the invoice {invoice.number} already." in page
    assert f'href="/invoices/{invoice.pk}/"' in page
    assert module("invoices").rows().count() == 1


def test_a_draft_offers_no_invoice_and_makes_none(desk: Desk, ada_client: Client) -> None:
    assert "Create invoice" not in ada_client.get(f"/quotes/{desk.quote}/").content.decode()
    assert "disabled" in ada_client.get(f"/quotes/{desk.quote}/invoice/").content.decode()
    response = ada_client.post(f"/quotes/{desk.quote}/invoice/")
    assert response.status_code == 422
    assert "Only a quote that is one of these can be invoiced" in response.content.decode()
    assert not module("invoices").rows().exists()


def test_a_stranger_and_who_may_not_make_invoices_make_none(
    desk: Desk, company: Company, as_person: AsPerson
) -> None:
    edit("quotes", desk.quote, company.ada, status="approved")
    assert as_person(company.cleo).post(f"/quotes/{desk.quote}/invoice/").status_code == 404
    grant(company.staff, "invoices", "view")
    ada = as_person(company.ada)
    assert ada.post(f"/quotes/{desk.quote}/invoice/").status_code == 403
    assert "Create invoice" not in ada.get(f"/quotes/{desk.quote}/").content.decode()
    assert not module("invoices").rows().exists()
