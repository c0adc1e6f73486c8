"""Right sides of conditions: nothing, a value, several, a period, another field, the current user."""

# ruff: noqa: ARG002 — one signature for all kinds
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.criteria.base import Context
from crm.criteria.literals import LITERALS
from crm.criteria.paths import Operand


class Side(Protocol):
    """A right side, read and checked."""

    @property
    def other(self) -> Operand | None:
        """The field that is compared with, if it is one."""

    @property
    def asks_context(self) -> bool:
        """Whether its value depends on who or when."""

    def bind(self, context: Context) -> Any:
        """The value in this context; an Operand for another field."""

    def dump(self) -> dict[str, Any]:
        """The part of the condition's JSON."""

    def words(self) -> str:
        """The side in the active language."""


class Plain:
    """What most right sides are: no other field, the same in every context."""

    other: ClassVar[Operand | None] = None
    asks_context: ClassVar[bool] = False


@dataclass(frozen=True)
class Nothing(Plain):
    """No right side."""

    def bind(self, context: Context) -> Any:
        return None

    def dump(self) -> dict[str, Any]:
        return {}

    def words(self) -> str:
        return ""


@dataclass(frozen=True)
class One(Plain):
    """A value."""

    operand: Operand
    value: Any

    def bind(self, context: Context) -> Any:
        return self.value

    def dump(self) -> dict[str, Any]:
        return {"value": LITERALS[self.operand.family].dump(self.value, self.operand.field)}

    def words(self) -> str:
        return LITERALS[self.operand.family].show(self.value, self.operand.field)


@dataclass(frozen=True)
class Several(Plain):
    """Values, of which `None` is an empty one; `joiner` stands between the last two."""

    operand: Operand
    value: tuple[Any, ...]
    joiner: Callable[[], str]

    def bind(self, context: Context) -> Any:
        return self.value

    def dump(self) -> dict[str, Any]:
        kind, field = LITERALS[self.operand.family], self.operand.field
        return {"value": [None if value is None else kind.dump(value, field) for value in self.value]}

    def words(self) -> str:
        kind, field = LITERALS[self.operand.family], self.operand.field
        shown = [_("empty") if value is None else kind.show(value, field) for value in self.value]
        return f" {self.joiner()} ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


@dataclass(frozen=True)
class OtherField(Plain):
    """Another field of the same family."""

    other: Operand  # type: ignore[misc]

    def bind(self, context: Context) -> Any:
        return self.other

    def dump(self) -> dict[str, Any]:
        return {"value": {"field": self.other.path}}

    def words(self) -> str:
        return self.other.label


@dataclass(frozen=True)
class CurrentUser(Plain):
    """Whoever the criteria are judged for."""

    asks_context: ClassVar[bool] = True

    def bind(self, context: Context) -> Any:
        return context.user_id

    def dump(self) -> dict[str, Any]:
        return {"value": {"current_user": True}}

    def words(self) -> str:
        return _("the current user")


def _days(n: int) -> str:
    return ngettext("%(n)s day", "%(n)s days", n) % {"n": n}


def _weeks(n: int) -> str:
    return ngettext("%(n)s week", "%(n)s weeks", n) % {"n": n}


def _months(n: int) -> str:
    return ngettext("%(n)s month", "%(n)s months", n) % {"n": n}


UNITS: Mapping[str, Callable[[int], str]] = {"days": _days, "weeks": _weeks, "months": _months}


@dataclass(frozen=True)
class Period(Plain):
    """A number of days, weeks or months."""

    n: int
    unit: str

    def bind(self, context: Context) -> Any:
        return self

    def dump(self) -> dict[str, Any]:
        return {"value": {"n": self.n, "unit": self.unit}}

    def words(self) -> str:
        return UNITS[self.unit](self.n)
