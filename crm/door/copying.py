"""Which fields of one record become which fields of another: for conversions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crm.fields import ValueProblem
from crm.modules.registry import FieldInfo, ModuleInfo

ADDRESS = ("street", "city", "state", "postal_code", "country")
COMMON = ("owner", "tags")
# Of a lead, by module: target field and where its value comes from; the first known one is taken.
LEAD_FIELDS: dict[str, dict[str, Sequence[str]]] = {
    "accounts": {
        "name": ("company", "name"),
        "annual_revenue": ("annual_revenue",),
        "currency": ("currency",),
        **{
            key: (key,)
            for key in (
                *COMMON, "phone", "website", "industry", "rating", "employees", "description", *ADDRESS,
            )
        },
    },
    "contacts": {
        key: (key,)
        for key in (
            *COMMON, "first_name", "last_name", "title", "email", "phone", "mobile", "source",
            "email_opt_out", "description", *ADDRESS,
        )
    },
    "deals": {"name": ("company", "name"), **{key: (key,) for key in (*COMMON, "source")}},
}  # fmt: skip


def lead_values(lead: ModuleInfo, values: Mapping[str, Any], target: ModuleInfo) -> dict[str, Any]:
    """What a record that is made of a lead gets: the built-in fields that belong together, and custom
    fields with the same key and type, or else with the same label and type.
    """
    found: dict[str, Any] = {}
    for key, sources in LEAD_FIELDS[target.key].items():
        info = target.fields.get(key)
        known = (values[source] for source in sources if values.get(source) is not None)
        value = next(known, None)
        if info is not None and value is not None and _fits(value, info):
            found[key] = value
    for info in lead.fields.values():
        value = values.get(info.key)
        twin = _twin(info, target) if not info.builtin else None
        if twin is not None and value is not None and _fits(value, twin):
            found[twin.key] = value
    return found


def _twin(info: FieldInfo, target: ModuleInfo) -> FieldInfo | None:
    """The custom field of the target that means the same, or None."""
    alike = [
        other
        for other in target.fields.values()
        if not (other.builtin or other.system)
        and other.type.key == info.type.key
        and other.options.get("module") == info.options.get("module")
    ]
    same_key = (other for other in alike if other.key == info.key)
    same_label = (other for other in alike if other.source_label.lower() == info.source_label.lower())
    return next(same_key, None) or next(same_label, None)


def _fits(value: Any, info: FieldInfo) -> bool:
    """Whether the target takes the value: its picklist may lack it, its text be shorter."""
    try:
        return bool(info.type.clean(value, info) == value)
    except ValueProblem:
        return False
