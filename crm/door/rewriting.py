"""Rewrites one field's stored values in all records, when the field's type changes or the field goes.

An ordinary edit reads and writes with the field's type, and leaves the bin alone; here the type itself
changes, so values are read with the old one and written with the new one, also in the bin. Each record
gets its next version and a history row, as with every other change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from crm.documents.generation import current_generation
from crm.door.changes import Source
from crm.door.storage import insert_rows, update_rows
from crm.door.writing import HISTORY_COLUMNS
from crm.models import Cause, Field, History, RecordLink, User
from crm.modules.loading import field_info, model_of
from crm.modules.registry import FieldInfo
from crm.modules.usage.records import rows_with

Row = tuple[int, int, Any]  # id, version, and the custom values or the column's value
Convert = Callable[[Any], Any]


def stored_values(field: Field, *, lock: bool = False, binned: bool | None = None) -> Iterator[list[Row]]:
    """Chunks of the rows that hold the field, in order of id; of those in the bin or not, if asked for."""
    info = field_info(field)
    size = settings.CRM_CHUNK_SIZE[connection.vendor]
    rows = rows_with(field).order_by("id")
    if lock:
        rows = rows.select_for_update()
    if binned is not None:
        rows = rows.filter(binned_at__isnull=not binned)
    column, last = info.columns[0] if info.columns else "custom", 0
    while chunk := list(rows.filter(id__gt=last).values_list("id", "version", column)[:size]):
        yield chunk
        last = chunk[-1][0]


def value_of(info: FieldInfo, row: Row) -> Any:
    """The value in a row of `stored_values`."""
    return info.type.from_columns((row[2],), info) if info.columns else info.type.load(row[2][info.key], info)


def rewrite_values(
    field: Field,
    *,
    after: FieldInfo | None,
    convert: Convert,
    label: str,
    actor: User | None,
    now: datetime,
    binned: bool | None = None,
) -> int:
    """Puts `convert(value)` in the place of each stored value; returns how many records were changed.

    `field` is as it was before; `after` is what values are stored as then, None if they go altogether.
    `now` is a whole second, as in all records. To be called in the transaction that also changes the field.
    """
    before = field_info(field)
    cause: Cause | None = None
    count = 0
    for chunk in stored_values(field, lock=True, binned=binned):
        new = [(row, old, convert(old)) for row in chunk if (old := value_of(before, row)) is not None]
        moved = [
            (row, old, value) for row, old, value in new if after is None or value != old or after != before
        ]
        if not moved:
            continue
        if cause is None:
            kind = Source.ADMIN if actor is not None else Source.SYSTEM
            cause = Cause.objects.create(kind=kind, at=now, actor=actor, label=label[:255])
        _store(field, before, after, moved, cause)
        _tell(field, before, after, moved, cause)
        count += len(moved)
    return count


def _store(
    field: Field,
    before: FieldInfo,
    after: FieldInfo | None,
    moved: list[tuple[Row, Any, Any]],
    cause: Cause,
) -> None:
    actor_id = cause.actor.pk if cause.actor else None
    column = before.columns[0] if before.columns else "custom"
    rows = []
    for (record_id, version, stored), _old, value in moved:
        if before.columns:
            kept = value
        else:
            kept = {key: other for key, other in stored.items() if key != before.key}
            if after is not None and value is not None:
                kept[before.key] = after.type.store(value, after)
        rows.append((record_id, version + 1, cause.at, actor_id, kept))
    update_rows(model_of(field.module), ("id", "version", "modified_at", "modified_by_id", column), rows)


def _tell(
    field: Field,
    before: FieldInfo,
    after: FieldInfo | None,
    moved: list[tuple[Row, Any, Any]],
    cause: Cause,
) -> None:
    """History rows: the old value as the old type dumps it, the new one as the new type does."""
    actor_id = cause.actor.pk if cause.actor else None
    generation = current_generation()
    rows = []
    for (record_id, version, _stored), old, value in moved:
        dumped = None if after is None or value is None else after.type.dump(value, after)
        changes = {before.key: [before.type.dump(old, before), dumped, None]}
        rows.append((
            record_id, field.module.key, History.Kind.EDIT.value, cause.at, actor_id, cause.pk, generation,
            version + 1, changes,
        ))  # fmt: skip
    insert_rows(History, HISTORY_COLUMNS, rows)


def forget_values(field: Field, *, label: str, actor: User | None, now: datetime) -> int:
    """Takes a custom field's values and links out of all records; the history keeps them."""
    count = rewrite_values(field, after=None, convert=lambda _value: None, label=label, actor=actor, now=now)
    RecordLink.objects.filter(from_module=field.module.key, field=field.key).delete()
    return count
