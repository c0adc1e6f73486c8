"""Stores a decided batch: causes, records, history, links and lines, each in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F

from crm.door.batch import Batch, CauseNode, Draft
from crm.door.changes import Verb
from crm.door.purging import remove_for_good
from crm.door.reports import report_rows, tell_admins
from crm.door.searching import write_texts
from crm.door.storage import insert_rows, update_rows
from crm.fields.base import FieldType
from crm.fields.links import Ref
from crm.models import Cause, History, LineItem, NumberSeries, RecordLink
from crm.modules.registry import FieldInfo, ModuleInfo

Dumpers = dict[str, Callable[[Any, FieldInfo], Any] | None]
KIND = {
    Verb.CREATE: History.Kind.CREATE,
    Verb.EDIT: History.Kind.EDIT,
    Verb.BIN: History.Kind.BIN,
    Verb.RESTORE: History.Kind.RESTORE,
    Verb.PURGE: History.Kind.PURGE,
}


def write(batch: Batch) -> list[Draft]:
    """Writes what the batch decided; returns the drafts that were really changed."""
    drafts = [draft for draft in batch.drafts.values() if draft.verb is not Verb.EDIT or draft.changed()]
    if not drafts and not batch.notices:
        return []
    write_causes(batch)
    for group in batch.by_module(drafts).values():
        module = group[0].module
        _stamp(batch, group)
        _number(module, group)
        staying = [draft for draft in group if draft.verb is not Verb.PURGE]
        _insert(module, [draft for draft in staying if draft.is_new])
        _update(batch, module, [draft for draft in staying if not draft.is_new])
        _links(module, staying)
        _lines(module, staying)
    remove_for_good([draft for draft in drafts if draft.verb is Verb.PURGE])
    _history(batch, drafts)
    tell_admins(batch)
    write_texts(drafts)
    return drafts


def write_causes(batch: Batch) -> None:
    """Gives every cause of the batch its row; parents first."""
    above = [node for node in batch.cause.line() if node.id is None]
    waiting = [*reversed(above), *(node for node in batch.causes if node.id is None)]
    while waiting:
        ready = [node for node in waiting if node.parent is None or node.parent.id is not None]
        rows = Cause.objects.bulk_create(_cause_row(batch, node) for node in ready)
        for node, row in zip(ready, rows, strict=True):
            node.id = row.pk
        waiting = [node for node in waiting if node.id is None]


def _cause_row(batch: Batch, node: CauseNode) -> Cause:
    return Cause(
        kind=node.kind,
        at=batch.now,
        actor=batch.actor if node.parent is None else None,
        label=node.label[:255],
        parent_id=node.parent.id if node.parent else None,
        root_id=[*node.line()][-1].id if node.parent else None,
        document_id=node.document_id,
        detail=node.detail,
    )


def _stamp(batch: Batch, drafts: Sequence[Draft]) -> None:
    """Who and when, and the next version."""
    actor_id = batch.actor.pk if batch.actor else None
    for draft in drafts:
        draft.after.update(modified_at=batch.now, modified_by=actor_id)
        draft.version += 1


def _number(module: ModuleInfo, drafts: Sequence[Draft]) -> None:
    """Document numbers for new records, under a lock that lasts as long as the transaction: no gaps."""
    for info in module.number_fields:
        new = [draft for draft in drafts if draft.is_new and draft.after.get(info.key) is None]
        if not new:
            continue
        series, _created = NumberSeries.objects.select_for_update().get_or_create(
            module=module.key, field=info.key
        )
        NumberSeries.objects.filter(pk=series.pk).update(next=F("next") + len(new))
        prefix = info.options.get("prefix", module.key[0].upper() + "-")
        width = info.options.get("width", 5)
        for number, draft in enumerate(new, series.next):
            draft.after[info.key] = f"{prefix}{number:0{width}}"


def _insert(module: ModuleInfo, drafts: Sequence[Draft]) -> None:
    if not drafts:
        return
    builtin = [info for info in module.fields.values() if info.columns]
    names = ["id", "version", "binned_at", "custom", *(name for info in builtin for name in info.columns)]
    plain = [(info.key, info.type.empty, info, None if _is_plain(info) else info.type) for info in builtin]
    custom = [info for info in module.fields.values() if info.custom]
    rows = []
    for draft in drafts:
        after = draft.after
        row: list[Any] = [draft.id, draft.version, None, _custom(draft, custom)]
        for key, empty, info, kind in plain:
            if kind is None:
                row.append(after.get(key, empty))
            else:
                row.extend(kind.to_columns(after.get(key), info))
        rows.append(row)
    if module.custom:
        names.append("module")
        for row in rows:
            row.append(module.key)
    insert_rows(module.model, names, rows)


def _is_plain(info: FieldInfo) -> bool:
    """Whether the value itself goes into the column."""
    return type(info.type).to_columns is FieldType.to_columns


def _custom(draft: Draft, fields: Sequence[FieldInfo]) -> dict[str, Any]:
    """The JSON column: what was there, with this draft's values."""
    stored = dict(draft.custom)
    for info in fields:
        value = draft.after.get(info.key)
        if value is None:
            stored.pop(info.key, None)
        else:
            stored[info.key] = info.type.store(value, info)
    return stored


def _update(batch: Batch, module: ModuleInfo, drafts: Sequence[Draft]) -> None:
    """One update of the columns that changed in any of the records, which are all locked."""
    if not drafts:
        return
    keys = {key for draft in drafts for key in draft.changed()}
    fields = [info for key, info in module.fields.items() if key in keys and info.columns]
    custom = [info for key, info in module.fields.items() if info.custom]
    with_custom = any(info.key in keys for info in custom)
    names = ["id", "version", *(name for info in fields for name in info.columns)]
    names += ["custom"] if with_custom else []
    moved = any(_binned_at(batch, draft) != draft.binned_at for draft in drafts)
    names += ["binned_at"] if moved else []
    rows = []
    for draft in drafts:
        row: list[Any] = [draft.id, draft.version]
        for info in fields:
            row.extend(info.type.to_columns(draft.after.get(info.key), info))
        row += [_custom(draft, custom)] if with_custom else []
        row += [_binned_at(batch, draft)] if moved else []
        rows.append(row)
    update_rows(module.model, names, rows)


def _binned_at(batch: Batch, draft: Draft) -> datetime | None:
    if draft.verb is Verb.BIN:
        return batch.now
    return None if draft.verb is Verb.RESTORE else draft.binned_at


def _history(batch: Batch, drafts: Sequence[Draft]) -> None:
    actor_id = batch.actor.pk if batch.actor else None
    modules = {draft.module.key: draft.module for draft in drafts}
    dumpers = {key: _dumpers(module) for key, module in modules.items()}
    rows = []
    for draft in drafts:
        cause_id = draft.cause.id if draft.cause else batch.cause.id
        rows.append((
            draft.id, draft.module.key, KIND[draft.verb].value, batch.now, actor_id, cause_id,
            batch.registry.generation, draft.version, _told(draft, dumpers[draft.module.key]),
        ))  # fmt: skip
    insert_rows(History, HISTORY_COLUMNS, [*rows, *report_rows(batch)])


def _told(draft: Draft, dumpers: Dumpers) -> dict[str, list[Any]]:
    """What the history keeps of a draft: of a purged record everything that there was."""
    before, after, causes = draft.before or {}, draft.after, draft.causes
    if draft.is_new:
        return _told_new(draft, dumpers)
    if draft.verb is Verb.PURGE:
        after = {}
        keys = [key for key, value in before.items() if value is not None]
    else:
        keys = draft.changed()
    told = {}
    for key in keys:
        if key in UNTOLD:
            continue
        old, new, dump = before.get(key), after.get(key), dumpers[key]
        if dump is not None:
            info = draft.module.fields[key]
            old, new = None if old is None else dump(old, info), None if new is None else dump(new, info)
        cause = causes.get(key)
        told[key] = [old, new, cause.id if cause else None]
    return told


def _told_new(draft: Draft, dumpers: Dumpers) -> dict[str, list[Any]]:
    """The same of a new record, of which there was nothing before."""
    causes, fields = draft.causes, draft.module.fields
    told = {}
    for key, value in draft.after.items():
        if value is None or key in UNTOLD:
            continue
        dump = dumpers[key]
        new = value if dump is None else dump(value, fields[key])
        told[key] = [None, new, causes[key].id if key in causes else None]
    return told


def _dumpers(module: ModuleInfo) -> Dumpers:
    """How each field's values are dumped; None where they are plain JSON themselves."""
    return {
        key: None if type(info.type).dump is FieldType.dump else info.type.dump
        for key, info in module.fields.items()
    }


UNTOLD = frozenset({"created_at", "created_by", "modified_at", "modified_by"})
HISTORY_COLUMNS = (
    "record_id", "module", "kind", "at", "actor_id", "cause_id", "generation", "version", "changes",
)  # fmt: skip


def _links(module: ModuleInfo, drafts: Sequence[Draft]) -> None:
    """RecordLink rows of the links that changed."""
    new, old = [], []
    for info in module.link_fields:
        for draft in drafts:
            value = draft.after.get(info.key)
            before = draft.before_value(info.key)
            if value == before:
                continue
            if before is not None:
                old.append((draft.id, info.key))
            if value is not None:
                target = value if isinstance(value, Ref) else Ref(info.target or "", value)
                new.append((module.key, draft.id, info.key, target.module, target.id))
    if old:
        by_field: dict[str, list[int]] = {}
        for record_id, key in old:
            by_field.setdefault(key, []).append(record_id)
        for key, ids in by_field.items():
            RecordLink.objects.filter(from_id__in=ids, field=key).delete()
    insert_rows(RecordLink, ("from_module", "from_id", "field", "to_module", "to_id"), new)


LINE_COLUMNS = (
    "record_id", "module", "position", "product_id", "text", "quantity", "price", "discount", "tax", "net",
    "total",
)  # fmt: skip


def _lines(module: ModuleInfo, drafts: Sequence[Draft]) -> None:
    """LineItem rows of the documents whose lines changed."""
    if "lines" not in module.fields:
        return
    moved = [draft for draft in drafts if draft.after.get("lines") != draft.before_value("lines")]
    if any(not draft.is_new for draft in moved):
        LineItem.objects.filter(record_id__in=[draft.id for draft in moved]).delete()
    rows = [
        (draft.id, module.key, place, *(line[key] for key in ("product", "text")), *_amounts(line))
        for draft in moved
        for place, line in enumerate(draft.after.get("lines") or [], 1)
    ]
    insert_rows(LineItem, LINE_COLUMNS, [(*row[:4], row[4] or "", *row[5:]) for row in rows])


def _amounts(line: dict[str, Any]) -> tuple[str, ...]:
    return tuple(line[key] for key in ("quantity", "price", "discount", "tax", "net", "total"))
