"""Compiled criteria: a predicate, a query, an explanation, a sentence and a document, with one meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from crm.criteria import pattern
from crm.criteria.base import Context, Explanation, Row, Test
from crm.criteria.conditions import Condition
from crm.criteria.paths import Operand

Kept = tuple[Context | None, Test | None]  # the last context (None: any), and the test made for it
NOTHING_KEPT: Kept = (None, None)


@dataclass(frozen=True, eq=False)
class Criteria:
    """Criteria for records of one module; made by `compile_criteria`. No conditions match everything."""

    module: str
    conditions: tuple[Condition, ...]
    tree: pattern.Node | None
    _kept: list[Kept] = field(default_factory=lambda: [NOTHING_KEPT], repr=False)

    @cached_property
    def operands(self) -> tuple[Operand, ...]:
        """Everything that is read."""
        return tuple(operand for condition in self.conditions for operand in condition.operands)

    @cached_property
    def paths(self) -> frozenset[str]:
        """All paths that are read."""
        return frozenset(operand.path for operand in self.operands)

    @cached_property
    def own_fields(self) -> frozenset[str]:
        """Fields of the record itself that the answer depends on, the links to other records included."""
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
        """Whether the answer for an unchanged record may change with time or person."""
        return any(condition.asks_context for condition in self.conditions)

    @cached_property
    def asks_changes(self) -> bool:
        """Whether a condition asks what changed, which only events know."""
        return any(condition.operator.event for condition in self.conditions)

    @cached_property
    def data(self) -> dict[str, Any]:
        """Canonical JSON: equal for criteria that are written alike."""
        data: dict[str, Any] = {"conditions": [condition.data() for condition in self.conditions]}
        if self.tree is not None and self.tree != pattern.all_of(len(self.conditions)):
            data["pattern"] = pattern.write(self.tree, str)
        return data

    def matches(self, row: Row, context: Context) -> bool:
        """Whether the row fits. In a loop over many rows, `predicate` saves a step."""
        known, test = self._kept[0]  # one read: another thread may keep another pair meanwhile
        if test is None or (known is not None and known is not context):
            test = self.predicate(context)
        return test(row)

    def predicate(self, context: Context) -> Test:
        """The test for this context; kept for the next call with it."""
        known, test = self._kept[0]
        if test is None or (known is not None and known is not context):
            test = _test(self.tree, self.conditions, context)
            self._kept[0] = (context if self.asks_context else None, test)
        return test

    def q(self, context: Context) -> Q:
        """The same for `module.rows().filter(…)`; raises NotInSql where a condition asks what changed.

        Combine it by & and |, but don't negate it: a comparison with an empty value is NULL in it.
        """
        return _query(self.tree, self.conditions, context, wanted=True)

    def explain(self, row: Row, context: Context) -> Explanation:
        """The result, and per condition what was expected and what was found; asks the database for names."""
        lines = tuple(condition.line(row, context) for condition in self.conditions)
        return Explanation(bool(self.predicate(context)(row)), lines)

    def words(self) -> str:
        """One sentence in the active language."""
        if self.tree is None:
            return _("always")
        told = (_("and"), _("or"), _("not (%s)"))
        return pattern.write(self.tree, lambda number: self.conditions[number - 1].words(), told)


def _test(tree: pattern.Node | None, conditions: Sequence[Condition], context: Context) -> Test:
    """The predicate of a part of the pattern."""
    if tree is None:
        return lambda _row: True
    if isinstance(tree, pattern.Number):
        return conditions[tree.number - 1].test(context)
    if isinstance(tree, pattern.Not):
        return _opposite(tree.part, conditions, context)
    tests = [_test(part, conditions, context) for part in tree.parts]
    return _every(tests) if isinstance(tree, pattern.Every) else _some(tests)


def _opposite(part: pattern.Node, conditions: Sequence[Condition], context: Context) -> Test:
    if isinstance(part, pattern.Number):
        return conditions[part.number - 1].test(context, wanted=False)
    inner = _test(part, conditions, context)
    return lambda row: not inner(row)


def _every(tests: list[Test]) -> Test:
    """All hold; two are the most frequent case."""
    first, second, *others = tests
    if not others:
        return lambda row: first(row) and second(row)

    def test(row: Row) -> bool:
        for test in tests:  # noqa: SIM110 — a generator would cost as much as the tests
            if not test(row):
                return False
        return True

    return test


def _some(tests: list[Test]) -> Test:
    """At least one holds."""
    first, second, *others = tests
    if not others:
        return lambda row: first(row) or second(row)

    def test(row: Row) -> bool:
        for test in tests:  # noqa: SIM110
            if test(row):
                return True
        return False

    return test


def _query(
    tree: pattern.Node | None, conditions: Sequence[Condition], context: Context, *, wanted: bool
) -> Q:
    """The query of a part of the pattern; "not" goes down to the conditions, whose opposite is never NULL."""
    if tree is None:
        return Q()
    if isinstance(tree, pattern.Number):
        return Q(conditions[tree.number - 1].sql(context, wanted=wanted))
    if isinstance(tree, pattern.Not):
        return _query(tree.part, conditions, context, wanted=not wanted)
    parts = [_query(part, conditions, context, wanted=wanted) for part in tree.parts]
    return Q(*parts, _connector=Q.AND if isinstance(tree, pattern.Every) is wanted else Q.OR)
