"""What the tests of search share: ways to look for records, as lists and as the top bar do."""

from typing import NamedTuple

import pytest

from crm.models import Field, FieldRight, User
from crm.modules.loading import module
from crm.people.remembered import forget_everything
from crm.search.hits import find
from crm.views.finding import search_condition
from crm.visibility import count, page
from tests.crm.pages.conftest import LONG, ada_client, as_person, device_requests, make
from tests.people import Company

__all__ = ["ada_client", "as_person", "device_requests", "found", "hide", "hits", "listed", "records"]


class Records(NamedTuple):
    """Ada's lead and account."""

    lead: int
    account: int


@pytest.fixture
def records(ada: User) -> Records:
    """A lead with a long company and a phone number, and an account."""
    name = {"first_name": "Łukasz", "last_name": "王小明", "company": LONG}
    lead = make("leads", ada, **name, phone="+48221234567")
    return Records(lead, make("accounts", ada, name="Isdom GmbH"))


def listed(user: User, text: str, key: str = "leads") -> list[int]:
    """The records that a list's search finds."""
    where = search_condition(user, module(key), text)
    ids = page(user, module(key), where=where).ids
    assert count(user, module(key), where=where).number == len(ids)
    return ids


def hits(user: User, text: str) -> dict[str, list[int]]:
    """The records that the search in the top bar shows, by module."""
    return {group.module.key: [hit.id for hit in group.hits] for group in find(user, text) if group.hits}


def found(user: User, text: str, key: str = "leads") -> list[int]:
    """The records that both find, which have to agree."""
    ids = listed(user, text, key)
    assert hits(user, text).get(key, []) == ids[:5]
    return ids


def hide(company: Company, key: str, field: str) -> None:
    """Takes a field away from the staff."""
    row = Field.objects.get(module__key=key, key=field)
    FieldRight.objects.create(profile=company.staff, field=row, access=FieldRight.Access.HIDDEN)
    forget_everything()
