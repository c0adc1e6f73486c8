"""What changed, in the event that is being judged."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from crm.criteria import Context, DictRow, NotInSql, compile_criteria
from crm.modules.loading import module

pytestmark = pytest.mark.usefixtures("world")


def happened(field: str, before: Any, now: Any, operator: str, value: Any = None) -> bool:
    context = Context(datetime(2024, 5, 15, tzinfo=UTC), "Europe/Berlin")
    condition = {"field": field, "operator": operator} | ({} if value is None else {"value": value})
    criteria = compile_criteria({"conditions": [condition]}, module("deals"), events=True)
    assert not criteria.matches(DictRow({field: now}), context), "a new record has changed nothing"
    with pytest.raises(NotInSql):
        criteria.q(context)
    return criteria.matches(DictRow({field: now}, before={field: before}), context)


def test_changed_means_another_value_also_from_or_to_nothing() -> None:
    assert happened("stage", "won", "lost", "changed")
    assert happened("stage", None, "lost", "changed")
    assert happened("stage", "won", None, "changed")
    assert not happened("stage", "won", "won", "changed")
    assert happened("name", "ada", "Ada", "changed")
    assert happened("tags", ["a"], ["a", "b"], "changed")
    assert not happened("amount", Decimal("1.0"), Decimal("1.00"), "changed")


def test_a_missing_flag_is_no() -> None:
    assert not happened("x_boolean", None, False, "changed")
    assert happened("x_boolean", None, True, "changed")
    assert happened("x_boolean", None, True, "changed_to", True)
    assert not happened("x_boolean", None, False, "changed_to", False)


def test_changed_to_means_it_was_not_and_is() -> None:
    assert happened("stage", "lost", "won", "changed_to", "won")
    assert happened("stage", None, "won", "changed_to", "won")
    assert not happened("stage", "won", "won", "changed_to", "won")
    assert not happened("stage", "won", "lost", "changed_to", "won")
    assert not happened("name", "ADA", "ada", "changed_to", "Ada")


def test_a_moment_changed_to_a_day_came_from_another_day() -> None:
    before, morning = datetime(2024, 5, 14, 12, tzinfo=UTC), datetime(2024, 5, 15, 7, tzinfo=UTC)
    noon = datetime(2024, 5, 15, 10, tzinfo=UTC)
    assert happened("x_datetime", before, morning, "changed_to", "2024-05-15")
    assert not happened("x_datetime", morning, noon, "changed_to", "2024-05-15")


def test_changed_from_to_needs_both_and_null_is_empty() -> None:
    assert happened("stage", "lost", "won", "changed_from_to", ["lost", "won"])
    assert not happened("stage", "proposal", "won", "changed_from_to", ["lost", "won"])
    assert happened("stage", None, "won", "changed_from_to", [None, "won"])
    assert happened("stage", "won", None, "changed_from_to", ["won", None])
    assert not happened("stage", "lost", "won", "changed_from_to", [None, "won"])


def test_not_changed_is_true_of_a_new_record() -> None:
    data = {"conditions": [{"field": "stage", "operator": "changed"}], "pattern": "not 1"}
    criteria = compile_criteria(data, module("deals"), events=True)
    assert criteria.asks_changes
    assert criteria.matches(DictRow({"stage": "won"}), Context(datetime(2024, 5, 15, tzinfo=UTC)))
