"""Deleting for good: what pointed at a record points nowhere, and what hung on it goes with it.

Very many records may point at one. They are turned away a portion at a time, each in its own transaction,
before the record itself goes: whatever happens in between, it is in the bin still and can be purged again.

Its history stays. Notes and files go with the record; the files when the transaction has gone in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from django.db.models import Q
from django.utils.translation import gettext as _

from crm.door import files
from crm.door.batch import Batch, CauseNode, Draft
from crm.door.changes import Change, Verb
from crm.door.intake import draft_of
from crm.door.reading import read_records
from crm.door.storage import delete_rows
from crm.models import (
    GROUP_SHARES,
    USER_SHARES,
    Attachment,
    LineItem,
    Note,
    Notification,
    RecordLink,
)
from crm.models.records import Record
from crm.modules.loading import registry
from crm.modules.registry import Registry

PORTION = 500  # links that are cleared in one transaction

Pointer = tuple[str, int, str, int]  # module, id and field of the record that points, and where it points


def let_go(batch: Batch, most: int | None = None) -> list[Draft]:
    """Clears, in memory, the links to records that the batch purges; the drafts that this changes.

    Nobody is asked: a link to what is gone would be wrong, in locked records and in the bin too. `most`
    takes only so many links, of records that are not in the batch yet.
    """
    purged = (draft for draft in batch.drafts.values() if draft.verb is Verb.PURGE)
    gone = {draft.id: draft for draft in purged if not draft.problems}
    if not gone:
        return []
    modules = {draft.id: draft.module.key for draft in gone.values()}
    pointers = _links(batch.registry, modules, gone if most is None else batch.drafts, most)
    _add_drafts(batch, pointers, gone)
    causes: dict[int, CauseNode] = {}
    changed: dict[int, Draft] = {}
    for _module, from_id, key, to_id in pointers:
        draft = batch.drafts.get(from_id)
        if draft is None or key not in draft.module.fields:
            continue
        if to_id not in causes:
            name = gone[to_id].before_value("name") or to_id
            causes[to_id] = batch.new_cause("purge", _("“%s” was deleted for good") % name)
        if _clear(draft, key, gone[to_id]):
            draft.causes[key] = causes[to_id]
            draft.cause = draft.cause or causes[to_id]
            changed[draft.id] = draft
    return list(changed.values())


def more_than_a_portion(changes: Sequence[Change]) -> bool:
    """Whether more links point at the records that the changes purge than one transaction may clear."""
    known = registry()
    purged = [change for change in changes if change.verb is Verb.PURGE and change.module in known.modules]
    gone = {change.id: change.module for change in purged if change.id is not None}
    return len(_links(known, gone, gone, PORTION + 1)) > PORTION if gone else False


def _links(
    known: Registry, gone: Mapping[int, str], without: Collection[int], most: int | None
) -> list[Pointer]:
    """What points at the records, given as modules by id: links, and products in lines, `most` of each."""
    fields = Q(pk__in=())
    targets = set(gone.values())
    for module in known.modules.values():
        links = [info for info in module.link_fields if info.target is None or info.target in targets]
        fields |= Q(from_module=module.key, field__in=[info.key for info in links])
    rows = RecordLink.objects.filter(fields, to_id__in=gone).exclude(from_id__in=without)
    order = rows.order_by("from_module", "from_id", "field")
    found = list(order.values_list("from_module", "from_id", "field", "to_id")[:most])
    if "products" in targets:
        lines = LineItem.objects.filter(product_id__in=gone, module__in=known.modules)
        pairs = lines.order_by("record_id", "product_id").values_list("module", "record_id", "product_id")
        pairs = pairs.exclude(record_id__in=without).distinct()[:most]
        found += [(module, pk, "lines", to) for module, pk, to in pairs if to is not None]
    return found


def _add_drafts(batch: Batch, pointers: Sequence[Pointer], gone: dict[int, Draft]) -> None:
    """Drafts, locked, of the records that point and are not in the batch yet."""
    wanted: dict[str, dict[int, int]] = {}
    for module, from_id, _key, to_id in pointers:
        if from_id not in batch.drafts:
            wanted.setdefault(module, {})[from_id] = to_id
    for key in sorted(wanted):
        module_info = batch.registry.module(key)
        for row in read_records(module_info, wanted[key], lock=True).values():
            draft = draft_of(module_info, row, Verb.EDIT)
            draft.parent = gone[wanted[key][row.id]]
            batch.drafts[row.id] = draft


def _clear(draft: Draft, key: str, target: Draft) -> bool:
    """Takes the target out of the draft's field; tells whether it was still there."""
    value = draft.after.get(key)
    if key == "lines":
        text = str(target.before_value("name") or target.id)
        draft.after[key] = [
            {**line, "product": None, "text": line["text"] or text} if line["product"] == target.id else line
            for line in value or []
        ] or None
        return True
    if value is None or getattr(value, "id", value) != target.id:
        return False
    draft.after[key] = None
    return True


def remove_for_good(drafts: Sequence[Draft]) -> None:
    """Deletes the records and what hangs on them; links to them have been cleared before."""
    ids = [draft.id for draft in drafts]
    if not ids:
        return
    stored = list(Attachment.objects.filter(record_id__in=ids).values_list("file", flat=True))
    files.delete_on_commit(stored)
    Notification.objects.filter(record_id__in=ids).update(record_id=None, module=None)
    for beside, column in ((Attachment, "record_id"), (Note, "record_id"), (LineItem, "record_id")):
        delete_rows(beside, column, ids)
    delete_rows(RecordLink, "from_id", ids)
    for model, owned in _by_model(drafts):
        delete_rows(USER_SHARES[model], "content_object_id", owned)
        delete_rows(GROUP_SHARES[model], "content_object_id", owned)
        delete_rows(model, "id", owned)


def _by_model(drafts: Sequence[Draft]) -> Iterator[tuple[type[Record], list[int]]]:
    groups: dict[type[Record], list[int]] = {}
    for draft in drafts:
        groups.setdefault(draft.module.model, []).append(draft.id)
    yield from groups.items()
