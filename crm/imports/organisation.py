"""People, roles and superiors from a list of agents, managers and offices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from crm.imports.closest import folded
from crm.imports.problems import ImportProblem
from crm.imports.reader import Table
from crm.models import Profile, Role, User
from crm.people.persons import save_person
from crm.people.problems import PeopleProblem
from crm.people.roles import save_role

COLUMNS = {
    "person": ("sales agent", "agent", "person", "name"),
    "manager": ("manager", "superior", "head"),
    "office": ("regional office", "office", "region", "team"),
    "email": ("e-mail", "email", "mail"),
}
NEEDED = ("person", "manager", "office")


@dataclass(frozen=True)
class Member:
    """One row: who, below whom, where."""

    name: str
    manager: str
    office: str
    email: str | None = None


@dataclass
class Organised:
    """What was made and what was there already."""

    people_created: list[str] = field(default_factory=list)
    people_changed: list[str] = field(default_factory=list)
    roles_created: list[str] = field(default_factory=list)


def read_members(table: Table) -> list[Member]:
    """The rows of the file; raises ImportProblem where a column or a value is missing."""
    places = _places(table)
    members: dict[str, Member] = {}
    for row in table.rows():
        if row.problem is not None:
            raise ImportProblem(_("Line %(line)s: %(why)s") % {"line": row.line, "why": row.problem.message})
        values = {part: " ".join(row.cells[place].split()) for part, place in places.items()}
        if missing := next((part for part in NEEDED if not values[part]), None):
            raise ImportProblem(_("Line %(line)s has no %(part)s.") % {"line": row.line, "part": missing})
        if values["person"] in members:
            raise ImportProblem(_("Line %(line)s: “%(name)s” is there twice.") % {
                "line": row.line, "name": values["person"],
            })  # fmt: skip
        members[values["person"]] = Member(
            values["person"], values["manager"], values["office"], values.get("email") or None
        )
    return list(members.values())


def _places(table: Table) -> dict[str, int]:
    columns = {folded(name): place for place, name in enumerate(table.columns)}
    places = {
        part: columns[folded(name)]
        for part, names in COLUMNS.items()
        for name in reversed(names)
        if folded(name) in columns
    }
    if missing := [part for part in NEEDED if part not in places]:
        told = {"missing": ", ".join(missing), "columns": ", ".join(table.columns)}
        raise ImportProblem(_("There is no column for %(missing)s. The columns are: %(columns)s.") % told)
    return places


@transaction.atomic
def import_organisation(
    members: Iterable[Member], *, actor: User | None, domain: str, top: str, profile: Profile | None
) -> Organised:
    """Makes a role per office below `top`, a role per manager below the office, and the people in them.

    A manager is the head of the manager's role, so is the superior of those in it. People who are
    there already, by e-mail address or name, get the role; people without an address get one of
    their name at `domain`. Raises ImportProblem; then nothing is made.
    """
    maker = _Maker(actor, domain, profile, Organised())
    members = list(members)
    try:
        above = maker.role(top, None)
        teams: dict[str, Role] = {}
        for member in members:
            if member.manager not in teams:
                office = maker.role(member.office, above)
                teams[member.manager] = maker.team(member.manager, office)
        for member in members:
            if member.name not in teams:
                maker.person(member.name, teams[member.manager], member.email)
    except PeopleProblem as problem:
        raise ImportProblem(problem.message, "people") from None
    return maker.made


@dataclass
class _Maker:
    """Finds or makes roles and people."""

    actor: User | None
    domain: str
    profile: Profile | None
    made: Organised

    def role(self, name: str, parent: Role | None, *, title: str = "") -> Role:
        key = slugify(title or name)[:60] or slugify(name, allow_unicode=True)[:60]
        found: Role | None = Role.objects.filter(key=key).first()
        if found is not None:
            return found
        role = save_role(actor=self.actor, role=Role(key=key, name=title or name, parent=parent))
        self.made.roles_created.append(role.key)
        return role

    def team(self, manager: str, office: Role) -> Role:
        """The manager's role, with the manager in it and as its head."""
        role = self.role(manager, office, title=_("Team %s") % manager)
        person = self.person(manager, role, None)
        if role.head_id != person.pk:
            role.head = person
            save_role(actor=self.actor, role=role)
        return role

    def person(self, name: str, role: Role, email: str | None) -> User:
        address = (email or f"{slugify(name).replace('-', '.') or 'person'}@{self.domain}").lower()
        person = self._known(name, address, given=email is not None)
        if person is None:
            person = User(email=address, name=name, profile=self.profile)
            person.set_unusable_password()
            self.made.people_created.append(address)
        elif person.role_id == role.pk:
            return person
        else:
            self.made.people_changed.append(person.email)
        person.role = role
        return save_person(actor=self.actor, person=person)

    def _known(self, name: str, address: str, *, given: bool) -> User | None:
        person = User.objects.filter(email=address).first()
        if person is not None or given:
            return person
        named = list(User.objects.filter(name=name)[:2])
        if len(named) > 1:
            raise ImportProblem(_("Several people are called “%s”; give their e-mail addresses.") % name)
        return named[0] if named else None


def as_json(made: Organised) -> Mapping[str, int]:
    """The figures as plain JSON."""
    return {
        "people_created": len(made.people_created),
        "people_changed": len(made.people_changed),
        "roles_created": len(made.roles_created),
    }
