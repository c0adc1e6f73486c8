"""Makes the search texts of records that have none yet, or whose module is found by other fields now.

The clock does it in chunks, each with its place in a transaction of its own. The door writes meanwhile what
it changes, under the same locks on records.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from crm.documents.generation import held_generation
from crm.door.reading import read_records
from crm.door.searching import rewrite_texts
from crm.models import SearchBuild
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from crm.search.texts import signature

SECONDS = 20.0  # of each minute
SETTLED = timedelta(seconds=10)
"""How old a change of the configuration must be: changes of records that began before it still go in."""


def build_texts(seconds: float | None = None) -> dict[str, int]:
    """Makes what is missing, to the end or for so many seconds; how many records it saw, by module."""
    end = None if seconds is None else time.monotonic() + seconds
    found: dict[str, int] = {}
    with held_generation():
        for module in waiting_modules():
            while count := _chunk(module):
                found[module.key] = found.get(module.key, 0) + count
                if end is not None and time.monotonic() > end:
                    return found
    return found


def build_asked_texts() -> dict[str, int]:
    """Does `build_texts` for a while, as the clock's part; waits where the configuration has just changed."""
    changed = datetime.fromtimestamp(registry().generation / 1_000_000, UTC)
    if datetime.now(UTC) - changed < SETTLED:
        return {}
    return build_texts(SECONDS)


def waiting_modules() -> list[ModuleInfo]:
    """The modules whose texts are not all made, or not of the fields that are searched now."""
    done = dict(SearchBuild.objects.filter(last_id=None).values_list("module", "signature"))
    return [one for one in registry().modules.values() if done.get(one.key) != signature(one)]


def _chunk(module: ModuleInfo) -> int:
    """Makes the next texts of the module; how many records were looked at, 0 when there are no more."""
    size = settings.CRM_CHUNK_SIZE[connection.vendor]
    with transaction.atomic():
        SearchBuild.objects.get_or_create(module=module.key)
        build = SearchBuild.objects.select_for_update().get(module=module.key)
        if build.signature != signature(module):
            build.signature, build.last_id = signature(module), 0
        if build.last_id is None:
            return 0
        rows = module.rows().filter(id__gt=build.last_id).order_by("id")
        ids = list(rows.values_list("id", flat=True)[:size])
        rewrite_texts(module, list(read_records(module, ids, lock=True).values()))
        build.last_id = ids[-1] if ids else None
        build.save()
    return len(ids)
