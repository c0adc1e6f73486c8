"""Field types with a choice: yes/no, picklists and tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.fields.base import FieldType, ValueProblem, register_field_type
from crm.fields.text import clean_text
from crm.modules.registry import FieldInfo

YES = {"1", "yes", "y", "true", "on", "x"}
NO = {"", "0", "no", "n", "false", "off"}


@register_field_type
class Boolean(FieldType):
    """Yes or no, never empty."""

    key = "boolean"
    label = _("Yes or no")
    family = "boolean"
    empty = False

    def clean(self, raw: Any, field: FieldInfo) -> bool:
        if raw is None or isinstance(raw, bool):
            return bool(raw)
        text = str(raw).strip().lower()
        if text in YES or text in NO:
            return text in YES
        raise ValueProblem(_("Enter yes or no."))

    def from_columns(self, columns: tuple[Any, ...], field: FieldInfo) -> bool:
        return bool(columns[0])

    def show(self, value: Any, field: FieldInfo) -> str:
        return str(_("Yes") if value else _("No"))


def find_choice(raw: Any, field: FieldInfo) -> str:
    """The key of an active value, given its key or exactly its label; raises ValueProblem."""
    text = str(raw).strip()
    choice = field.choices.get(text)
    if choice is None:
        choice = next((value for value in field.choices.values() if value.label == text), None)
    if choice is None or not choice.active:
        allowed = ", ".join(str(value.label) for value in field.choices.values() if value.active)
        raise ValueProblem(
            _("“%(value)s” is not one of the values of %(field)s: %(allowed)s.")
            % {"value": text[:80], "field": field.label, "allowed": allowed[:400]},
            "unknown_value",
        )
    return choice.key


def items_of(raw: Any) -> list[Any]:
    """The items of something that several are given as; raises ValueProblem."""
    if raw is None:
        return []
    if not isinstance(raw, Iterable) or isinstance(raw, Mapping | bytes):
        raise ValueProblem(_("Give a list of values."))
    return list(raw)


@register_field_type
class Picklist(FieldType):
    """One of the field's values; the value in memory is its key."""

    key = "picklist"
    label = _("Picklist")
    family = "choice"

    def clean(self, raw: Any, field: FieldInfo) -> str | None:
        if raw is None or not str(raw).strip():
            return None
        return find_choice(raw, field)

    def show(self, value: Any, field: FieldInfo) -> str:
        if value is None:
            return ""
        choice = field.choices.get(value)
        return str(choice.label) if choice else str(value)


@register_field_type
class MultiPicklist(FieldType):
    """Several of the field's values, as a list of keys in the picklist's order."""

    key = "multi_picklist"
    label = _("Multi-picklist")
    family = "choices"

    def clean(self, raw: Any, field: FieldInfo) -> list[str] | None:
        parts = raw.split(";") if isinstance(raw, str) else items_of(raw)
        chosen = {find_choice(part, field) for part in parts if str(part).strip()}
        return [key for key in field.choices if key in chosen] or None

    def show(self, value: Any, field: FieldInfo) -> str:
        labels = (field.choices[key].label if key in field.choices else key for key in value or [])
        return ", ".join(str(label) for label in labels)


@register_field_type
class Tags(FieldType):
    """Free words on a record, without order or doubles."""

    key = "tags"
    label = _("Tags")
    family = "choices"
    custom = False

    def clean(self, raw: Any, field: FieldInfo) -> list[str] | None:
        parts = raw.split(",") if isinstance(raw, str) else items_of(raw)
        cleaned = (clean_text(part, 60) for part in parts)
        return sorted({tag for tag in cleaned if tag}) or None

    def to_columns(self, value: Any, field: FieldInfo) -> tuple[Any, ...]:
        return (value or [],)

    def from_columns(self, columns: tuple[Any, ...], field: FieldInfo) -> Any:
        return columns[0] or None

    def show(self, value: Any, field: FieldInfo) -> str:
        return ", ".join(value or [])
