"""Fields in which a person or record is looked up by name.

With JavaScript somebody chooses from a list and the id comes along; without it the name alone decides,
and where several records have it, the form asks which one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, Value
from django.db.models.lookups import Exact
from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.fields.links import Ref
from crm.forms.kinds import Kind, control_of
from crm.models import User
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.views.finding import clean_query, search_condition
from crm.views.showing import Names, load_names
from crm.visibility import Sort, page, readable, visible_to
from crm.visibility.columns import LoweredValue

PEOPLE = "all-people"  # no module can have this key
SHOWN = 10


@dataclass(frozen=True)
class Found:
    """A person or record that a search offers."""

    id: int
    name: str
    hint: str = ""


@dataclass
class Typed:
    """What was posted for one lookup, and what it was found to mean."""

    target: str  # a module's key, or PEOPLE
    name: str
    id: str = ""
    value: str = ""
    problem: str = ""
    candidates: Sequence[Found] = ()

    def pointer(self) -> int | Ref | None:
        """The person or record whose id came along."""
        return pointer(self.target, self.id)


def pointer(target: str, text: str) -> int | Ref | None:
    """What an id in a form points at; None if it is no id."""
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        return None
    return int(text) if target == PEOPLE else Ref(target, int(text))


def name_in(names: Names, found: int | Ref | None) -> str:
    """The name by which the form shows a person or record; empty for none."""
    if found is None:
        return ""
    return names.record(found) if isinstance(found, Ref) else names.people.get(found, "")


def search(user: User, target: str, text: str) -> list[Found]:
    """The first people or visible records whose name contains the text, by name. May raise TooSlow."""
    if target == PEOPLE:
        query = clean_query(text)
        people = User.objects.filter(Q(name__icontains=query) | Q(email__icontains=query), is_active=True)
        return [Found(person.pk, str(person), person.email) for person in people[:SHOWN]]
    module = registry().module(target)
    if "name" not in readable(user, module):
        return []
    where = search_condition(user, module, text)
    rows = page(user, module, where=where, sort=_by_name(module), size=SHOWN).rows
    return [Found(row.pk, str(row.name or ""), f"#{row.pk}") for row in rows]


def _by_name(module: ModuleInfo) -> Sort:
    return Sort("name", descending=False) if module.fields["name"].sorted else Sort()


def resolve(user: User, typed: Iterable[Typed]) -> Names:
    """Finds out what was meant, in `value`, `problem` and `candidates`; the names that were loaded."""
    asked = [one for one in typed if one.name]
    names = load_names(user, [found for one in asked if (found := one.pointer()) is not None])
    for one in asked:
        if one.id and name_in(names, one.pointer()) == one.name:
            one.value = one.id
        else:
            _by_exact_name(user, one)
    return names


def _by_exact_name(user: User, typed: Typed) -> None:
    found = list(_exact(user, typed.target, typed.name)) or _by_number(user, typed.target, typed.name)
    if len(found) == 1:
        typed.value = str(found[0].id)
    elif found:
        typed.candidates = found
        typed.problem = _("Several are called “%s”: choose one.") % typed.name
    else:
        typed.problem = _("Nothing that you may see is called “%s”: choose from the list.") % typed.name


def _exact(user: User, target: str, name: str) -> Sequence[Found]:
    if target == PEOPLE:
        people = User.objects.filter(Q(name__iexact=name) | Q(email__iexact=name), is_active=True)
        return [Found(person.pk, str(person), person.email) for person in people[:SHOWN]]
    module = registry().modules.get(target)
    if module is None or "name" not in readable(user, module):
        return []
    same = Exact(LoweredValue(module.fields["name"]), Value(clean_query(name).lower()))
    rows = visible_to(user, module).filter(Q(same)).order_by("id")[:SHOWN]
    return [Found(row.pk, str(row.name), f"#{row.pk}") for row in rows]


def _by_number(user: User, target: str, text: str) -> list[Found]:
    """The one with this id, where somebody entered `#12` or `12`."""
    asked = pointer(target, text.removeprefix("#"))
    names = load_names(user, [] if asked is None else [asked])
    if asked is None or asked not in (*names.people, *names.records):
        return []
    return [Found(asked.id if isinstance(asked, Ref) else asked, name_in(names, asked))]


class Lookup(Kind):
    """A name with a list to choose from; the text that the form works with is the id."""

    template = "crm/controls/lookup.html"

    def target(self, data: QueryDict, name: str, info: FieldInfo) -> str:
        """Where to look: a module's key, or PEOPLE."""
        raise NotImplementedError

    def typed(self, data: QueryDict, name: str, info: FieldInfo) -> Typed | None:
        """What was posted; None if the control was not in the form."""
        if name not in data:
            return None
        chosen = data.get(f"{name}-pick") or data.get(f"{name}-id", "")
        return Typed(self.target(data, name, info), data.get(name, "").strip(), chosen)

    def of(self, text: str, info: FieldInfo) -> tuple[str, str]:
        """The target and id in the form's text."""
        return info.target or "", text

    def joined(self, typed: Typed) -> str:
        """The form's text for what was found."""
        return typed.value


@control_of("user")
class PersonLookup(Lookup):
    """A person."""

    def target(self, _data: QueryDict, _name: str, _info: FieldInfo) -> str:
        return PEOPLE

    def of(self, text: str, _info: FieldInfo) -> tuple[str, str]:
        return PEOPLE, text


@control_of("link")
class RecordLookup(Lookup):
    """A record of the module that the field names."""

    def target(self, _data: QueryDict, _name: str, info: FieldInfo) -> str:
        return info.target or ""


@control_of("any_link")
class AnyLookup(Lookup):
    """A record of a module that is chosen first; the text is `module:id`."""

    def text(self, value: Any, _info: FieldInfo) -> str:
        return "" if value is None else f"{value.module}:{value.id}"

    def target(self, data: QueryDict, name: str, _info: FieldInfo) -> str:
        return data.get(f"{name}-module", "")

    def of(self, text: str, _info: FieldInfo) -> tuple[str, str]:
        module, _colon, number = text.partition(":")
        return module, number

    def joined(self, typed: Typed) -> str:
        return f"{typed.target}:{typed.value}" if typed.value else ""
