"""Compiled formulas: a value in the process, an expression in SQL, words and a text, with one meaning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from crm.criteria.base import Context, Row
from crm.criteria.paths import Operand
from crm.formulas.base import NOTHING, FormulaProblems
from crm.formulas.checking import Checker
from crm.formulas.functions.base import Work
from crm.formulas.reading import parse, refused
from crm.formulas.sql import FormulaSql
from crm.formulas.steps import steps_of
from crm.formulas.tree import Typed, Value, functions_of, outcomes
from crm.formulas.words import tell
from crm.modules.registry import ModuleInfo


@dataclass(frozen=True, eq=False)
class Formula:
    """A formula for records of one module; made by `compile_formula`. `text` is its form in documents."""

    text: str
    module: ModuleInfo
    tree: Typed
    operands: tuple[Operand, ...]

    @property
    def family(self) -> str:
        """What it gives: a family of field types."""
        return self.tree.kind.family

    @property
    def target(self) -> str | None:
        """The module of the record that it gives."""
        return self.tree.kind.target

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """All paths that are read."""
        return tuple(operand.path for operand in self.operands)

    @cached_property
    def own_fields(self) -> frozenset[str]:
        """Fields of the record itself that the value depends on, the links to other records included."""
        return frozenset(operand.reads[0][1] for operand in self.operands if operand.reads)

    @cached_property
    def linked_paths(self) -> frozenset[str]:
        """Paths whose values the record does not have itself: `load_linked_values` loads them."""
        return frozenset(operand.path for operand in self.operands if not operand.own)

    @cached_property
    def reads(self) -> frozenset[tuple[str, str]]:
        """Module and key of every field on the way, for those who ask whether a person may see them all."""
        return frozenset(pair for operand in self.operands for pair in operand.reads)

    @cached_property
    def asks_context(self) -> bool:
        """Whether the value of an unchanged record may change with time or time zone."""
        return any(made.timed for made in functions_of(self.tree))

    @cached_property
    def constants(self) -> tuple[Value, ...]:
        """The constants that it may give as they are."""
        return tuple(outcomes(self.tree))

    @cached_property
    def work(self) -> Work:
        """The value, of the operands' values in order and the context."""
        return steps_of(self.tree)

    def value(self, row: Row, context: Context) -> Any:
        """The value for a record. In a loop over many records, `evaluator` saves a step."""
        return self.work([row.value(path) for path in self.paths], context)

    def evaluator(self, context: Context) -> Callable[[Row], Any]:
        """`value` for many records in one context."""
        work, paths = self.work, self.paths
        return lambda row: work([row.value(path) for path in paths], context)

    def sql(self, context: Context, prefix: str = "") -> FormulaSql:
        """The value as an expression for `module.rows()`, or for rows from which `prefix` leads to them."""
        return FormulaSql(self, context, self.module.key if self.module.custom else "", prefix)

    def words(self) -> str:
        """The formula in the active language."""
        return tell(self.tree)


def compile_formula(text: Any, module: ModuleInfo) -> Formula:
    """The formula for records of the module; raises FormulaProblems that name every mistake.

    The result is immutable: keep it as long as the configuration's generation stays the same.
    """
    if not isinstance(text, str):
        raise refused(1, _("Enter a formula."))
    node, checker = parse(text), Checker(module)
    tree = checker.check(node)
    if checker.problems or tree is None:
        raise FormulaProblems(sorted(checker.problems, key=lambda problem: problem.position))
    if tree.kind.family == NOTHING:
        raise refused(1, _("A formula that is always empty gives nothing."))
    return Formula(text.strip(), module, tree, tuple(checker.operands))
