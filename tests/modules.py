"""A module that the company made, with a field of every type that an admin can make."""

from typing import Any

import pytest

from crm.models import Field, Module
from crm.modules.editing import create_module
from crm.modules.field_editing import create_field
from tests.people import Company, grant

DEVICE_FIELDS: dict[str, dict[str, Any]] = {
    "serial": {"type": "text", "label": "Serial", "unique": True, "searched": True, "sorted": True},
    "reason": {"type": "long_text", "label": "Reason"},
    "pieces": {"type": "integer", "label": "Pieces", "sorted": True},
    "weight": {"type": "decimal", "label": "Weight", "options": {"scale": 3}},
    "price": {"type": "money", "label": "Price", "sorted": True},
    "rebate": {"type": "percent", "label": "Rebate"},
    "needed_on": {"type": "date", "label": "Needed on", "sorted": True},
    "call_at": {"type": "datetime", "label": "Call at"},
    "urgent": {"type": "boolean", "label": "Urgent"},
    "status": {
        "type": "picklist",
        "label": "Status",
        "choices": [("new", "New"), ("ordered", "Ordered"), ("here", "Here")],
        "default": "new",
        "required": True,
        "sorted": True,
    },
    "extras": {"type": "multi_picklist", "label": "Extras", "choices": [("bag", "Bag"), ("mouse", "Mouse")]},
    "contact_email": {"type": "email", "label": "E-mail"},
    "contact_phone": {"type": "phone", "label": "Phone"},
    "website": {"type": "url", "label": "Website"},
    "helper": {"type": "user", "label": "Helper"},
    "account": {"type": "link", "label": "Account", "options": {"module": "accounts"}},
}


def make_device_requests(company: Company) -> Module:
    """The module as an admin makes it; staff may do everything in it."""
    module = create_module(label="Device request", label_plural="Device requests", actor=company.admin)
    for key, given in DEVICE_FIELDS.items():
        create_field(module=module, key=key, actor=company.admin, **given)
    grant(company.staff, module.key)
    return module


@pytest.fixture
def device_requests(company: Company) -> Module:
    """Device requests, with a field of every type."""
    return make_device_requests(company)


def field_of(module: Module, key: str) -> Field:
    """One of the module's fields."""
    return Field.objects.get(module=module, key=key)
