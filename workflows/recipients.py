"""Who gets a mail or a notification: the owner, the superior, people, roles, groups, addresses, fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from crm.modules.registry import FieldInfo, ModuleInfo
from crm.people.hierarchy import hierarchy
from workflows.directory import directory

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class About:
    """What recipients are worked out from: the record's owner, and the values of fields that hold some."""

    owner: int | None
    values: Mapping[str, Any]


class RecipientKind:
    """One way to say who gets something: `{"to": key, …}`."""

    key: ClassVar[str]

    def validate(self, entry: Entry, module: ModuleInfo) -> str | None:
        """Why nobody can be reached that way, or None."""
        return None

    def describe(self, entry: Entry, module: ModuleInfo) -> str:
        """In plain words."""
        raise NotImplementedError

    def people(self, entry: Entry, about: About) -> Iterable[int]:
        """Ids of people who get it."""
        return ()

    def addresses(self, entry: Entry, about: About) -> Iterable[str]:
        """Other e-mail addresses that get it."""
        return ()


class Owner(RecipientKind):
    """The record's owner."""

    key = "owner"

    def describe(self, entry: Entry, module: ModuleInfo) -> str:
        return _("the owner")

    def people(self, entry: Entry, about: About) -> Iterable[int]:
        return () if about.owner is None else (about.owner,)


class Superior(RecipientKind):
    """The superior of the record's owner."""

    key = "superior"

    def describe(self, entry: Entry, module: ModuleInfo) -> str:
        return _("the owner's superior")

    def people(self, entry: Entry, about: About) -> Iterable[int]:
        found = None if about.owner is None else hierarchy().superior(about.owner)
        return () if found is None else (found,)


class OnePerson(RecipientKind):
    """A person, by e-mail."""

    key = "person"

    def validate(self, entry: Entry, module: ModuleInfo) -> str | None:
        email = entry.get("person") or ""
        return None if directory().person(email) else _("There is no active person “%s”.") % email

    def describe(self, entry: Entry, module: ModuleInfo) -> str:
        return str(entry.get("person"))

    def people(self, entry: Entry, about: About) -> Iterable[int]:
        return directory().members([entry["person"]], (), ())


class WholeRole(RecipientKind):
    """Everybody with a role."""

    key = "role"

    def validate(self, entry: Entry, module: ModuleInfo) -> str | None:
        key = entry.get("role")
        return None if key in directory().roles else _("There is no role “%s”.") % key

    def describe(self, entry: Entry, module: ModuleInfo) -> str:
        return _("everybody with the role %s") % entry.get("role")

    def people(self, entry: Entry, about: About) -> Iterable[int]:
        return directory().members((), [entry["role"]], ())


class WholeGroup(RecipientKind):
    """Everybody in a group."""

    key = "group"

    def validate(self, entry: Entry, module: ModuleInfo) -> str | None:
        key = entry.get("group")
        return None if key in directory().groups else _("There is no group “%s”.") % key

    def describe(self, entry: Entry, module: ModuleInfo) -> str:
        return _("everybody in the group %s") % entry.get("group")

    def people(self, entry: Entry, about: About) -> Iterable[int]:
        return directory().members((), (), [entry["group"]])


class Address(RecipientKind):
    """An e-mail address outside."""

    key = "address"

    def validate(self, entry: Entry, module: ModuleInfo) -> str | None:
        address = str(entry.get("address") or "")
        try:
            validate_email(address)
        except ValidationError:
            return _("“%s” is not an e-mail address.") % address
        return None

    def describe(self, entry: Entry, module: ModuleInfo) -> str:
        return str(entry.get("address"))

    def addresses(self, entry: Entry, about: About) -> Iterable[str]:
        return (str(entry["address"]),)


class InField(RecipientKind):
    """Whom a field of the record names: an e-mail address or a person."""

    key = "field"

    def info(self, entry: Entry, module: ModuleInfo) -> FieldInfo | None:
        info = module.fields.get(str(entry.get("field")))
        fits = info is not None and (info.type.key == "email" or info.type.family == "user")
        return info if fits else None

    def validate(self, entry: Entry, module: ModuleInfo) -> str | None:
        if self.info(entry, module) is not None:
            return None
        return _("%(module)s has no field “%(field)s” that holds an e-mail address or a person.") % {
            "module": module.label_plural,
            "field": entry.get("field"),
        }

    def describe(self, entry: Entry, module: ModuleInfo) -> str:
        info = self.info(entry, module)
        return _("whom the field %s names") % (info.label if info else entry.get("field"))

    def people(self, entry: Entry, about: About) -> Iterable[int]:
        value = about.values.get(entry["field"])
        return (value,) if isinstance(value, int) else ()

    def addresses(self, entry: Entry, about: About) -> Iterable[str]:
        value = about.values.get(entry["field"])
        return (value,) if isinstance(value, str) and value else ()


RECIPIENT_KINDS: dict[str, RecipientKind] = {
    kind.key: kind
    for kind in (Owner(), Superior(), OnePerson(), WholeRole(), WholeGroup(), Address(), InField())
}


def recipient_problems(entries: Any, module: ModuleInfo) -> list[str]:
    """What is wrong with a list of recipients."""
    if not isinstance(entries, list) or not entries:
        return [_("Name at least one recipient.")]
    problems = []
    for entry in entries:
        kind = RECIPIENT_KINDS.get(entry.get("to", "")) if isinstance(entry, dict) else None
        if kind is None:
            known = ", ".join(RECIPIENT_KINDS)
            problems.append(_("A recipient has “to”, which is one of: %s.") % known)
        elif (problem := kind.validate(entry, module)) is not None:
            problems.append(problem)
    return problems


def describe_recipients(entries: Sequence[Entry], module: ModuleInfo) -> str:
    """Recipients in plain words."""
    return ", ".join(RECIPIENT_KINDS[entry["to"]].describe(entry, module) for entry in entries)


def people_of(entries: Sequence[Entry], about: About) -> list[int]:
    """Ids of the people who get it, each once, in order."""
    found = (pk for entry in entries for pk in RECIPIENT_KINDS[entry["to"]].people(entry, about))
    return list(dict.fromkeys(found))


def addresses_of(entries: Sequence[Entry], about: About) -> list[str]:
    """Other addresses that get it, each once, in order."""
    found = (text for entry in entries for text in RECIPIENT_KINDS[entry["to"]].addresses(entry, about))
    return list(dict.fromkeys(found))


def field_values(entries: Sequence[Entry], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the fields that recipients are taken from; plain JSON (ids and addresses)."""
    return {entry["field"]: values.get(entry["field"]) for entry in entries if entry["to"] == InField.key}
