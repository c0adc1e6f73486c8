"""A record as it was at an earlier version: told by its history."""

from __future__ import annotations

from typing import Any

from crm.door.reading import Stored
from crm.models import History
from crm.modules.registry import ModuleInfo


def values_at(module: ModuleInfo, stored: Stored, version: int) -> dict[str, Any]:
    """The record's values at a version, which is the stored one or an earlier one."""
    values = dict(stored.values)
    if version >= stored.version:
        return values
    rows = History.objects.filter(record_id=stored.id, version__gt=version).order_by("-id")
    for changes in rows.values_list("changes", flat=True):
        for key, change in changes.items():
            info = module.fields.get(key)
            if info is not None:
                values[key] = info.type.empty if change[0] is None else info.type.parse(change[0], info)
    return values
