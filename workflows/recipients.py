"""Who gets a mail or a notification: the owner, superiors, people, roles, groups, addresses, fields.

Fields are of the record or of one that it links to, as paths: `email`, `contact.email`, `account.owner`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from crm.criteria.base import SideProblem
from crm.criteria.paths import Operand, Paths
from crm.door import Draft
from crm.modules.registry import ModuleInfo
from crm.people.hierarchy import hierarchy
from workflows.directory import directory

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class About:
    """What recipients are worked out from, as plain JSON can hold it.

    The record's owner; the values at the paths that name some; who made the change; and for each path to
    an address the record that has it, as module and id.
    """

    owner: int | None
    values: Mapping[str, Any]
    actor: int | None = None
    holders: Mapping[str, Sequence[Any]] = field(default_factory=dict)


class RecipientKind:
    """One way to say who gets something: `{"to": key, …}`."""

    key: ClassVar[str]

    def validate(self, entry: Entry, module: ModuleInfo) -> str | None:
        """Why nobody can be reached that way, or None."""
        return None

    def describe(self, entry: Entry, module: ModuleInfo) -> str:
        """In plain words."""
        raise NotImplementedError

    def paths(self, entry: Entry) -> tuple[str, ...]:
        """The paths whose values it needs."""
        return ()

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


class SuperiorOf(RecipientKind):
    """The superior of a person: of one whom a field names, or one given by e-mail."""

    key = "superior_of"

    def validate(self, entry: Entry, module: ModuleInfo) -> str | None:
        if entry.get("person"):
            return no_person(entry)
        operand = operand_of(entry, module)
        fits = operand is not None and operand.family == "user"
        return None if fits else _no_such_field(entry, module, _("a person"))

    def describe(self, entry: Entry, module: ModuleInfo) -> str:
        return _("the superior of %s") % (entry.get("person") or label_of(entry, module))

    def paths(self, entry: Entry) -> tuple[str, ...]:
        return (entry["field"],) if entry.get("field") else ()

    def people(self, entry: Entry, about: About) -> Iterable[int]:
        if entry.get("person"):
            person = directory().by_email.get(entry["person"].strip().lower())
        else:
            value = about.values.get(entry["field"])
            person = value if isinstance(value, int) else None
        found = None if person is None else hierarchy().superior(person)
        return () if found is None else (found,)


class Creator(RecipientKind):
    """Who made the record."""

    key = "creator"
    FIELD = "created_by"

    def describe(self, entry: Entry, module: ModuleInfo) -> str:
        return _("whoever created the record")

    def paths(self, entry: Entry) -> tuple[str, ...]:
        return (self.FIELD,)

    def people(self, entry: Entry, about: About) -> Iterable[int]:
        value = about.values.get(self.FIELD)
        return () if value is None else (value,)


class CurrentUser(RecipientKind):
    """Who made the change."""

    key = "current_user"

    def describe(self, entry: Entry, module: ModuleInfo) -> str:
        return _("whoever made the change")

    def people(self, entry: Entry, about: About) -> Iterable[int]:
        return () if about.actor is None else (about.actor,)


class OnePerson(RecipientKind):
    """A person, by e-mail."""

    key = "person"

    def validate(self, entry: Entry, module: ModuleInfo) -> str | None:
        return no_person(entry)

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
    """Whom a field of the record, or of a linked one, names: an e-mail address or a person."""

    key = "field"

    def validate(self, entry: Entry, module: ModuleInfo) -> str | None:
        operand = operand_of(entry, module)
        fits = operand is not None and (operand.field.type.key == "email" or operand.family == "user")
        return None if fits else _no_such_field(entry, module, _("an e-mail address or a person"))

    def describe(self, entry: Entry, module: ModuleInfo) -> str:
        return _("whom the field %s names") % label_of(entry, module)

    def paths(self, entry: Entry) -> tuple[str, ...]:
        return (entry["field"],)

    def people(self, entry: Entry, about: About) -> Iterable[int]:
        value = about.values.get(entry["field"])
        return (value,) if isinstance(value, int) else ()

    def addresses(self, entry: Entry, about: About) -> Iterable[str]:
        value = about.values.get(entry["field"])
        return (value,) if isinstance(value, str) and value else ()


def operand_of(entry: Entry, module: ModuleInfo) -> Operand | None:
    """What the entry's field is; None if there is no such field."""
    try:
        return Paths(module).operand(entry.get("field"))
    except SideProblem:
        return None


def label_of(entry: Entry, module: ModuleInfo) -> str:
    """The label of the entry's field; its path if there is no such field."""
    operand = operand_of(entry, module)
    return operand.label if operand else str(entry.get("field"))


def no_person(entry: Entry) -> str | None:
    """Why the person whom the entry names cannot get anything, or None."""
    email = entry.get("person") or ""
    return None if directory().person(email) else _("There is no active person “%s”.") % email


def _no_such_field(entry: Entry, module: ModuleInfo, what: str) -> str:
    return _("%(module)s has no field “%(field)s” that holds %(what)s.") % {
        "module": module.label_plural,
        "field": entry.get("field"),
        "what": what,
    }


RECIPIENT_KINDS: dict[str, RecipientKind] = {
    kind.key: kind
    for kind in (
        Owner(), Superior(), SuperiorOf(), Creator(), CurrentUser(), OnePerson(), WholeRole(), WholeGroup(),
        Address(), InField(),
    )
}  # fmt: skip


def recipient_problems(entries: Any, module: ModuleInfo, *, needed: bool = True) -> list[str]:
    """What is wrong with a list of recipients; `needed` says whether there has to be one."""
    if not entries and not needed:
        return []
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


def recipient_paths(entries: Sequence[Entry]) -> frozenset[str]:
    """The paths that recipients are taken from, and those of the records on the way that hold addresses."""
    paths = {path for entry in entries for path in RECIPIENT_KINDS[entry["to"]].paths(entry)}
    return frozenset(paths | {path.rpartition(".")[0] for path in paths if "." in path})


def about_draft(draft: Draft, entries: Sequence[Entry], actor: int | None) -> About:
    """What recipients are worked out from, of a record that is being changed."""
    paths = {path for entry in entries for path in RECIPIENT_KINDS[entry["to"]].paths(entry)}
    values = {path: draft.value(path) for path in paths}
    holders = {path: _holder(draft, path) for path, value in values.items() if isinstance(value, str)}
    return About(draft.value("owner"), values, actor, {path: one for path, one in holders.items() if one})


def _holder(draft: Draft, path: str) -> tuple[str, int] | None:
    """Module and id of the record that has the field at a path's end."""
    link, dot, _last = path.rpartition(".")
    if not dot:
        return (draft.module.key, draft.id)
    module, record_id = Paths(draft.module).operand(link).field.target, draft.value(link)
    return None if module is None or record_id is None else (module, record_id)
