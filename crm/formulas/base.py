"""What formulas are made of and refused with: kinds of values, and problems with their position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

NOTHING = "nothing"  # the family of `empty`, which fits everywhere
NAMES: Mapping[str, str | Promise] = {
    "number": gettext_lazy("a number"),
    "text": gettext_lazy("a text"),
    "boolean": gettext_lazy("yes or no"),
    "date": gettext_lazy("a date"),
    "datetime": gettext_lazy("a date and time"),
    "choice": gettext_lazy("a picklist value"),
    "user": gettext_lazy("a person"),
    "link": gettext_lazy("a record"),
    NOTHING: gettext_lazy("nothing"),
}


@dataclass(frozen=True)
class Kind:
    """What a part of a formula gives: a family of values; of a record also its module."""

    family: str
    target: str | None = None

    def __str__(self) -> str:
        if self.target:
            return _("a record of “%(module)s”") % {"module": self.target}
        return str(NAMES[self.family])


NUMBER, TEXT, BOOLEAN, DATE, DATETIME, CHOICE = map(
    Kind, ("number", "text", "boolean", "date", "datetime", "choice")
)


def one_of(families: Sequence[str]) -> str:
    """Names of the families, joined by "or"."""
    return f" {_('or')} ".join(str(NAMES[family]) for family in families)


@dataclass(frozen=True)
class FormulaProblem:
    """Something wrong with a formula, and where it begins, from 1."""

    position: int
    message: str

    def __str__(self) -> str:
        return _("Position %(position)s: %(message)s") % {
            "position": self.position, "message": self.message,
        }  # fmt: skip


class FormulaProblems(ValueError):  # noqa: N818 — reported to the person who wrote it
    """A formula that can't be used; `problems` says why, one per mistake."""

    def __init__(self, problems: Sequence[FormulaProblem]) -> None:
        super().__init__(" ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class KindProblem(ValueError):  # noqa: N818
    """The parts of a call do not fit; `part` says which (None: the call), the message why."""

    def __init__(self, message: str, part: int | None = None) -> None:
        super().__init__(message)
        self.part = part
