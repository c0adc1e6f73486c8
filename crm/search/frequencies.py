"""How common pieces of words are, as a sample of the texts tells: the index is asked for the rarest only.

A piece that most texts have costs the index much and rules out little; the texts themselves are looked at in
any case.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Max, Min

from crm.models import SearchText
from crm.space import current_space

KEPT_SECONDS = 600.0
SAMPLED = 500  # texts, spread over all of them
MOST, COMMON = 4, 0.1  # pieces that the index is asked for, and the share of texts that makes one common
POINTS = {"postgresql": "unnest(%s::bigint[]) AS point(value)", "sqlite": "json_each(%s) AS point"}
SAMPLE = (
    "SELECT text.grams FROM {points} JOIN crm_searchtext AS text ON text.id = "
    "(SELECT near.id FROM crm_searchtext AS near WHERE near.id >= point.value ORDER BY near.id LIMIT 1)"
)
Gram = TypeVar("Gram", str, int)
_read: dict[str, tuple[float, Mapping[Any, float]]] = {}


def rarest(grams: Sequence[Gram]) -> list[Gram]:
    """The pieces, in the form in which they are stored, that rule out most texts."""
    known: Mapping[Any, float] = _frequencies()
    first, *others = sorted(dict.fromkeys(grams), key=lambda gram: known.get(gram, 0.0))
    return [first, *(gram for gram in others[: MOST - 1] if known.get(gram, 0.0) < COMMON)]


def _frequencies() -> Mapping[Any, float]:
    """The share of texts that have a piece; as old as a few minutes."""
    space, now = current_space(), time.monotonic()
    kept = _read.get(space)
    if kept is not None and now - kept[0] < KEPT_SECONDS:
        return kept[1]
    found = _sampled()
    _read[space] = (now, found)
    return found


def _sampled() -> Mapping[Any, float]:
    ends = SearchText.objects.aggregate(first=Min("id"), last=Max("id"))
    if ends["first"] is None:
        return {}
    step = max(1, (ends["last"] - ends["first"]) // SAMPLED)
    points = list(range(ends["first"], ends["last"] + 1, step))
    with connection.cursor() as cursor:
        asked = points if connection.vendor == "postgresql" else json.dumps(points)
        cursor.execute(SAMPLE.format(points=POINTS[connection.vendor]), [asked])
        texts = [row[0].split() if isinstance(row[0], str) else row[0] for row in cursor.fetchall()]
    counted = Counter(gram for text in texts for gram in text)
    return {gram: times / len(texts) for gram, times in counted.items()}
