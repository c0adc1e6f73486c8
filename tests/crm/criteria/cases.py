"""A case of an operator, and checking many of them."""

from __future__ import annotations

from typing import Any

from crm.criteria import Context
from crm.criteria.operators import operators_of
from tests.crm.criteria.judging import fits

Case = tuple[str, Any, Any, bool]  # operator, right side, found, result


def check(cases: list[Case], fields: list[tuple[str, str]], context: Context) -> None:
    """Every case on every field."""
    for module_key, field in fields:
        for operator, value, found, expected in cases:
            got = fits(module_key, field, found, operator, value, context)
            assert got is expected, f"{module_key}.{field}: {found!r} {operator} {value!r}"


def check_all_named(family: str, cases: list[Case]) -> None:
    """No operator of the family goes without a case."""
    known = {operator.key for operator in operators_of(family).values() if not operator.event}
    assert known == {case[0] for case in cases}
