"""What a person's profile allows: verbs per module, access per field, features. Read once per generation."""

# ruff: noqa: ARG002 — one signature for all kinds

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from crm.models import FieldRight, ModuleRight, Profile, User
from crm.people.features import feature
from crm.people.remembered import PerGeneration

if TYPE_CHECKING:
    from crm.modules.registry import FieldInfo

VERBS = ("view", "create", "edit", "delete", "import", "export", "mass_update")
ENTERING = frozenset({"create", "edit", "import", "mass_update"})


class Access(StrEnum):
    """What a person may do with a field."""

    EDIT = "edit"
    READ = "read"
    HIDDEN = "hidden"


class UnknownVerb(ValueError):  # noqa: N818 — reads as what it is
    """Somebody asked for a verb that rights do not know."""


class Rights(Protocol):
    """What somebody may do."""

    def has_feature(self, key: str) -> bool:
        """Whether a feature is allowed."""
        ...

    def may(self, verb: str, module: str) -> bool:
        """Whether a verb is allowed on the records of a module, whichever they are."""
        ...

    def field(self, info: FieldInfo) -> Access:
        """What is allowed with one field."""
        ...


class NoRights:
    """Somebody without a profile, or who has left: nothing."""

    def has_feature(self, key: str) -> bool:
        feature(key)
        return False

    def may(self, verb: str, module: str) -> bool:
        return False

    def field(self, info: FieldInfo) -> Access:
        return Access.HIDDEN


class AllRights:
    """A superuser: everything, but what the system keeps is not typed in by anybody."""

    def has_feature(self, key: str) -> bool:
        feature(key)
        return True

    def may(self, verb: str, module: str) -> bool:
        return True

    def field(self, info: FieldInfo) -> Access:
        return Access.READ if info.system else Access.EDIT


@dataclass(frozen=True, eq=False)
class ProfileRights:
    """What one profile allows. A module without a right is closed; a field without one may be edited."""

    features: frozenset[str] = frozenset()
    verbs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    fields: Mapping[tuple[str, str], Access] = field(default_factory=dict)

    def has_feature(self, key: str) -> bool:
        return feature(key).key in self.features

    def may(self, verb: str, module: str) -> bool:
        allowed = self.verbs.get(module, frozenset())
        return verb in allowed and "view" in allowed

    def field(self, info: FieldInfo) -> Access:
        allowed = self.verbs.get(info.module, frozenset())
        if "view" not in allowed:
            return Access.HIDDEN
        access = self.fields.get((info.module, info.key), Access.EDIT)
        if access is Access.EDIT and (info.system or not allowed & ENTERING):
            return Access.READ
        return access


@PerGeneration
def profile_rights() -> dict[int, ProfileRights]:
    """The rights of every profile, by its id."""
    verbs: dict[int, dict[str, frozenset[str]]] = {}
    for right in ModuleRight.objects.all():
        allowed = frozenset(verb for verb in VERBS if getattr(right, f"can_{verb}"))
        verbs.setdefault(right.profile_id, {})[right.module_id] = allowed
    fields: dict[int, dict[tuple[str, str], Access]] = {}
    rows = FieldRight.objects.values_list("profile_id", "field__module__key", "field__key", "access")
    for profile_id, module, key, access in rows:
        fields.setdefault(profile_id, {})[module, key] = Access(access)
    return {
        profile.pk: ProfileRights(
            frozenset(profile.features), verbs.get(profile.pk, {}), fields.get(profile.pk, {})
        )
        for profile in Profile.objects.all()
    }


NOTHING, EVERYTHING = NoRights(), AllRights()


def rights_of(user: User) -> Rights:
    """What a person may do; nothing for people who are not logged in, have left, or have no profile."""
    if not user.is_active or user.pk is None:
        return NOTHING
    if user.is_superuser:
        return EVERYTHING
    if user.profile_id is None:
        return NOTHING
    return profile_rights().get(user.profile_id, NOTHING)
