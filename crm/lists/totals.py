"""Sums of a list's columns: exact up to a number of rows, amounts in the company's currency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from crm.criteria.linked import read_values
from crm.door.rates import company_currency_code
from crm.lists.columns import ListColumn
from crm.lists.state import ListState
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.visibility import matching_ids, readable

MOST = 10_000


@dataclass(frozen=True)
class Total:
    """What stands under a column; empty under one that has no sum."""

    label: str
    text: str = ""


def summed(module: ModuleInfo, column: ListColumn) -> FieldInfo | None:
    """The field whose values are added up for a column: of an amount, its twin in the company's currency."""
    info = column.info
    if info.type.key == "money":
        twins = (other for other in module.fields.values() if other.options.get("base_of") == info.key)
        return next(twins, None)
    if info.type.key == "integer" or "base_of" in info.options:
        return info
    return info if info.type.key == "decimal" and not info.system and not column.virtual else None


def has_totals(state: ListState) -> bool:
    """Whether any column has a sum."""
    return any(True for _column, _info in _summed(state))


def _summed(state: ListState) -> Iterator[tuple[ListColumn, FieldInfo]]:
    allowed = readable(state.user, state.module)
    for column in state.columns:
        info = summed(state.module, column)
        if info is not None and (info.key in allowed or column.virtual):
            yield column, info


def totals_of(state: ListState) -> list[Total] | None:
    """What stands under each column; None if there are too many rows. May raise TooSlow."""
    ids = matching_ids(state.user, state.module, where=state.where, cap=MOST)
    if ids is None:
        return None
    fields = {column.key: info for column, info in _summed(state)}
    sums = _sums(state, fields, ids)
    amounts = any("base_of" in info.options for info in fields.values())
    currency = company_currency_code() if amounts else ""
    return [_total(column, fields.get(column.key), sums, currency) for column in state.columns]


def _sums(state: ListState, fields: Mapping[str, FieldInfo], ids: list[int]) -> dict[str, Any]:
    """Added up here and not by the database: SQLite would add decimals as floating point numbers."""
    own = {info.key for key, info in fields.items() if key in state.module.fields}
    rows = read_values(state.module, own, ids) if own else {}
    sums: dict[str, Any] = {key: sum(row[key] or 0 for row in rows.values()) for key in own}
    for column in state.columns:
        if column.load is not None and column.key in fields:
            sums[column.key] = sum(value or 0 for value in column.load(state.module, ids).values())
    return sums


def _total(column: ListColumn, info: FieldInfo | None, sums: Mapping[str, Any], currency: str) -> Total:
    if info is None:
        return Total(column.label)
    number = sums[info.key] if info.type.key == "integer" else Decimal(sums[info.key])
    text = info.type.show(number, info)
    return Total(column.label, f"{text} {currency}" if "base_of" in info.options else text)
