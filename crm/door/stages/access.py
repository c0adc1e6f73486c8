"""The first stage: may the actor do this to this record, and to these fields?"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from crm.door.batch import Batch, Draft
from crm.door.changes import Verb
from crm.door.stages.base import Stage
from crm.models import User
from crm.modules.registry import ModuleInfo
from crm.visibility import Access, can, editable_ids, fields_of, visible_ids

RIGHT = {
    Verb.CREATE: "create",
    Verb.EDIT: "edit",
    Verb.BIN: "delete",
    Verb.RESTORE: "delete",
    Verb.PURGE: "delete",
}


class AccessStage(Stage):
    """Permission and field access of the actor; the system itself and a trusted call may do everything."""

    key = "access"

    def decide(self, batch: Batch, drafts: Sequence[Draft]) -> None:
        actor = batch.judged
        for group in batch.by_module(drafts).values():
            _system_fields(group)
            if actor is None:
                continue
            module = group[0].module
            _rights(actor, module, group)
            _records(actor, module, group)
            _fields(actor, module, group)


def _rights(actor: User, module: ModuleInfo, drafts: list[Draft]) -> None:
    rights = {RIGHT[verb] for draft in drafts for verb in draft.verbs}
    allowed = {right: can(actor, right, module) for right in rights}
    for draft in drafts:
        if not all(allowed[RIGHT[verb]] for verb in draft.verbs):
            draft.refuse(
                None, "forbidden", _("Your profile does not allow this in %s.") % module.label_plural
            )


def _records(actor: User, module: ModuleInfo, drafts: list[Draft]) -> None:
    asked = [draft for draft in drafts if draft.before is not None and not draft.is_refused]
    by_right: dict[str, list[int]] = {}
    for draft in asked:
        for right in sorted({RIGHT[verb] for verb in draft.verbs}):
            by_right.setdefault(right, []).append(draft.id)
    closed = {
        record_id
        for right, ids in by_right.items()
        for record_id in set(ids) - editable_ids(actor, module, ids, verb=right)
    }
    visible = visible_ids(actor, module, closed) if closed else set()
    for draft in asked:
        if draft.id not in closed:
            continue
        if draft.id in visible:
            draft.refuse(None, "forbidden", _("You may read this record, but not change it."))
        else:
            draft.refuse(None, "not_found", _("There is no such record."))


def _fields(actor: User, module: ModuleInfo, drafts: list[Draft]) -> None:
    access = fields_of(actor, module)
    closed = {key for key in module.fields if access.get(key, Access.HIDDEN) != Access.EDIT}
    for draft in drafts:
        for key in closed.intersection(draft.entered):
            info = module.fields[key]
            if not info.system and not draft.is_copied(key):
                draft.refuse(key, "forbidden", _("You may not change %s.") % info.label)


def _system_fields(drafts: list[Draft]) -> None:
    fields = drafts[0].module.fields
    kept = {key for key, info in fields.items() if info.system}
    for draft in drafts:
        if kept.isdisjoint(draft.entered) or any(change.system for change in draft.changes):
            continue
        for key in (key for key in draft.entered if key in kept):  # in the order in which they were given
            draft.refuse(key, "system", _("%s is kept by the system.") % fields[key].label)
