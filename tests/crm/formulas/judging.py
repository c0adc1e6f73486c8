"""Works formulas out on records in both ways, which must agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crm.criteria import Context
from crm.formulas import Formula, compile_formula
from crm.modules.loading import module
from tests.crm.criteria.judging import new_id
from tests.crm.criteria.world import insert, rows_of


def by_process(
    formulas: Sequence[Formula], records: Mapping[int, Mapping[str, Any]], context: Context
) -> dict[int, list[Any]]:
    """The values in the process, by record."""
    paths = {path for formula in formulas for path in formula.linked_paths}
    rows = rows_of(formulas[0].module, paths, records)
    return {record: [one.value(row, context) for one in formulas] for record, row in rows.items()}


def by_sql(
    formulas: Sequence[Formula], records: Mapping[int, Mapping[str, Any]], context: Context
) -> dict[int, list[Any]]:
    """The values in SQL, by record, with one statement."""
    made = {f"formula_{place}": formula.sql(context) for place, formula in enumerate(formulas)}
    rows = formulas[0].module.rows().order_by().filter(pk__in=records).annotate(**made)
    return {record: found for record, *found in rows.values_list("pk", *made)}


def work_out(module_key: str, text: str, context: Context, **values: Any) -> Any:
    """The value of a formula for a record with these values, by the process and by SQL."""
    info = module(module_key)
    formula, records = compile_formula(text, info), {new_id(): values}
    insert(info, records)
    (found,) = by_process([formula], records, context).values()
    assert found == by_sql([formula], records, context).popitem()[1], (text, values)
    return found[0]
