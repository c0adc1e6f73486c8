"""What hypothesis draws: formulas of every kind, of every function, on fields of every type."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from crm.formulas.base import NAMES
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from tests.crm.criteria.strategies import TEXTS

Draw = st.DrawFn
BLANKS = ("", " ", "\u00a0", "\u2003", "\t")
NUMBERS = (
    "0", "1", "2", "3", "7", "0.5", "0.0000000001", "999999999999999", "123456789012345.0123456789",
    "100", "60", "0.005", "1.005", "86400", "3652058", "-1", "-0.5", "-2.7", "2.3", "-25", "12",
)  # fmt: skip
NUMERALS = (
    "12.50",
    "-0",
    " 7 ",
    "1e5",
    "٣",
    "1,5",
    "007",
    ".5",
    "123456789012345.0123456789",
    "1234567890123456",
)


class Maker:
    """Draws formulas for one module."""

    def __init__(self, draw: Draw, info: ModuleInfo) -> None:
        self.draw = draw
        self.info = info
        self.fields: dict[str, list[str]] = {family: [] for family in NAMES}
        for path, family in _paths(info):
            if family in self.fields:
                self.fields[family].append(path)

    def pick(self, *options: Any) -> Any:
        """One of them."""
        return self.draw(st.sampled_from(options))

    def field(self, family: str) -> str:
        """A path to a field of the family."""
        return str(self.pick(*self.fields[family])) if self.fields[family] else "empty"

    def make(self, family: str, depth: int) -> str:
        """A formula that gives this family, of so many levels."""
        if depth <= 0 or self.draw(st.integers(0, 9)) == 0:
            return self.leaf(family)
        general = [self.choice, self.first] if family != "boolean" else [self.choice]
        makers = [*MAKERS[family], *general]
        return str(self.pick(*makers)(self, family, depth - 1))

    def leaf(self, family: str) -> str:
        """A field or a constant."""
        if self.draw(st.booleans()) or family not in CONSTANTS:
            return self.field(family)
        return CONSTANTS[family](self)

    @staticmethod
    def choice(self: Maker, family: str, depth: int) -> str:
        condition = self.make("boolean", depth)
        return f"if({condition}, {self.known(family, depth)}, {self.make(family, depth)})"

    @staticmethod
    def first(self: Maker, family: str, depth: int) -> str:
        return f"coalesce({self.known(family, depth)}, {self.make(family, depth)})"

    def known(self, family: str, depth: int) -> str:
        """A formula whose kind shows by itself."""
        found = self.make(family, depth)
        return found if found not in ("empty", '""') else f"{UNKNOWN[family]}"


UNKNOWN = {
    "number": "0", "text": '"?"', "boolean": "true", "date": "today()", "datetime": "now()",
}  # fmt: skip


def _paths(info: ModuleInfo) -> list[tuple[str, str]]:
    """Own fields and those behind one link, with their families."""
    found = [("owner.name", "text"), ("owner.role", "choice"), ("owner.active", "boolean")]
    found += [(key, field.type.family) for key, field in info.fields.items()]
    for link in info.link_fields:
        if link.target:
            further = registry().module(link.target).fields
            found += [(f"{link.key}.{key}", field.type.family) for key, field in further.items()]
    return found


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _text(maker: Maker) -> str:
    words = maker.draw(st.lists(st.sampled_from((*TEXTS, *BLANKS, *NUMERALS)), max_size=2))
    return _quoted("".join(words))


CONSTANTS: dict[str, Callable[[Maker], str]] = {
    "number": lambda maker: str(maker.pick(*NUMBERS)),
    "text": _text,
    "boolean": lambda maker: str(maker.pick("true", "false")),
    "date": lambda maker: "today()",
    "datetime": lambda maker: "now()",
}
Make = Callable[[Maker, str, int], str]


def _call(name: str, *families: str) -> Make:
    def made(maker: Maker, _family: str, depth: int) -> str:
        return f"{name}({', '.join(maker.make(family, depth) for family in families)})"

    return made


def _infix(signs: str, family: str) -> Make:
    def made(maker: Maker, _family: str, depth: int) -> str:
        return f"({maker.make(family, depth)} {maker.pick(*signs.split())} {maker.make(family, depth)})"

    return made


def _comparison(maker: Maker, _family: str, depth: int) -> str:
    family = maker.pick("number", "number", "text", "date", "datetime", "boolean", "choice", "user")
    signs = ["=", "!="] + (["<", "<=", ">", ">="] if family in ("number", "date", "datetime") else [])
    sides = [maker.make(family, depth) if family in MAKERS else maker.field(family) for _ in range(2)]
    if sides[0] in ("empty", '""') or sides[1] in ("empty", '""'):
        return "true"
    return f"({sides[0]} {maker.pick(*signs)} {sides[1]})"


def _is_empty(maker: Maker, _family: str, depth: int) -> str:
    family = maker.pick("number", "text", "date", "datetime", "choice", "user", "link")
    return f"is_empty({maker.make(family, depth) if family in MAKERS else maker.field(family)})"


def _round(maker: Maker, _family: str, depth: int) -> str:
    return f"round({maker.make('number', depth)}, {maker.pick(0, 1, 2, 5, 10)})"


def _negative(maker: Maker, family: str, depth: int) -> str:
    return f"-({maker.make(family, depth)})"


def _extreme(maker: Maker, family: str, depth: int) -> str:
    return f"{maker.pick('min', 'max')}({maker.known(family, depth)}, {maker.make(family, depth)})"


def _key(maker: Maker, _family: str, _depth: int) -> str:
    field = maker.field("choice")
    return f"{maker.pick('label', 'upper', 'trim')}({field})" if field != "empty" else '""'


MAKERS: dict[str, list[Make]] = {
    "number": [
        _infix("+ - * /", "number"), _infix("+ - * /", "number"), _infix("+ - * /", "number"),
        _negative, _round, _extreme, _call("floor", "number"), _call("ceil", "number"),
        _call("abs", "number"), _call("number", "text"), _call("length", "text"),
        _call("days_between", "date", "date"),
        _call("days_between", "datetime", "datetime"), _call("hours_between", "datetime", "datetime"),
        _call("year", "date"), _call("month", "date"), _call("day", "date"), _call("weekday", "date"),
    ],
    "text": [
        _call("concat", "text", "text"), _call("concat", "text", "text", "text"), _call("upper", "text"),
        _call("lower", "text"), _call("trim", "text"), _call("left", "text", "number"),
        _call("right", "text", "number"), _call("text", "number"), _call("text", "date"), _key,
    ],
    "boolean": [
        _infix("and or", "boolean"), _call("not", "boolean"), _comparison, _comparison, _comparison,
        _is_empty, _call("contains", "text", "text"), _call("starts_with", "text", "text"),
    ],
    "date": [
        _call("add_days", "date", "number"), _call("add_months", "date", "number"), _call("date", "datetime"),
        _extreme,
    ],
    "datetime": [
        _call("add_days", "datetime", "number"), _call("add_hours", "datetime", "number"), _extreme,
    ],
}  # fmt: skip


@st.composite
def formulas(draw: Draw, info: ModuleInfo) -> str:
    """A formula that should compile, of any kind."""
    maker = Maker(draw, info)
    return maker.make(maker.pick(*MAKERS), maker.pick(1, 2, 2, 3, 4))


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal, and of one kind."""
    number = isinstance(one, Decimal) and isinstance(other, Decimal)
    return bool(one == other) and (number or type(one) is type(other))
