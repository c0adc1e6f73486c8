"""Makes a field's value of a cell: empty ones, replaced ones, dates, numbers, choices and people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from crm.fields import ValueProblem
from crm.imports.analysis import ColumnEvidence
from crm.imports.closest import hint
from crm.imports.dates import ISO, parse_date
from crm.imports.mapping import ColumnPlan, Wishes, for_column
from crm.imports.numbers import POINT, plain_number
from crm.imports.people import PeopleByName
from crm.imports.problems import ImportProblem
from crm.modules.registry import FieldInfo

Convert = Callable[[str], Any]
REMEMBERED = frozenset({"boolean", "choice", "choices", "user", "date", "number"})
KEPT = 10_000


@dataclass(slots=True)
class CellValues:
    """Turns one column's cells into values of its field; what comes again is worked out once."""

    plan: ColumnPlan
    convert: Convert
    empty: frozenset[str] = frozenset()
    replaced: Mapping[str, str] = field(default_factory=dict)
    remembers: bool = False
    known: dict[str, Any] = field(default_factory=dict)

    def value(self, cell: str) -> Any:
        """The value, None if the cell counts as empty; raises ValueProblem."""
        known = self.known.get(cell, self)
        if known is not self:
            if isinstance(known, ValueProblem):
                raise ValueProblem(known.message, known.code)
            return known
        try:
            value = self._value(cell)
        except ValueProblem as problem:
            # A new one: an exception that is raised again and again gathers a traceback each time.
            self._remember(cell, ValueProblem(problem.message, problem.code))
            raise
        self._remember(cell, value)
        return value

    def _value(self, cell: str) -> Any:
        text = cell.strip()
        if text in self.empty:
            return None
        text = self.replaced.get(text, text)
        return self.convert(text) if text else None

    def _remember(self, cell: str, value: Any) -> None:
        if self.remembers:
            if len(self.known) >= KEPT:
                self.known.clear()
            self.known[cell] = value


def cell_values(
    plan: ColumnPlan, wishes: Wishes, evidence: ColumnEvidence | None, people: PeopleByName
) -> CellValues:
    """How this column's cells become values; raises ImportProblem if its format must be chosen."""
    info = plan.info
    makers: dict[str, Callable[[], Convert]] = {
        "user": lambda: people.find,
        "date": lambda: _dates(plan, wishes, evidence),
        "datetime": lambda: _dates(plan, wishes, evidence),
        "number": lambda: _numbers(plan, wishes, evidence),
        "choice": lambda: _choices(info),
        "boolean": lambda: _cleaned(info),
        "choices": lambda: _cleaned(info),
    }
    make = makers.get(info.type.family)
    return CellValues(
        plan,
        make() if make else str,
        for_column(wishes.empty, plan.column) or frozenset(),
        wishes.values.get(plan.column, {}),
        info.type.family in REMEMBERED,
    )


def _cleaned(info: FieldInfo) -> Convert:
    return lambda text: info.type.clean(text, info)


def _dates(plan: ColumnPlan, wishes: Wishes, evidence: ColumnEvidence | None) -> Convert:
    order = for_column(wishes.dates, plan.column)
    if order is None and evidence is not None:
        order = evidence.dates.format()
        if order is None:
            _ask(plan, evidence.dates.question())
    return lambda text: plan.info.type.clean(parse_date(text, order or ISO), plan.info)


def _numbers(plan: ColumnPlan, wishes: Wishes, evidence: ColumnEvidence | None) -> Convert:
    decimal = for_column(wishes.decimals, plan.column)
    if decimal is None and evidence is not None:
        decimal = evidence.numbers.decimal()
        if decimal is None:
            _ask(plan, evidence.numbers.question())
    sign = decimal or POINT
    return lambda text: plan.info.type.clean(plain_number(text, sign), plan.info)


def _ask(plan: ColumnPlan, question: str) -> None:
    message = _("The format of the column “%(column)s” must be chosen: %(question)s.")
    raise ImportProblem(message % {"column": plan.column, "question": question}, "ambiguous_format")


def _choices(info: FieldInfo) -> Convert:
    """Keys and labels, exactly as they are written: “Google” and “google” may be two values."""
    if not info.choices:
        return _cleaned(info)
    active = [choice for choice in info.choices.values() if choice.active]
    labels = [str(choice.label) for choice in active]
    keys = {choice.key: choice.key for choice in active}
    keys |= {choice.source_label: choice.key for choice in active}
    # Labels win: the key of “Google” may be what another value is called.
    keys |= dict(zip(labels, (choice.key for choice in active), strict=True))

    def convert(text: str) -> str:
        key = keys.get(text)
        if key is None:
            message = _("“%(value)s” is not one of the values of %(field)s.")
            told = message % {"value": text[:80], "field": info.label}
            raise ValueProblem(told + hint(text, labels), "unknown_value")
        return key

    return convert


def needs_a_look(plan: ColumnPlan, wishes: Wishes) -> bool:
    """Whether the column's format is found from its values, so that the file has to be read once before."""
    formats = {"date": wishes.dates, "datetime": wishes.dates, "number": wishes.decimals}
    given = formats.get(plan.info.type.family)
    return given is not None and for_column(given, plan.column) is None
