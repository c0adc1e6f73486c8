"""The guide's examples give what it says, in the process and in SQL, and none of the functions lacks one."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings

from crm.criteria import Context
from crm.formulas import compile_formula
from crm.formulas.functions import FUNCTIONS, OPERATORS
from crm.formulas.functions.numbers import to_text
from crm.formulas.tree import functions_of
from crm.modules.loading import module
from tests.crm.criteria.judging import make
from tests.crm.formulas.judging import work_out

GUIDE = (settings.BASE_DIR / "docs/user/formulas.md").read_text()
EXAMPLE = re.compile(r"^\|[^|]*\| `([^`|]+)` \| (`[^`|]+`|yes|no|empty) \|$", re.MULTILINE)
EXAMPLES = EXAMPLE.findall(GUIDE)
pytestmark = pytest.mark.django_db


def shown(value: Any) -> str:
    """A value as the guide writes it."""
    if value is None or isinstance(value, bool):
        return {None: "empty", True: "yes", False: "no"}[value]
    if isinstance(value, datetime):
        return f"`{value.astimezone(ZoneInfo('Europe/Berlin')):%Y-%m-%d %H:%M}`"
    if isinstance(value, Decimal):
        return f"`{to_text(value)}`"
    return f"`{value}`" if isinstance(value, date) else f'`"{value}"`'


@pytest.fixture
def deal(world: list[int]) -> dict[str, Any]:
    """The deal that the guide describes."""
    account = make("accounts", name="Adler GmbH", employees=250)
    return {
        "name": "Wind farm", "amount": Decimal("1250.50"), "probability": Decimal(60),
        "stage": "negotiation",        "close_date": date(2024, 6, 30),
        "created_at": datetime(2024, 5, 1, 8, tzinfo=UTC), "account": account,
        "owner": world[0], "created_by": world[0],
    }  # fmt: skip


@pytest.mark.parametrize(("formula", "gives"), EXAMPLES)
def test_an_example_of_the_guide_gives_what_it_says(
    formula: str, gives: str, deal: dict[str, Any], context: Context
) -> None:
    assert shown(work_out("deals", formula, context, **deal)) == gives


def test_every_function_and_operator_has_an_example() -> None:
    trees = [compile_formula(formula, module("deals")).tree for formula, _gives in EXAMPLES]
    assert {made.key for tree in trees for made in functions_of(tree)} == {*FUNCTIONS, *OPERATORS}


def test_every_line_with_an_example_is_tested() -> None:
    assert len(EXAMPLES) == sum(line.count("|") == 4 for line in GUIDE.splitlines()) - 2 * 4
