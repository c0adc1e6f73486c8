"""Judges one condition or criteria on one record in both ways, which must agree."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from crm.criteria import Context, DictRow, compile_criteria, load_linked_values
from crm.modules.loading import module
from tests.crm.criteria.world import insert

_ids = count(1_000_000)


def new_id() -> int:
    """An id that no record has."""
    return next(_ids)


def make(module_key: str, **values: Any) -> int:
    """A record in the database; returns its id."""
    record_id = new_id()
    insert(module(module_key), {record_id: values})
    return record_id


def judge(module_key: str, values: Mapping[str, Any], data: Mapping[str, Any], context: Context) -> bool:
    """Whether a record with these values fits, by the predicate and by SQL."""
    info = module(module_key)
    compiled = compile_criteria(data, info)
    record_id = make(module_key, **values)
    linked = load_linked_values(info, compiled.linked_paths, {record_id: values})
    result = compiled.matches(DictRow(values, linked[record_id]), context)
    assert result is info.rows().filter(compiled.q(context), pk=record_id).exists(), (values, data)
    assert isinstance(result, bool)
    return result


def fits(module_key: str, field: str, found: Any, operator: str, value: Any, context: Context) -> bool:
    """Whether a record with this one value fits this one condition."""
    condition = {"field": field, "operator": operator} | ({} if value is None else {"value": value})
    return judge(module_key, {field: found}, {"conditions": [condition]}, context)
