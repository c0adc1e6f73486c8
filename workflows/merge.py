"""Merge fields in subjects and texts, filled from a record: `{{name}}`, `{{account.industry}}`, lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.html import escape
from django.utils.translation import gettext as _

from crm.criteria.base import SideProblem
from crm.criteria.paths import Operand, Paths
from crm.door import Draft
from crm.modules.registry import FieldInfo, ModuleInfo
from workflows.merge_lists import Items, inner_fields
from workflows.merge_text import Node, Put, Repeat, read

UNSHOWN = frozenset({"any_link"})
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
Entry = Mapping[str, str]
NO_ENTRY: Entry = {}


@dataclass(frozen=True)
class Slot:
    """A merge field: the path whose value is shown (of a link or a person: its name), and its field."""

    path: str
    field: FieldInfo


@dataclass(frozen=True)
class Template:
    """A text with merge fields, checked against a module."""

    text: str
    slots: Mapping[str, Slot]  # by the path as written
    nodes: tuple[Node, ...]

    @cached_property
    def paths(self) -> frozenset[str]:
        """The paths whose values filling needs."""
        return frozenset(slot.path for slot in self.slots.values())

    def fill(self, show: Callable[[Slot], str], *, html: bool = False, items: Items | None = None) -> str:
        """The text with each merge field replaced by what `show` gives; escaped for HTML if asked.

        `items` gives the entries of lists; without it lists are empty. What a template gives to be put
        where a field is empty is part of the template's own text, and not escaped.
        """

        def put(node: Put, entry: Entry) -> str:
            shown = entry[node.name] if node.name in entry else show(self.slots[node.name])
            return (as_html(shown) if html else shown) or node.otherwise

        def all_of(nodes: Sequence[Node], entry: Entry) -> Iterator[str]:
            for node in nodes:
                if isinstance(node, str):
                    yield node
                elif isinstance(node, Put):
                    yield put(node, entry)
                else:
                    for one in items(self.slots[node.name]) if items else ():
                        yield from all_of(node.inner, one)

        return "".join(all_of(self.nodes, NO_ENTRY))


def as_html(text: str) -> str:
    """A value as HTML: signs escaped, line breaks kept."""
    return escape(text).replace("\n", "<br>\n")


def template_problems(text: str, module: ModuleInfo, *, lists: bool = False) -> list[str]:
    """What is wrong with a text's merge fields; `lists` says whether it may repeat lists."""
    nodes, problems = read(text)
    paths = Paths(module)
    return [*_field_problems(nodes, paths, frozenset(), lists), *problems]


def _field_problems(nodes: Sequence[Node], paths: Paths, entry: frozenset[str], lists: bool) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, str) or (isinstance(node, Put) and node.name in entry):
            continue
        try:
            operand = paths.operand(node.name)
        except SideProblem as problem:
            yield _("Merge field {{%(name)s}}: %(why)s") % {"name": node.name, "why": problem}
            continue
        if isinstance(node, Put):
            if operand.family in UNSHOWN:
                yield _("Merge field {{%s}} cannot be shown in a text.") % node.name
        elif not lists:
            yield _("The list {{#%s}} can only be repeated in an e-mail's text.") % node.name
        elif not (offered := frozenset(inner_fields(operand.field))):
            yield _("{{#%s}} is no list: lines, tags and fields of several values are.") % node.name
        else:
            yield from _field_problems(node.inner, paths, offered, lists)


def parse(text: str, module: ModuleInfo) -> Template:
    """The template of a text without problems."""
    nodes, _problems = read(text)
    return Template(text, dict(_slots(nodes, Paths(module), frozenset())), nodes)


def _slots(nodes: Sequence[Node], paths: Paths, entry: frozenset[str]) -> Iterator[tuple[str, Slot]]:
    for node in nodes:
        if isinstance(node, Repeat):
            operand = paths.operand(node.name)
            yield node.name, Slot(operand.path, operand.field)
            yield from _slots(node.inner, paths, frozenset(inner_fields(operand.field)))
        elif isinstance(node, Put) and node.name not in entry:
            yield node.name, _slot(paths, paths.operand(node.name))


def _slot(paths: Paths, operand: Operand) -> Slot:
    """Where a link or a person is named, its name is shown."""
    if operand.family in ("link", "user"):
        operand = paths.operand(f"{operand.path}.name")
    return Slot(operand.path, operand.field)


def shown_of(draft: Draft) -> Callable[[Slot], str]:
    """How a draft's values are shown in a text."""
    return lambda slot: slot.field.type.show(draft.value(slot.path), slot.field)


def snapshot(draft: Draft, slots: Iterable[Slot]) -> dict[str, Any]:
    """The values of the slots as plain JSON by path, to be shown later."""
    return dumped({slot.path: draft.value(slot.path) for slot in slots}, slots)


def dumped(values: Mapping[str, Any], slots: Iterable[Slot]) -> dict[str, Any]:
    """Values by path as plain JSON."""
    fields = {slot.path: slot.field for slot in slots}
    return {
        path: None if value is None else fields[path].type.dump(value, fields[path])
        for path, value in values.items()
    }


def shown_later(values: Mapping[str, Any]) -> Callable[[Slot], str]:
    """How values from `snapshot` are shown, in the active language and time zone."""

    def show(slot: Slot) -> str:
        kept = values.get(slot.path)
        value = None if kept is None else slot.field.type.parse(kept, slot.field)
        return slot.field.type.show(value, slot.field)

    return show


def one_line(text: str, limit: int) -> str:
    """Text fit for a header or a subject: no line breaks or control characters, not longer than the limit."""
    line = " ".join(CONTROL.sub(" ", text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
