"""Ways to ask for the record page's fragments, and to take fields away from the staff."""

from typing import Any

from django.http import HttpResponse
from django.test import Client

from crm.door.reading import read_records
from crm.models import Field, FieldRight
from crm.modules.loading import module
from crm.people.remembered import forget_everything
from tests.people import Company

HTMX = {"HX-Request": "true"}


def get(client: Client, address: str) -> HttpResponse:
    """The answer to htmx."""
    return client.get(address, headers=HTMX)


def post(client: Client, address: str, data: dict[str, Any]) -> HttpResponse:
    """The answer to a form that htmx sends."""
    return client.post(address, data, headers=HTMX)


def text_of(response: Any) -> str:
    """The text of a page, with blanks in a row as one."""
    return " ".join(response.content.decode().split())


def values(key: str, pk: int) -> dict[str, Any]:
    """The stored record."""
    return read_records(module(key), [pk])[pk].values


def limit(company: Company, module_key: str, field: str, access: str = "hidden") -> None:
    """Hides a field from the staff, or lets them only read it."""
    info = Field.objects.get(module__key=module_key, key=field)
    FieldRight.objects.create(profile=company.staff, field=info, access=access)
    forget_everything()
