"""Names of the people and records that conditions are about, and the ones that were meant by a name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, Value
from django.db.models.lookups import Exact
from django.utils.translation import gettext as _

from crm.criteria.text import fold
from crm.fields.links import Ref
from crm.forms.lookups import PEOPLE, SHOWN, Found, Typed, resolve
from crm.models import User
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo
from crm.views.showing import load_names
from crm.visibility.columns import searched_value

Pointer = int | str | Ref  # a person by id or address, or a record


def pointer_of(raw: Any, info: FieldInfo) -> Pointer | None:
    """What a value's JSON points at; None if it can't be read."""
    if info.type.family == "any_link":
        module, number = _pair(raw)
        return None if number is None else Ref(module, number)
    if info.type.family == "user" and isinstance(raw, str) and "@" in raw:
        return raw.strip().lower()
    number = _number(raw)
    if number is None or info.type.family == "user":
        return number
    return Ref(info.target or "", number)


def _number(raw: Any) -> int | None:
    text = str(raw).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _pair(raw: Any) -> tuple[str, int | None]:
    """Module and id of `module:id`, or of a pair."""
    parts = raw.split(":") if isinstance(raw, str) else raw
    pair = isinstance(parts, list | tuple) and len(parts) == 2
    return (str(parts[0]), _number(parts[1])) if pair else ("", None)


class KnownNames:
    """Names for one person, who is not told those of records out of reach; for nobody, all of them."""

    def __init__(self, user: User | None, wanted: Iterable[Pointer | None]) -> None:
        self.people: dict[int | str, tuple[int, str]] = {}
        self.records: dict[Ref, str] = {}
        asked = {pointer for pointer in wanted if pointer is not None}
        refs = {pointer for pointer in asked if isinstance(pointer, Ref)}
        self._load_people(asked - refs)
        if user is not None:
            names = load_names(user, refs)
            self.records = {ref: names.record(ref) for ref in refs}
        else:
            self._load_records(refs)

    def _load_people(self, asked: set[Any]) -> None:
        ids = [one for one in asked if isinstance(one, int)]
        emails = [one for one in asked if isinstance(one, str)]
        if not asked:
            return
        for person in User.objects.filter(Q(pk__in=ids) | Q(email__in=emails)):
            self.people[person.pk] = self.people[person.email] = (person.pk, str(person))

    def _load_records(self, refs: set[Ref]) -> None:
        for key in {ref.module for ref in refs}:
            module = registry().modules.get(key)
            ids = [ref.id for ref in refs if ref.module == key]
            rows = module.rows().filter(pk__in=ids).values_list("pk", "name") if module else ()
            self.records.update({Ref(key, pk): name or f"#{pk}" for pk, name in rows})

    def name(self, pointer: Pointer | None) -> str:
        """The name; for what is unknown its number or address."""
        if isinstance(pointer, Ref):
            return self.records.get(pointer) or f"#{pointer.id}"
        if pointer is None:
            return ""
        known = self.people.get(pointer)
        return known[1] if known else f"#{pointer}" if isinstance(pointer, int) else pointer

    def number(self, pointer: Pointer | None) -> str:
        """The id, as a form carries it."""
        if isinstance(pointer, Ref):
            return str(pointer.id)
        if pointer is None:
            return ""
        known = self.people.get(pointer)
        return str(known[0]) if known else str(pointer)


def find(user: User | None, typed: Iterable[Typed]) -> None:
    """Finds out who or what was meant, in `value`, `problem` and `candidates`."""
    asked = list(typed)
    names = KnownNames(user, [one.pointer() for one in asked if one.id])
    for one in asked:
        if one.id and names.name(one.pointer()) == one.name:
            one.value = one.id
    open_ones = [one for one in asked if not one.value]
    if user is not None:
        resolve(user, open_ones)
        return
    for one in open_ones:
        _among_all(one)


def _among_all(typed: Typed) -> None:
    """By the exact name, among everything there is."""
    found = _called(typed)
    if len(found) == 1:
        typed.value = str(found[0].id)
    elif found:
        typed.candidates = found
        typed.problem = _("Several are called “%s”: choose one.") % typed.name
    else:
        typed.problem = _("Nothing is called “%s”: choose from the list.") % typed.name


def _called(typed: Typed) -> list[Found]:
    if typed.target == PEOPLE:
        people = User.objects.filter(Q(name__iexact=typed.name) | Q(email__iexact=typed.name))
        return [Found(person.pk, str(person), person.email) for person in people[:SHOWN]]
    module = registry().modules.get(typed.target)
    if module is None:
        return []
    same = Exact(searched_value(module.fields["name"]), Value(fold(typed.name)))
    rows = module.rows().filter(Q(same), binned_at__isnull=True).order_by("id")
    return [Found(row.pk, str(row.name), f"#{row.pk}") for row in rows[:SHOWN]]
