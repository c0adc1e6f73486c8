"""Fields compared with fields, whichever way the two are kept; linked, person and virtual fields."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import connection

from crm.criteria import Context, CriteriaProblems, compile_criteria
from crm.modules.loading import module
from tests.crm.criteria.judging import judge, make
from tests.crm.criteria.world import insert, rows_of


def compare(left: str, operator: str, right: str) -> dict[str, Any]:
    return {"conditions": [{"field": left, "operator": operator, "value": {"field": right}}]}


MOMENT = datetime(2024, 5, 15, 10, 0, tzinfo=UTC)
PAIRS = [  # column, custom field, a low and a high value
    ("amount", "x_decimal", Decimal("0.07"), Decimal("0.08")),
    ("amount", "x_number", Decimal(7), Decimal(8)),
    ("rate", "x_decimal", Decimal("0.07"), Decimal("0.0701")),
    ("close_date", "x_date", date(2024, 5, 14), date(2024, 5, 15)),
    ("modified_at", "x_datetime", MOMENT, MOMENT + timedelta(seconds=1)),
]
ORDER = {
    "number": ("greater", "less_or_equal"),
    "date": ("after", "on_or_before"),
    "datetime": ("after", "on_or_before"),
}


@pytest.mark.parametrize(("column", "custom", "low", "high"), PAIRS)
def test_a_column_compares_with_a_custom_field(
    context: Context, column: str, custom: str, low: Any, high: Any
) -> None:
    more, at_most = ORDER[module("deals").field(column).type.family]
    for left, right in ((column, custom), (custom, column)):
        assert judge("deals", {left: high, right: low}, compare(left, more, right), context)
        assert not judge("deals", {left: low, right: low}, compare(left, more, right), context)
        assert judge("deals", {left: low, right: low}, compare(left, at_most, right), context)
        assert judge("deals", {left: low, right: low}, compare(left, "is", right), context)
        assert judge("deals", {left: low, right: high}, compare(left, "is_not", right), context)


def test_fifteen_digits_in_a_column_equal_the_same_in_a_custom_field(context: Context) -> None:
    random, info = Random(1), module("deals")
    numbers = [Decimal(random.randrange(10 ** random.randint(1, 13))).scaleb(-2) for _ in range(2000)]
    records = {
        n: {"amount": number, "x_decimal": number - n % 2 * Decimal("0.0001")}
        for n, number in enumerate(numbers, 1)
    }
    insert(info, records)
    for operator in ("is", "greater"):
        criteria = compile_criteria(compare("amount", operator, "x_decimal"), info)
        fitting = {n for n, row in rows_of(info, [], records).items() if criteria.matches(row, context)}
        assert set(info.rows().filter(criteria.q(context)).values_list("pk", flat=True)) == fitting
        assert len(fitting) > 100


def test_texts_and_choices_and_flags_and_people_compare(context: Context, world: list[int]) -> None:
    assert judge("deals", {"name": "STRAẞE", "x_text": "straße"}, compare("name", "is", "x_text"), context)
    assert judge(
        "leads", {"source": "web", "x_picklist": "red"}, compare("source", "is_not", "x_picklist"), context
    )
    flags = compare("email_opt_out", "is", "x_boolean")
    assert judge("leads", {"email_opt_out": False, "x_boolean": None}, flags, context)
    assert not judge("leads", {"email_opt_out": True, "x_boolean": None}, flags, context)
    owners = compare("owner", "is", "x_user")
    assert judge("deals", {"owner": world[0], "x_user": world[0]}, owners, context)
    assert not judge("deals", {"owner": None, "x_user": None}, owners, context)
    assert judge("deals", {"owner": None, "x_user": None}, compare("owner", "is_not", "x_user"), context)


def test_fields_of_another_kind_or_target_are_refused(world: list[int]) -> None:
    for left, right in (("amount", "name"), ("account", "contact"), ("close_date", "created_at")):
        with pytest.raises(CriteriaProblems, match="another kind"):
            compile_criteria(compare(left, "is", right), module("deals"))


def test_linked_fields_over_columns_and_custom_links(context: Context, world: list[int]) -> None:
    top = make("accounts", industry="retail", owner=world[0], x_boolean=True)
    account = make("accounts", industry="finance", parent=top, owner=world[1])
    site = make("sites", name="Plant")
    machine = make("machines", name="Press", account=account, site=site, x_decimal=Decimal("1.5000"))
    values = {"account": account, "x_machine": machine}
    for field, operator, value in (
        ("account.industry", "is", "finance"),
        ("account.parent.industry", "is", "retail"),
        ("account.parent.owner.role", "is", "north"),
        ("account.owner.active", "is", False),
        ("account.parent.x_boolean", "is", True),
        ("account.x_boolean", "is", False),
        ("x_machine.name", "starts_with", "pr"),
        ("x_machine.account.industry", "is", "finance"),
        ("x_machine.account.parent.industry", "is", "retail"),
        ("x_machine.account.parent.owner.name", "contains", "σ"),
        ("x_machine.site.name", "is", "plant"),
        ("x_machine.x_decimal", "greater", "1.4999"),
        ("x_machine.account", "is", account),
    ):
        data = {"conditions": [{"field": field, "operator": operator, "value": value}]}
        assert judge("deals", values, data, context), field
        assert not judge("deals", values, data | {"pattern": "not 1"}, context), field
        assert not judge("deals", {}, data, context), field
        assert judge("deals", {}, data | {"pattern": "not 1"}, context), field


def test_a_linked_record_in_the_bin_counts_and_one_that_is_gone_is_empty(context: Context) -> None:
    machine = make("machines", name="Press")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE crm_customrecord SET binned_at = created_at WHERE id = %s", [machine])
    data = {"conditions": [{"field": "x_machine.name", "operator": "is_empty"}]}
    assert not judge("deals", {"x_machine": machine}, data, context)
    assert judge("deals", {"x_machine": 77}, data, context)
    assert judge("deals", {"x_machine": None}, data, context)


def test_virtual_fields_on_the_record_and_behind_links(context: Context, dummy_virtual_fields: None) -> None:
    account = make("accounts")
    score = Decimal(account).scaleb(-2) - 1
    equal = {"operator": "is", "value": str(score)}
    linked = {"conditions": [{"field": "account.v_score", **equal}]}
    assert judge("deals", {"account": account}, linked, context)
    assert not judge("deals", {}, linked, context)
    own = {"conditions": [{"field": "v_score", "operator": "greater", "value": "1"}]}
    assert judge("deals", {}, own, context)
    wordless = {"conditions": [{"field": "v_word", "operator": "is_empty"}]}
    assert judge("deals", {}, wordless, context)
    with pytest.raises(CriteriaProblems, match="v_word"):
        compile_criteria(wordless, module("leads"))


def test_paths_tell_own_linked_and_virtual_apart(world: list[int], dummy_virtual_fields: None) -> None:
    conditions = [
        {"field": "amount", "operator": "greater", "value": {"field": "account.annual_revenue"}},
        {"field": "owner.role", "operator": "is_empty"},
        {"field": "v_score", "operator": "greater", "value": 1},
    ]
    criteria = compile_criteria({"conditions": conditions}, module("deals"))
    assert criteria.paths == {"amount", "account.annual_revenue", "owner.role", "v_score"}
    assert criteria.own_fields == {"amount", "account", "owner"}
    assert criteria.linked_paths == {"account.annual_revenue", "owner.role", "v_score"}
    assert criteria.reads == {
        ("deals", "amount"), ("deals", "account"), ("accounts", "annual_revenue"), ("deals", "owner"),
    }  # fmt: skip
