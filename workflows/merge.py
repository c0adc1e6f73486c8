"""Merge fields: `{{name}}` and `{{account.industry}}` in subjects and texts, filled from a record."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.html import escape
from django.utils.translation import gettext as _

from crm.criteria.base import SideProblem
from crm.criteria.paths import Operand, Paths
from crm.door import Draft
from crm.modules.registry import FieldInfo, ModuleInfo

FIELD = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
UNSHOWN = frozenset({"any_link"})
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


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

    @cached_property
    def paths(self) -> frozenset[str]:
        """The paths whose values filling needs."""
        return frozenset(slot.path for slot in self.slots.values())

    def fill(self, show: Callable[[Slot], str], *, html: bool = False) -> str:
        """The text with each merge field replaced by what `show` gives; escaped for HTML if asked."""

        def put(found: re.Match[str]) -> str:
            shown = show(self.slots[found.group(1)])
            return escape(shown) if html else shown

        return FIELD.sub(put, self.text)


def template_problems(text: str, module: ModuleInfo) -> list[str]:
    """What is wrong with a text's merge fields."""
    problems = []
    paths = Paths(module)
    for name in FIELD.findall(text):
        try:
            operand = paths.operand(name)
        except SideProblem as problem:
            problems.append(_("Merge field {{%(name)s}}: %(why)s") % {"name": name, "why": problem})
        else:
            if operand.family in UNSHOWN:
                problems.append(_("Merge field {{%s}} cannot be shown in a text.") % name)
    rest = FIELD.sub("", text)
    if "{{" in rest or "}}" in rest:
        problems.append(_("A merge field is written {{field}}; a pair of braces is left open."))
    return problems


def parse(text: str, module: ModuleInfo) -> Template:
    """The template of a text without problems."""
    paths = Paths(module)
    return Template(text, {name: _slot(paths, paths.operand(name)) for name in FIELD.findall(text)})


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
    values = {slot.path: (draft.value(slot.path), slot.field) for slot in slots}
    return {
        path: None if value is None else field.type.dump(value, field)
        for path, (value, field) in values.items()
    }


def shown_later(values: Mapping[str, Any]) -> Callable[[Slot], str]:
    """How values from `snapshot` are shown, in the active language and time zone."""

    def show(slot: Slot) -> str:
        dumped = values.get(slot.path)
        value = None if dumped is None else slot.field.type.parse(dumped, slot.field)
        return slot.field.type.show(value, slot.field)

    return show


def one_line(text: str, limit: int) -> str:
    """Text fit for a header or a subject: no line breaks or control characters, not longer than the limit."""
    line = " ".join(CONTROL.sub(" ", text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
