"""The merge fields that a module offers, for those who write templates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from crm.criteria.paths import Paths
from crm.criteria.persons import PERSON_FIELDS
from crm.modules.registry import FieldInfo, ModuleInfo
from workflows.merge import UNSHOWN
from workflows.merge_lists import LISTS, inner_fields


@dataclass(frozen=True)
class Group:
    """Merge fields that belong together: a heading, and marks with labels."""

    label: str
    marks: tuple[tuple[str, str], ...]


def merge_groups(module: ModuleInfo) -> Iterator[Group]:
    """The record's own fields, what can be repeated, and the fields of what it links to, one link far."""
    own = [info for info in module.fields.values() if info.type.family not in UNSHOWN]
    plain = [info for info in own if info.type.family != "lines"]
    yield Group(module.label, tuple((mark(info.key), info.label) for info in plain))
    for info in own:
        if info.type.family in LISTS:
            yield Group(_("%s, repeated") % info.label, tuple(_repeated(info)))
    known = Paths(module).registry.modules
    for info in own:
        target = known.get(info.target or "")
        if info.type.family == "link" and target is not None:
            fields = [one for one in target.fields.values() if one.type.family not in UNSHOWN | {"lines"}]
            yield Group(info.label, tuple((mark(f"{info.key}.{one.key}"), one.label) for one in fields))
        elif info.type.family == "user":
            people = PERSON_FIELDS.values()
            yield Group(info.label, tuple((mark(f"{info.key}.{one.key}"), str(one.label)) for one in people))


def mark(path: str) -> str:
    """A path as it is written in a text."""
    return f"{{{{{path}}}}}"


def _repeated(info: FieldInfo) -> Iterator[tuple[str, str]]:
    yield mark(f"#{info.key}"), _("begins the part for each entry")
    yield from ((mark(key), str(label)) for key, label in inner_fields(info).items())
    yield mark(f"/{info.key}"), _("ends it")
