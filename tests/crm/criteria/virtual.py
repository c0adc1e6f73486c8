"""Two virtual fields for tests: one is an expression of the record, one a subquery on another table."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, ExpressionWrapper, F, OuterRef, Subquery, Value

from crm.criteria import VirtualField
from crm.models import RecordLink
from crm.modules.registry import ModuleInfo


def score(prefix: str) -> Any:
    """The record's id in hundredths, minus one."""
    number = DecimalField(max_digits=15, decimal_places=2)
    return ExpressionWrapper(
        F(f"{prefix}pk") * Value(Decimal("0.01"), output_field=number) - 1, output_field=number
    )


def scores(_module: ModuleInfo, ids: Collection[int]) -> dict[int, Decimal]:
    """The same in Python."""
    return {record_id: Decimal(record_id).scaleb(-2) - 1 for record_id in ids}


def word(prefix: str) -> Any:
    """The field of the record's first link, as a word."""
    links = RecordLink.objects.filter(from_id=OuterRef(f"{prefix}pk")).order_by("field")
    return Subquery(links.values("field")[:1])


def words(_module: ModuleInfo, ids: Collection[int]) -> dict[int, str]:
    """The same in Python, by one query."""
    links = RecordLink.objects.filter(from_id__in=ids).order_by("-field")
    return dict(links.values_list("from_id", "field"))


SCORE = VirtualField("v_score", "Score", "decimal", score, scores, options={"scale": 2})
WORD = VirtualField("v_word", "Word", "text", word, words, modules=lambda module: module.key != "leads")
