"""Links from a record and to it, and updates of what is at their other end, asked for by actions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from crm.door import Batch, Draft
from crm.door.preview import FORESEES
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo, ModuleInfo
from workflows.kinds.base import Firing

WISHES, DONE = "linked wishes", "linked done"


@dataclass(frozen=True)
class Link:
    """A way from a record to others: over its own field, or backward over `field` of `module`."""

    key: str
    module: str  # of the records at the other end
    field: str
    label: str
    backward: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """A field that an action wants to have set at the other end of a link."""

    firing: Firing
    link: Link
    info: FieldInfo
    value: Any


def links_of(module: ModuleInfo) -> list[Link]:
    """The record's own links, then those of other records to it."""
    modules = registry().modules
    own = [
        Link(info.key, info.target, info.key, info.label)
        for info in module.link_fields
        if info.target is not None and info.target in modules
    ]
    others = [
        Link(f"{other.key}.{info.key}", other.key, info.key, _label(other, info), backward=True)
        for other in modules.values()
        for info in other.link_fields
        if info.target == module.key or info.type.family == "any_link"
    ]
    return own + others


def _label(module: ModuleInfo, info: FieldInfo) -> str:
    return _("%(module)s that link here (%(field)s)") % {"module": module.label_plural, "field": info.label}


def find_link(key: Any, module: ModuleInfo) -> Link | None:
    """The link with this key, if the module has it."""
    return next((link for link in links_of(module) if link.key == key), None)


def wish(one: Wish) -> None:
    """Asks for an update; the stage of linked updates carries out all of a round together."""
    one.firing.batch.memory.setdefault(WISHES, []).append(one)


@FORESEES.append
def words(batch: Batch, draft: Draft) -> list[str]:
    """What a preview says of the records that would be changed beside this one."""
    done: list[tuple[Wish, list[Draft]]] = batch.memory.get(DONE, [])
    return [_told(one, targets) for one, targets in done if one.firing.draft is draft and targets]


def _told(one: Wish, targets: list[Draft]) -> str:
    from workflows.kinds.update_field import shown

    names = [str(target.value("name") or f"#{target.id}") for target in targets]
    listed = ", ".join(f"“{name}”" for name in names[:3]) + (" …" if len(names) > 3 else "")
    what = {
        "rule": one.firing.cause.label,
        "field": one.info.label,
        "value": shown(one.value, one.info),
        "names": listed,
        "count": len(names),
    }
    return _("would set %(field)s to %(value)s on %(count)s linked: %(names)s (%(rule)s)") % what
