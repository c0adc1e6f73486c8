"""Record ids: no two records of any module share one; taken in blocks before anything is written."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.db.models import F

from crm.models import RecordIdCounter

BLOCK = 32


def take_ids(count: int) -> list[int]:
    """`count` new ids, growing. Takes one statement on PostgreSQL and two on SQLite."""
    if count <= 0:
        return []
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('crm_record_id') FROM generate_series(1, %s)", [count])
            return [row[0] for row in cursor.fetchall()]
    if not RecordIdCounter.objects.filter(pk=1).update(last=F("last") + count):
        RecordIdCounter.objects.create(pk=1, last=count)
    last = RecordIdCounter.objects.values_list("last", flat=True).get(pk=1)
    return list(range(last - count + 1, last + 1))


def id_taker() -> Callable[[], int]:
    """A function that gives one id at a time, from blocks."""
    spare: list[int] = []

    def take() -> int:
        if not spare:
            spare.extend(reversed(take_ids(BLOCK)))
        return spare.pop()

    return take
