"""Records that may be the same as another: asked before one is created, and before a merge.

Two records are taken for duplicates if they share an e-mail address or a phone number (in whichever
field), or a name: with the company or account beside it where the module has one, since names of people
and deals are common. Case is ignored. Only records are told that the person may see, and only fields
are compared that the person may read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, Value
from django.db.models.lookups import Exact

from crm.criteria.text import fold
from crm.documents.generation import held_generation
from crm.door.reading import read_records
from crm.door.verbs import not_found
from crm.fields import ValueProblem
from crm.models import User
from crm.modules.loading import module as module_by_key
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.visibility import can, readable, visible_to
from crm.visibility.columns import searched_value

LIMIT = 20  # found by each rule
CONTACT_KINDS = ("email", "phone")
# What must be the same beside the name.
WITH_NAME: dict[str, str] = {
    "leads": "company",
    "contacts": "account",
    "deals": "account",
    "cases": "account",
}


@dataclass(frozen=True)
class Duplicate:
    """A record that looks the same, and the labels of what is the same."""

    id: int
    name: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Alike:
    """One rule, ready to be asked: which rows are alike, and in what."""

    reason: str
    condition: Q


def duplicates_of(module: str, record_id: int, *, user: User) -> list[Duplicate]:
    """Records that look the same as this one, which the person may see; raises DoorRefused."""
    info = module_by_key(module)
    if not can(user, "view", info, record_id):
        raise not_found(module, record_id)
    stored = read_records(info, [record_id])[record_id]
    return find_duplicates(module, stored.values, user=user, without=record_id)


def find_duplicates(
    module: str, values: Mapping[str, Any], *, user: User, without: int | None = None
) -> list[Duplicate]:
    """Records that look the same as these values, as entered or stored, by field key.

    At most one statement for e-mail, one for phone and one for the name. What looks the same for more
    reasons comes first.
    """
    found: dict[int, tuple[str, list[str]]] = {}
    with held_generation():
        info = module_by_key(module)
        for alike in _rules(user, info, values):
            rows = visible_to(user, info).filter(alike.condition).exclude(pk=without or 0).order_by("-id")
            for record_id, name in rows.values_list("id", "name")[:LIMIT]:
                found.setdefault(record_id, (name or str(record_id), []))[1].append(alike.reason)
    listed = [Duplicate(pk, name, tuple(reasons)) for pk, (name, reasons) in found.items()]
    return sorted(listed, key=lambda one: (-len(one.reasons), -one.id))


def _rules(user: User, module: ModuleInfo, values: Mapping[str, Any]) -> Iterator[Alike]:
    allowed = readable(user, module)
    fields = {key: info for key, info in module.fields.items() if key in allowed}
    for kind in CONTACT_KINDS:
        same = [info for info in fields.values() if info.type.key == kind]
        wanted = {text for info in same if (text := _clean(info, values.get(info.key))) is not None}
        if wanted:
            yield Alike(same[0].label, _any_equal(same, wanted))
    name = _name(module, values)
    info = fields.get("name")
    if name is None or info is None:
        return
    condition, reason = Q(_equal(info, name)), info.label
    beside = fields.get(WITH_NAME.get(module.key, ""))
    if module.key in WITH_NAME:
        value = _clean(beside, values.get(beside.key)) if beside is not None else None
        if beside is None or value is None:
            return
        is_text = beside.type.family == "text"
        condition &= Q(_equal(beside, value)) if is_text else Q(**{beside.columns[0]: value})
        reason = f"{reason}, {beside.label}"
    yield Alike(reason, condition)


def _name(module: ModuleInfo, values: Mapping[str, Any]) -> str | None:
    """The record's name, put together of first and last name where the door does so."""
    if not module.field("name").system:
        name: str | None = _clean(module.field("name"), values.get("name"))
        return name
    parts = (str(values.get(key) or "").strip() for key in ("first_name", "last_name"))
    return " ".join(part for part in parts if part) or None


def _clean(info: FieldInfo, raw: Any) -> Any:
    """The value as it would be stored; None for one that is not allowed."""
    try:
        return info.type.clean(raw, info)
    except ValueProblem:
        return None


def _any_equal(fields: list[FieldInfo], wanted: set[str]) -> Q:
    condition = Q()
    for info in fields:
        for text in sorted(wanted):
            condition |= Q(_equal(info, text))
    return condition


def _equal(info: FieldInfo, text: str) -> Exact:
    return Exact(searched_value(info), Value(fold(text)))
