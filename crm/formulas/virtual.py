"""Virtual fields that a formula works out: criteria, lists and other paths read them like a field."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from crm.criteria.base import Context, DictRow
from crm.criteria.linked import load_linked_values, read_values
from crm.criteria.virtual import VirtualField, register_virtual_field
from crm.fields import FIELD_TYPES
from crm.formulas.formula import Formula, compile_formula
from crm.formulas.reading import refused
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo

ANY_TIME = Context(datetime(2000, 1, 1, tzinfo=UTC))


def register_formula_field(
    module: str, key: str, label: str | Promise, kind: str, text: str, *, scale: int = 2
) -> VirtualField:
    """Makes a field of that module known whose value the formula gives; call it when the application starts.

    `kind` is the key of a field type; a number is rounded to `scale` digits. The formula is compiled when
    the field is first read in a configuration: FormulaProblems then says what is wrong with it. It can't ask
    for time, since lists and criteria have none to give, and can't read other virtual fields.
    """
    has_scale = hasattr(FIELD_TYPES[kind], "scale")
    wanted = FIELD_TYPES[kind].family
    places = scale if has_scale else 0
    source = f"round({text}, {places})" if wanted == "number" else text

    def formula() -> Formula:
        return _compiled(registry().generation, module, source, wanted)

    def load(info: ModuleInfo, ids: Collection[int]) -> Mapping[int, Any]:
        return _values(formula(), info, ids)

    return register_virtual_field(
        VirtualField(
            key, label, kind, lambda prefix: formula().sql(ANY_TIME, prefix), load,
            modules=lambda info: info.key == module, options={"scale": scale} if has_scale else {},
        )
    )  # fmt: skip


@lru_cache(maxsize=200)
def _compiled(_generation: int, module: str, text: str, wanted: str) -> Formula:
    """The formula in this generation of the configuration."""
    formula = compile_formula(text, registry().module(module))
    if formula.asks_context or any(operand.virtual for operand in formula.operands):
        raise refused(1, _("The formula of a field can't read time or fields that are worked out."))
    if formula.family != wanted:
        raise refused(1, _("The formula gives %(kind)s, which does not fit.") % {"kind": formula.tree.kind})
    return formula


def _values(formula: Formula, module: ModuleInfo, ids: Collection[int]) -> dict[int, Any]:
    """The values of these records, with one query and those of the links."""
    own = {operand.path for operand in formula.operands if operand.own} | formula.own_fields
    rows = read_values(module, own, ids)
    linked = load_linked_values(module, formula.linked_paths, rows)
    value = formula.evaluator(ANY_TIME)
    return {record_id: value(DictRow(values, linked[record_id])) for record_id, values in rows.items()}
