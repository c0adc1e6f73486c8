"""Each operator of each family, with values and without, in the predicate and in SQL."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from crm.criteria import Context
from crm.fields.links import Ref
from tests.crm.criteria.cases import Case, check, check_all_named
from tests.crm.criteria.judging import fits, judge, make

TEXT: list[Case] = [
    ("is", "ada GMBH", "Ada GmbH", True),
    ("is", "ada", "Ada GmbH", False),
    ("is", "ada", None, False),
    ("is", "straße", "STRASSE", False),
    ("is", "ΟΔΟΣ", "οδος", True),
    ("is", "ΟΔΟΣ", "οδοσ", True),
    ("is_not", "ada", "Ada", False),
    ("is_not", "ada", "Ben", True),
    ("is_not", "ada", None, True),
    ("contains", "50%", "a 50% b", True),
    ("contains", "50%", "a 501 b", False),
    ("contains", "a_b", "axb", False),
    ("contains", "A\\B", "xa\\bx", True),
    ("contains", "ΟΔΟΣ", "οδοσα", True),
    ("contains", "x", None, False),
    ("not_contains", "X", "axb", False),
    ("not_contains", "X", "ab", True),
    ("not_contains", "X", None, True),
    ("starts_with", "AD", "ada", True),
    ("starts_with", "da", "ada", False),
    ("starts_with", "a", None, False),
    ("ends_with", "DA", "ada", True),
    ("ends_with", "ad", "ada", False),
    ("ends_with", "a", None, False),
    ("is_any_of", ["ben", "ADA"], "ada", True),
    ("is_any_of", ["ben"], "ada", False),
    ("is_any_of", ["ben"], None, False),
    ("is_none_of", ["ben", "ADA"], "ada", False),
    ("is_none_of", ["ben"], "ada", True),
    ("is_none_of", ["ben"], None, True),
    ("is_empty", None, None, True),
    ("is_empty", None, "x", False),
    ("is_not_empty", None, None, False),
    ("is_not_empty", None, "x", True),
]


def test_text(context: Context) -> None:
    check_all_named("text", TEXT)
    check(TEXT, [("deals", "next_step"), ("machines", "name"), ("machines", "x_text")], context)


NUMBER: list[Case] = [
    ("is", "5", 5, True),
    ("is", 5, 4, False),
    ("is", "5", None, False),
    ("is_not", "5", 5, False),
    ("is_not", "5", 4, True),
    ("is_not", "5", None, True),
    ("greater", "5", 6, True),
    ("greater", "5", 5, False),
    ("greater", "-5", None, False),
    ("greater_or_equal", "5", 5, True),
    ("greater_or_equal", "5", 4, False),
    ("greater_or_equal", "-5", None, False),
    ("less", "5", 4, True),
    ("less", "5", 5, False),
    ("less", "5", None, False),
    ("less_or_equal", "5", 5, True),
    ("less_or_equal", "5", 6, False),
    ("less_or_equal", "5", None, False),
    ("between", ["4", "6"], 4, True),
    ("between", ["4", "6"], 6, True),
    ("between", ["4", "6"], 7, False),
    ("between", ["6", "4"], 5, False),
    ("between", ["4", "6"], None, False),
    ("is_empty", None, None, True),
    ("is_empty", None, 0, False),
    ("is_not_empty", None, None, False),
    ("is_not_empty", None, 0, True),
]
EDGES: list[Case] = [
    ("is", "9999999999999.99", Decimal("9999999999999.99"), True),
    ("greater", "9999999999999.98", Decimal("9999999999999.99"), True),
    ("less", "-9999999999999.98", Decimal("-9999999999999.99"), True),
    ("is", "0.07", Decimal("0.07"), True),
    ("greater", "0.07", Decimal("0.07"), False),
]


def test_numbers(context: Context) -> None:
    check_all_named("number", NUMBER)
    check(NUMBER, [("accounts", "employees"), ("machines", "x_integer")], context)
    decimals = [
        (operator, value, None if found is None else Decimal(found), expected)
        for operator, value, found, expected in NUMBER
    ]
    fields = [("deals", "amount"), ("machines", "x_money"), ("machines", "x_percent")]
    check([*decimals, *EDGES], fields, context)


BOOLEAN: list[Case] = [("is", True, True, True), ("is", True, False, False), ("is", False, False, True)]


def test_yes_and_no_and_a_missing_custom_one_is_no(context: Context) -> None:
    check_all_named("boolean", BOOLEAN)
    check(BOOLEAN, [("leads", "email_opt_out"), ("machines", "x_boolean")], context)
    check([("is", False, None, True), ("is", True, None, False)], [("machines", "x_boolean")], context)


CHOICE: list[Case] = [
    ("is", "red", "red", True),
    ("is", "red", "blue", False),
    ("is", "red", None, False),
    ("is_not", "red", "red", False),
    ("is_not", "red", None, True),
    ("is_any_of", ["red", "blue"], "blue", True),
    ("is_any_of", ["red"], None, False),
    ("is_none_of", ["red", "blue"], "blue", False),
    ("is_none_of", ["red"], None, True),
    ("is_empty", None, None, True),
    ("is_empty", None, "red", False),
    ("is_not_empty", None, None, False),
    ("is_not_empty", None, "red", True),
]


def test_choices(context: Context) -> None:
    check_all_named("choice", CHOICE)
    check(CHOICE, [("deals", "x_picklist"), ("machines", "x_picklist")], context)
    ratings = {"red": "high", "blue": "low"}

    def built_in(value: Any) -> Any:
        return [ratings[item] for item in value] if isinstance(value, list) else ratings.get(value)

    rated = [
        (operator, built_in(value), built_in(found), result) for operator, value, found, result in CHOICE
    ]
    check(rated, [("leads", "rating")], context)


LISTS: list[Case] = [
    ("contains_any", ["red", "green"], ["green"], True),
    ("contains_any", ["red"], ["green"], False),
    ("contains_any", ["red"], None, False),
    ("contains_all", ["red", "green"], ["red", "green", "blue"], True),
    ("contains_all", ["red", "green"], ["red"], False),
    ("contains_all", ["red"], None, False),
    ("contains_none", ["red"], ["green"], True),
    ("contains_none", ["red", "green"], ["green"], False),
    ("contains_none", ["red"], None, True),
    ("is_empty", None, None, True),
    ("is_empty", None, ["red"], False),
    ("is_not_empty", None, None, False),
    ("is_not_empty", None, ["red"], True),
]


def test_lists(context: Context) -> None:
    check_all_named("choices", LISTS)
    check(
        LISTS, [("deals", "tags"), ("deals", "x_multi_picklist"), ("machines", "x_multi_picklist")], context
    )


def test_lines_are_there_or_not(context: Context) -> None:
    cases: list[Case] = [
        ("is_empty", None, None, True),
        ("is_empty", None, [{"text": "Work"}], False),
        ("is_not_empty", None, [{"text": "Work"}], True),
        ("is_not_empty", None, None, False),
    ]
    check_all_named("lines", cases)
    check(cases, [("quotes", "lines")], context)


def test_people(context: Context, world: list[int]) -> None:
    ada, ben, _ipek = world
    cases: list[Case] = [
        ("is", ada, ada, True),
        ("is", "ada@example.com", ada, True),
        ("is", {"current_user": True}, ada, True),
        ("is", {"current_user": True}, ben, False),
        ("is", {"current_user": True}, None, False),
        ("is_not", {"current_user": True}, ben, True),
        ("is_not", {"current_user": True}, None, True),
        ("is_not", ada, None, True),
        ("is_any_of", [ada, "ben@example.com"], ben, True),
        ("is_any_of", [ada], None, False),
        ("is_none_of", [ada], ben, True),
        ("is_none_of", [ada], None, True),
        ("is_empty", None, None, True),
        ("is_not_empty", None, ada, True),
    ]
    check_all_named("user", cases)
    check(cases, [("deals", "owner"), ("machines", "x_user"), ("machines", "owner")], context)


def test_without_a_current_user_nobody_is_the_current_user(world: list[int]) -> None:
    context = Context(datetime(2024, 5, 15, tzinfo=UTC))
    assert not fits("deals", "owner", world[0], "is", {"current_user": True}, context)
    assert not fits("deals", "owner", None, "is", {"current_user": True}, context)
    assert fits("deals", "owner", world[0], "is_not", {"current_user": True}, context)


def test_links(context: Context) -> None:
    account, other = make("accounts", name="A"), make("accounts", name="B")
    cases: list[Case] = [
        ("is", account, account, True),
        ("is", account, other, False),
        ("is", account, None, False),
        ("is_not", account, other, True),
        ("is_not", account, None, True),
        ("is_any_of", [account], account, True),
        ("is_none_of", [account], None, True),
        ("is_empty", None, None, True),
        ("is_not_empty", None, account, True),
    ]
    check_all_named("link", cases)
    check(cases, [("deals", "account"), ("machines", "account")], context)


def test_links_to_any_record(context: Context) -> None:
    deal = make("deals", name="D")
    cases: list[Case] = [
        ("is", ["deals", deal], Ref("deals", deal), True),
        ("is", f"deals:{deal}", Ref("deals", deal), True),
        ("is", ["deals", deal], Ref("machines", deal + 1), False),
        ("is", ["deals", deal], None, False),
        ("is_not", ["deals", deal], None, True),
        ("is_empty", None, None, True),
        ("is_not_empty", None, Ref("deals", deal), True),
    ]
    check_all_named("any_link", cases)
    check(cases, [("tasks", "related")], context)


@pytest.mark.parametrize("pattern", ["not 1", "not (not (not 1))"])
def test_not_is_the_plain_opposite_also_of_a_comparison_with_nothing(context: Context, pattern: str) -> None:
    greater = {"field": "amount", "operator": "greater", "value": "5"}
    data = {"conditions": [greater], "pattern": pattern}
    assert judge("deals", {"amount": None}, data, context)
    assert judge("deals", {"amount": Decimal(5)}, data, context)
    assert not judge("deals", {"amount": Decimal(6)}, data, context)


def test_no_conditions_match_everything(context: Context) -> None:
    for data in (None, {}, {"conditions": []}, {"conditions": [], "pattern": None}):
        assert judge("deals", {"amount": None}, data, context)  # type: ignore[arg-type]
