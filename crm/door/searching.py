"""Keeps the texts that records are found by, in the transaction that changes the records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crm.door.batch import Draft
from crm.door.changes import Verb
from crm.door.reading import Stored
from crm.door.storage import delete_rows, insert_rows
from crm.models import SearchText
from crm.modules.registry import ModuleInfo
from crm.search.texts import COLUMNS, row_of, searched_fields


def write_texts(drafts: Iterable[Draft]) -> None:
    """The texts of new and changed records, in two statements; those in the bin are not found."""
    old: list[int] = []
    rows = []
    for draft in drafts:
        if not draft.stays:
            if draft.verb is Verb.BIN:
                old.append(draft.id)
            continue
        if not draft.is_new:
            keys = [info.key for info in searched_fields(draft.module)]
            if draft.verb is Verb.EDIT and not draft.differs_in(keys):
                continue
            old.append(draft.id)
        rows.append(row_of(draft.module, draft.id, draft.after))
    delete_rows(SearchText, "id", old)
    insert_rows(SearchText, COLUMNS, rows)


def rewrite_texts(module: ModuleInfo, records: Sequence[Stored]) -> None:
    """Makes the texts of these records anew; the caller holds their locks."""
    delete_rows(SearchText, "id", [record.id for record in records])
    live = [record for record in records if record.binned_at is None]
    insert_rows(SearchText, COLUMNS, [row_of(module, record.id, record.values) for record in live])
