"""Custom texts that look like numbers are texts still, when records are found by them."""

from typing import Any

import pytest

from crm.imports.duplicates import OnDuplicate
from crm.models import Contact, Module, User
from crm.modules.field_editing import create_field
from tests.crm.door.making import make, value
from tests.modules import device_requests

__all__ = ["device_requests"]
LOOKS = ["123", "007", "1e5", "true", "null"]


@pytest.mark.parametrize("code", LOOKS)
def test_doubles_are_found_by_such_a_text(
    import_file: Any, ada: User, device_requests: Module, code: str
) -> None:
    known = make("device_requests", ada, serial=code, reason="old")
    run = import_file(
        "device_requests",
        f"name,serial,reason\nB,{code},new\n",
        keys=("serial",),
        duplicates=OnDuplicate.UPDATE,
    )
    assert (run.tally.created, run.tally.updated) == (0, 1)
    assert value("device_requests", known, "reason") == "new"


@pytest.mark.parametrize("code", LOOKS)
def test_links_are_found_by_such_a_text(import_file: Any, admin: User, ada: User, code: str) -> None:
    accounts = Module.objects.get(key="accounts")
    create_field(module=accounts, label="Code", key="code", type="text", actor=admin)
    account = make("accounts", ada, code=code)
    run = import_file("contacts", f"last_name,account\nB,{code}\n", columns={"account": "account.code"})
    assert run.tally.created == 1
    assert Contact.objects.get().account_id == account


def test_the_closest_number_is_named_as_it_is_shown(import_file: Any, admin: User, ada: User) -> None:
    accounts = Module.objects.get(key="accounts")
    create_field(module=accounts, label="Size", key="size", type="decimal", actor=admin)
    make("accounts", ada, size="12.50")
    run = import_file("contacts", "last_name,account\nB,12.60\n", columns={"account": "account.size"})
    assert run.tally.refused == 1
    [reason] = run.tally.reasons
    assert "1250" not in reason.message
    assert "12.5" in reason.message
