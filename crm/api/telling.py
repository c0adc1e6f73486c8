"""Records as JSON: what the caller may read of them, with the names of what they point at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse

from crm.api.gate import ApiRequest
from crm.api.kinds import kind_of
from crm.api.names import load_api_names
from crm.door.changes import Notice
from crm.door.reading import Stored, read_records
from crm.modules.registry import ModuleInfo
from crm.views.showing import pointers
from crm.visibility import visible_ids

Told = dict[str, Any]


def tell_records(
    request: ApiRequest, module: ModuleInfo, records: Sequence[Stored], keys: Sequence[str]
) -> list[Told]:
    """The records with these fields."""
    names = load_api_names(
        request, (pointer for record in records for pointer in pointers(module, record.values, keys))
    )
    kinds = [(key, module.fields[key], kind_of(module.fields[key])) for key in keys]
    return [
        _head(module, record.id, record.version)
        | {
            "values": {
                key: None if record.values[key] is None else kind.tell(record.values[key], info, names)
                for key, info, kind in kinds
            }
        }
        for record in records
    ]


def tell_written(
    request: ApiRequest, module: ModuleInfo, record_id: int, keys: Sequence[str], notices: Iterable[Notice]
) -> Told:
    """A record as it is after a change, and what rules could not do.

    `values` is null if the change moved the record out of the caller's sight.
    """
    stored = read_records(module, [record_id]).get(record_id)
    told = _head(module, record_id, stored.version if stored else 0) | {"values": None}
    if stored is not None and visible_ids(request.user, module, [record_id]):
        told = tell_records(request, module, [stored], keys)[0]
    return told | {"notices": tell_notices(notices)}


def tell_notices(notices: Iterable[Notice]) -> list[Told]:
    """What rules wanted and could not do."""
    return [
        {"record": one.record_id, "label": one.label, "field": one.field, "message": one.message}
        for one in notices
    ]


def _head(module: ModuleInfo, record_id: int, version: int) -> Told:
    page = settings.SITE_URL + reverse("record", args=[module.key, record_id])
    return {"module": module.key, "id": record_id, "version": version, "url": page}
