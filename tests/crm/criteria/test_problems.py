"""What can't be used is refused, and named."""

from __future__ import annotations

from typing import Any

import pytest

from crm.criteria import CriteriaProblems, compile_criteria
from crm.modules.loading import module


def problems(data: Any, *, events: bool = False) -> list[tuple[int | None, str | None, str]]:
    with pytest.raises(CriteriaProblems) as raised:
        compile_criteria(data, module("deals"), events=events)
    return [(problem.number, problem.field, problem.message) for problem in raised.value.problems]


def one(field: Any, operator: Any, *value: Any, events: bool = False) -> str:
    """The message about one wrong condition."""
    condition = {"field": field, "operator": operator} | ({"value": value[0]} if value else {})
    ((number, _named, message),) = problems({"conditions": [condition]}, events=events)
    assert number == 1
    return message


pytestmark = pytest.mark.usefixtures("world")


def test_every_mistake_is_named_at_once_with_its_number_and_field() -> None:
    conditions = [
        {"field": "nope", "operator": "is", "value": "1"},
        {"field": "amount", "operator": "contains", "value": "1"},
        {"field": "stage", "operator": "is", "value": "gone"},
        {"field": "amount", "operator": "greater"},
    ]
    found = problems({"conditions": conditions, "pattern": "1 and 2 and 3 and 9"})
    assert [(number, field) for number, field, _message in found] == [
        (1, "nope"), (2, "amount"), (3, "stage"), (4, "amount"), (None, None), (4, None),
    ]  # fmt: skip
    assert found[0][2] == "Deals has no field “nope”."
    assert "choose one of: is, is_not, greater" in found[1][2]
    assert found[2][2].startswith("Stage: “gone” is not one of the values: Prospecting, ")
    assert found[3][2] == "Amount: Enter a value."
    assert found[4][2] == "The pattern names condition 9, which does not exist."
    assert found[5][2] == "The pattern leaves out condition 4."


@pytest.mark.parametrize(
    ("field", "operator", "value", "words"),
    [
        ("amount", "is", "1.234", "At most 2 digits after the point"),
        ("amount", "is", "12345678901234567", "15 digits"),
        ("amount", "is", "abc", "Enter a number"),
        ("amount", "is", True, "Enter a number"),
        ("amount", "is", "NaN", "Enter a number"),
        ("amount", "is", [1], "Enter a number"),
        ("amount", "is", {"n": 1}, "Enter a value"),
        ("amount", "is", {"current_user": True}, "Enter a value"),
        ("amount", "between", ["1"], "lowest and the highest"),
        ("amount", "between", "1", "lowest and the highest"),
        ("amount", "is_empty", "1", "takes no value"),
        ("name", "is", "   ", "Enter a value"),
        ("name", "contains", "x" * 1001, "At most 1000 characters"),
        ("name", "contains", "a\0b", "not allowed"),
        ("name", "contains", {"field": "next_step"}, "Enter a value"),
        ("name", "is_any_of", [], "one to 500 values"),
        ("name", "is_any_of", "x", "one to 500 values"),
        ("name", "is_any_of", [None], "Enter a value"),
        ("close_date", "is", "2024-02-30", "a date that exists"),
        ("close_date", "is", 20240230, "a date that exists"),
        ("close_date", "is", "2024-02-20 10:00:00", "a date that exists"),
        ("created_at", "is", "yesterday", "a moment in UTC"),
        ("created_at", "is", 5, "a moment in UTC"),
        ("close_date", "in_last", {"n": 0, "unit": "days"}, "from 1 to 9999"),
        ("close_date", "in_last", {"n": 1.5, "unit": "days"}, "from 1 to 9999"),
        ("close_date", "in_last", {"n": True, "unit": "days"}, "from 1 to 9999"),
        ("close_date", "in_last", {"n": 3, "unit": []}, "from 1 to 9999"),
        ("close_date", "in_last", {"n": 3, "unit": "years"}, "from 1 to 9999"),
        ("close_date", "in_last", 3, "from 1 to 9999"),
        ("x_boolean", "is", "yes", "Choose yes or no"),
        ("stage", "is", 5, "Choose one of the values"),
        ("stage", "is_any_of", ["won", "gone"], "“gone” is not one of the values"),
        ("x_multi_picklist", "contains_any", ["red", "gone"], "Red, Green, Blue"),
        ("owner", "is", 999_999, "no person number 999999"),
        ("owner", "is", "nobody@example.com", "nobody@example.com"),
        ("owner", "is", "x", "Choose from the list"),
        ("account", "is", -1, "Choose from the list"),
        ("owner.role", "is", "gone", "“gone” is not one of the values: North, S."),
        ("amount", "greater", {"field": "gone"}, "no field “gone”"),
        ("amount", "greater", {"field": 5}, "Choose a field"),
    ],
)
def test_a_wrong_value_is_refused_and_the_field_named(
    field: str, operator: str, value: Any, words: str
) -> None:
    message = one(field, operator, value)
    assert words in message
    assert message.startswith(("Amount: ", "Name: ", "Close date: ", "Created: ", "My ", "Stage: ", "Owner: ",
                               "Account: ", "Role of Owner: "))  # fmt: skip


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "Choose a field"),
        (None, "Choose a field"),
        (5, "Choose a field"),
        ("account.nope", "Accounts has no field “nope”. The path is “account.nope”."),
        ("name.x", "Name is no link to follow"),
        ("owner.nope", "A person has no “nope”, but: name, email, active, role, profile."),
        ("owner.role.key", "A person has no “role”"),
        ("account.parent.parent.parent.name", "at most 3 links"),
        ("account.parent.parent.parent.owner.name", "at most 3 links"),
        ("a.b.c.d.e.f", "at most 3 links"),
        ("account..name", "no field “”"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(path: Any, words: str) -> None:
    assert words in one(path, "is_empty")


def test_a_path_over_three_links_and_on_to_a_person_is_allowed() -> None:
    condition = {"field": "account.parent.parent.owner.name", "operator": "is_empty"}
    compile_criteria({"conditions": [condition]}, module("deals"))


@pytest.mark.parametrize("operator", [None, 5, [], "like", "changed"])
def test_an_operator_that_is_none_is_refused(operator: Any) -> None:
    message = one("amount", operator)
    assert "does not fit" in message or "only known when a record is saved" in message


def test_only_own_fields_are_watched_for_changes() -> None:
    assert "own fields" in one("account.industry", "changed", events=True)
    assert "they differ" in one("stage", "changed_from_to", ["won", "won"], events=True)
    assert "Enter a value" in one("stage", "changed_to", events=True)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("1 and", "ends too early, at position 6"),
        ("(1 and 2", "ends too early, at position 9"),
        ("1 2", "position 3, near “2”"),
        ("1 and (2))", "position 10, near “)”"),
        ("1 xor 2", "position 3, near “x”"),
        ("and 1", "position 1, near “and”"),
        ("1 and 2 or $", "position 12, near “$”"),
        ("not", "ends too early"),
        ("()", "position 2, near “)”"),
        (5, "a text such as"),
        ("1" * 2001, "more than 2000 characters"),
        ("(" * 50 + "1" + ")" * 50, "nested more than 40 deep"),
        ("not " * 50 + "1", "nested more than 40 deep"),
        ("1 and 2 and 0", "names condition 0"),
    ],
)
def test_a_pattern_that_cannot_be_read_names_the_position(pattern: Any, words: str) -> None:
    conditions = [{"field": "amount", "operator": "is_empty"}] * 2
    found = problems({"conditions": conditions, "pattern": pattern})
    assert any(words in message for _number, _field, message in found), found


@pytest.mark.parametrize(
    "data",
    [5, [], "x", {"conditions": 5}, {"condition": []}, {"conditions": [5]}, {"conditions": [{"fields": "x"}]},
     {"conditions": [{"field": "amount", "operator": "is_empty"}] * 101}, {"pattern": "1"}],
)  # fmt: skip
def test_json_of_another_shape_is_refused(data: Any) -> None:
    assert problems(data)
