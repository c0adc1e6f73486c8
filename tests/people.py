"""The people that tests share: Ada owns, Ben is her manager, Cleo is a stranger, Dana administers."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import Group

from crm.models import Module, ModuleRight, Profile, Role, User
from crm.modules.loading import clear_registry
from crm.people.features import FEATURES
from crm.people.remembered import forget_everything
from crm.people.rights import VERBS

PASSWORD = "a long password"

__all__ = [
    "Company", "ada", "admin", "ben", "cleo", "company", "forget_configuration", "grant", "limited_admin",
    "new_person",
]  # fmt: skip


@dataclass
class Company:
    """Sales under a head office; Ben heads sales, Ada sells for him, Cleo is in service."""

    admin: User
    ada: User
    ben: User
    cleo: User
    staff: Profile
    admins: Profile
    head_office: Role
    sales: Role
    reps: Role
    service: Role


@pytest.fixture(autouse=True)
def forget_configuration() -> Iterator[None]:
    """Tests roll the configuration back, and its generation with it: nothing read before may stay."""
    clear_registry()
    forget_everything()
    yield
    clear_registry()
    forget_everything()


def new_person(name: str, profile: Profile | None = None, role: Role | None = None, **fields: object) -> User:
    """An active person with the e-mail address name@example.com."""
    email = f"{name.split()[0].lower()}@example.com"
    person = User.objects.create_user(email, PASSWORD, name=name, profile=profile, role=role, **fields)
    if profile is not None:
        person.groups.add(profile.group)
    return person


def grant(profile: Profile, module: str, *verbs: str) -> None:
    """Sets what a profile may do in a module: all verbs if none is named."""
    rights = {f"can_{verb}": verb in (verbs or VERBS) for verb in VERBS}
    ModuleRight.objects.update_or_create(profile=profile, module_id=module, defaults=rights)
    forget_everything()


def _profile(key: str, name: str, features: list[str]) -> Profile:
    group = Group.objects.create(name=f"profile: {key}")
    profile = Profile.objects.create(key=key, name=name, features=features, group=group)
    ModuleRight.objects.bulk_create(
        ModuleRight(profile=profile, module_id=module, **{f"can_{verb}": True for verb in VERBS})
        for module in Module.objects.values_list("key", flat=True)
    )
    return profile


def _role(key: str, name: str, parent: Role | None = None) -> Role:
    return Role.objects.create(key=key, name=name, parent=parent)


@pytest.fixture
def company(db: None) -> Company:
    """All named people with their profiles and roles; staff may do everything with what they see."""
    staff = _profile("staff", "Staff", ["approve"])
    admins = _profile("admins", "Administrators", sorted(FEATURES))
    head_office = _role("head_office", "Head office")
    sales = _role("sales", "Sales", head_office)
    reps = _role("reps", "Reps", sales)
    service = _role("service", "Service", head_office)
    admin = new_person("Dana Admin", admins, is_superuser=True, is_staff=True)
    ben = new_person("Ben Berg", staff, sales)
    ada = new_person("Ada Adler", staff, reps)
    cleo = new_person("Cleo Cole", staff, service)
    sales.head = ben
    sales.save()
    forget_everything()
    return Company(admin, ada, ben, cleo, staff, admins, head_office, sales, reps, service)


@pytest.fixture
def admin(company: Company) -> User:
    """A superuser with every feature."""
    return company.admin


@pytest.fixture
def ada(company: Company) -> User:
    """A rep; she owns records."""
    return company.ada


@pytest.fixture
def ben(company: Company) -> User:
    """Ada's manager."""
    return company.ben


@pytest.fixture
def cleo(company: Company) -> User:
    """Somebody from another department, who has nothing to do with Ada."""
    return company.cleo


def limited_admin(*features: str) -> User:
    """Somebody who manages some things, and may not even open a record of any module."""
    group = Group.objects.create(name="profile: limited")
    profile = Profile.objects.create(key="limited", name="Limited", features=list(features), group=group)
    person = new_person("Lena Limit", profile, is_staff=True)
    forget_everything()
    return person
