"""Records as people see them: values as text, with the names of the people and records they point at.

Names are loaded once for everything on a page; the name of a record that the person may not see is not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.door.reading import Stored
from crm.fields.links import Ref
from crm.fields.numbers import babel_locale
from crm.models import Record, User
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.visibility import readable, visible_to

PREFIXES = {"email": "mailto:", "phone": "tel:", "url": ""}
NUMBERS = frozenset({"integer", "decimal", "money", "percent"})


@dataclass(frozen=True)
class Cell:
    """One value on a page."""

    key: str
    label: str
    kind: str
    text: str
    url: str = ""
    help: str = ""
    tone: str = ""  # of a picklist value that ends the work: won, lost or closed
    at: datetime | None = None  # of a moment, to tell how long ago it was

    @property
    def is_number(self) -> bool:
        """Whether it is set at the right."""
        return self.kind in NUMBERS


@dataclass
class Names:
    """Names of people and of visible records, by id."""

    people: dict[int, str] = field(default_factory=dict)
    records: dict[Ref, str] = field(default_factory=dict)

    def record(self, ref: Ref) -> str:
        """The record's name, or that there is one which the person may not see."""
        return self.records.get(ref) or _("Record without access")


def told_fields(module: ModuleInfo) -> Iterator[FieldInfo]:
    """The module's fields; currency and rate only where there are amounts that they could be of."""
    without = () if module.money_fields else ("currency", "rate")
    return (info for key, info in module.fields.items() if key not in without)


def target_of(info: FieldInfo, value: Any) -> Ref:
    """The record that a link's value points at."""
    return value if isinstance(value, Ref) else Ref(info.target or "", value)


def pointers(module: ModuleInfo, values: Mapping[str, Any], keys: Iterable[str]) -> Iterator[int | Ref]:
    """People (their ids) and records (as Ref) that these fields point at."""
    for key in keys:
        info, value = module.fields[key], values.get(key)
        if value is None:
            continue
        if info.type.family == "user":
            yield value
        elif info.type.family in ("link", "any_link"):
            yield target_of(info, value)
        elif info.type.family == "lines":
            yield from (Ref("products", line["product"]) for line in value if line["product"])


def sorted_pointers(wanted: Iterable[int | Ref]) -> tuple[set[int], dict[str, set[int]]]:
    """The ids of people, and those of records by module."""
    people: set[int] = set()
    records: dict[str, set[int]] = {}
    for pointer in wanted:
        if isinstance(pointer, Ref):
            records.setdefault(pointer.module, set()).add(pointer.id)
        else:
            people.add(pointer)
    return people, records


def load_names(user: User, wanted: Iterable[int | Ref]) -> Names:
    """The names that the person may read: one statement for people, one for each module."""
    people, records = sorted_pointers(wanted)
    names = Names()
    if people:
        names.people = {person.pk: str(person) for person in User.objects.filter(pk__in=people)}
    for key, ids in records.items():
        module = registry().modules.get(key)
        if module is not None and "name" in readable(user, module):
            rows = visible_to(user, module).filter(pk__in=ids).values_list("pk", "name")
            names.records.update({Ref(key, pk): name or f"#{pk}" for pk, name in rows})
    return names


def cell(info: FieldInfo, values: Mapping[str, Any], names: Names) -> Cell:
    """The value of a field, as shown."""
    value = values.get(info.key)
    kind = info.type.key
    text, url = info.type.show(value, info), ""
    if value is None:
        pass
    elif info.type.family == "user":
        text = names.people.get(value, f"#{value}")
    elif info.type.family in ("link", "any_link"):
        ref = target_of(info, value)
        text = names.record(ref)
        url = reverse("record", args=[ref.module, ref.id]) if ref in names.records else ""
    elif info.type.family == "lines":
        text = "; ".join(_line(line, names) for line in value)
    elif kind == "money":
        text = f"{text} {values.get('currency') or ''}".rstrip()
    elif kind in PREFIXES and (kind != "url" or text.startswith(("http://", "https://"))):
        url = PREFIXES[kind] + text
    tone = tone_of(info, value) if kind == "picklist" else ""
    return Cell(info.key, info.label, kind, text, url, info.help, tone, value if kind == "datetime" else None)


def tone_of(info: FieldInfo, value: Any) -> str:
    """Whether a picklist's value means that a record is won, lost or closed; empty for all others."""
    choice = info.choices.get(value)
    attributes = choice.attributes if choice is not None else {}
    if attributes.get("open", True):
        return ""
    return next((tone for tone in ("won", "lost") if attributes.get(tone)), "closed")


def _line(line: Mapping[str, Any], names: Names) -> str:
    """A line item as a few words, with quantity, name, price and discount."""
    name = line["text"] or names.record(Ref("products", line["product"]))
    quantity, price, discount = (
        format_decimal(Decimal(line[key]), locale=babel_locale()) for key in ("quantity", "price", "discount")
    )
    less = f" −{discount} %" if Decimal(line["discount"]) else ""
    return f"{quantity} × {name}: {price}{less}"


def stored_of(module: ModuleInfo, row: Record) -> Stored:
    """A row of the module's model as values by field key."""
    values: dict[str, Any] = {}
    for key, info in module.fields.items():
        if info.columns:
            columns = tuple(getattr(row, column) for column in info.columns)
            values[key] = info.type.from_columns(columns, info)
        else:
            kept = row.custom.get(key)
            values[key] = info.type.empty if kept is None else info.type.load(kept, info)
    return Stored(row.pk, row.version, row.binned_at, row.custom, values)


def name_of(user: User, module: ModuleInfo, stored: Stored) -> str:
    """What the record is called on pages; its number where the person may not read the name."""
    name = stored.values.get("name") if "name" in readable(user, module) else None
    return str(name) if name else f"{module.label} #{stored.id}"
