"""Values that follow from other values of the same record: names, totals, company currency.

They are worked out after every step of a batch, so that rules always see them right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from crm.criteria.sources import scale_of
from crm.door.batch import Batch, Draft
from crm.door.rates import rate_of
from crm.fields.lines import cents, totals
from crm.modules.builtin import BY_KEY
from crm.modules.registry import FieldInfo, ModuleInfo

Work = Callable[[Batch, Draft], None]
Keys = Callable[[ModuleInfo], tuple[str, ...]]


@dataclass(frozen=True)
class Derivation:
    """Work that sets the fields `sets` from its inputs; done again only when one of these has changed.

    Of a stored record it is done only if one of `on` differs from before; if none does any more, since a
    rule took its value back, the derived values are what they were as well. Without `on` it is always done.
    """

    work: Work
    inputs: Keys
    on: Keys
    sets: Keys


@dataclass(frozen=True)
class Step:
    """A derivation in one module."""

    work: Work
    inputs: tuple[str, ...]
    on: tuple[str, ...]
    sets: tuple[str, ...]


DIGITS = 15  # that a number has at most
MADE_OF = {"expected_revenue": "amount"}  # amounts that nobody enters; others are sums of lines
DERIVATIONS: list[Derivation] = []


def derivation(inputs: Keys, *, on: Keys, sets: Keys) -> Callable[[Work], Work]:
    """Registers work for the modules that have all of its inputs."""

    def register(work: Work) -> Work:
        DERIVATIONS.append(Derivation(work, inputs, on, sets))
        return work

    return register


def keys(*names: str) -> Keys:
    """The same fields in every module."""
    return lambda _module: names


def derived_from(module: ModuleInfo) -> frozenset[str]:
    """The fields of the module that something is derived from."""
    known: frozenset[str] | None = module.__dict__.get("_derived_from")
    if known is None:
        known = frozenset(key for step in _of_module(module) for key in step.inputs)
        module.__dict__["_derived_from"] = known
    return known


def _of_module(module: ModuleInfo) -> list[Step]:
    """What is derived in a module, and from which fields; worked out once for each registry."""
    known: list[Step] | None = module.__dict__.get("_derivations")
    if known is None:
        steps = [Step(one.work, one.inputs(module), one.on(module), one.sets(module)) for one in DERIVATIONS]
        known = [step for step in steps if step.inputs and module.fields.keys() >= set(step.inputs)]
        module.__dict__["_derivations"] = known
    return known


def derive(batch: Batch, drafts: Iterable[Draft]) -> None:
    """Works out the derived values of those drafts of which an input may have changed."""
    for draft in drafts:
        moved, draft.moved = draft.moved, set()
        if moved is not None and moved.isdisjoint(derived_from(draft.module)):
            continue
        after, derived = draft.after, draft.derived
        for step in _of_module(draft.module):
            given = [after.get(key) for key in step.inputs]
            if derived.get(step.work) == given:
                continue
            if not step.on or _moved(draft, *step.on):
                step.work(batch, draft)
            elif step.work in derived:
                _as_before(draft, step.sets)
            derived[step.work] = given


def _as_before(draft: Draft, sets: tuple[str, ...]) -> None:
    """Sets derived values back, but not what somebody entered beside them."""
    before = draft.before or {}
    for key in sets:
        if key in draft.module.fields and key not in draft.entered and key not in draft.causes:
            draft.after[key] = before.get(key)


def _put(draft: Draft, key: str, value: Any, of: str | None = None) -> None:
    """Sets a derived value; one too large for its column is a problem of the field that it is made `of`."""
    if key not in draft.module.fields or draft.after.get(key) == value:
        return
    if of is not None and value is not None and abs(value) >= _limit(draft.module.fields[key]):
        value = None
        if not any((problem.field, problem.code) == (of, "too_large") for problem in draft.problems):
            label = draft.module.fields[key].label
            draft.refuse(of, "too_large", _("%s would be too large a number.") % label)
    draft.after[key] = value


def _limit(info: FieldInfo) -> Decimal:
    """The smallest number with more digits than the field holds."""
    return Decimal(10) ** (DIGITS - scale_of(info))


def _moved(draft: Draft, *keys: str) -> bool:
    """Whether the record is new or one of the fields differs from before."""
    before = draft.before
    return before is None or any(draft.after.get(key) != before.get(key) for key in keys)


@derivation(keys("first_name", "last_name"), on=keys(), sets=keys("name"))
def full_name(_batch: Batch, draft: Draft) -> None:
    """Leads and contacts are named by first and last name."""
    declared = BY_KEY.get(draft.module.key)
    if declared is not None and declared.name_is_derived:
        parts = (draft.after.get("first_name"), draft.after.get("last_name"))
        _put(draft, "name", " ".join(part for part in parts if part) or None)


TOTALS = ("subtotal", "discount_total", "tax_total", "total", "largest_discount")


@derivation(keys("lines"), on=keys("lines"), sets=keys(*TOTALS))
def line_totals(_batch: Batch, draft: Draft) -> None:
    """A quote's and an invoice's totals and largest discount."""
    sums = totals(draft.after.get("lines") or [])
    for key in TOTALS:
        _put(draft, key, getattr(sums, key), of="lines")


@derivation(keys("stage", "probability"), on=keys("stage"), sets=keys("probability"))
def stage_probability(_batch: Batch, draft: Draft) -> None:
    """A deal that enters a stage takes the stage's probability, unless one was given with it."""
    entered = draft.entered.get("probability") is not None
    if draft.module.key != "deals" or entered or "probability" in draft.causes:
        return
    choice = draft.module.field("stage").choices.get(draft.after.get("stage") or "")
    if choice is not None and "probability" in choice.attributes:
        _put(draft, "probability", Decimal(str(choice.attributes["probability"])))


@derivation(keys("amount", "probability"), on=keys("amount", "probability"), sets=keys("expected_revenue"))
def expected_revenue(_batch: Batch, draft: Draft) -> None:
    """A deal's amount times its probability."""
    if draft.module.key != "deals":
        return
    amount, probability = draft.after.get("amount"), draft.after.get("probability")
    revenue = None if amount is None or probability is None else cents(amount * probability / 100)
    _put(draft, "expected_revenue", revenue, of=MADE_OF["expected_revenue"])


@derivation(keys("status", "completed_at"), on=keys("status"), sets=keys("completed_at"))
def completed(batch: Batch, draft: Draft) -> None:
    """A task that is done or cancelled has a time of completion."""
    if draft.module.key != "tasks":
        return
    choice = draft.module.field("status").choices.get(draft.after.get("status") or "")
    is_open = choice is None or choice.attributes.get("open", True)
    _put(draft, "completed_at", None if is_open else draft.after.get("completed_at") or batch.now)


def _amounts(module: ModuleInfo) -> tuple[str, ...]:
    keys = tuple(info.key for info in module.money_fields)
    return ("currency", *keys) if keys else ()


def _converted(module: ModuleInfo) -> tuple[str, ...]:
    return ("currency", "rate", *(f"{info.key}_base" for info in module.money_fields))


@derivation(_amounts, on=_amounts, sets=_converted)
def company_currency(batch: Batch, draft: Draft) -> None:
    """Currency, dated rate and the amounts in the company's currency."""
    amounts = draft.module.money_fields
    if not any(draft.after.get(info.key) is not None for info in amounts):
        for info in amounts:
            _put(draft, f"{info.key}_base", None)
        return
    company, rate = rate_of(batch, draft)
    if draft.after.get("currency") is None:
        _put(draft, "currency", company)
    _put(draft, "rate", rate)
    for info in amounts:
        amount = draft.after.get(info.key)
        of = MADE_OF.get(info.key, "lines") if info.system else info.key
        _put(draft, f"{info.key}_base", None if amount is None else cents(amount * rate), of)
