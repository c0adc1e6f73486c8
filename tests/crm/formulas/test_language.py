"""What a formula may be, and how each mistake is named with its position."""

from __future__ import annotations

from typing import Any

import pytest

from crm.formulas import Formula, FormulaProblems, compile_formula
from crm.formulas.reading import DEEPEST, LONGEST, parse
from crm.formulas.tree import Call, Constant, Path
from crm.modules.loading import module

pytestmark = pytest.mark.django_db


def problems(text: Any) -> list[str]:
    """What is wrong with a formula for deals."""
    with pytest.raises(FormulaProblems) as refused:
        compile_formula(text, module("deals"))
    return [str(problem) for problem in refused.value.problems]


def compiled(text: str) -> Formula:
    """The formula for deals."""
    return compile_formula(text, module("deals"))


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("1 + 2 * 3", "1 + (2 * 3)"),
        ("1 - 2 - 3", "(1 - 2) - 3"),
        ("8 / 4 / 2", "(8 / 4) / 2"),
        ("-2 * 3", "(-2) * 3"),
        ("2 - -3", "2 - (-3)"),
        ("not a = b", "not (a = b)"),
        ("not a and b", "(not a) and b"),
        ("a or b and c", "a or (b and c)"),
        ("a + 1 > b * 2", "(a + 1) > (b * 2)"),
        ("a == b", "a = b"),
        ("a <> b", "a != b"),
        ("a AND Not b", "a and not b"),
        ("IF(TRUE, 1, .5)", "if(true, 1, 0.5)"),
    ],
)
def test_operators_bind_as_everywhere(text: str, same: str) -> None:
    def shape(node: Any) -> Any:
        return (node.name, *map(shape, node.parts)) if isinstance(node, Call) else getattr(node, "path", None)

    assert shape(parse(text)) == shape(parse(same))


def test_constants_and_paths_are_read() -> None:
    assert parse('"say ""hi"""') == Constant(1, 'say "hi"', "text")
    assert parse(" account.parent.name") == Path(2, "account.parent.name")
    assert parse('""') == Constant(1, None, "text")
    assert parse('"e\u0301"') == Constant(1, "\u00e9", "text")
    assert parse("Empty") == Constant(1, None, "nothing")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "Position 1: Enter a formula."),
        (["amount"], "Position 1: Enter a formula."),
        ("  ", "Position 1: Enter a formula."),
        ("amount *", "Position 9: The formula ends too early."),
        ("(amount", "Position 8: The formula ends too early. A closing bracket is missing."),
        ("min(1, 2", "Position 9: The formula ends too early. A closing bracket is missing."),
        ("amount)", "Position 7: “)” can't be read here."),
        ("amount 5", "Position 8: “5” can't be read here."),
        ("3days", "Position 1: “3” can't be read here."),
        ("amount % 2", "Position 8: “%” can't be read here."),
        ("1 < 2 < 3", "Position 7: “<” can't be read here. Join two comparisons by “and”."),
        ("name = 'x'", 'Position 8: Texts stand between straight double quotes, such as "open".'),
        ("name = “x”", 'Position 8: Texts stand between straight double quotes, such as "open".'),
        ('name = "x', 'Position 8: Texts stand between straight double quotes, such as "open".'),
        (
            "1234567890123456",
            "Position 1: A number has at most 15 digits before and 10 after the point.",
        ),
        (
            '"\0"',
            "Position 1: The text contains a character that is not allowed (NUL or half a character).",
        ),
        ("amout", "Position 1: Deals has no field “amout”. Did you mean “amount”?"),
        ("1 + Amount", "Position 5: Deals has no field “Amount”. Did you mean “amount”?"),
        ("Close_Date", "Position 1: Deals has no field “Close_Date”. Did you mean “close_date”?"),
        (
            "account.industri",
            "Position 1: Accounts has no field “industri”. The path is “account.industri”. "
            "Did you mean “industry”?",
        ),
        ("owner.emial", "Position 1: A person has no “emial”, but: name, email, active, role, profile. "
                        "Did you mean “email”?"),
        ("name.length", "Position 1: Name is no link to follow."),
        ("tags", "Position 1: Tags holds several values; formulas read fields with one value."),
        ("rond(1)", "Position 1: There is no function “rond”. Did you mean “round”?"),
        ("round(amount, 11)", "Position 15: round: Write a whole number from 0 to 10 here."),
        ("round(amount, probability)", "Position 15: round: Write a whole number from 0 to 10 here."),
        ("round()", "Position 1: round: 1 to 2 values are needed in the brackets, not 0."),
        ("upper(1, 2)", "Position 1: upper: 1 value is needed in the brackets, not 2."),
        ("min(1)", "Position 1: min: At least 2 values are needed in the brackets, not 1."),
        ("today(1)", "Position 1: today: 0 values are needed in the brackets, not 1."),
        ("name + 1", "Position 1: A number is needed here, not a text."),
        ("amount + close_date", "Position 10: A number is needed here, not a date."),
        ("if(amount, 1, 2)", "Position 4: if: Yes or no is needed here, not a number."),
        ("if(true, 1, name)", "Position 13: if: The values are of different kinds: a number and a text."),
        ("year(created_at)", "Position 6: year: A date is needed here, not a date and time."),
        ("add_days(name, 1)", "Position 10: add_days: A date or a date and time is needed here, not a text."),
        ("name < next_step", "Position 1: A number or a date or a date and time is needed here, not a text."),
        ("account = contact", "Position 11: The values are of different kinds: "
                              "a record of “accounts” and a record of “contacts”."),
        ("name = empty", "Position 8: Ask is_empty(…) whether a value is missing."),
        ('name != ""', "Position 9: Ask is_empty(…) whether a value is missing."),
        ("label(name)", "Position 7: label: A picklist field is needed here."),
        ("is_empty(amount > 1)", None),
        ("coalesce(empty, empty)", "Position 1: coalesce: At least one of the values must not be “empty”."),
        ("empty", "Position 1: A formula that is always empty gives nothing."),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_position(text: Any, message: str | None) -> None:
    found = problems(text)
    assert len(found) == 1
    if message is not None:
        assert found[0].startswith(message)


def test_a_key_that_the_picklist_does_not_have_is_named() -> None:
    (found,) = problems('stage = "Won"')
    assert found.startswith("Position 9: “Won” is not one of the values: prospecting, qualification")
    assert compiled('"won" = stage').family == "boolean"


def test_all_mistakes_are_named_at_once_in_their_order() -> None:
    found = problems("foo + bar(baz) * name")
    assert [each.split(":")[0] for each in found] == ["Position 1", "Position 7", "Position 11"]


def test_a_function_that_resembles_none_names_all() -> None:
    assert "There are: abs, add_days" in problems("quux(1)")[0]


def test_a_formula_is_bounded() -> None:
    assert compiled("+".join(["1"] * DEEPEST)).family == "number"
    assert "nested more than" in problems("+".join(["1"] * (DEEPEST + 2)))[0]
    assert "nested more than" in problems("(" * 500 + "1" + ")" * 500)[0]
    assert "nested more than" in problems("-" * 500 + "1")[0]
    assert "nested more than" in problems("not " * 400 + "true")[0]
    assert "nested more than" in problems("(1+" * 60 + "1" + ")" * 60 + "+1" * 60)[0]
    assert "at most 2000 characters" in problems("1" + " " * LONGEST)[0]


def test_it_says_what_it_reads() -> None:
    formula = compiled("if(account.parent.employees > 5, amount, length(owner.name))")
    assert formula.own_fields == {"account", "amount", "owner"}
    assert formula.linked_paths == {"account.parent.employees", "owner.name"}
    assert formula.reads == {
        ("deals", "account"), ("accounts", "parent"), ("accounts", "employees"), ("deals", "amount"),
        ("deals", "owner"),
    }  # fmt: skip
    assert not formula.asks_context
    assert compiled("days_between(close_date, today())").asks_context


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("amount * (1 - probability / 100)", "Amount × (1 − Probability ÷ 100)"),
        ("amount - (1 - 2)", "Amount − (1 − 2)"),
        ("amount - 1 - 2", "Amount − 1 − 2"),
        ("-(amount + 1)", "−(Amount + 1)"),
        ("(amount > 1 or is_empty(name)) and not stage = \"won\"",
         "(Amount is greater than 1 or Name is empty) and not (Stage is “won”)"),
        ("if(is_empty(next_step), name, next_step)",
         "(if Next step is empty, then Name, otherwise Next step)"),
        ("concat(name, account.name)", "(Name, Name of Account) joined"),
        ("days_between(today(), close_date)", "the days from today to Close date"),
        ("add_months(close_date, -1)", "Close date plus (−1) months"),
        ("1234.5 * amount", "1,234.5 × Amount"),
        ("upper(left(name, 2))", "(the first 2 characters of Name) in capital letters"),
        ("round(amount * 2, 1)", "(Amount × 2) rounded to 1 digits after the point"),
        ("abs(amount)", "Amount without its sign"),
        ("min(amount, 1 + 2)", "the least of (Amount, 1 + 2)"),
        ("label(stage)", "the label of Stage"),
        ("if(true, empty, amount)", "(if yes, then nothing, otherwise Amount)"),
    ],
)  # fmt: skip
def test_it_is_told_in_words(text: str, words: str) -> None:
    assert compiled(text).words() == words
