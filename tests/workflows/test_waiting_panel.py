"""The panel of the record page that tells what rules have put off."""

from typing import Any

import pytest
from django.test import Client

from crm.models import User
from tests.workflows import rules as r
from tests.workflows.test_scheduled import IN_TWO_DAYS, let_time_pass, live
from workflows.runs import drain

pytestmark = pytest.mark.django_db


def shown(client: Client, user: User, lead: int) -> str:
    """The record's page for this person."""
    client.force_login(user)
    return client.get(f"/leads/{lead}/").content.decode()


def test_it_tells_what_comes_and_when_until_it_has_come(
    client: Client, ada: User, company: Any, lead: int
) -> None:
    live(IN_TWO_DAYS, name="Call <hot> leads")
    assert "waiting-heading" not in shown(client, ada, lead)
    r.edit(ada, lead, rating="high").or_raise()
    page = shown(client, ada, lead)
    assert "Call &lt;hot&gt; leads" in page
    assert "Create task" in page
    assert "/admin/workflows/actionrun/" not in page
    assert "/admin/workflows/actionrun/" in shown(client, company.admin, lead)
    let_time_pass(days=3)
    drain()
    assert "waiting-heading" not in shown(client, ada, lead)
