"""One condition, compiled: a field, an operator, a right side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crm.criteria.base import Context, Line, Row, Test
from crm.criteria.literals import LITERALS, Literal
from crm.criteria.operators import Operator
from crm.criteria.paths import Operand
from crm.criteria.sides import Side
from crm.criteria.sql import NotTrue

SHOWN_AS_IS = Literal()


@dataclass(frozen=True)
class Condition:
    """A condition; `number` is how the pattern names it, from 1."""

    number: int
    left: Operand
    operator: Operator
    side: Side

    @property
    def operands(self) -> tuple[Operand, ...]:
        """What it reads."""
        return (self.left, self.side.other) if self.side.other else (self.left,)

    @property
    def asks_context(self) -> bool:
        """Whether the answer for a row depends on who or when."""
        return self.operator.asks_context or self.side.asks_context

    def test(self, context: Context, *, wanted: bool = True) -> Test:
        """The predicate: whether the condition is as `wanted`."""
        test = self.operator.meaning.test(self.left, self.side.bind(context), context)
        if wanted is not self.operator.negative:
            return test
        return lambda row: not test(row)

    def sql(self, context: Context, *, wanted: bool = True) -> Any:
        """The expression: whether the condition is as `wanted`."""
        expression = self.operator.meaning.sql(self.left, self.side.bind(context), context)
        return expression if wanted is not self.operator.negative else NotTrue(expression)

    def data(self) -> dict[str, Any]:
        """The condition as canonical JSON."""
        return {"field": self.left.path, "operator": self.operator.key, **self.side.dump()}

    def words(self) -> str:
        """The condition in the active language."""
        return " ".join(filter(None, (self.left.label, str(self.operator.words), self.side.words())))

    def line(self, row: Row, context: Context) -> Line:
        """What the condition expected of the row and found."""
        expected, other = self.side.words(), self.side.other
        if other:
            expected += f" ({show(other, row.value(other.path))})"
        return Line(
            number=self.number,
            field=self.left.label,
            operator=str(self.operator.words),
            expected=expected,
            found=self.found(row),
            result=bool(self.test(context)(row)),
        )

    def found(self, row: Row) -> str:
        """The field's value; in an event also the one before."""
        found = show(self.left, row.value(self.left.path))
        if not self.operator.event or row.is_new:
            return found
        return f"{show(self.left, row.before(self.left.path))} → {found}"


def show(operand: Operand, value: Any) -> str:
    """A value that was found, for people; an empty one is an empty text."""
    if value is None or operand.family in ("text", "choices", "lines"):
        return operand.field.type.show(value, operand.field)
    return LITERALS.get(operand.family, SHOWN_AS_IS).show(value, operand.field)
