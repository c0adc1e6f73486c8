"""The people of the demo company, one per kind of work: profiles, roles with heads, groups."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from crm.models import Module, Profile, Role, SharingGroup, User
from crm.people.features import FEATURES
from crm.people.groups import save_group
from crm.people.persons import save_person
from crm.people.profiles import save_profile
from crm.people.rights import VERBS
from crm.people.roles import save_role

PASSWORD = "signalbox-demo"  # noqa: S105 — the demo company's, printed at every start
DOMAIN = "larkfield.example"


@dataclass(frozen=True)
class DemoPerson:
    """Somebody to log in as."""

    key: str
    name: str
    title: str
    profile: str
    role: str
    head: bool = False
    language: str = "en"
    time_zone: str = "Europe/London"

    @property
    def email(self) -> str:
        """The log-in."""
        return f"{self.key}@{DOMAIN}"


PEOPLE: list[DemoPerson] = [
    DemoPerson("ines", "Inés Álvarez", "Administrator", "administrator", "management", head=True),
    DemoPerson(
        "marta", "Marta Kowalska", "Sales manager", "sales", "sales", head=True, time_zone="Europe/Warsaw"
    ),
    DemoPerson("james", "James Okafor", "Sales representative", "sales", "sales-team"),
    DemoPerson("priya", "Priya Raman", "Sales representative", "sales", "sales-team"),
    DemoPerson("lena", "Lena Fischer", "Head of marketing", "marketing", "marketing", head=True),
    DemoPerson("tomas", "Tomás Ferreira", "Head of finance", "finance", "finance", head=True),
    DemoPerson("wei", "Wei Zhang", "Support agent", "support", "support"),
]

ROLES: list[tuple[str, str, str | None]] = [
    ("management", "Management", None),
    ("sales", "Sales", "management"),
    ("sales-team", "Sales team", "sales"),
    ("marketing", "Marketing", "management"),
    ("finance", "Finance", "management"),
    ("support", "Support", "management"),
]

WORK = ("view", "create", "edit", "delete", "export")
LEAD_WORK = (*WORK, "import", "mass_update")
READ = ("view",)
SALES_MODULES = ("leads", "accounts", "contacts", "deals", "quotes", "tasks")
PROFILES: dict[str, tuple[str, dict[str, Collection[str]]]] = {
    "sales": (
        "Sales",
        {
            **dict.fromkeys(SALES_MODULES, LEAD_WORK),
            **dict.fromkeys(("products", "invoices", "campaigns", "cases"), READ),
        },
    ),
    "marketing": (
        "Marketing",
        {
            **dict.fromkeys(("leads", "contacts", "campaigns", "tasks"), LEAD_WORK),
            **dict.fromkeys(("accounts", "deals", "products"), READ),
        },
    ),
    "finance": (
        "Finance",
        {
            **dict.fromkeys(("quotes", "invoices", "products", "tasks"), LEAD_WORK),
            **dict.fromkeys(("accounts", "contacts", "deals"), READ),
        },
    ),
    "support": (
        "Support",
        {
            **dict.fromkeys(("cases", "tasks"), WORK),
            **dict.fromkeys(("accounts", "contacts", "products"), READ),
        },
    ),
}


def load_people() -> dict[str, User]:
    """Makes profiles, roles, people and groups; returns the people by key."""
    profiles = _profiles()
    roles = _roles()
    people: dict[str, User] = {}
    password = User()
    password.set_password(PASSWORD)  # hashed once: it is the same for all
    for one in PEOPLE:
        person = User(email=one.email, name=one.name, profile=profiles[one.profile], role=roles[one.role])
        person.language, person.time_zone, person.password = one.language, one.time_zone, password.password
        person.is_superuser = one.profile == "administrator"
        people[one.key] = save_person(actor=None, person=person)
        if one.head:
            roles[one.role].head = person
            save_role(actor=None, role=roles[one.role])
    _groups(roles)
    return people


def _profiles() -> dict[str, Profile]:
    everything = dict.fromkeys(Module.objects.filter(active=True).values_list("key", flat=True), VERBS)
    chief = Profile(key="administrator", name="Administrator", features=sorted(FEATURES))
    profiles = {chief.key: save_profile(actor=None, profile=chief, modules=everything)}
    for key, (name, modules) in PROFILES.items():
        profiles[key] = save_profile(actor=None, profile=Profile(key=key, name=name), modules=modules)
    return profiles


def _roles() -> dict[str, Role]:
    roles: dict[str, Role] = {}
    for key, name, parent in ROLES:
        role = Role(key=key, name=name, parent=roles[parent] if parent else None)
        roles[key] = save_role(actor=None, role=role)
    return roles


def _groups(roles: dict[str, Role]) -> None:
    customers = SharingGroup(key="customer-facing", name="Customer-facing")
    save_group(actor=None, group=customers, roles=[roles["sales"], roles["sales-team"], roles["support"]])
    deciders = SharingGroup(key="heads", name="Heads of department")
    heads = [person.email for person in PEOPLE if person.head]
    save_group(actor=None, group=deciders, users=User.objects.filter(email__in=heads))
