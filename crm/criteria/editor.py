"""What an editor of criteria offers."""

from __future__ import annotations

from typing import NamedTuple

from crm.criteria.operators import operators_of
from crm.modules.registry import FieldInfo


class Offer(NamedTuple):
    """An operator for a field; `input` is none, value, values, range, period or from_to."""

    key: str
    label: str
    input: str


def operators_for(field: FieldInfo, *, events: bool = False) -> list[Offer]:
    """The operators that fit the field, labelled in the active language; those of events if allowed."""
    return [
        Offer(operator.key, str(operator.words), operator.input.key)
        for operator in operators_of(field.type.family).values()
        if events or not operator.event
    ]
