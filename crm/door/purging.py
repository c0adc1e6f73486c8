"""Deleting for good: what pointed at a record points nowhere, and what hung on it goes with it.

Its history stays. Notes and files go with the record; the files when the transaction has gone in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from crm.door import files
from crm.door.batch import Batch, CauseNode, Draft
from crm.door.changes import Verb
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
    Product,
    RecordLink,
)
from crm.models.records import Record

Pointer = tuple[str, int, str, int]  # module, id and field of the record that points, and where it points


def let_go(batch: Batch) -> list[Draft]:
    """Clears, in memory, the links to records that the batch purges; the drafts that this changes.

    Nobody is asked: a link to what is gone would be wrong, in locked records and in the bin too.
    """
    purged = (draft for draft in batch.drafts.values() if draft.verb is Verb.PURGE)
    gone = {draft.id: draft for draft in purged if not draft.problems}
    if not gone:
        return []
    pointers = [pointer for pointer in _pointers(batch, gone) if pointer[1] not in gone]
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


def _pointers(batch: Batch, gone: dict[int, Draft]) -> list[Pointer]:
    """All that points at the records: links, and products in lines."""
    rows = RecordLink.objects.filter(to_id__in=gone).order_by("from_id", "field")
    found = list(rows.values_list("from_module", "from_id", "field", "to_id"))
    products = [draft.id for draft in gone.values() if draft.module.model is Product]
    if products:
        lines = LineItem.objects.filter(product_id__in=products).order_by("record_id", "product_id")
        pairs = lines.values_list("module", "record_id", "product_id").distinct()
        found += [(module, pk, "lines", product) for module, pk, product in pairs if product is not None]
    return [pointer for pointer in found if pointer[0] in batch.registry.modules]


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
