"""The values of a record page: its facts in the head, its sections, its line items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal

from crm.door.reading import Stored
from crm.fields.links import Ref
from crm.fields.numbers import babel_locale
from crm.models import User
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.views.showing import Cell, Names, cell
from crm.visibility import Access, fields_of

LINE_NUMBERS = {
    "quantity": "#,##0.####", "price": "#,##0.00", "discount": "#,##0.##", "tax": "#,##0.##",
    "total": "#,##0.00",
}  # fmt: skip
ELSEWHERE = frozenset({"lines", "tags"})  # types that have a place of their own on the page


@dataclass
class ShownSection:
    """A headed part of the page."""

    key: str
    label: str
    cells: list[Cell] = field(default_factory=list)


def sections_of(
    module: ModuleInfo, values: Mapping[str, Any], allowed: Iterable[str], names: Names
) -> list[ShownSection]:
    """The fields that the person may read, by section; those without one come first."""
    sections = {None: ShownSection("", "")} | {
        section.key: ShownSection(section.key, section.label) for section in module.sections
    }
    for key in allowed:
        info = module.fields[key]
        if info.type.key not in ELSEWHERE and not _says_nothing(info, values):
            sections.get(info.section, sections[None]).cells.append(cell(info, values, names))
    return [section for section in sections.values() if section.cells or section.key == "lines"]


def _says_nothing(info: FieldInfo, values: Mapping[str, Any]) -> bool:
    """Whether it is the title made of other fields, repeats an amount beside it, or nobody can fill it."""
    base_of = info.options.get("base_of")
    value = values.get(info.key)
    if value is None and (info.section == "system" or info.type.key == "currency"):
        return True
    if info.key == "rate":
        return bool(value == 1)
    made_of_others = info.key == "name" and info.system
    return made_of_others or (base_of is not None and value == values.get(base_of))


def editable_in_place(user: User, module: ModuleInfo) -> frozenset[str]:
    """The fields that the person may change one by one.

    Lines and tags have forms of their own; a currency is changed together with its amounts.
    """
    alone = (info for info in module.fields.values() if info.type.key not in ELSEWHERE | {"currency"})
    access = fields_of(user, module)
    return frozenset(info.key for info in alone if access[info.key] is Access.EDIT and not info.system)


def facts_of(module: ModuleInfo, values: Mapping[str, Any], allowed: list[str], names: Names) -> list[Cell]:
    """What tells most at a glance: state, owner, amount, date, and how to reach somebody."""
    infos = [module.fields[key] for key in allowed if values.get(key) is not None]
    wanted = (
        _first(infos, lambda info: any("open" in choice.attributes for choice in info.choices.values())),
        _first(infos, lambda info: info.key == "owner"),
        _first(infos, lambda info: info.type.key == "money" and info.sorted),
        _first(infos, lambda info: info.type.key == "date" and info.sorted),
        _first(infos, lambda info: info.type.key == "phone"),
        _first(infos, lambda info: info.type.key == "email"),
    )
    return [cell(info, values, names) for info in wanted if info is not None]


def _first(infos: list[FieldInfo], fits: Any) -> FieldInfo | None:
    return next((info for info in infos if fits(info)), None)


def lines_of(values: Mapping[str, Any], names: Names) -> list[dict[str, Any]]:
    """The line items with the names of their products, and numbers as people write them."""
    shown = []
    for line in values.get("lines") or []:
        product = Ref("products", line["product"])
        known = product in names.records or not line["text"]
        name = names.record(product) if line["product"] and known else ""
        row = {"name": name, "text": line["text"]}
        for key, pattern in LINE_NUMBERS.items():
            row[key] = format_decimal(Decimal(line[key]), format=pattern, locale=babel_locale())
        shown.append(row)
    return shown


def changed_keys(module: ModuleInfo, before: Stored, after: Stored) -> frozenset[str]:
    """The fields that differ, without those that the system writes at every save."""
    return frozenset(
        key
        for key, info in module.fields.items()
        if info.section != "system" and before.values.get(key) != after.values.get(key)
    )
