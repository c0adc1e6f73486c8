"""Batches first: the number of statements depends on the number of chunks, not of records."""

from collections.abc import Callable
from typing import Any

import pytest

from crm.door import Change, Verb
from crm.models import Module, User
from tests.crm.door.making import NEEDED, make, statements
from tests.modules import device_requests

__all__ = ["device_requests"]

MODULES = ["leads", "contacts", "quotes", "tasks", "device_requests"]
Make = Callable[[str, int], list[Change]]


def creating(key: str, links: dict[str, Any], count: int) -> list[Change]:
    given = {**NEEDED.get(key, {"name": "Thing"}), **links}
    return [Change(Verb.CREATE, key, None, dict(given)) for _ in range(count)]


def linked(key: str, ada: User) -> dict[str, Any]:
    """Values that make a module's record touch every table it can."""
    account = make("accounts", ada)
    values: dict[str, dict[str, Any]] = {
        "leads": {"tags": ["a"], "annual_revenue": 5},
        "contacts": {"account": account},
        "quotes": {
            "account": account,
            "lines": [{"product": make("products", ada), "quantity": 2, "price": 3}],
        },
        "tasks": {"related": ("accounts", account)},
        "device_requests": {"account": account, "price": 5, "helper": ada.pk},
    }
    return {"owner": ada.pk, **values[key]}


@pytest.mark.parametrize("key", MODULES)
def test_statements_do_not_grow_with_records(
    key: str, ada: User, device_requests: Module, settings: Any
) -> None:
    settings.CRM_CHUNK_SIZE = {"postgresql": 500, "sqlite": 500}
    values = linked(key, ada)
    counts: dict[str, list[int]] = {}
    for count in (3, 10, 400):  # the first time fills the caches
        creates = creating(key, values, count)
        counts.setdefault("create", []).append(statements(creates, ada))
        from crm.modules.loading import module

        ids = list(
            module(key).rows().filter(binned_at=None).order_by("-id").values_list("id", flat=True)[:count]
        )
        edits = [Change(Verb.EDIT, key, pk, {"tags": [str(pk)]}, version=1) for pk in ids]
        counts.setdefault("edit", []).append(statements(edits, ada))
        mass = [Change(Verb.EDIT, key, pk, {"owner": None, "tags": None}) for pk in ids]
        counts.setdefault("mass update", []).append(statements(mass, None))
        for verb in (Verb.BIN, Verb.RESTORE, Verb.BIN, Verb.PURGE):
            counts.setdefault(verb, []).append(statements([Change(verb, key, pk) for pk in ids], None))
    assert {
        verb: found for verb, found in counts.items() if found[-1] != found[-2] and verb != Verb.BIN
    } == {}
    assert len(set(counts[Verb.BIN][2:])) == 1  # binned twice each time


def test_purging_clears_many_links_in_a_fixed_number_of_statements(ada: User, settings: Any) -> None:
    counts = []
    for count in (1, 2, 200):
        account = make("accounts", ada)
        made = [
            Change(Verb.CREATE, "contacts", None, {"last_name": "C", "account": account})
            for _ in range(count)
        ]
        statements(made, None)
        statements([Change(Verb.BIN, "accounts", account)], None)
        counts.append(statements([Change(Verb.PURGE, "accounts", account)], None))
    assert counts[1] == counts[2]
