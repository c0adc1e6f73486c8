"""The second stage: are the values allowed, by themselves and beside what the database has?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from crm.criteria.sources import source_of, stored_form
from crm.criteria.sql import AnyOf
from crm.criteria.text import fold
from crm.door.batch import Batch, Draft
from crm.door.changes import Verb
from crm.door.guards import GUARDS, refusal
from crm.door.rates import known_currencies
from crm.door.references import check_references
from crm.door.stages.base import Stage
from crm.door.stale import check_versions
from crm.modules.registry import FieldInfo, ModuleInfo

WRITTEN = (Verb.CREATE, Verb.EDIT, Verb.RESTORE)


class ValidationStage(Stage):
    """Required fields, locks, stale versions, links, currencies and unique fields."""

    key = "validation"

    def decide(self, batch: Batch, drafts: Sequence[Draft]) -> None:
        writing = [draft for draft in drafts if draft.entered or draft.verb in WRITTEN]
        check_versions(batch, writing)  # first: it takes back what the person did not touch
        for draft in drafts:
            _guard(batch, draft)
        for draft in writing:
            _required(draft)
        check_values(batch, writing)


def check_values(batch: Batch, drafts: Sequence[Draft]) -> None:
    """What needs a look beyond the record itself; also asked again after rules changed something."""
    check_references(batch, drafts)
    for group in batch.by_module(drafts).values():
        module = group[0].module
        if module.money_fields:
            _currencies(batch, group)
        for info in module.fields.values():
            if info.unique:
                _unique(module, info, group)


def _guard(batch: Batch, draft: Draft) -> None:
    if draft.is_new or not GUARDS:
        return
    keys: list[str | None] = [*draft.changed()]
    if draft.verb is not Verb.EDIT:
        keys.append(None)
    for key in keys:
        if (reason := refusal(batch, draft, key)) is not None:
            draft.refuse(key, "locked", reason)


def _required(draft: Draft) -> None:
    told = {problem.field for problem in draft.problems}
    for info in draft.module.required_fields:
        if info.key in told or draft.after.get(info.key) is not None:
            continue
        if draft.is_new or info.key in draft.entered:  # a restored record may lack what is required by now
            draft.refuse(info.key, "required", _("%s is required.") % info.label)


def _currencies(batch: Batch, drafts: Sequence[Draft]) -> None:
    known = known_currencies(batch)
    for draft in drafts:
        code = draft.after.get("currency")
        asked = "currency" in draft.entered or code != draft.before_value("currency")
        if asked and code is not None and code not in known:
            message = _("“%(code)s” is not an active currency with a rate: %(known)s.")
            draft.refuse(
                "currency", "unknown_value", message % {"code": code, "known": ", ".join(sorted(known))}
            )


def _unique(module: ModuleInfo, info: FieldInfo, drafts: Sequence[Draft]) -> None:
    """No other record, in the batch or stored and live, has the field's value; case makes no difference."""
    owners: dict[Any, list[Draft]] = {}
    for draft in drafts:
        value = draft.after.get(info.key)
        back = draft.is_new or draft.verb is Verb.RESTORE
        if value is not None and (back or value != draft.before_value(info.key)):
            owners.setdefault(_same(info, value), []).append(draft)
    if not owners:
        return
    taken = _taken(module, info, list(owners))
    for value, claimants in owners.items():
        free = None if value in taken else claimants[0].id
        for draft in claimants:
            if draft.id != free and taken.get(value) != draft.id:
                other = taken.get(value) or claimants[0].id
                message = _("%(field)s must be unique; another record has “%(value)s” already.")
                shown = info.type.show(draft.after[info.key], info)[:80]
                text = message % {"field": info.label, "value": shown}
                draft.refuse(info.key, "unique", text, other=other)


def _same(info: FieldInfo, value: Any) -> Any:
    """What is equal for values that count as the same."""
    return fold(value) if info.type.family == "text" else value


def _taken(module: ModuleInfo, info: FieldInfo, values: list[Any]) -> dict[Any, int]:
    """The live records that have one of these values; found by the index that keeps them unique."""
    source = source_of(info)
    wanted = AnyOf(source.native(""), *(source.literal(value) for value in values))
    rows = module.rows().filter(wanted, binned_at__isnull=True).order_by()
    pairs = rows.values_list(stored_form(info), "id")
    found = (
        (value if info.columns else info.type.load(value, info), record_id) for value, record_id in pairs
    )
    return {_same(info, value): record_id for value, record_id in found}
