"""What an action's settings name: fields, people, roles and other things that somebody may want to delete."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from crm.criteria.base import SideProblem
from crm.criteria.paths import Paths
from crm.modules.registry import FieldInfo, ModuleInfo
from workflows.merge import parse


class Reference(NamedTuple):
    """One thing that is named, by its stable key.

    `what` is module, field (`leads.status`), value (`leads.status.contacted`), person (an e-mail address),
    role, group, assignment (an assignment rule), template (of e-mails), webhook or action (a named action).
    """

    what: str
    key: str


def field_reference(info: FieldInfo) -> Reference:
    """A field."""
    return Reference("field", f"{info.module}.{info.key}")


def value_references(info: FieldInfo, raw: Any) -> list[Reference]:
    """What a fixed value of a field names: picklist values, or a person."""
    if info.type.family == "user":
        return [Reference("person", str(raw))]
    values = raw if isinstance(raw, list) else [raw]
    return [Reference("value", f"{info.module}.{info.key}.{one}") for one in values if one in info.choices]


def path_references(path: Any, module: ModuleInfo) -> list[Reference]:
    """Every field on the way of a path; none of one that leads nowhere."""
    try:
        operand = Paths(module).operand(path)
    except SideProblem:
        return []
    return [Reference("field", f"{key}.{field}") for key, field in operand.reads]


def text_references(texts: Iterable[Any], module: ModuleInfo) -> list[Reference]:
    """The fields that merge fields of texts show."""
    paths = [path for text in texts if text for path in sorted(parse(str(text), module).paths)]
    return [reference for path in paths for reference in path_references(path, module)]


def recipient_references(entries: Any, module: ModuleInfo) -> list[Reference]:
    """The people, roles, groups and fields that recipients name."""
    found = []
    for entry in entries if isinstance(entries, list) else []:
        what = entry.get("to")
        if what in ("role", "group"):
            found.append(Reference(what, str(entry.get(what))))
        elif entry.get("person"):
            found.append(Reference("person", str(entry["person"])))
        elif entry.get("field"):
            found += path_references(entry["field"], module)
    return found
