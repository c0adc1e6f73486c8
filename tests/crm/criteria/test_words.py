"""Criteria in words, explained, and as canonical JSON."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils.translation import override

from crm.criteria import Context, DictRow, Line, compile_criteria, operators_for
from crm.models import Field
from crm.modules.loading import clear_registry, module
from tests.crm.criteria.judging import make

pytestmark = pytest.mark.usefixtures("world")


def words(*conditions: tuple[Any, ...], pattern: str | None = None) -> str:
    named = [dict(zip(("field", "operator", "value"), condition, strict=False)) for condition in conditions]
    data = {"conditions": named} | ({"pattern": pattern} if pattern else {})
    return compile_criteria(data, module("deals"), events=True).words()


def test_a_sentence_with_labels_values_and_brackets() -> None:
    amount, stage = ("amount", "greater", "100000"), ("stage", "is", "negotiation")
    assert words(amount, stage) == "Amount is greater than 100,000 and Stage is Negotiation"
    assert (
        words(amount, stage, ("name", "contains", "Ada"), pattern="(1 and 2) or not 3")
        == "(Amount is greater than 100,000 and Stage is Negotiation) or not (Name contains “Ada”)"
    )
    assert words(amount, stage, pattern="not(1 OR 2)") == (
        "not (Amount is greater than 100,000 or Stage is Negotiation)"
    )
    assert words() == "always"


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        (("amount", "less", "1234.5"), "Amount is less than 1,234.50"),
        (("probability", "is", 50), "Probability is 50 %"),
        (("amount", "between", [1, 2]), "Amount is between 1 and 2"),
        (
            ("account.industry", "is_any_of", ["retail", "finance"]),
            "Industry of Account is any of Retail or Finance",
        ),
        (("owner.role", "is", "north"), "Role of Owner is North"),
        (("account.owner.active", "is", True), "Active of Owner of Account is yes"),
        (("owner", "is", {"current_user": True}), "Owner is the current user"),
        (("owner", "is", "ada@example.com"), "Owner is Ada Σ"),
        (("close_date", "in_last", {"n": 1, "unit": "days"}), "Close date is in the last 1 day"),
        (("close_date", "in_next", {"n": 3, "unit": "weeks"}), "Close date is in the next 3 weeks"),
        (("close_date", "this_month"), "Close date is in this month"),
        (("close_date", "before", "2024-05-15"), "Close date is before May 15, 2024"),
        (("created_at", "is", "2024-05-15"), "Created is May 15, 2024"),
        (("amount", "greater", {"field": "expected_revenue"}), "Amount is greater than Expected revenue"),
        (
            ("x_multi_picklist", "contains_all", ["red", "blue"]),
            "My Multi Picklist contains all of Red and Blue",
        ),
        (("tags", "is_empty"), "Tags is empty"),
        (("stage", "changed_to", "won"), "Stage changed to Won"),
        (("stage", "changed_from_to", [None, "won"]), "Stage changed from empty to Won"),
        (("account", "is", 77), "Account is #77"),
    ],
)
def test_each_kind_of_value_is_told(condition: tuple[Any, ...], sentence: str) -> None:
    assert words(condition).replace("\u202f", " ") == sentence


def test_labels_and_numbers_are_in_the_active_language() -> None:
    Field.objects.filter(module__key="deals", key="amount").update(labels={"de": "Betrag"})
    clear_registry()
    with override("de"):
        sentence = words(("amount", "greater", "100000"))
    assert sentence.startswith("Betrag ")
    assert sentence.endswith(" 100.000")


def test_an_explanation_has_a_line_per_condition(context: Context, django_assert_num_queries: Any) -> None:
    account = make("accounts", name="Acme", industry="retail")
    conditions = [
        {"field": "amount", "operator": "greater", "value": {"field": "expected_revenue"}},
        {"field": "close_date", "operator": "before", "value": "2024-05-15"},
        {"field": "owner", "operator": "is", "value": {"current_user": True}},
        {"field": "account", "operator": "is_not_empty"},
        {"field": "stage", "operator": "changed_from_to", "value": ["won", "lost"]},
    ]
    data = {"conditions": conditions, "pattern": "1 or 2 or not 3 or (4 and 5)"}
    criteria = compile_criteria(data, module("deals"), events=True)
    values = {"amount": Decimal(5), "expected_revenue": Decimal("7.5"), "account": account, "stage": "lost"}
    explanation = criteria.explain(DictRow(values, before={**values, "stage": "won"}), context)
    assert explanation.result
    assert explanation.lines == (
        Line(1, "Amount", "is greater than", "Expected revenue (7.50)", "5", False),
        Line(2, "Close date", "is before", "May 15, 2024", "", False),
        Line(3, "Owner", "is", "the current user", "", False),
        Line(4, "Account", "is not empty", "", "Acme", True),
        Line(5, "Stage", "changed from", "Won to Lost", "Won → Lost", True),
    )


def test_the_document_has_one_form(world: list[int]) -> None:
    conditions = [
        {"value": 5, "operator": "is", "field": "amount"},
        {"field": "owner", "operator": "is_any_of", "value": [world[0], "BEN@example.com", world[0]]},
        {"field": "created_at", "operator": "after", "value": "2024-05-15T12:00:00+02:00"},
        {"field": "created_at", "operator": "is", "value": "2024-05-15"},
        {"field": "name", "operator": "contains", "value": " e\u0301 "},
        {"field": "stage", "operator": "is_empty", "value": None},
    ]
    pattern = "NOT not 1 and ((2)) and 3 AND 4 and 5 and 6"
    data = compile_criteria({"conditions": conditions, "pattern": pattern}, module("deals")).data
    assert data == {
        "conditions": [
            {"field": "amount", "operator": "is", "value": "5.00"},
            {"field": "owner", "operator": "is_any_of", "value": ["ada@example.com", "ben@example.com"]},
            {"field": "created_at", "operator": "after", "value": "2024-05-15 10:00:00"},
            {"field": "created_at", "operator": "is", "value": "2024-05-15"},
            {"field": "name", "operator": "contains", "value": "é"},
            {"field": "stage", "operator": "is_empty"},
        ]
    }
    assert compile_criteria(data, module("deals")).data == data


def test_editors_are_offered_what_fits(context: Context) -> None:
    offered = {offer.key: offer for offer in operators_for(module("deals").field("close_date"))}
    assert offered["in_last"].label == "is in the last"
    assert [offered[key].input for key in ("is", "between", "in_last", "is_empty")] == [
        "value", "range", "period", "none",
    ]  # fmt: skip
    assert "changed" not in offered
    stage = module("deals").field("stage")
    assert [offer.key for offer in operators_for(stage, events=True)][-3:] == [
        "changed",
        "changed_to",
        "changed_from_to",
    ]
    assert {offer.input for offer in operators_for(stage)} == {"value", "values", "none"}


def test_the_context_is_asked_only_where_it_matters(context: Context) -> None:
    def asks(*condition: Any) -> bool:
        named = dict(zip(("field", "operator", "value"), condition, strict=False))
        return compile_criteria({"conditions": [named]}, module("deals")).asks_context

    assert not asks("amount", "greater", 5)
    assert asks("close_date", "today")
    assert asks("owner", "is", {"current_user": True})


def test_the_same_criteria_in_another_context_answer_anew(context: Context) -> None:
    data = {"conditions": [{"field": "close_date", "operator": "today"}]}
    criteria = compile_criteria(data, module("deals"))
    row = DictRow({"close_date": date(2024, 5, 15)})
    late = Context(context.now, "Pacific/Kiritimati")  # there it is past midnight
    assert [criteria.matches(row, each) for each in (context, late, context)] == [True, False, True]
