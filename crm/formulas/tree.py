"""A formula's tree: as it was read, and as it was checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from crm.criteria.paths import Operand
from crm.formulas.base import NOTHING, Kind

if TYPE_CHECKING:
    from crm.formulas.functions.base import Function

Plain = Decimal | str | bool | None


@dataclass(frozen=True)
class Constant:
    """A number, a text, true, false or empty; `position` is where it begins, from 1."""

    position: int
    value: Plain
    family: str


@dataclass(frozen=True)
class Path:
    """A field's key, or a way over links to one."""

    position: int
    path: str


@dataclass(frozen=True)
class Call:
    """A function or operator with its parts."""

    position: int
    name: str
    parts: tuple[Node, ...]
    height: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        height = 1 + max((part.height for part in self.parts if isinstance(part, Call)), default=0)
        object.__setattr__(self, "height", height)


Node = Constant | Path | Call


@dataclass(frozen=True)
class Value:
    """A constant of a kind."""

    value: Plain
    kind: Kind


@dataclass(frozen=True)
class Read:
    """What a path leads to; `place` is its number among the formula's operands."""

    place: int
    operand: Operand
    kind: Kind


@dataclass(frozen=True)
class Apply:
    """A function or operator whose parts fit."""

    function: Function
    parts: tuple[Typed, ...]
    kind: Kind


Typed = Value | Read | Apply


def as_kind(part: Typed, kind: Kind) -> Typed:
    """The part; `empty` takes the kind of its neighbours."""
    if isinstance(part, Value) and part.kind.family == NOTHING:
        return Value(None, kind)
    return part


def outcomes(tree: Typed) -> Iterator[Value]:
    """The constants that a formula may give as they are, such as both texts of `if(…, "a", "b")`."""
    if isinstance(tree, Value):
        yield tree
    elif isinstance(tree, Apply):
        for part in tree.function.outcomes(tree.parts):
            yield from outcomes(part)


def functions_of(tree: Typed) -> Iterator[Function]:
    """Every function and operator that is used."""
    if isinstance(tree, Apply):
        yield tree.function
        for part in tree.parts:
            yield from functions_of(part)
