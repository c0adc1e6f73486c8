"""Compiles criteria: checks the JSON against the module, names every mistake, and makes `Criteria` of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from crm.criteria import pattern
from crm.criteria.base import CriteriaProblems, Problem, SideProblem
from crm.criteria.conditions import Condition
from crm.criteria.criteria import Criteria
from crm.criteria.operators import Operator, operators_of
from crm.criteria.paths import Operand, Paths
from crm.modules.registry import ModuleInfo

MOST_CONDITIONS = 100
CONDITION_KEYS = {"field", "operator", "value"}


def compile_criteria(data: Any, module: ModuleInfo, *, events: bool = False) -> Criteria:
    """Criteria of JSON, for records of the module; None and {} match everything.

    `events` allows "changed". Raises CriteriaProblems that names every mistake. The result is immutable:
    keep it as long as the configuration's generation stays the same.
    """
    compiler = _Compiler(module, events)
    criteria = compiler.criteria({} if data is None else data)
    if compiler.problems or criteria is None:
        raise CriteriaProblems(compiler.problems)
    return criteria


class _Compiler:
    """One run: the problems found so far, and the paths resolved so far."""

    def __init__(self, module: ModuleInfo, events: bool) -> None:
        self.module = module
        self.events = events
        self.paths = Paths(module)
        self.problems: list[Problem] = []

    def note(self, message: str, number: int | None = None, field: str | None = None) -> None:
        """One more problem."""
        self.problems.append(Problem(number, field, message))

    def criteria(self, data: Any) -> Criteria | None:
        """The whole, if nothing is wrong with it."""
        if not isinstance(data, Mapping) or not data.keys() <= {"conditions", "pattern"}:
            self.note(_("Criteria consist of conditions and a pattern."))
            return None
        given = data.get("conditions") or []
        if not isinstance(given, list) or len(given) > MOST_CONDITIONS:
            self.note(_("Conditions are a list of at most %(limit)s.") % {"limit": MOST_CONDITIONS})
            return None
        conditions = [self.condition(number, raw) for number, raw in enumerate(given, 1)]
        tree = self.tree(data.get("pattern"), len(given))
        if self.problems:
            return None
        return Criteria(self.module.key, tuple(filter(None, conditions)), tree)

    def condition(self, number: int, raw: Any) -> Condition | None:
        """One condition, if nothing is wrong with it."""
        if not isinstance(raw, Mapping) or not raw.keys() <= CONDITION_KEYS:
            self.note(_("A condition consists of a field, an operator and a value."), number)
            return None
        path = raw.get("field")
        named = path if isinstance(path, str) else None
        try:
            left = self.paths.operand(path)
            operator = self.operator(left, raw.get("operator"))
            side = operator.input.read(raw, left, self.paths)
        except SideProblem as problem:
            self.note(self.told(named, str(problem)), number, named)
            return None
        return Condition(number, left, operator, side)

    def told(self, path: str | None, message: str) -> str:
        """The message, beginning with the field's label where the path leads to one."""
        operand = self.paths.known.get(path or "")
        return f"{operand.label}: {message}" if operand else message

    def operator(self, left: Operand, key: Any) -> Operator:
        """The operator, if it fits the field."""
        known = operators_of(left.family)
        operator = known.get(key) if isinstance(key, str) else None
        if operator is None:
            raise SideProblem(
                _("“%(operator)s” does not fit; choose one of: %(allowed)s.")
                % {"operator": str(key)[:40], "allowed": ", ".join(self.offered(known))}
            )
        if operator.event and not self.events:
            raise SideProblem(_("“%(operator)s” is only known when a record is saved.") % {"operator": key})
        if operator.event and not left.own:
            raise SideProblem(_("Only the record's own fields are watched for changes."))
        return operator

    def offered(self, known: Mapping[str, Operator]) -> list[str]:
        """Keys of the operators that may be used here."""
        return [operator.key for operator in known.values() if self.events or not operator.event]

    def tree(self, given: Any, count: int) -> pattern.Node | None:
        """The pattern's tree; None without conditions."""
        if given is None or given == "":
            return pattern.all_of(count) if count else None
        try:
            if not isinstance(given, str):
                raise SideProblem(_("The pattern is a text such as “(1 and 2) or not 3”."))
            tree = pattern.parse(given)
        except SideProblem as problem:
            self.note(str(problem))
            return None
        self.numbers(pattern.numbers(tree), set(range(1, count + 1)))
        return tree

    def numbers(self, used: set[int], known: set[int]) -> None:
        """Notes numbers without a condition and conditions that the pattern leaves out."""
        for number in sorted(used - known):
            self.note(_("The pattern names condition %(number)s, which does not exist.") % {"number": number})
        for number in sorted(known - used):
            self.note(_("The pattern leaves out condition %(number)s.") % {"number": number}, number)
