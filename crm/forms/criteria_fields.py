"""Which fields conditions can be about: the record's own and those behind its links, where one may read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.functional import cached_property

from crm.criteria import virtual_fields
from crm.criteria.paths import MOST_HOPS, Operand, Paths, unknown
from crm.criteria.persons import PERSON_FIELDS
from crm.models import User
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.views.showing import told_fields
from crm.visibility import can, readable

BETWEEN = " › "
ENOUGH = 40  # fields that a search offers


@dataclass(frozen=True)
class Offered:
    """A field that can be chosen; `label` names the links that lead to it."""

    path: str
    label: str
    name: str  # without the links


@dataclass
class Group:
    """The fields behind one link, or the record's own."""

    label: str
    fields: list[Offered] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    """Where a path has come to: a module, or a person where it is None."""

    module: ModuleInfo | None
    path: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    def beyond(self, info: FieldInfo, module: ModuleInfo | None) -> Place:
        """The place that a link of this one leads to."""
        return Place(module, (*self.path, info.key), (*self.labels, info.label))

    def offered(self, info: FieldInfo) -> Offered:
        """A field of this place."""
        label = BETWEEN.join((*self.labels, info.label))
        return Offered(".".join((*self.path, info.key)), label, info.label)


class Fields:
    """The fields that one person may ask about in a module; all of them where nobody is named."""

    def __init__(self, user: User | None, module: ModuleInfo) -> None:
        self.user, self.module = user, module
        self.paths = Paths(module)

    def operand(self, path: object) -> Operand:
        """What the path leads to; raises SideProblem, the same for hidden fields as for unknown ones."""
        operand = self.paths.operand(path)
        hidden = self._hidden(operand)
        if hidden:
            raise unknown(*hidden, operand.path)
        return operand

    def may_use(self, operand: Operand) -> bool:
        """Whether the person may read the field and every link on the way."""
        return self._hidden(operand) is None

    def _hidden(self, operand: Operand) -> tuple[ModuleInfo, str] | None:
        """The module and key of the first thing on the way that the person may not read."""
        for module, key in operand.reads:
            if not self.may_read(module, key):
                return registry().modules.get(module, self.module), key
        for hop in operand.hops:
            if hop.module is not None and not self.may_view(hop.module):
                return hop.module, operand.field.key
        return None

    def may_view(self, module: ModuleInfo) -> bool:
        """Whether the person may view records of the module at all."""
        return self.user is None or can(self.user, "view", module)

    def may_read(self, module: str, key: str) -> bool:
        """Whether the person may read this field."""
        if self.user is None:
            return True
        info = registry().modules.get(module)
        return info is not None and key in readable(self.user, info)

    @cached_property
    def start(self) -> Place:
        """The record itself."""
        return Place(self.module)

    def groups(self, like: Operand | None = None) -> list[Group]:
        """The record's own fields, and those one link away; `like` leaves what it can be compared with."""
        places = [self.start, *self._next(self.start)]
        found = [Group(BETWEEN.join(place.labels) or self.module.label) for place in places]
        for group, place in zip(found, places, strict=True):
            group.fields += [place.offered(info) for info in self._fields(place) if _fits(info, like)]
        return [group for group in found if group.fields]

    def search(self, text: str, like: Operand | None = None) -> list[Group]:
        """The fields whose label has every word of the text, over all links; the nearest first."""
        words = text.casefold().split()
        if not words:
            return self.groups(like)
        found: list[Group] = []
        places = [self.start]
        while places and sum(len(group.fields) for group in found) < ENOUGH:
            found += [group for place in places if (group := self._matching(place, words, like)).fields]
            places = [further for place in places for further in self._next(place)]
        return found

    def _matching(self, place: Place, words: list[str], like: Operand | None) -> Group:
        group = Group(BETWEEN.join(place.labels) or self.module.label)
        for info in self._fields(place):
            offered = place.offered(info)
            if _fits(info, like) and all(word in offered.label.casefold() for word in words):
                group.fields.append(offered)
        return group

    def _fields(self, place: Place) -> Iterator[FieldInfo]:
        if place.module is None:
            yield from (person.info() for person in PERSON_FIELDS.values())
            return
        shown = told_fields(place.module)
        yield from (info for info in shown if self.may_read(info.module, info.key))
        yield from (virtual.info(place.module) for virtual in virtual_fields(place.module))

    def _next(self, place: Place) -> Iterator[Place]:
        """The places one link further, as far as paths go; people last."""
        if place.module is None:
            return
        people: list[Place] = []
        for info in place.module.fields.values():
            if info.type.family == "user" and self.may_read(info.module, info.key):
                people.append(place.beyond(info, None))
            elif info.type.family == "link" and len(place.path) < MOST_HOPS:
                target = registry().modules.get(info.target or "")
                if target and self.may_view(target) and self.may_read(info.module, info.key):
                    yield place.beyond(info, target)
        yield from people


def _fits(info: FieldInfo, like: Operand | None) -> bool:
    """Whether a field can be compared with another; a field with itself always gives the same answer."""
    if like is None:
        return True
    return info.type.family == like.family and info.target == like.field.target


def path_label(operand: Operand) -> str:
    """The path as the editor shows it: the links, then the field."""
    return BETWEEN.join([*(hop.field.label for hop in operand.hops), operand.field.label])
