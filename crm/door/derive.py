"""Values that follow from other values of the same record: names, totals, company currency.

They are worked out after every step of a batch, so that rules always see them right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from crm.door.batch import Batch, Draft
from crm.door.rates import rate_of
from crm.fields.lines import cents, totals
from crm.modules.builtin import BY_KEY
from crm.modules.registry import ModuleInfo

Work = Callable[[Batch, Draft], None]
Inputs = Callable[[ModuleInfo], tuple[str, ...]]


@dataclass(frozen=True)
class Derivation:
    """Work that sets derived values from its inputs; it is done again only when one of them has changed."""

    work: Work
    inputs: Inputs


DERIVATIONS: list[Derivation] = []


def derivation(*keys: str, inputs: Inputs | None = None) -> Callable[[Work], Work]:
    """Registers work for the modules that have all of these fields (or those that `inputs` names)."""

    def register(work: Work) -> Work:
        DERIVATIONS.append(Derivation(work, inputs or (lambda _module: keys)))
        return work

    return register


def _of_module(module: ModuleInfo) -> list[tuple[Work, tuple[str, ...]]]:
    """What is derived in a module, and from which fields; worked out once for each registry."""
    known: list[tuple[Work, tuple[str, ...]]] | None = module.__dict__.get("_derivations")
    if known is None:
        pairs = [(one.work, one.inputs(module)) for one in DERIVATIONS]
        known = [(work, keys) for work, keys in pairs if keys and module.fields.keys() >= set(keys)]
        module.__dict__["_derivations"] = known
    return known


def derive(batch: Batch, drafts: Iterable[Draft]) -> None:
    """Works out the derived values of these drafts."""
    for draft in drafts:
        after, derived = draft.after, draft.derived
        for work, keys in _of_module(draft.module):
            given = [after.get(key) for key in keys]
            if derived.get(work) != given:
                derived[work] = given
                work(batch, draft)


def _put(draft: Draft, key: str, value: Any) -> None:
    if key in draft.module.fields and draft.after.get(key) != value:
        draft.after[key] = value


def _moved(draft: Draft, *keys: str) -> bool:
    """Whether the record is new or one of the fields differs from before."""
    before = draft.before
    return before is None or any(draft.after.get(key) != before.get(key) for key in keys)


@derivation("first_name", "last_name")
def full_name(_batch: Batch, draft: Draft) -> None:
    """Leads and contacts are named by first and last name."""
    declared = BY_KEY.get(draft.module.key)
    if declared is not None and declared.name_is_derived:
        parts = (draft.after.get("first_name"), draft.after.get("last_name"))
        _put(draft, "name", " ".join(part for part in parts if part) or None)


@derivation("lines")
def line_totals(_batch: Batch, draft: Draft) -> None:
    """A quote's and an invoice's totals and largest discount."""
    if "lines" not in draft.module.fields or not _moved(draft, "lines"):
        return
    sums = totals(draft.after.get("lines") or [])
    for key in ("subtotal", "discount_total", "tax_total", "total", "largest_discount"):
        _put(draft, key, getattr(sums, key))


@derivation("stage", "probability")
def stage_probability(_batch: Batch, draft: Draft) -> None:
    """A deal that enters a stage takes the stage's probability, unless one was given with it."""
    if (
        draft.module.key != "deals"
        or not _moved(draft, "stage")
        or draft.entered.get("probability") is not None
    ):
        return
    if "probability" in draft.causes:
        return
    choice = draft.module.field("stage").choices.get(draft.after.get("stage") or "")
    if choice is not None and "probability" in choice.attributes:
        _put(draft, "probability", Decimal(str(choice.attributes["probability"])))


@derivation("amount", "probability")
def expected_revenue(_batch: Batch, draft: Draft) -> None:
    """A deal's amount times its probability."""
    if draft.module.key != "deals" or not _moved(draft, "amount", "probability"):
        return
    amount, probability = draft.after.get("amount"), draft.after.get("probability")
    revenue = None if amount is None or probability is None else cents(amount * probability / 100)
    _put(draft, "expected_revenue", revenue)


@derivation("status", "completed_at")
def completed(batch: Batch, draft: Draft) -> None:
    """A task that is done or cancelled has a time of completion."""
    if draft.module.key != "tasks" or not _moved(draft, "status"):
        return
    choice = draft.module.field("status").choices.get(draft.after.get("status") or "")
    is_open = choice is None or choice.attributes.get("open", True)
    _put(draft, "completed_at", None if is_open else draft.after.get("completed_at") or batch.now)


def _amounts(module: ModuleInfo) -> tuple[str, ...]:
    keys = tuple(info.key for info in module.money_fields)
    return ("currency", *keys) if keys else ()


@derivation(inputs=_amounts)
def company_currency(batch: Batch, draft: Draft) -> None:
    """Currency, dated rate and the amounts in the company's currency."""
    amounts = draft.module.money_fields
    if not amounts or not _moved(draft, "currency", *(info.key for info in amounts)):
        return
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
        _put(draft, f"{info.key}_base", None if amount is None else cents(amount * rate))
