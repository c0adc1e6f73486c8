"""The registry of finders that say where something is used."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from crm.modules.problems import InUse


@dataclass(frozen=True)
class Subject:
    """What somebody wants to change or delete: a module, one of its fields, or one of the field's values."""

    module: str
    field: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class Usage:
    """One place of use, told to the admin. A blocking one must be gone before the subject can go."""

    kind: str  # records, field, right, document …
    name: str
    where: str
    blocking: bool = False
    url: str = ""  # where it can be changed

    def __str__(self) -> str:
        return f"{self.where}: {self.name}" if self.where else self.name


Finder = Callable[[Subject], Iterable[Usage]]
FINDERS: list[Finder] = []


def register_usage(finder: Finder) -> Finder:
    """Makes a finder known; it gets a subject and gives the places that it knows of."""
    FINDERS.append(finder)
    return finder


def usages_of(subject: Subject) -> list[Usage]:
    """Every place where the subject is used, blocking ones first."""
    found = [usage for finder in FINDERS for usage in finder(subject)]
    return sorted(found, key=lambda usage: not usage.blocking)


def check_usage(subject: Subject, *, confirmed: bool) -> list[Usage]:
    """The usages; raises InUse if one of them blocks, or if there are any and nobody confirmed."""
    found = usages_of(subject)
    if found and (not confirmed or any(usage.blocking for usage in found)):
        raise InUse(found)
    return found
