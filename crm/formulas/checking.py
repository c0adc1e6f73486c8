"""Checks a formula's tree against a module: resolves its paths and functions, and names every mistake."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from django.utils.translation import gettext as _

from crm.criteria.base import SideProblem
from crm.criteria.paths import Operand, Paths
from crm.criteria.persons import PERSON_FIELDS
from crm.criteria.virtual import virtual_fields
from crm.formulas.base import NAMES, FormulaProblem, Kind, KindProblem
from crm.formulas.functions import FUNCTIONS, OPERATORS, Function
from crm.formulas.tree import Apply, Call, Constant, Node, Path, Read, Typed, Value
from crm.modules.registry import ModuleInfo

MOST_PATHS = 50


class Checker:
    """One run: the problems found so far, and the operands that are read."""

    def __init__(self, module: ModuleInfo) -> None:
        self.paths = Paths(module)
        self.operands: list[Operand] = []
        self.problems: list[FormulaProblem] = []

    def note(self, position: int, message: str) -> None:
        """One more problem."""
        self.problems.append(FormulaProblem(position, message))

    def check(self, node: Node) -> Typed | None:
        """The part with its kind; None if something is wrong with it, which is noted."""
        if isinstance(node, Constant):
            return Value(node.value, Kind(node.family))
        if isinstance(node, Path):
            return self.read(node)
        made = self.function(node)
        parts = [self.check(part) for part in node.parts]
        if made is None or any(part is None for part in parts):
            return None
        try:
            fitting, kind = made.check(tuple(part for part in parts if part is not None))
        except KindProblem as problem:
            place = None if problem.part is None else node.parts[problem.part].position
            named = node.name if node.name in FUNCTIONS else ""
            self.note(place or node.position, f"{named}: {problem}" if named else str(problem))
            return None
        return Apply(made.variant(fitting) or made, fitting, kind)

    def function(self, node: Call) -> Function | None:
        """The function or operator of a call."""
        found = OPERATORS.get(node.name) or FUNCTIONS.get(node.name)
        if found is None:
            message = _("There is no function “%(name)s”.") % {"name": node.name[:60]}
            hint = closest(node.name, FUNCTIONS)
            offered = _("There are: %s.") % ", ".join(sorted(FUNCTIONS))
            self.note(node.position, f"{message} {hint or offered}")
        return found

    def read(self, node: Path) -> Read | None:
        """What a path leads to."""
        try:
            operand = self.paths.operand(node.path)
        except SideProblem as problem:
            self.note(node.position, f"{problem} {self.hint(node.path)}".strip())
            return None
        if operand.family not in NAMES:
            message = _("%(field)s holds several values; formulas read fields with one value.")
            self.note(node.position, message % {"field": operand.label})
            return None
        if operand not in self.operands:
            self.operands.append(operand)
        if len(self.operands) > MOST_PATHS:
            self.note(node.position, _("A formula reads at most %(limit)s fields.") % {"limit": MOST_PATHS})
            return None
        target = operand.field.target if operand.family == "link" else None
        return Read(self.operands.index(operand), operand, Kind(operand.family, target))

    def hint(self, path: str) -> str:
        """The field that was probably meant, where the path goes astray."""
        module: ModuleInfo | None = self.paths.module
        for key in path.split("."):
            if module is None:
                return closest(key, PERSON_FIELDS)
            field = module.fields.get(key)
            if field is None:
                labels = {str(info.label).lower(): info.key for info in module.fields.values()}
                named = labels.get(key.lower().replace("_", " "))
                known = [*module.fields, *(virtual.key for virtual in virtual_fields(module))]
                return _meant(named) if named else closest(key, known)
            module = self.paths.registry.modules.get(field.target or "")
        return ""


def closest(name: str, known: Collection[str]) -> str:
    """A sentence with the most similar name, if one is similar."""
    found = get_close_matches(name.lower(), known, n=1)
    return _meant(found[0]) if found else ""


def _meant(name: str) -> str:
    return _("Did you mean “%(name)s”?") % {"name": name}
