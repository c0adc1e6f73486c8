"""Criteria told to one person: as a sentence, and for one record condition by condition.

What the person may not read is not told: neither names of records out of reach, nor values of hidden
fields, nor whether a condition on them holds, which would tell the value to whoever asks often enough.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.criteria import Context, Criteria, DictRow, load_linked_values, pattern
from crm.criteria.conditions import Condition, show
from crm.criteria.paths import Operand
from crm.door.reading import Stored
from crm.fields.links import Ref
from crm.forms.criteria_fields import Fields
from crm.models import User
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from crm.views.showing import Names, load_names, target_of
from crm.visibility import visible_ids

LINKS = ("link", "any_link")


@dataclass(frozen=True)
class ToldLine:
    """One condition; what is `hidden` has neither found value nor result."""

    number: int
    field: str
    operator: str
    expected: str
    found: str
    result: bool | None

    @property
    def hidden(self) -> bool:
        """Whether the person may not know."""
        return self.result is None


@dataclass(frozen=True)
class Told:
    """The whole; `result` is None where it depends on something hidden."""

    result: bool | None
    lines: tuple[ToldLine, ...]
    words: str


def told(user: User | None, criteria: Criteria) -> str:
    """The criteria as a sentence in the active language."""
    if user is None or criteria.tree is None:
        return criteria.words()
    names = load_names(user, (ref for one in criteria.conditions for ref in _refs(one)))
    fields = Fields(user, registry().module(criteria.module))
    told_parts = [_words(condition, fields, names) for condition in criteria.conditions]
    joined = (_("and"), _("or"), _("not (%s)"))
    return pattern.write(criteria.tree, lambda number: told_parts[number - 1], joined)


def explain(user: User, module: ModuleInfo, criteria: Criteria, stored: Stored) -> Told:
    """Condition by condition, what was expected of the record and what it has."""
    linked = load_linked_values(module, _asked_paths(criteria), {stored.id: stored.values})[stored.id]
    row = DictRow(stored.values, linked, before=stored.values)
    context = Context(timezone.now(), timezone.get_current_timezone(), user)
    reach = Reach(user, module, criteria, row)
    lines = tuple(_line(condition, row, context, reach) for condition in criteria.conditions)
    results = {line.number: line.result for line in lines}
    result = True if criteria.tree is None else _judged(criteria.tree, results)
    return Told(result, lines, told(user, criteria))


class Reach:
    """What of one record, and of those that it links to, the person may be told."""

    def __init__(self, user: User, module: ModuleInfo, criteria: Criteria, row: DictRow) -> None:
        self.fields, self.row = Fields(user, module), row
        self.seen: set[Ref] = set()
        by_module: dict[str, set[int]] = {}
        for operand in criteria.operands:
            for ref in self._way(operand):
                by_module.setdefault(ref.module, set()).add(ref.id)
        for key, ids in by_module.items():
            found = registry().modules.get(key)
            self.seen |= {Ref(key, pk) for pk in visible_ids(user, found, ids)} if found else set()
        found_refs = (
            ref for operand in criteria.operands for ref in _targets(operand, row.value(operand.path))
        )
        said_refs = (ref for condition in criteria.conditions for ref in _refs(condition))
        self.names = load_names(user, [*found_refs, *said_refs])

    def tells(self, operand: Operand) -> bool:
        """Whether the field, and every record on the way to it, may be read."""
        return self.fields.may_use(operand) and all(ref in self.seen for ref in self._way(operand))

    def _way(self, operand: Operand) -> list[Ref]:
        """The records that the path goes over."""
        parts = operand.path.split(".")
        found = []
        for place, hop in enumerate(operand.hops, 1):
            value = self.row.value(".".join(parts[:place])) if hop.module else None
            if hop.module and value is not None:
                found.append(Ref(hop.module.key, value))
        return found


def _asked_paths(criteria: Criteria) -> set[str]:
    """What is read, and the links on the way."""
    paths = set(criteria.linked_paths)
    for operand in criteria.operands:
        parts = operand.path.split(".")
        paths |= {".".join(parts[:place]) for place in range(2, len(operand.hops) + 1)}
    return paths


def _line(condition: Condition, row: DictRow, context: Context, reach: Reach) -> ToldLine:
    """What one condition expected and found, if the person may know."""
    label, words = condition.left.label, str(condition.operator.words)
    if not all(reach.fields.may_use(operand) for operand in condition.operands):
        return ToldLine(condition.number, _("Hidden field"), "", "", "", None)
    expected = _expected(condition, reach.names)
    if not all(reach.tells(operand) for operand in condition.operands):
        return ToldLine(condition.number, label, words, expected, "", None)
    other = condition.side.other
    if other:
        expected += f" ({_found(other, row, reach.names)})"
    found = _found(condition.left, row, reach.names)
    return ToldLine(condition.number, label, words, expected, found, bool(condition.test(context)(row)))


def _found(operand: Operand, row: DictRow, names: Names) -> str:
    """A value that was found; a record's name only if it may be seen."""
    value = row.value(operand.path)
    for ref in _targets(operand, value):
        return names.record(ref)
    return show(operand, value)


def _targets(operand: Operand, value: Any) -> Iterable[Ref]:
    """The record that a link's value points at."""
    if value is not None and operand.family in LINKS:
        yield target_of(operand.field, value)


def _refs(condition: Condition) -> Iterable[Ref]:
    """The records that a condition names."""
    given: Any = getattr(condition.side, "value", None)
    values = given if isinstance(given, tuple) and not isinstance(given, Ref) else (given,)
    for value in values:
        yield from _targets(condition.left, value)


def _expected(condition: Condition, names: Names) -> str:
    """The right side, without the names of records out of reach."""
    hidden = [ref for ref in _refs(condition) if ref not in names.records]
    return ", ".join(names.record(ref) for ref in _refs(condition)) if hidden else condition.side.words()


def _words(condition: Condition, fields: Fields, names: Names) -> str:
    if not all(fields.may_use(operand) for operand in condition.operands):
        return _("a hidden condition")
    parts = (condition.left.label, str(condition.operator.words), _expected(condition, names))
    return " ".join(part for part in parts if part)


def _judged(node: pattern.Node, results: dict[int, bool | None]) -> bool | None:
    """The pattern over results of which some are not known."""
    if isinstance(node, pattern.Number):
        return results[node.number]
    if isinstance(node, pattern.Not):
        inner = _judged(node.part, results)
        return None if inner is None else not inner
    parts = [_judged(part, results) for part in node.parts]
    decisive = isinstance(node, pattern.Some)
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive
