"""What tests of the admin share: everybody logged in."""

from collections.abc import Callable

import pytest
from django.test import Client

from crm.models import User
from tests.modules import device_requests
from tests.people import Company

__all__ = ["admin_client", "as_person", "device_requests"]


@pytest.fixture
def as_person() -> Callable[[User], Client]:
    """Logs a person in."""

    def log_in(person: User) -> Client:
        client = Client()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return log_in


@pytest.fixture
def admin_client(company: Company, as_person: Callable[[User], Client]) -> Client:
    """Dana, a superuser with every feature."""
    return as_person(company.admin)
