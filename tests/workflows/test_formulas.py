"""Updating a field by a formula: what is refused at publishing, told in words, done, and noticed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from crm.door import Change, Source, Verb, apply
from crm.models import User
from crm.modules.loading import module
from tests.workflows import rules as r
from workflows.kinds.base import ACTION_KINDS

pytestmark = pytest.mark.django_db
KIND = ACTION_KINDS["update_field"]
NOW = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)


def by(field: str, formula: Any) -> r.Action:
    """An action that sets the field by a formula."""
    return r.update(field, how="formula", formula=formula)


def problems(field: str, formula: Any, module_key: str = "deals") -> list[str]:
    """What publishing would say."""
    return KIND.validate(by(field, formula)[1], module(module_key))


def new_deal(ada: User, **values: Any) -> tuple[Any, list[str]]:
    """A deal as rules leave it, and what was noticed."""
    change = Change(Verb.CREATE, "deals", values={"name": "One", "owner": ada.pk, **values})
    outcome = apply([change], actor=ada, source=Source.PAGE, now=NOW).or_raise()
    return r.stored(outcome.ids[0], "deals"), [notice.message for notice in outcome.notices]


def test_a_number_is_worked_out_in_decimals_and_rounded_to_the_field(ada: User) -> None:
    r.live_rule("net", {}, [by("amount", "amount * probability / 100")], module_key="deals")
    deal, notices = new_deal(ada, amount="0.15", probability="70")
    assert (deal.amount, notices) == (Decimal("0.11"), [])


def test_today_is_the_organisations_day(ada: User) -> None:
    r.live_rule("close", {}, [by("close_date", "add_months(today(), 1)")], module_key="deals")
    assert new_deal(ada)[0].close_date == date(2026, 4, 1)


def test_linked_records_are_read(ada: User, lead: int) -> None:
    r.live_rule(
        "greet", r.when(("rating", "is", "high")),
        [by("title", 'concat("of ", owner.name, " at ", company)')],
    )  # fmt: skip
    r.edit(ada, lead, rating="high", company="Navy").or_raise()
    assert r.stored(lead).title == f"of {ada.name} at Navy"


def test_a_later_action_sees_what_an_earlier_one_worked_out(ada: User) -> None:
    r.live_rule("chain", {}, [by("amount", "2 * 3"), by("probability", "amount + 1")], module_key="deals")
    assert new_deal(ada)[0].probability == 7


def test_an_empty_result_clears_the_field(ada: User) -> None:
    r.live_rule("none", {}, [by("amount", "amount / 0")], module_key="deals")
    assert new_deal(ada, amount=5)[0].amount is None


def test_a_picklist_is_set_by_key(ada: User) -> None:
    r.live_rule(
        "rate",
        r.when(("company", "is_not_empty")),
        [by("rating", 'if(contains(company, "navy"), "high", "low")')],
    )
    found = r.create(ada, last_name="Lee", company="US Navy").or_raise().ids[0]
    assert r.stored(found).rating == "high"


def test_a_value_that_the_field_refuses_is_noticed_and_the_rest_goes_on(ada: User, lead: int) -> None:
    rule = [by("email", "concat(company, company)"), by("title", "upper(company)")]
    r.live_rule("mail", r.when(("rating", "is", "high")), rule)
    outcome = r.edit(ada, lead, rating="high", company="no address").or_raise()
    (notice,) = outcome.notices
    assert "e-mail" in notice.message
    assert (r.stored(lead).title, r.stored(lead).rating) == ("NO ADDRESS", "high")


def test_an_empty_result_for_a_required_field_is_taken_back_and_noticed(ada: User, lead: int) -> None:
    r.live_rule("none", r.when(("rating", "is", "high")), [by("last_name", "left(last_name, 0)")])
    outcome = r.edit(ada, lead, rating="high").or_raise()
    assert len(outcome.notices) == 1
    assert (r.stored(lead).last_name, r.stored(lead).rating) == ("Hopper", "high")


def test_a_whole_number_field_takes_whole_numbers_only(ada: User, lead: int) -> None:
    r.live_rule("half", r.when(("rating", "is", "high")), [by("employees", "5 / 2")])
    outcome = r.edit(ada, lead, rating="high").or_raise()
    assert [notice.message for notice in outcome.notices] == ["Enter a whole number."]


@pytest.mark.parametrize(
    ("field", "formula", "message"),
    [
        ("amount", "amout * 2", "Formula, position 1: Deals has no field “amout”. Did you mean “amount”?"),
        ("amount", "", "Formula, position 1: Enter a formula."),
        ("amount", None, "Formula, position 1: Enter a formula."),
        ("amount", "name", "The formula gives a text, which does not fit into Amount (Money)."),
        ("name", "amount", "The formula gives a number, which does not fit into Name (Text)."),
        ("name", "if(amount > 1, name, empty)", "Name is required and cannot be cleared."),
        (
            "close_date",
            "now()",
            "The formula gives a date and time, which does not fit into Close date (Date).",
        ),
        ("account", "contact", "The formula gives a record of “contacts”, which does not fit into Account"),
        ("stage", 'if(amount > 1, "won", "lots")', "Stage: “lots” is not one of the values of Stage"),
    ],
)
def test_publishing_refuses_what_does_not_fit(field: str, formula: Any, message: str) -> None:
    (found,) = [one for one in problems(field, formula) if one.startswith(message)] or [None]
    assert found, problems(field, formula)


@pytest.mark.parametrize(
    ("field", "formula"),
    [
        ("amount", "amount * 2"), ("name", "stage"), ("stage", "stage"), ("owner", "created_by"),
        ("account", "if(is_empty(account), contact.account, account)"), ("close_date", "today()"),
    ],
)  # fmt: skip
def test_publishing_takes_what_fits(field: str, formula: str) -> None:
    assert problems(field, formula) == []


def test_it_is_told_in_words() -> None:
    config = by("amount", "amount * (1 - probability / 100)")[1]
    assert KIND.describe(config, module("deals")) == "Set Amount to Amount × (1 − Probability ÷ 100)"
    assert KIND.describe(by("amount", "amount *")[1], module("deals")) == "Set Amount to amount *"
