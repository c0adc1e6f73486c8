"""Virtual fields by a formula: criteria read them like a field, with one meaning."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from crm.criteria import Context, CriteriaProblems, compile_criteria
from crm.criteria.virtual import forget_virtual_field
from crm.formulas import FormulaProblems, compile_formula, register_formula_field
from crm.modules.loading import module
from tests.crm.criteria.judging import judge, make
from tests.crm.formulas.judging import work_out

pytestmark = pytest.mark.django_db
KEYS = ("v_net", "v_title", "v_wrong")


@pytest.fixture
def fields(world: list[int]) -> Iterator[None]:
    """A net amount of deals, and a title with the account's name."""
    register_formula_field("deals", "v_net", "Net", "money", "amount * (1 - probability / 100)")
    register_formula_field("deals", "v_title", "Title", "text", 'concat(name, " / ", account.name)')
    yield
    for key in KEYS:
        forget_virtual_field(key)


def test_criteria_read_it(fields: None, context: Context) -> None:
    deal = {"amount": Decimal("0.15"), "probability": Decimal(70), "name": "One"}  # 0.045, rounded half up
    for value, expected in (("0.05", True), ("0.04", False)):
        condition = {"field": "v_net", "operator": "is", "value": value}
        assert judge("deals", deal, {"conditions": [condition]}, context) is expected
    empty = {"conditions": [{"field": "v_net", "operator": "is_empty"}]}
    assert judge("deals", {"name": "Two"}, empty, context)


def test_it_is_read_over_links_and_reads_over_links(fields: None, context: Context) -> None:
    account = make("accounts", name="Adler")
    deal = make("deals", name="One", account=account, amount=Decimal(10), probability=Decimal(25))
    linked = {"x_deal": deal, "name": "Call"}
    for field, value in (("x_deal.v_title", "one / ADLER"), ("x_deal.v_net", "7.5")):
        condition = {"field": field, "operator": "is", "value": value}
        assert judge("tasks", linked, {"conditions": [condition]}, context)
    assert work_out("tasks", "x_deal.v_net * 2", context, **linked) == 15


def test_only_its_module_has_it(fields: None) -> None:
    condition = {"field": "v_net", "operator": "is_empty"}
    with pytest.raises(CriteriaProblems):
        compile_criteria({"conditions": [condition]}, module("leads"))


@pytest.mark.parametrize("text", ["days_between(close_date, today())", "v_net + 1", "name", "nothing_here"])
def test_a_formula_that_no_field_can_have_is_refused(text: str, fields: None, context: Context) -> None:
    register_formula_field("deals", "v_wrong", "Wrong", "decimal", text)
    formula: Any = compile_formula("v_wrong + 1", module("deals"))
    with pytest.raises(FormulaProblems):
        formula.sql(context)
