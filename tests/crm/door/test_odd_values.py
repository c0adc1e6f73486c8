"""Values that are rare, and were once stored wrongly or broke the door."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from crm.door import Batch, Change, Draft, Source, Verb, apply
from crm.door.merge import merge_records
from crm.door.stages.base import Stage
from crm.models import Currency, ExchangeRate, Field, LineItem, Module, User
from crm.modules.loading import clear_registry
from crm.visibility.indexes import build_indexes
from tests.crm.door.making import NEEDED, codes, do, edit, history, make, stored, value
from tests.crm.door.test_apply import Sets
from tests.modules import device_requests

__all__ = ["device_requests"]
BILLION = 10**9


@pytest.fixture(params=["without the index", "with the index"])
def serials(request: pytest.FixtureRequest, device_requests: Module) -> None:
    """Device requests, whose serial numbers are unique."""
    if request.param == "with the index":
        build_indexes()


@pytest.mark.usefixtures("serials")
def test_unique_texts_differ_in_more_than_case(ada: User) -> None:
    first = make("device_requests", ada, serial="Straße-1")
    refused = do(Verb.CREATE, "device_requests", None, actor=ada, name="B", serial="STRAßE-1")  # type: ignore[arg-type]
    assert codes(refused) == [("serial", "unique")]
    assert refused.problems[0].detail["other"] == first
    assert "STRAßE-1" in refused.problems[0].message
    assert edit("device_requests", first, ada, serial="STRASSE-1").ok  # its own, written otherwise
    assert edit("device_requests", first, ada, serial="strasse-1").ok


@pytest.mark.usefixtures("serials")
@pytest.mark.parametrize("text", ["123", "007", "1e5", "NaN", "true", "null", '"x"', "[1]", "%", "{}"])
def test_unique_texts_that_look_like_something_else_are_texts(ada: User, text: str) -> None:
    first = make("device_requests", ada, serial=text)
    assert value("device_requests", first, "serial") == text
    refused = do(Verb.CREATE, "device_requests", None, actor=ada, name="B", serial=text)  # type: ignore[arg-type]
    assert codes(refused) == [("serial", "unique")]
    assert make("device_requests", ada, serial=f"{text}0")


NUMBERS = [5, True, 1.5, float("nan")]  # may stand in a text
NESTED = [{"a": 1}, {}, [[]], [{"a": 1}], ["leads", {}], b"x"]
ANY = [None, None]


@pytest.mark.parametrize(
    ("key", "field", "raw"),
    [
        *(("device_requests", "extras", raw) for raw in (*NUMBERS, *NESTED, ANY, ["leads"])),
        *(("leads", "tags", raw) for raw in (*NUMBERS, *NESTED)),
        *(("tasks", "related", raw) for raw in (*NUMBERS, *NESTED, ANY, ["leads"])),
        *(("device_requests", "reason", raw) for raw in (*NESTED, ANY)),
        *(("leads", "company", raw) for raw in (*NESTED, ANY)),
    ],
)
def test_values_of_another_kind_are_refused_by_name(
    ada: User, device_requests: Module, key: str, field: str, raw: object
) -> None:
    """As a program may send them."""
    change = Change(Verb.CREATE, key, None, {**NEEDED.get(key, {"name": "N"}), field: raw})
    outcome = apply([change], actor=ada, source=Source.API)
    assert [problem.field for problem in outcome.problems] == [field]


@pytest.mark.usefixtures("serials")
def test_of_two_new_records_with_one_unique_text_the_first_goes_in(ada: User) -> None:
    changes = [
        Change(Verb.CREATE, "device_requests", None, {"name": text, "serial": text})
        for text in ("a1", "A1", "b1")
    ]
    outcome = apply(changes, actor=ada, source=Source.IMPORT, mode="each")
    assert [result.ok for result in outcome.results] == [True, False, True]
    assert codes(outcome) == [("serial", "unique")]


@pytest.mark.usefixtures("serials")
def test_a_restored_record_meets_its_unique_text_in_another_case(ada: User) -> None:
    first = make("device_requests", ada, serial="a1")
    do(Verb.BIN, "device_requests", first, actor=ada).or_raise()
    make("device_requests", ada, serial="A1")
    assert codes(do(Verb.RESTORE, "device_requests", first, actor=ada)) == [("serial", "unique")]


def test_unique_numbers_are_the_same_however_they_are_written(ada: User, device_requests: Module) -> None:

    Field.objects.filter(module=device_requests, key="weight").update(unique=True)

    clear_registry()
    make("device_requests", ada, weight="1.5")
    refused = do(Verb.CREATE, "device_requests", None, actor=ada, name="B", weight="1.500")  # type: ignore[arg-type]
    assert codes(refused) == [("weight", "unique")]


def test_lines_of_merged_products_follow_the_one_that_stays(ada: User, ben: User) -> None:
    winner, loser, other = (make("products", ada, name=name) for name in ("Lever", "Lever (old)", "Nut"))
    lines = [{"product": loser, "price": 5, "quantity": 2}, {"product": other, "price": 7}, {"text": "Own"}]
    quote = make("quotes", ben, lines=lines)
    binned = make("quotes", ben, lines=lines[:1])
    do(Verb.BIN, "quotes", binned, actor=ben).or_raise()
    merge_records("products", winner, [loser], {}, actor=ada)
    assert [line["product"] for line in value("quotes", quote, "lines")] == [winner, other, None]
    assert [line["product"] for line in value("quotes", binned, "lines")] == [winner]
    assert not LineItem.objects.filter(product_id=loser).exists()
    assert LineItem.objects.filter(product_id=winner).count() == 2
    assert value("quotes", quote, "total") == 17
    row = history(quote)[-1]
    assert (row.kind, row.actor, row.cause.kind) == ("edit", ada, "merge")


@pytest.mark.parametrize("mode", ["all", "each"])
def test_sums_that_no_column_holds_are_refused(ada: User, mode: str) -> None:
    line = {"text": "Moon", "quantity": 90, "price": 10**11}
    change = Change(Verb.CREATE, "quotes", None, {"name": "Space", "lines": [line, line]})
    outcome = apply([change], actor=ada, source=Source.API, mode=mode)  # type: ignore[arg-type]
    assert codes(outcome) == [("lines", "too_large")]
    assert "Subtotal" in outcome.problems[0].message


def test_amounts_that_are_too_large_in_the_company_s_currency_are_refused(ada: User) -> None:
    dinar = Currency.objects.create(code="KWD")
    ExchangeRate.objects.create(currency=dinar, day="2020-01-01", rate=Decimal("1000"))
    refused = do(
        Verb.CREATE,
        "deals",
        None,
        actor=ada,
        name="D",
        amount=9_000 * BILLION,
        currency="KWD",  # type: ignore[arg-type]
    )
    assert codes(refused) == [("amount", "too_large")]
    assert make("deals", ada, amount=9 * BILLION, currency="KWD")


def test_a_rule_s_amount_that_is_too_large_is_left_out_and_the_change_goes_in(
    ada: User, stages: list[Stage]
) -> None:
    dinar = Currency.objects.create(code="KWD")
    ExchangeRate.objects.create(currency=dinar, day="2020-01-01", rate=Decimal("1000"))
    pk = make("deals", ada, currency="KWD")
    stages.append(Sets("amount", 9_000 * BILLION))
    outcome = edit("deals", pk, ada, name="E").or_raise()
    assert value("deals", pk, "name") == "E"
    assert value("deals", pk, "amount_base") is None
    assert any("amount" in (notice.field or "") for notice in outcome.notices)


class GivesAndTakes(Stage):
    """Sets a deal's field in the first round, and sets it back in the second."""

    def __init__(self, field: str, given: object, before: object) -> None:
        self.field, self.values = field, [given, before]

    def decide(self, batch: Batch, drafts: Sequence[Draft]) -> None:
        for draft in drafts:
            if self.values:
                batch.set(draft, self.field, self.values.pop(0), batch.new_cause("rule", "Wavers"))


@pytest.mark.parametrize(
    ("field", "given", "before"),
    [("stage", "negotiation", "qualification"), ("amount", 77, 5), ("currency", "KWD", "EUR")],
)
def test_what_follows_from_a_value_goes_back_with_it(
    ada: User, stages: list[Stage], field: str, given: object, before: object
) -> None:
    ExchangeRate.objects.create(
        currency=Currency.objects.create(code="KWD"), day="2020-01-01", rate=Decimal(3)
    )
    pk = make("deals", ada, amount=5, stage="qualification", probability=35)
    was = stored("deals", pk).values
    stages.append(GivesAndTakes(field, given, before))
    edit("deals", pk, ada, name="E").or_raise()
    now = stored("deals", pk).values
    for key in ("stage", "probability", "amount", "amount_base", "expected_revenue", "currency", "rate"):
        assert (key, now[key]) == (key, was[key])


def test_a_rule_s_currency_without_a_rate_is_taken_back(ada: User, stages: list[Stage]) -> None:
    pk = make("deals", ada, amount=5)
    stages.append(Sets("currency", "JPY"))
    outcome = edit("deals", pk, ada, name="E").or_raise()
    assert (value("deals", pk, "currency"), value("deals", pk, "name")) == ("EUR", "E")
    assert [(notice.field, notice.label) for notice in outcome.notices] == [("currency", "Sets currency")]
