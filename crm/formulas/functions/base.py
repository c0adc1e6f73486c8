"""What a function or operator of formulas is: which parts fit, its meaning in the process and in SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.criteria.base import Context
from crm.formulas.base import NOTHING, Kind, KindProblem, one_of
from crm.formulas.tree import Typed, Value, as_kind

Parts = tuple[Typed, ...]
Checked = tuple[Parts, Kind]
Sql = tuple[str, list[Any]]  # PostgreSQL's, with its parameters
ToSql = Callable[[Context, Sequence[Sql]], Sql]
Work = Callable[[Sequence[Any], Context], Any]


def no_outcomes(_parts: Parts) -> Parts:
    """Most functions work their result out."""
    return ()


def no_variant(_parts: Parts) -> None:
    """Most functions mean the same for all parts that fit."""


@dataclass(frozen=True)
class Function:
    """A function or operator.

    `check` gives the parts as they are used, and what comes out; it raises KindProblem. `python` gets the
    values of the parts (with `timed`, the context first); unless `lenient`, it is asked only if none of
    them is empty, and otherwise the result is empty. `sql` means the same on PostgreSQL. `work`, where it is
    given, makes the whole step of the parts' steps. `words` tells it in the active language, of the words
    for the parts. `outcomes` are the parts that may be its result as they are, `variant` another function
    where these parts, once checked, need one.
    """

    key: str
    check: Callable[[Parts], Checked]
    python: Callable[..., Any]
    sql: ToSql
    words: Callable[[Sequence[str]], str]
    lenient: bool = False
    timed: bool = False
    work: Callable[[Sequence[Work]], Work] | None = None
    outcomes: Callable[[Parts], Parts] = no_outcomes
    variant: Callable[[Parts], Function | None] = no_variant


FUNCTIONS: dict[str, Function] = {}
OPERATORS: dict[str, Function] = {}


def function(*made: Function) -> None:
    """Makes functions known."""
    FUNCTIONS.update((each.key, each) for each in made)


def operator(*made: Function) -> None:
    """Makes operators known."""
    OPERATORS.update((each.key, each) for each in made)


def template(text: str) -> ToSql:
    """SQL with a part in each `{0}`, `{1}` …"""
    pieces = [(literal, name) for literal, name, _spec, _as in Formatter().parse(text)]

    def write(_context: Context, parts: Sequence[Sql]) -> Sql:
        sql, parameters = "", []
        for literal, name in pieces:
            sql += literal
            if name is not None:
                part, more = parts[int(name)]
                sql += part
                parameters += more
        return sql, parameters

    return write


def listed(text: str) -> ToSql:
    """SQL with all parts, divided by commas, in `{0}`."""
    whole = template(text)

    def write(context: Context, parts: Sequence[Sql]) -> Sql:
        joined = ", ".join(sql for sql, _values in parts)
        return whole(context, [(joined, [value for _sql, values in parts for value in values])])

    return write


def within(sql: str, lowest: str, highest: str) -> str:
    """SQL that is empty outside of two bounds; the number itself stands in it once.

    `lowest` and `highest` are the first numbers outside. LEAST and GREATEST leave NULL out, so it comes as
    a bound, and goes with it.
    """
    return f"NULLIF(GREATEST(NULLIF(LEAST({sql}, {highest}), {highest}), {lowest}), {lowest})"


def fits(part: Typed, families: str) -> bool:
    """Whether a part may stand where one of these families is wanted; a picklist's key is a text."""
    wanted = families.split("|")
    family = part.kind.family
    return family in (*wanted, NOTHING) or (family == "choice" and "text" in wanted)


def need(part: Typed, families: str, place: int) -> Typed:
    """The part, if it fits; raises KindProblem."""
    if not fits(part, families):
        raise KindProblem(
            _("%(wanted)s is needed here, not %(found)s.")
            % {"wanted": capfirst(one_of(families.split("|"))), "found": part.kind},
            place,
        )
    return as_kind(part, Kind(families.split("|")[0]))


def count(parts: Parts, least: int, most: int | None) -> None:
    """Raises KindProblem unless there are so many parts."""
    if least <= len(parts) and (most is None or len(parts) <= most):
        return
    if least == most:
        wanted = ngettext("%(n)s value is needed", "%(n)s values are needed", least) % {"n": least}
    elif most is None:
        wanted = ngettext("At least %(n)s value is needed", "At least %(n)s values are needed", least) % {
            "n": least
        }
    else:
        wanted = _("%(least)s to %(most)s values are needed") % {"least": least, "most": most}
    raise KindProblem(
        _("%(wanted)s in the brackets, not %(found)s.") % {"wanted": wanted, "found": len(parts)}
    )


def takes(*families: str, gives: Kind) -> Callable[[Parts], Checked]:
    """A check: these parts in this order, and what comes out."""

    def check(parts: Parts) -> Checked:
        count(parts, len(families), len(families))
        wanted = zip(parts, families, strict=True)
        return tuple(need(part, family, n) for n, (part, family) in enumerate(wanted)), gives

    return check


def alike(least: int, families: str, *, gives: Kind | None = None) -> Callable[[Parts], Checked]:
    """A check: at least so many parts of one kind, which is one of the families; also what comes out."""

    def check(parts: Parts) -> Checked:
        count(parts, least, None)
        kind = common_kind(parts)
        for place, part in enumerate(parts):
            need(part, families, place)
        return tuple(as_kind(part, kind) for part in parts), gives or kind

    return check


def common_kind(parts: Sequence[Typed], first: int = 0) -> Kind:
    """The one kind that all parts have; a picklist value beside a text is a text. Raises KindProblem."""
    kinds = [(place, part.kind) for place, part in enumerate(parts, first) if part.kind.family != NOTHING]
    if not kinds:
        raise KindProblem(_("At least one of the values must not be “empty”."))
    kind = kinds[0][1]
    for place, other in kinds[1:]:
        if {kind.family, other.family} == {"text", "choice"}:
            kind = Kind("text")
        elif other != kind:
            raise KindProblem(
                _("The values are of different kinds: %(first)s and %(other)s.")
                % {"first": kind, "other": other},
                place,
            )
    return kind


def whole_literal(part: Typed, highest: int, place: int) -> Typed:
    """The part, if it is a whole number, written out, from 0 to `highest`; raises KindProblem."""
    value = part.value if isinstance(part, Value) else None
    if isinstance(value, bool | str) or value is None or value != int(value) or not 0 <= value <= highest:
        raise KindProblem(_("Write a whole number from 0 to %(highest)s here.") % {"highest": highest}, place)
    return part
