"""How right sides of conditions are entered: what an editor asks for, and how the answer is read."""

# ruff: noqa: ARG002 — one signature for all kinds
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from crm.criteria.base import SideProblem
from crm.criteria.literals import parse_literal
from crm.criteria.paths import Operand, Paths
from crm.criteria.sides import UNITS, CurrentUser, Nothing, One, OtherField, Period, Several, Side

MOST_VALUES = 500
LONGEST_PERIOD = 9999


def either() -> str:
    return _("or")


def both() -> str:
    return _("and")


def to() -> str:
    return _("to")


class Input:
    """How a right side is entered and read; `read` raises SideProblem."""

    key: ClassVar[str]

    def read(self, condition: Mapping[str, Any], operand: Operand, paths: Paths) -> Side:
        """The right side of this condition."""
        raise NotImplementedError


class NoInput(Input):
    """Nothing to enter."""

    key = "none"

    def read(self, condition: Mapping[str, Any], operand: Operand, paths: Paths) -> Side:
        if condition.get("value") is not None:
            raise SideProblem(_("This operator takes no value."))
        return Nothing()


@dataclass(frozen=True)
class ValueInput(Input):
    """A value; another field of the same family and the current user, where they fit."""

    key = "value"
    fields: bool = False

    def read(self, condition: Mapping[str, Any], operand: Operand, paths: Paths) -> Side:
        raw = condition.get("value")
        if not isinstance(raw, dict):
            return One(operand, parse_literal(raw, operand.field))
        if operand.family == "user" and raw == {"current_user": True} and self.fields:
            return CurrentUser()
        if self.fields and raw.keys() == {"field"}:
            return self.field(operand, paths.operand(raw["field"]))
        raise SideProblem(_("Enter a value."))

    def field(self, operand: Operand, other: Operand) -> Side:
        """The other field, if it can be compared."""
        if other.family != operand.family or other.field.target != operand.field.target:
            raise SideProblem(
                _("%(field)s can't be compared with %(other)s, which is of another kind.")
                % {"field": operand.label, "other": other.label}
            )
        return OtherField(other)


@dataclass(frozen=True)
class ValuesInput(Input):
    """One or more values; `joiner` is the word before the last."""

    key = "values"
    joiner: Callable[[], str] = either

    def read(self, condition: Mapping[str, Any], operand: Operand, paths: Paths) -> Side:
        raw = condition.get("value")
        if not isinstance(raw, list) or not 0 < len(raw) <= MOST_VALUES:
            raise SideProblem(_("Enter a list of one to %(limit)s values.") % {"limit": MOST_VALUES})
        values = dict.fromkeys(parse_literal(value, operand.field) for value in raw)
        return Several(operand, tuple(values), self.joiner)


class RangeInput(Input):
    """The lowest and the highest value."""

    key = "range"

    def read(self, condition: Mapping[str, Any], operand: Operand, paths: Paths) -> Side:
        raw = condition.get("value")
        if not isinstance(raw, list) or len(raw) != 2:
            raise SideProblem(_("Enter the lowest and the highest value."))
        return Several(operand, tuple(parse_literal(value, operand.field) for value in raw), both)


class FromToInput(Input):
    """The value before and the value after; `null` for an empty one."""

    key = "from_to"

    def read(self, condition: Mapping[str, Any], operand: Operand, paths: Paths) -> Side:
        raw = condition.get("value")
        if not isinstance(raw, list) or len(raw) != 2 or raw[0] == raw[1]:
            raise SideProblem(_("Enter the value before and the value after; they differ."))
        values = (None if value is None else parse_literal(value, operand.field) for value in raw)
        return Several(operand, tuple(values), to)


class PeriodInput(Input):
    """A number of days, weeks or months."""

    key = "period"

    def read(self, condition: Mapping[str, Any], operand: Operand, paths: Paths) -> Side:
        raw = condition.get("value")
        n, unit = (raw.get("n"), raw.get("unit")) if isinstance(raw, dict) and len(raw) == 2 else (0, "")
        if not isinstance(unit, str) or unit not in UNITS:
            n, unit = 0, ""
        if isinstance(n, bool) or not isinstance(n, int) or not 0 < n <= LONGEST_PERIOD:
            raise SideProblem(
                _("Enter a whole number from 1 to %(limit)s, and days, weeks or months.")
                % {"limit": LONGEST_PERIOD}
            )
        return Period(n, unit)
