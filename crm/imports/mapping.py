"""Which column of a file fills which field: read from what somebody wrote, or proposed by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from crm.imports.closest import folded, hint
from crm.imports.dates import FORMATS
from crm.imports.numbers import COMMA, POINT
from crm.imports.problems import ImportProblem
from crm.modules.registry import FieldInfo, ModuleInfo

ANY = "*"
NOT_FROM_FILES = frozenset({"lines", "any_link"})
PARTS = ("columns", "values", "empty", "set", "dates", "decimals")


@dataclass(frozen=True)
class Wishes:
    """What somebody asks of a file's columns and values.

    `columns` gives each column its fields (none: it is left out; columns that are not named go by
    name if `by_name`). `values` are replaced by column; those in `empty` count as empty; `constants`
    are for every row. `empty`, `dates` and `decimals` are by column, or for all columns under `*`.
    """

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by_name: bool = True
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    empty: Mapping[str, frozenset[str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)
    decimals: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ColumnPlan:
    """One column on its way into one field; `by` is the linked module's field that links are found by."""

    column: str
    place: int
    info: FieldInfo
    by: str = "name"


def read_wishes(data: Any) -> Wishes:
    """Wishes from JSON such as {"columns": {column: field}}; raises ImportProblem if it isn't."""
    if not isinstance(data, dict) or any(part not in PARTS for part in data):
        raise ImportProblem(_("A mapping is a JSON object with the parts %s.") % ", ".join(PARTS), "mapping")
    try:
        return Wishes(
            columns={str(name): _field_names(given) for name, given in data.get("columns", {}).items()},
            values={
                str(column): {str(old): str(new or "") for old, new in pairs.items()}
                for column, pairs in data.get("values", {}).items()
            },
            empty={
                name: frozenset(map(str, given)) for name, given in _by_column(data.get("empty", [])).items()
            },
            constants={str(key): str(value) for key, value in data.get("set", {}).items()},
            dates=_by_column(data.get("dates", {})),
            decimals=_by_column(data.get("decimals", {})),
        )
    except (AttributeError, TypeError):
        raise ImportProblem(_("The mapping's parts are objects by column."), "mapping") from None


def _field_names(given: Any) -> tuple[str, ...]:
    return () if not given else (given,) if isinstance(given, str) else tuple(map(str, given))


def _by_column(given: Any) -> dict[str, Any]:
    return dict(given) if isinstance(given, dict) else {ANY: given} if given else {}


def for_column(wishes: Mapping[str, Any], column: str) -> Any:
    """What is asked for a column, or for all; None if nothing is."""
    return wishes.get(column, wishes.get(ANY))


def check_wishes(wishes: Wishes, columns: Iterable[str]) -> None:
    """Raises ImportProblem for a column that the file doesn't have, and for a format that doesn't exist."""
    known = list(columns)
    for part in (wishes.columns, wishes.values, wishes.empty, wishes.dates, wishes.decimals):
        for column in part:
            if column != ANY and column not in known:
                message = _("The file has no column “%(column)s”. It has: %(known)s.%(hint)s")
                told = {"column": column, "known": ", ".join(known), "hint": hint(column, known)}
                raise ImportProblem(message % told, "unknown_column")
    for given in wishes.dates.values():
        if given not in FORMATS:
            raise ImportProblem(_("Dates are %s.") % ", ".join(FORMATS), "mapping")
    for given in wishes.decimals.values():
        if given not in (POINT, COMMA):
            raise ImportProblem(_("The decimal sign is a point or a comma."), "mapping")


def propose(columns: Iterable[str], module: ModuleInfo) -> dict[str, str]:
    """A field for each column whose name is a field's key or label, whatever its case and blanks."""
    by_name: dict[str, str] = {}
    for info in module.fields.values():
        if is_fillable(info):
            for name in (info.key, info.source_label, info.label, *info.labels.values()):
                by_name.setdefault(folded(str(name)), info.key)
    proposed: dict[str, str] = {}
    for column in columns:
        key = by_name.get(folded(column))
        if key is not None and key not in proposed.values():
            proposed[column] = key
    return proposed


def is_fillable(info: FieldInfo) -> bool:
    """Whether a file's column may fill the field."""
    return not info.system and info.type.family not in NOT_FROM_FILES


def plan_columns(wishes: Wishes, columns: tuple[str, ...], module: ModuleInfo) -> list[ColumnPlan]:
    """Each column that fills a field; raises ImportProblem for a field that cannot be filled, or is twice."""
    chosen = dict(wishes.columns)
    if wishes.by_name:
        taken = {name.partition(".")[0] for names in chosen.values() for name in names} | set(
            wishes.constants
        )
        for column, key in propose(columns, module).items():
            if column not in chosen and key not in taken:
                chosen[column] = (key,)
    plans = [
        ColumnPlan(column, place, *_field(name, module))
        for place, column in enumerate(columns)
        for name in chosen.get(column, ())
    ]
    _once(plans)
    return plans


def _field(name: str, module: ModuleInfo) -> tuple[FieldInfo, str]:
    """The field and, after a point, what its links are found by: `account` or `account.phone`."""
    key, _point, by = name.partition(".")
    info = module.fields.get(key)
    if info is None:
        told = {"module": module.label_plural, "field": key, "hint": hint(key, module.fields)}
        raise ImportProblem(_("%(module)s have no field “%(field)s”.%(hint)s") % told, "unknown_field")
    if not is_fillable(info):
        raise ImportProblem(_("%s cannot be filled from a file.") % info.label, "system_field")
    return info, by or "name"


def _once(plans: list[ColumnPlan]) -> None:
    seen: dict[str, str] = {}
    for plan in plans:
        if (other := seen.setdefault(plan.info.key, plan.column)) != plan.column:
            message = _("%(field)s would be filled from two columns, “%(one)s” and “%(two)s”.")
            told = {"field": plan.info.label, "one": other, "two": plan.column}
            raise ImportProblem(message % told, "field_twice")


def check_required(module: ModuleInfo, filled: Iterable[str]) -> None:
    """Raises ImportProblem if a field that every new record needs is not filled."""
    have = set(filled)
    missing = [
        info.label
        for info in module.fields.values()
        if info.required and not info.system and info.default is None and info.key not in have
    ]
    if missing:
        message = _("No column fills %s, which is required.") % ", ".join(missing)
        raise ImportProblem(message, "missing_required")
