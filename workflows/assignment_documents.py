"""Assignment rules as documents: how they are checked, and what the engine makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.criteria import Criteria, compile_criteria
from crm.documents.kinds import Data, DocumentKind, DocumentProblem, register_document_kind
from crm.documents.live import live
from crm.models import DocumentVersion
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from crm.people.remembered import PerGeneration
from workflows.directory import directory
from workflows.models import AssignmentEntry
from workflows.rule_documents import criteria_problems

KIND = "assignment"
POOL = ("people", "roles", "groups")


@dataclass(frozen=True, eq=False)
class Entry:
    """If the criteria match: to the one person, or in turn to those of the pool (ids, sorted)."""

    key: str
    number: int
    criteria: Criteria
    in_turn: bool
    pool: tuple[int, ...]
    cursor: str


@dataclass(frozen=True, eq=False)
class CompiledAssignment:
    """A live assignment rule as the engine runs it."""

    key: str
    name: str
    document_id: int
    module: str
    on_create: bool
    entries: tuple[Entry, ...]
    linked_paths: frozenset[str]


@register_document_kind
class AssignmentDocument(DocumentKind):
    """`{"module", "on_create", "entries": [{"key", "criteria", "kind", "people", "roles", "groups"}]}`."""

    key = KIND
    label = gettext_lazy("Assignment rule")

    def validate(self, _key: str, data: Data) -> list[DocumentProblem]:
        directory.clear()
        module = registry().modules.get(data.get("module", ""))
        if module is None:
            return [DocumentProblem("", _("There is no module “%s”.") % data.get("module"))]
        return list(_problems(_key, data, module))

    def compile(self, version: DocumentVersion, data: Data) -> CompiledAssignment:
        module = registry().module(data["module"])
        entries = tuple(
            _entry(version.key, number, entry, module) for number, entry in enumerate(data["entries"], 1)
        )
        paths = frozenset().union(*(entry.criteria.linked_paths for entry in entries))
        return CompiledAssignment(
            version.key, version.name, version.pk, module.key, data["on_create"], entries, paths
        )

    def describe(self, data: Data) -> list[str]:
        module = registry().module(data["module"])
        lines = []
        for number, entry in enumerate(data["entries"], 1):
            criteria = compile_criteria(entry["criteria"], module).words()
            words = {"number": number, "criteria": criteria, "to": ", ".join(_named(entry))}
            in_turn = entry["kind"] == AssignmentEntry.Kind.ROUND_ROBIN
            text = (
                _("%(number)s. If %(criteria)s: in turn to %(to)s")
                if in_turn
                else _("%(number)s. If %(criteria)s: to %(to)s")
            )
            lines.append(text % words)
        return lines


def _named(entry: Data) -> list[str]:
    return [str(name) for key in POOL for name in entry.get(key, ())]


def _entry(rule: str, number: int, data: Data, module: ModuleInfo) -> Entry:
    pool = directory().members(*(data.get(key, ()) for key in POOL))
    return Entry(
        key=data["key"],
        number=number,
        criteria=compile_criteria(data["criteria"], module),
        in_turn=data["kind"] == AssignmentEntry.Kind.ROUND_ROBIN,
        pool=tuple(pool),
        cursor=cursor_name(rule, data["key"]),
    )


def cursor_name(rule: str, entry: str) -> str:
    """The name under which an entry's turn is kept; the same for all versions of the rule."""
    return f"{rule}/{entry}"


def _problems(key: str, data: Data, module: ModuleInfo) -> Iterator[DocumentProblem]:
    if not data.get("entries"):
        yield DocumentProblem("", _("The rule has no entries."))
    keys = [entry["key"] for entry in data.get("entries", ())]
    if len(keys) != len(set(keys)):
        yield DocumentProblem("", _("Two entries have the same key."))
    other = on_create_rules().get(module.key) if data.get("on_create") else None
    if other is not None and other.key != key:
        message = _("“%(other)s” already gives every new record of %(module)s an owner.")
        yield DocumentProblem("", message % {"other": other.name, "module": module.label_plural})
    for number, entry in enumerate(data.get("entries", ()), 1):
        where = _("Entry %s") % number
        yield from criteria_problems(entry["criteria"], module, where)
        for message in _pool_problems(entry):
            yield DocumentProblem(where, message)


def _pool_problems(entry: Data) -> Iterator[str]:
    known = directory()
    for email in entry.get("people", ()):
        if not known.person(email):
            yield _("There is no active person “%s”.") % email
    for role in entry.get("roles", ()):
        if role not in known.roles:
            yield _("There is no role “%s”.") % role
    for group in entry.get("groups", ()):
        if group not in known.groups:
            yield _("There is no group “%s”.") % group
    if entry.get("kind") not in AssignmentEntry.Kind.values:
        yield _("“kind” is one of: %s.") % ", ".join(AssignmentEntry.Kind.values)
    elif entry["kind"] == AssignmentEntry.Kind.USER and (len(_named(entry)) != 1 or not entry.get("people")):
        yield _("Name the one person who gets the records.")
    elif not known.active.intersection(known.members(*(entry.get(key, ()) for key in POOL))):
        yield _("Nobody active is named, so nobody would get the records.")


@PerGeneration
def assignments() -> dict[str, CompiledAssignment]:
    """The live assignment rules by key."""
    return {rule.key: rule for rule in live(KIND)}


@PerGeneration
def on_create_rules() -> dict[str, CompiledAssignment]:
    """By module, the live rule that gives new records an owner."""
    found: dict[str, CompiledAssignment] = {}
    for rule in live(KIND):
        if rule.on_create:
            found.setdefault(rule.module, rule)
    return found
