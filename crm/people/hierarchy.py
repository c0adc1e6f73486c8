"""Who is whose superior. One answer, for visibility, approvals and escalation.

A person's superior is the override, else the head of the nearest filled role: the own role's head if
that is somebody else, else the next one above. A superior sees everybody below in the role tree and
everybody whose chain of superiors leads to the superior. Peers don't see each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from crm.models import Role, User
from crm.people.remembered import PerGeneration

NOBODY: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Person:
    """Where somebody stands, by ids."""

    role: int | None = None
    override: int | None = None
    active: bool = True


@dataclass(frozen=True)
class Place:
    """A role, by ids."""

    parent: int | None = None
    head: int | None = None


@dataclass(frozen=True)
class Hierarchy:
    """The whole organisation at one moment; pure, so that a change can be tried before it is made."""

    people: Mapping[int, Person]
    roles: Mapping[int, Place]

    def with_person(self, person_id: int, person: Person) -> Hierarchy:
        """The same organisation with one person placed differently."""
        return replace(self, people={**self.people, person_id: person})

    def with_role(self, role_id: int, place: Place) -> Hierarchy:
        """The same organisation with one role placed differently."""
        return replace(self, roles={**self.roles, role_id: place})

    def line(self, role_id: int | None) -> Iterator[Place]:
        """The role and those above it; ends where a ring would begin."""
        seen: set[int] = set()
        while role_id is not None and role_id not in seen and role_id in self.roles:
            seen.add(role_id)
            yield self.roles[role_id]
            role_id = self.roles[role_id].parent

    def superior(self, person_id: int) -> int | None:
        """The id of the superior, or None at the top."""
        person = self.people.get(person_id)
        if person is None:
            return None
        if self._is_active(person.override) and person.override != person_id:
            return person.override
        heads = (place.head for place in self.line(person.role))
        return next((head for head in heads if head != person_id and self._is_active(head)), None)

    def chain(self, person_id: int) -> list[int]:
        """The superior, the superior's superior and so on; ends where a ring would begin."""
        found: list[int] = []
        above = self.superior(person_id)
        while above is not None and above != person_id and above not in found:
            found.append(above)
            above = self.superior(above)
        return found

    def below(self, person_id: int) -> frozenset[int]:
        """The ids of everybody, also of those who have left, whom the person is a superior of."""
        return self._below.get(person_id, NOBODY)

    def above(self, person_id: int) -> frozenset[int]:
        """The ids of everybody who is a superior of the person: by the role tree or by the chain."""
        person = self.people.get(person_id)
        if person is None:
            return NOBODY
        heads = {place.head for place in self.line(person.role) if place.head is not None}
        return frozenset(heads.union(self.chain(person_id)) - {person_id})

    def ring(self) -> list[int]:
        """People whose chain leads back to themselves, in order; empty if all is well."""
        safe: set[int] = set()
        for start in self.people:
            path: list[int] = []
            current: int | None = start
            while current is not None and current not in safe:
                if current in path:
                    return path[path.index(current) :]
                path.append(current)
                current = self.superior(current)
            safe.update(path)
        return []

    def role_ring(self, role_id: int) -> bool:
        """Whether the role is, over its parents, above itself."""
        above, seen = self.roles[role_id].parent, {role_id}
        while above is not None and above in self.roles:
            if above in seen:
                return True
            seen.add(above)
            above = self.roles[above].parent
        return False

    def _is_active(self, person_id: int | None) -> bool:
        person = self.people.get(person_id) if person_id is not None else None
        return person is not None and person.active

    @cached_property
    def _below(self) -> dict[int, frozenset[int]]:
        found: dict[int, set[int]] = {}
        for person_id in self.people:
            for above in self.above(person_id):
                found.setdefault(above, set()).add(person_id)
        return {person_id: frozenset(below) for person_id, below in found.items()}


def read_hierarchy() -> Hierarchy:
    """The organisation as it is in the database now; two statements."""
    people = User.objects.values_list("pk", "role_id", "superior_override_id", "is_active")
    roles = Role.objects.order_by().values_list("pk", "parent_id", "head_id")
    return Hierarchy(
        {pk: Person(role, override, active) for pk, role, override, active in people},
        {pk: Place(parent, head) for pk, parent, head in roles},
    )


hierarchy = PerGeneration(read_hierarchy)


def superior_of(user: User) -> User | None:
    """The person's superior, or None at the top."""
    superior = hierarchy().superior(user.pk)
    return None if superior is None else User.objects.get(pk=superior)


def superiors(user: User) -> list[User]:
    """The superior, the superior's superior and so on, up to the top."""
    chain = hierarchy().chain(user.pk)
    found = User.objects.in_bulk(chain)
    return [found[pk] for pk in chain]


def people_below(user: User) -> frozenset[int]:
    """The ids of everybody whose records the person sees as a superior."""
    return hierarchy().below(user.pk)
