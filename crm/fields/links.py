"""Field types that point at a person or a record; whether it exists is asked for the whole batch."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from crm.fields.base import FieldType, ValueProblem, register_field_type
from crm.modules.registry import FieldInfo


class Ref(NamedTuple):
    """A record of any module."""

    module: str
    id: int


def to_id(raw: Any) -> int | None:
    """An id from a number, a numeric text or an object that has one; raises ValueProblem."""
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    number = getattr(raw, "pk", raw)
    text = str(number).strip()
    if isinstance(number, bool) or not (text.isascii() and text.isdecimal() and 0 < int(text) < 2**63):
        raise ValueProblem(_("Choose from the list, or give the id."))
    return int(text)


@register_field_type
class Person(FieldType):
    """A person, by id."""

    key = "user"
    label = _("Person")
    family = "user"

    def clean(self, raw: Any, field: FieldInfo) -> int | None:
        return to_id(raw)


@register_field_type
class Link(FieldType):
    """A record of the module that the field names, by id."""

    key = "link"
    label = _("Link to a record")
    family = "link"

    def clean(self, raw: Any, field: FieldInfo) -> int | None:
        return to_id(raw)


@register_field_type
class AnyLink(FieldType):
    """A record of any module, as Ref; entered as a pair or as `module:id`."""

    key = "any_link"
    label = _("Link to any record")
    family = "any_link"
    custom = False

    def clean(self, raw: Any, field: FieldInfo) -> Ref | None:
        if raw is None or raw == "":
            return None
        pair = raw.split(":", 1) if isinstance(raw, str) else raw
        if not isinstance(pair, list | tuple) or len(pair) != 2 or not isinstance(pair[0], str):
            raise ValueProblem(_("Choose a record, as module:id."))
        module, record_id = pair[0], to_id(pair[1])
        if not module or record_id is None:
            raise ValueProblem(_("Choose a record, as module:id."))
        return Ref(module, record_id)

    def dump(self, value: Any, field: FieldInfo) -> list[Any]:
        return list(value)

    def parse(self, dumped: Any, field: FieldInfo) -> Ref:
        return Ref(*dumped)

    def to_columns(self, value: Any, field: FieldInfo) -> tuple[Any, ...]:
        return (None, None) if value is None else (value.id, value.module)

    def from_columns(self, columns: tuple[Any, ...], field: FieldInfo) -> Ref | None:
        return None if columns[0] is None else Ref(columns[1], columns[0])
