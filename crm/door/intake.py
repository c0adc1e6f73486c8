"""Makes drafts of changes: reads and locks the records, cleans what was entered."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from crm.door.batch import Batch, Draft, first_values
from crm.door.changes import Change, Problem, Result, Verb
from crm.door.ids import take_ids
from crm.door.reading import Stored, read_records
from crm.fields import ValueProblem
from crm.modules.registry import ModuleInfo


def take_in(batch: Batch, changes: Sequence[Change]) -> list[Result]:
    """Adds a draft for each record to the batch; the results, in order, carry what is wrong already."""
    results = [Result(change, change.id) for change in changes]
    known = [result for result in results if _module_is_known(batch, result)]
    stored = _lock(batch, known)
    new_ids = iter(take_ids(sum(result.change.verb is Verb.CREATE and result.id is None for result in known)))
    for result in known:
        change = result.change
        module = batch.registry.module(change.module)
        draft: Draft | None
        if change.verb is Verb.CREATE:
            result.id = result.id or next(new_ids)
            draft = _new_draft(module, result.id, batch)
        else:
            draft = _old_draft(module, change, stored, batch)
        if draft is None:
            result.problems.append(Problem(None, "not_found", _("There is no such record.")))
            continue
        draft.changes.append(change)
        _enter(draft, change)
    return results


def _module_is_known(batch: Batch, result: Result) -> bool:
    if result.change.module in batch.registry.modules:
        return True
    message = _("There is no module “%s”.") % result.change.module
    result.problems.append(Problem(None, "unknown_module", message))
    return False


def _lock(batch: Batch, results: Sequence[Result]) -> dict[str, dict[int, Stored]]:
    """The stored records that the changes name; locked by module key, then id, everywhere."""
    wanted: dict[str, set[int]] = {}
    for result in results:
        if result.change.verb is not Verb.CREATE and result.change.id is not None:
            wanted.setdefault(result.change.module, set()).add(result.change.id)
    return {key: read_records(batch.registry.module(key), wanted[key], lock=True) for key in sorted(wanted)}


def _new_draft(module: ModuleInfo, record_id: int, batch: Batch) -> Draft:
    draft = Draft(module, record_id, Verb.CREATE, None, first_values(batch, module), {})
    batch.drafts[record_id] = draft
    return draft


def _old_draft(
    module: ModuleInfo, change: Change, stored: dict[str, dict[int, Stored]], batch: Batch
) -> Draft | None:
    row = stored.get(module.key, {}).get(change.id or 0)
    wants_binned = change.verb in (Verb.RESTORE, Verb.PURGE)
    if row is None or ((row.binned_at is not None) != wants_binned and not change.in_bin):
        return None
    draft = batch.drafts.get(row.id)
    if draft is None:
        draft = draft_of(module, row, change.verb)
        batch.drafts[row.id] = draft
    elif change.verb is not Verb.EDIT:
        draft.verb = change.verb
    return draft


def draft_of(module: ModuleInfo, row: Stored, verb: Verb) -> Draft:
    """The draft of a stored record, as yet unchanged."""
    return Draft(
        module, row.id, verb, row.values, dict(row.values), row.custom, row.version, binned_at=row.binned_at
    )


def _enter(draft: Draft, change: Change) -> None:
    """Cleans the entered values into the draft."""
    fields = draft.module.fields
    if change.values and change.verb not in (Verb.CREATE, Verb.EDIT):
        draft.refuse(None, "unexpected", _("Values are entered when a record is created or edited only."))
        return
    for key, raw in change.values.items():
        info = fields.get(key)
        if info is None:
            draft.refuse(key, "unknown_field", _("%(module)s have no field “%(field)s”.") % {
                "module": draft.module.label_plural, "field": key,
            })  # fmt: skip
            continue
        try:
            value = info.type.clean(raw, info)
        except ValueProblem as problem:
            draft.refuse(key, problem.code, problem.message)
            continue
        draft.entered[key] = value
        draft.after[key] = value
