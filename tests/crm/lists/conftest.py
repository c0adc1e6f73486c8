"""What the tests of lists share: the pages' people and records, and criteria as an address has them."""

import json
import re
from typing import Any
from urllib.parse import quote

from django.test import Client

from crm.models import Field, FieldRight, Module, User
from crm.people.remembered import forget_everything
from tests.crm.pages.conftest import ada_client, as_person, desk, device_requests
from tests.people import Company

__all__ = ["ada_client", "as_person", "criteria", "desk", "device_requests", "filtered", "hide", "names"]
ROW = re.compile(r'<th scope="row">\s*<a href="/\w+/\d+/">(.*?)</a>')


def criteria(*conditions: tuple[Any, ...], pattern: str | None = None) -> dict[str, Any]:
    """Criteria as plain data: (field, operator) or (field, operator, value) each."""
    keys = ("field", "operator", "value")
    data: dict[str, Any] = {"conditions": [dict(zip(keys, one, strict=False)) for one in conditions]}
    return data | ({"pattern": pattern} if pattern else {})


def filtered(module: str, *conditions: tuple[Any, ...], pattern: str | None = None) -> str:
    """The address of a module's list with a filter."""
    return f"/{module}/?filter={quote(json.dumps(criteria(*conditions, pattern=pattern)))}"


def names(client: Client, address: str) -> list[str]:
    """The first column of a list."""
    return ROW.findall(client.get(address).content.decode())


def hide(company: Company, module: str, key: str) -> None:
    """Takes a field away from the staff."""
    field = Field.objects.get(module=Module.objects.get(key=module), key=key)
    FieldRight.objects.create(profile=company.staff, field=field, access=FieldRight.Access.HIDDEN)
    forget_everything()


def page_of(client: Client, address: str) -> str:
    """The text of a page."""
    return client.get(address).content.decode()


def owner(user: User) -> dict[str, Any]:
    """Values of a row that this person owns."""
    return {"owner": user}
