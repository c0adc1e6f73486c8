"""What lies behind links is loaded with as many queries for many records as for one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from crm.criteria import load_linked_values
from crm.documents.generation import held_generation
from crm.modules.loading import module
from tests.crm.criteria.judging import make

PATHS = (  # hops: account, its parent, the parent's owner; the machine, its site and its account; the owner
    "name", "account.name", "account.industry", "account.parent.name", "account.parent.owner.role",
    "account.x_boolean", "x_machine.name", "x_machine.site.name", "x_machine.account.tags", "owner.name",
    "owner.active", "x_machine",
)  # fmt: skip
QUERIES = 7


@pytest.mark.usefixtures("world")
def test_queries_do_not_grow_with_the_records(world: list[int], django_assert_num_queries: Any) -> None:
    top = make("accounts", name="Top", owner=world[0])
    site = make("sites", name="Plant")
    rows = {}
    for n in range(20):
        account = make("accounts", name=f"A{n}", parent=top, industry="retail", tags=["vip"])
        machine = make("machines", name=f"M{n}", site=site, account=account)
        rows[n] = {"name": f"D{n}", "account": account, "x_machine": machine, "owner": world[n % 2]}
    deals = module("deals")
    for some in ({7: rows[7]}, rows):
        with held_generation(), django_assert_num_queries(QUERIES):
            found = load_linked_values(deals, PATHS, some)
        assert found.keys() == some.keys()
        assert found[7] == {
            "account.name": "A7",
            "account.industry": "retail",
            "account.parent.name": "Top",
            "account.parent.owner.role": "north",
            "account.x_boolean": False,
            "x_machine.name": "M7",
            "x_machine.site.name": "Plant",
            "x_machine.account.tags": ["vip"],
            "owner.name": "ben",
            "owner.active": False,
        }


@pytest.mark.usefixtures("world")
def test_what_is_not_linked_is_none() -> None:
    found = load_linked_values(module("deals"), PATHS, {1: {"account": None, "x_machine": 77}, 2: {}})
    assert found[1] == found[2]
    assert set(found[1].values()) == {None}


@pytest.mark.usefixtures("world", "dummy_virtual_fields")
def test_virtual_fields_are_loaded_for_all_at_once(django_assert_num_queries: Any) -> None:
    deals, account = module("deals"), make("accounts")
    with held_generation(), django_assert_num_queries(2):
        found = load_linked_values(
            deals, ["v_word", "account.v_score"], {n: {"account": account} for n in range(9)}
        )
    assert found[3] == {"v_word": None, "account.v_score": Decimal(account).scaleb(-2) - 1}
