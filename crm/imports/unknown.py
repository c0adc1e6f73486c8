"""Values of a file that their fields do not know, each once, with how often it comes and the closest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from crm.fields import ValueProblem
from crm.imports.closest import folded
from crm.imports.plan import ImportPlan, LinkColumn
from crm.imports.values import CellValues
from crm.models import ImportLook, User
from crm.modules.registry import FieldInfo

FAMILIES = frozenset({"choice", "choices", "user", "boolean"})
NEAR = 5
ALIKE = 0.7


@dataclass
class UnknownValue:
    """One text that its field does not know."""

    text: str
    count: int
    message: str
    near: list[str] = field(default_factory=list)


@dataclass
class UnknownColumn:
    """The unknown values of one column; `complete` is false where the column has too many different ones."""

    column: str
    info: FieldInfo
    values: list[UnknownValue]
    candidates: list[str]  # all that can be chosen, if they are few
    complete: bool = True


def unknown_values(plan: ImportPlan, look: ImportLook) -> list[UnknownColumn]:
    """What has to be decided before the import; asks the database once per column."""
    found = [_of_cells(cells, look) for cells in plan.plain if cells.plan.info.type.family in FAMILIES]
    found += [_of_links(link, plan, look) for link in plan.links]
    return [one for one in found if one.values or not one.complete]


def _counts(column: str, empty: frozenset[str], look: ImportLook) -> Mapping[str, int] | None:
    counts = look.columns.get(column, {}).get("counts")
    return None if counts is None else {text: n for text, n in counts.items() if text not in empty}


def _of_cells(cells: CellValues, look: ImportLook) -> UnknownColumn:
    info, column = cells.plan.info, cells.plan.column
    found = UnknownColumn(column, info, [], candidates_of(info))
    counts = _counts(column, cells.empty, look)
    if counts is None:
        found.complete = False
        return found
    for text, count in counts.items():
        try:
            cells.convert(text)
        except ValueProblem as problem:
            found.values.append(UnknownValue(text, count, str(problem.message)))
    return _with_near(found, found.candidates)


def _of_links(link: LinkColumn, plan: ImportPlan, look: ImportLook) -> UnknownColumn:
    column = link.column
    found = UnknownColumn(column, link.info, [], [])
    counts = _counts(column, link.cells.empty, look)
    if counts is None:
        found.complete = False
        return found
    link.records.look_up(counts)
    coming = _coming(link, plan, look)
    for text, count in counts.items():
        try:
            if link.records.find(text) is None and text not in coming:
                found.values.append(UnknownValue(text, count, str(link.records.reason(text).message)))
        except ValueProblem as problem:
            found.values.append(UnknownValue(text, count, str(problem.message)))
    return _with_near(found, link.records.candidates()) if found.values else found


def _coming(link: LinkColumn, plan: ImportPlan, look: ImportLook) -> frozenset[str]:
    """Texts that rows of the same file will have as the field by which links are found."""
    if not link.own_module:
        return frozenset()
    texts: set[str] = set()
    for cells in plan.plain:
        if cells.plan.info.key == link.records.info.key:
            counts = look.columns.get(cells.plan.column, {}).get("counts")
            texts |= set(counts or look.columns.get(link.column, {}).get("counts") or ())
    return frozenset(texts)


def _with_near(found: UnknownColumn, candidates: Iterable[str]) -> UnknownColumn:
    by_fold: dict[str, str] = {}
    for candidate in candidates:
        by_fold.setdefault(folded(candidate), candidate)
    found.values.sort(key=lambda value: (-value.count, value.text))
    for value in found.values[: 2 * NEAR * NEAR]:
        near = get_close_matches(folded(value.text), by_fold, n=NEAR, cutoff=ALIKE)
        value.near = [by_fold[one] for one in near]
    return found


def candidates_of(info: FieldInfo) -> list[str]:
    """All values of a picklist, or all active people, as a file may name them."""
    if info.type.family == "user":
        people = list(User.objects.filter(is_active=True).order_by("name").values_list("name", "email"))
        names = Counter(name for name, _email in people)
        return [name if names[name] == 1 else email for name, email in people]
    if info.type.family == "boolean":
        return ["yes", "no"]
    return [str(choice.label) for choice in info.choices.values() if choice.active]
