"""Field types, one class each; a new one registers itself and needs no edit elsewhere."""

from crm.fields import choices, lines, links, numbers, text, time
from crm.fields.base import FIELD_TYPES, FieldType, ValueProblem, register_field_type

__all__ = [
    "FIELD_TYPES", "FieldType", "ValueProblem", "choices", "lines", "links", "numbers",
    "register_field_type", "text", "time",
]  # fmt: skip
