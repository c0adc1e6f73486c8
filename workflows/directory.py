"""People, roles and groups by the stable keys that documents name them with; read once per generation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crm.models import Role, SharingGroup, User
from crm.people.remembered import PerGeneration

NOBODY: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Directory:
    """Ids of people by e-mail, role key and group key; `active` are those who may work."""

    by_email: Mapping[str, int]
    roles: Mapping[str, frozenset[int]]
    groups: Mapping[str, frozenset[int]]
    active: frozenset[int]

    def person(self, email: str) -> int | None:
        """The id of the active person with that address, or None."""
        found = self.by_email.get(str(email).strip().lower())
        return found if found in self.active else None

    def members(self, people: Iterable[str], roles: Iterable[str], groups: Iterable[str]) -> list[int]:
        """The ids of all of them, each once, in a stable order; also of people who have left."""
        found = {self.by_email[email] for email in people if email in self.by_email}
        for key in roles:
            found |= self.roles.get(key, NOBODY)
        for key in groups:
            found |= self.groups.get(key, NOBODY)
        return sorted(found)


def read_directory() -> Directory:
    """The directory as it is in the database now; four statements."""
    people = list(User.objects.order_by().values_list("pk", "email", "is_active", "role__key"))
    roles: dict[str, set[int]] = {key: set() for key in Role.objects.order_by().values_list("key", flat=True)}
    for pk, _email, _active, role in people:
        if role is not None:
            roles[role].add(pk)
    groups: dict[str, set[int]] = {
        key: set() for key in SharingGroup.objects.order_by().values_list("key", flat=True)
    }
    members = User.groups.through._default_manager.filter(group__sharing_group__isnull=False)
    for key, pk in members.values_list("group__sharing_group__key", "user_id"):
        groups[key].add(pk)
    return Directory(
        by_email={email: pk for pk, email, _active, _role in people},
        roles={key: frozenset(ids) for key, ids in roles.items()},
        groups={key: frozenset(ids) for key, ids in groups.items()},
        active=frozenset(pk for pk, _email, active, _role in people if active),
    )


directory = PerGeneration(read_directory)


def names_of(ids: Iterable[int]) -> dict[int, str]:
    """The names of people, by id; for words only, since it asks the database."""
    return {person.pk: str(person) for person in User.objects.filter(pk__in=list(ids))}
